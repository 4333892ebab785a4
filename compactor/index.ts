/**
 * The door of the compactor: one background loop for all signals. It works through what is due, one
 * job at a time, and keeps the disk budget: retention first, then eviction from whoever is furthest
 * over its share. The rewriting runs in a background worker, handed in by `cmd/`.
 */
import type { Clock } from '#base/clock.ts'
import { every } from '#base/flow/every.ts'
import type { Logger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import type { Part } from '#base/part.ts'
import type { Random } from '#base/random.ts'
import { signalNames, signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { LiveCatalog } from '#storage/catalog/live.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { Ref } from '#storage/catalog/root.ts'
import type { DiskBudget } from '#storage/disk-budget.ts'
import type { Store } from '#storage/objects/store.ts'
import { choiceOf, type ChooseOptions } from './choose.ts'
import type { CompactorConfig } from './config.ts'
import { furthestOver, oldestBlocks, type Holding } from './evict.ts'
import type { Rewrite } from './job.ts'
import { SignalRounds } from './work.ts'

export interface CompactorDeps {
  readonly catalogs: Readonly<Record<SignalName, LiveCatalog>>
  readonly store: Store
  readonly pins: PinLedger
  readonly budget: DiskBudget
  /** Whether blocks take from the disk budget: they do in a folder, not in S3. */
  readonly blocksOnDisk: boolean
  readonly rewrite: Rewrite
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  /** Changes to the choice of jobs, for tests and benchmarks that cannot wait for hours. */
  readonly choice?: Partial<ChooseOptions>
}

export interface Compactor {
  readonly parts: readonly Part[]
  /** One round of all that is due, without waiting for the clock. */
  round(abort: AbortSignal): Promise<void>
  /** Folds every L0 object that there is, due or not: for an operator who wants them gone. */
  fold(abort: AbortSignal): Promise<void>
}

/** Retention, eviction and sums are looked at this often; jobs at every round. */
const housekeepingMs = 60_000
const orphansEveryMs = 60 * 60_000
/** Most jobs of one round and signal, so that housekeeping is never starved. */
const jobsPerRound = 16

/** Creates the compactor; nothing runs before its parts start. */
export function createCompactor(config: CompactorConfig, deps: CompactorDeps): Compactor {
  const retention: Readonly<Record<SignalName, number>> = {
    logs: config.logsRetention,
    metrics: config.metricsRetention,
    traces: config.tracesRetention,
  }
  const rounds = new Map(
    signalNames.map((signal) => {
      const choice = choiceOf(signals[signal], deps.choice)
      const live = deps.catalogs[signal]
      return [
        signal,
        new SignalRounds({ ...deps, signal, live, choice, retentionMs: retention[signal] }),
      ]
    }),
  )
  const loop = new Rounds(rounds, deps)
  let running: Promise<void> | null = null
  // One at a time: two would plan the same jobs.
  const alone = (work: () => Promise<void>): Promise<void> => {
    running = work().finally(() => {
      running = null
    })
    return running
  }
  // Whoever asks for a round while one runs gets that one.
  const round = (abort: AbortSignal): Promise<void> => running ?? alone(() => loop.run(abort))
  const fold = async (abort: AbortSignal): Promise<void> => {
    // What runs now may have started before the caller's rows were flushed; its failure is not ours.
    for (let other = running; other !== null; other = running) await other.catch(() => undefined)
    return alone(() => loop.fold(abort))
  }
  const { clock, random, logger } = deps
  return {
    parts: [every({ name: 'compactor', ms: config.every, clock, random, logger }, round)],
    round,
    fold,
  }
}

class Rounds {
  readonly #rounds: ReadonlyMap<SignalName, SignalRounds>
  readonly #deps: CompactorDeps
  #housekeptMs = -Infinity
  #orphansMs: number | null = null

  constructor(rounds: ReadonlyMap<SignalName, SignalRounds>, deps: CompactorDeps) {
    this.#rounds = rounds
    this.#deps = deps
  }

  /**
   * All that is due. What fails for one signal, such as a job with a damaged input, keeps nothing else from
   * being done, least of all what frees the disk; it is thrown at the end.
   */
  async run(abort: AbortSignal): Promise<void> {
    const failures: unknown[] = []
    const each = async (work: (rounds: SignalRounds) => Promise<void>): Promise<void> => {
      for (const rounds of this.#rounds.values()) {
        await work(rounds).catch((error: unknown) => failures.push(error))
      }
    }
    // A folder has a lock; over a bucket the process before this one may still be about to commit a job.
    const alone = this.#orphansMs === null && this.#deps.blocksOnDisk
    if (this.#areOrphansDue()) await each((rounds) => rounds.sweepOrphans(alone))
    await each(async (rounds) => {
      for (let jobs = 0; jobs < jobsPerRound && !abort.aborted; jobs++) {
        if (!(await rounds.compact(abort))) break
      }
    })
    this.#reportUse()
    const nowMs = this.#deps.clock.monotonicMs()
    const full = this.#deps.budget.overBy() > 0
    if (full || nowMs - this.#housekeptMs >= housekeepingMs) {
      this.#housekeptMs = nowMs
      await each((rounds) => rounds.retain())
      await this.#evict().catch((error: unknown) => failures.push(error))
    }
    await each((rounds) => rounds.sweepRetired())
    if (failures.length > 1) throw new AggregateError(failures, 'several parts of a round failed')
    if (failures.length > 0) throw failures[0]
  }

  async fold(abort: AbortSignal): Promise<void> {
    for (const work of this.#rounds.values()) await work.foldAll(abort)
    for (const work of this.#rounds.values()) await work.sweepRetired()
  }

  #areOrphansDue(): boolean {
    const nowMs = this.#deps.clock.monotonicMs()
    if (this.#orphansMs !== null && nowMs - this.#orphansMs < orphansEveryMs) return false
    this.#orphansMs = nowMs
    return true
  }

  #reportUse(): void {
    let bytes = 0
    for (const work of this.#rounds.values()) bytes += work.storedBytes()
    if (this.#deps.blocksOnDisk) this.#deps.budget.setUsed('blocks', bytes)
  }

  /**
   * Takes the oldest blocks of the worst holders until what is over now is gone. The objects
   * themselves go with the next sweep, once nobody reads them.
   */
  async #evict(): Promise<void> {
    const { budget, blocksOnDisk } = this.#deps
    const over = blocksOnDisk ? budget.overBy() : 0
    for (let freed = 0; freed < over;) {
      const holdings = await this.#holdings()
      const worst = furthestOver(holdings, budget.limitBytes)
      const chosen = holdings.find((holding) => holding === worst)
      if (chosen === undefined) return
      const { work, ref } = chosen
      // In steps, so that the shares are weighed again after each.
      const oldest = oldestBlocks(await work.blocksOf(ref), Math.max(over / 4, 1))
      await work.remove(oldest, 'budget')
      freed += oldest.reduce((sum, entry) => sum + entry.bytes, 0)
      this.#reportUse()
    }
  }

  async #holdings(): Promise<Held[]> {
    const held: Held[] = []
    for (const [signal, work] of this.#rounds) {
      for (const [owner, ref] of await work.holdings()) {
        held.push({ signal, owner, bytes: ref.bytes, ref, work })
      }
    }
    return held
  }
}

interface Held extends Holding {
  readonly ref: Ref
  readonly work: SignalRounds
}
