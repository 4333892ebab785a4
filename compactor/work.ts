/**
 * The rounds of one signal: fold, merge, retain, evict, sweep. Each round does at most one job, so
 * that the flushes and folds of other signals are served between them. State that is kept between
 * rounds only saves work; losing it costs nothing but a scan.
 */
import { isCode } from '#base/errors.ts'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { catalogConflict } from '#storage/catalog/errors.ts'
import type { LiveCatalog } from '#storage/catalog/live.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { Ref } from '#storage/catalog/root.ts'
import { oneProcessRule, sweepOrphans } from '#storage/catalog/sweep.ts'
import { ownerBlocks, tenantSums } from '#storage/catalog/walk.ts'
import type { DiskBudget } from '#storage/disk-budget.ts'
import type { Store } from '#storage/objects/store.ts'
import { chainsOf, foldOf, chooseFold, chooseMerge, type ChooseOptions } from './choose.ts'
import { jobTooOld, noRoom } from './errors.ts'
import { runJob, type Job, type Rewrite } from './job.ts'
import * as measures from './metrics.ts'
import { expiredBlocks } from './retain.ts'

export interface SignalWork {
  readonly signal: SignalName
  readonly live: LiveCatalog
  readonly store: Store
  readonly pins: PinLedger
  readonly budget: DiskBudget
  readonly rewrite: Rewrite
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly choice: ChooseOptions
  readonly retentionMs: number
}

/** An owner whose blocks were looked at and need no merge until something changes or a window closes. */
interface Settled {
  readonly key: string
  readonly untilMs: number
}

const everything = { fromMs: -Infinity, toMs: Infinity }
/** Orphans younger than this may belong to a job that is under way (`maxJobMs` is half of it). */
const orphanAgeMs = 60 * 60_000

export class SignalRounds {
  readonly #work: SignalWork
  /** When each waiting L0 object was first seen, monotonic ms. */
  #firstSeen = new Map<string, number>()
  readonly #settled = new Map<string | null, Settled>()

  constructor(work: SignalWork) {
    this.#work = work
  }

  /** One job, if one is due. True when there may be more to do at once. */
  async compact(abort: AbortSignal): Promise<boolean> {
    const job = this.#fold() ?? (await this.#merge(abort))
    if (job === null) return false
    await this.#run(job, abort)
    return true
  }

  /** Folds the L0 objects that are there now, a job per chain at a time. A job that was refused is left for a round. */
  async foldAll(abort: AbortSignal): Promise<void> {
    const { live, choice } = this.#work
    // Each job takes one object at least, so that this many are enough.
    for (let jobs = live.snapshot().l0.length; jobs > 0; jobs--) {
      abort.throwIfAborted()
      const snapshot = live.snapshot()
      const chain = chainsOf(snapshot.l0).values().next().value
      if (chain === undefined) return
      await this.#run(foldOf(snapshot, chain, choice), abort)
    }
  }

  #fold(): Job | null {
    const { live, clock, choice, metrics, signal } = this.#work
    const snapshot = live.snapshot()
    const nowMs = clock.monotonicMs()
    const seen = new Map<string, number>()
    for (const { key } of snapshot.l0) seen.set(key, this.#firstSeen.get(key) ?? nowMs)
    this.#firstSeen = seen
    metrics.set(measures.waitingObjects, snapshot.l0.length, { signal })
    return chooseFold(snapshot, choice, { firstSeen: seen, nowMs })
  }

