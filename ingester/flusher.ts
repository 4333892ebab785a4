/**
 * The main thread's side of one signal: which runs there are, when they are cut, and their way into
 * an L0 block. put if absent (the object is its own commit) → show it in the catalog and hide its
 * runs in one step → free their slabs when nobody pins them.
 *
 * Runs are flushed in the order of their Log offsets, so that the L0 objects of a chain are
 * contiguous; runs of a replay come before all others.
 */
import { assert } from '#base/assert.ts'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/log.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import { randomHex, type Random } from '#base/random.ts'
import { signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { BlockHeader } from '#storage/block/header.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { ChainOutcome, L0Bytes } from '#storage/catalog/chain.ts'
import { isSealed, readRunRef, type RunRef } from '#storage/run/run.ts'
import { maxAgeMs } from './cut.ts'
import type { FlushJob } from './flush.ts'

/** Runs of a replay carry worker numbers from here on. */
export const replayWorkers = 1000

export interface FlusherDeps {
  readonly signal: SignalName
  readonly slabs: Slabs
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly logId: () => string
  /** Closes the open run of the signal in its ingest worker; resolves when it is sealed. */
  readonly cut: () => Promise<void>
  /** Makes the block, in a background worker. */
  readonly flush: (job: FlushJob) => Promise<{ bytes: Uint8Array; entry: BlockEntry }>
  readonly commit: (object: L0Bytes) => Promise<ChainOutcome>
  /** Shows a committed L0 block to queries. */
  readonly show: (entry: BlockEntry) => void
  readonly isPinned: (slab: number) => boolean
}

interface Built {
  readonly runs: readonly RunRef[]
  readonly entry: BlockEntry
  readonly object: L0Bytes
}

export interface FlushAges {
  readonly pointsMs: number
  readonly otherMs: number
}

/** Most runs of one flush: bounds the memory of the worker that sorts them. */
const runsPerFlush = 2
/**
 * Runs of two tables share no stream, and each of their rows may name one of its own, for some 300 bytes of the worker:
 * together they have at most a row for so many bytes of a run.
 */
const bytesPerRow = 64
/** Wait after a failed flush, doubled up to the longest. */
const retryMs = 500
const retryMsMax = 30_000

export class Flusher {
  readonly #deps: FlusherDeps
  readonly #ages: FlushAges
  /** Slabs whose rows are in a committed block. */
  readonly #hidden = new Set<number>()
  #nextOffset = 0
  #working: Promise<void> | null = null
  /** A block whose commit failed: the same bytes go under the same key again. */
  #built: Built | null = null
  #cutting = false
  #failures = 0
  #retryAtMs = 0
  replaying = true

  constructor(deps: FlusherDeps, ages: FlushAges) {
    this.#deps = deps
    this.#ages = ages
  }

  /** Tells the chain's end, once, before anything is flushed: rows from there on are in runs or in the Log. */
  open(nextOffset: number): void {
    this.#nextOffset = nextOffset
  }

  /** Rows below this offset are in blocks. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Rows below this offset are in blocks or in runs of the replay. */
  replayedTo(): number {
    const replayed = this.runs().filter((run) => run.worker >= replayWorkers)
    return Math.max(this.#nextOffset, ...replayed.map((run) => run.endOffset))
  }

  /** Why blocks cannot be written, or null. */
  failing(): string | null {
    return this.#failures > 2
      ? `flush of ${this.#deps.signal} failed ${this.#failures} times`
      : null
  }

  #all(): RunRef[] {
    const { slabs, signal } = this.#deps
    const runs: RunRef[] = []
    for (let slab = 0; slab < slabs.count; slab++) {
      const run = this.#hidden.has(slab) ? null : readRunRef(slabs, slab)
      if (run !== null && run.signal === signal) runs.push(run)
    }
    return runs
  }

  /** The runs a query has to read now: what they hold is in no block of the catalog yet. */
  runs(): RunRef[] {
    return this.#all().filter((run) => run.rows > 0)
  }

  /** Rows that are in no block yet. */
  rows(): number {
    return this.runs().reduce((sum, run) => sum + run.rows, 0)
  }

  /** Slabs whose rows are in blocks and that a query still reads. */
  held(): number[] {
    return [...this.#hidden].filter((slab) => this.#deps.isPinned(slab))
  }

  /** One round: free what nobody reads, cut what is old, start a flush if one is due. */
  tick(): void {
    const { slabs, clock, isPinned, signal } = this.#deps
    for (const slab of this.#hidden) {
      if (isPinned(slab)) continue
      this.#hidden.delete(slab)
      slabs.free(slab)
    }
    const nowMs = clock.monotonicMs()
    const oldestMs = nowMs - maxAgeMs(signals[signal], this.#ages)
    const old = this.runs().some(
      (run) => !isSealed(slabs, run.slab) && run.worker < replayWorkers && run.startedMs < oldestMs,
    )
    if (old) void this.cut()
    if (this.#working === null && nowMs >= this.#retryAtMs && this.#due().length > 0) {
      this.#working = this.#flush().finally(() => {
        this.#working = null
      })
    }
  }

  /** Cuts the open run of the signal. */
  async cut(): Promise<void> {
    if (this.#cutting) return
    this.#cutting = true
    try {
      await this.#deps.cut()
    } catch (error) {
      this.#deps.logger.warn({ signal: this.#deps.signal, error }, 'a run could not be cut')
    } finally {
      this.#cutting = false
    }
  }

  /** The next sealed runs to flush, oldest first. */
  #due(): RunRef[] {
    const { slabs } = this.#deps
    const sealed = this.runs().filter((run) => isSealed(slabs, run.slab))
    const ready = this.replaying ? sealed.filter((run) => run.worker >= replayWorkers) : sealed
    const next = ready.toSorted((a, b) => a.endOffset - b.endOffset).slice(0, runsPerFlush)
    return isFlushedWhole(next, slabs.slabBytes) ? next : next.slice(0, 1)
  }

  async #flush(): Promise<void> {
    const { logger, signal, clock } = this.#deps
    try {
      await this.#write()
      this.#failures = 0
    } catch (error) {
      this.#failures++
      this.#retryAtMs = clock.monotonicMs() + Math.min(retryMsMax, retryMs * 2 ** this.#failures)
      logger.warn({ signal, failures: this.#failures, error }, 'a flush failed and is tried again')
    }
  }

  async #write(): Promise<void> {
    const { commit, show } = this.#deps
    this.#built ??= await this.#build(this.#due())
    const { runs, object, entry } = this.#built
    const outcome = await commit(object)
    assert(
      outcome === 'committed',
      'the owner of a folder or prefix is the only writer of its chains',
    )
    // One step, without an await: a query sees the rows in the runs or in the block.
    show(entry)
    for (const run of runs) this.#hidden.add(run.slab)
    this.#nextOffset = object.end
    this.#built = null
  }

  async #build(runs: readonly RunRef[]): Promise<Built> {
    const { flush, signal, random, logId, clock } = this.#deps
    const start = this.#nextOffset
    const end = runs.at(-1)?.endOffset ?? start
    assert(end > start, 'runs hold rows beyond the last block')
    const nonce = randomHex(random, 8)
    const header: BlockHeader = {
      signal,
      level: 0,
      logId: logId(),
      partition: 0,
      startOffset: start,
      endOffset: end,
      nonce,
      createdNs: clock.nowNs(),
    }
    const { bytes, entry } = await flush({ signal, runs, header })
    return { runs, entry, object: { start, end, nonce, bytes } }
  }

  /** Cuts and flushes everything; for the end of the process. Gives up when `deadline` aborts. */
  async drain(deadline: AbortSignal): Promise<void> {
    await this.cut()
    while (!deadline.aborted && (this.#working !== null || this.#due().length > 0)) {
      this.tick()
      await (this.#working ?? this.#deps.clock.sleep(10))
      if (this.#failures > 0) return
    }
  }
}

/** Whether the streams of these runs fit into one flush. */
function isFlushedWhole(runs: readonly RunRef[], slabBytes: number): boolean {
  const tables = new Set(runs.map(({ generation }) => generation))
  const rows = runs.reduce((sum, run) => sum + run.rows, 0)
  return tables.size < 2 || rows * bytesPerRow <= slabBytes
}