  async #merge(abort: AbortSignal): Promise<Job | null> {
    const { live, clock, choice, signal } = this.#work
    const { root } = live.snapshot()
    const nowMs = clock.nowMs()
    for (const [owner, ref] of await tenantSums(root, live.catalog.nodes)) {
      abort.throwIfAborted()
      const settled = this.#settled.get(owner)
      if (settled?.key === ref.key && nowMs < settled.untilMs) continue
      const blocks = await ownerBlocks(live.catalog.nodes, ref, everything)
      const job = chooseMerge(signal, blocks, choice, nowMs)
      if (job !== null) return job
      this.#settled.set(owner, { key: ref.key, untilMs: this.#quietUntil(ref, nowMs) })
    }
    return null
  }

  /** The next end of a window that the owner's newest rows may lie in. */
  #quietUntil(ref: Ref, nowMs: number): number {
    const { windowsMs, settleMs } = this.#work.choice
    const ends = windowsMs.map((windowMs) => {
      const end = (Math.floor(ref.maxMs / windowMs) + 1) * windowMs + settleMs
      return end > nowMs ? end : Infinity
    })
    // Late blocks are due once a day, whatever the windows.
    return Math.min(nowMs + 24 * 60 * 60_000, ...ends)
  }

  async #run(job: Job, abort: AbortSignal): Promise<void> {
    const { live, budget, rewrite, clock, metrics, signal, logger } = this.#work
    const bytes = job.inputs.reduce((sum, entry) => sum + entry.bytes, 0)
    const { kind } = job
    const startedMs = clock.monotonicMs()
    const room = budget.reserve(bytes)
    try {
      if (room === null) throw noRoom.make(`a ${kind} of ${signal} needs ${bytes} bytes`)
      const commit: Parameters<typeof runJob>[1]['commit'] = (change) => live.commit(change)
      await runJob(job, { rewrite, commit, clock }, abort)
      metrics.add(measures.jobs, 1, { signal, kind })
      metrics.add(measures.inputBytes, bytes, { signal, kind })
      metrics.observe(measures.jobSeconds, (clock.monotonicMs() - startedMs) / 1000, { kind })
      logger.info({ signal, kind, inputs: job.inputs.length, bytes }, 'compaction done')
    } catch (error) {
      const expected = [catalogConflict, jobTooOld, noRoom].find((known) => isCode(error, known))
      metrics.add(measures.failures, 1, { signal, kind, code: expected?.code ?? 'other' })
      if (expected === undefined) throw error
      logger.warn({ signal, kind, code: expected.code }, 'compaction is planned again')
    } finally {
      room?.release()
    }
  }

  /** Takes blocks out of the catalog whose rows are all older than the retention. */
  async retain(): Promise<void> {
    const { live, clock, retentionMs } = this.#work
    const cutoffMs = clock.nowMs() - retentionMs
    const { nodes } = live.catalog
    for (;;) {
      const expired = await expiredBlocks(live.snapshot().root, nodes, cutoffMs)
      if (expired.length === 0) return
      await this.remove(expired, 'age')
    }
  }

  /** Takes blocks out of the catalog; their objects go with the next sweep. */
  async remove(blocks: readonly BlockEntry[], reason: 'age' | 'budget'): Promise<void> {
    const { live, metrics, signal, logger } = this.#work
    await live.commit({ tree: { add: [], remove: blocks }, folded: [] })
    metrics.add(measures.removedBlocks, blocks.length, { signal, reason })
    logger.info({ signal, reason, blocks: blocks.length }, 'blocks removed')
  }

  /** What each owner holds. */
  holdings(): Promise<ReadonlyMap<string | null, Ref>> {
    const { live } = this.#work
    return tenantSums(live.snapshot().root, live.catalog.nodes)
  }

  /** Stored bytes of all blocks of the signal, from the sums in the root; reports them. */
  storedBytes(): number {
    const { live, metrics, signal } = this.#work
    const { root, l0 } = live.snapshot()
    let [blocks, bytes] = [0, 0]
    for (const ref of [root.shared, ...Object.values(root.buckets)]) {
      blocks += ref?.blocks ?? 0
      bytes += ref?.bytes ?? 0
    }
    metrics.set(measures.blocks, blocks, { signal })
    metrics.set(measures.blockBytes, bytes, { signal })
    return l0.reduce((sum, entry) => sum + entry.bytes, bytes)
  }

  /** The blocks of one owner. */
  blocksOf(ref: Ref): Promise<BlockEntry[]> {
    return ownerBlocks(this.#work.live.catalog.nodes, ref, everything)
  }

  /** Deletes what the newest root dropped and nobody pins. */
  async sweepRetired(): Promise<void> {
    const { live, store, pins, metrics, signal } = this.#work
    const gone = await live.sweepRetired(store, oneProcessRule(signal, pins))
    if (gone > 0) metrics.add(measures.deletedObjects, gone, { signal, reason: 'retired' })
  }

  /** Deletes what no root ever named. `alone`: no job can be under way, here or in another process. */
  async sweepOrphans(alone: boolean): Promise<void> {
    const { live, store, clock, metrics, signal, logger } = this.#work
    const { catalog } = live
    const newestRoot = () => catalog.newestRoot()
    const minAgeMs = alone ? 0 : orphanAgeMs
    const { nodes } = catalog
    const gone = await sweepOrphans({ store, signal, nodes, clock, newestRoot, minAgeMs })
    if (gone.length === 0) return
    metrics.add(measures.deletedObjects, gone.length, { signal, reason: 'orphan' })
    logger.info({ signal, objects: gone.length }, 'orphans deleted')
  }
}
