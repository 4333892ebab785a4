/**
 * The door of the ingester, on the main thread: requests go to an ingest worker, runs are cut and
 * flushed, slabs, stream tables and Log segments are freed. `cmd/` passes what it needs of workers,
 * Log and catalog as functions; a fleet passes RPC clients of the same type.
 */
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import type { Part } from '#base/part.ts'
import type { Random } from '#base/random.ts'
import { every } from '#base/flow/every.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import type { Receipt } from '#schemas/receipt.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { logFull } from '#storage/log/errors.ts'
import { readRunRef, slabState, type RunRef } from '#storage/run/run.ts'
import { tableRetired, tableSlabs } from '#storage/run/streams.ts'
import type { IngesterConfig } from './config.ts'
import { Flusher, type FlusherDeps } from './flusher.ts'
import {
  acceptedRows,
  acceptSeconds,
  expiredQueries,
  flushedBytes,
  flushes,
  freeSlabs,
  rejectedRowsTotal,
} from './metrics.ts'
import { relieve } from './relieve.ts'
import { createReplay, type Flushers, type ReplayRange } from './replay.ts'
import type { RawRequest } from './request.ts'

export type SignalDeps = Pick<FlusherDeps, 'flush' | 'commit' | 'show' | 'cut'>

export interface IngesterDeps {
  readonly slabs: Slabs
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  /** Of the Log that is written. */
  readonly logId: () => string
  readonly signals: Readonly<Record<SignalName, SignalDeps>>
  readonly isPinned: (slab: number) => boolean
  /** Tells the oldest query that reads the slab to end; false when there is none. */
  readonly expireOldest: (slab: number) => boolean
  /** Hands a request to its home worker. */
  readonly accept: (raw: RawRequest) => Promise<Receipt>
  /** Resolves when all records that are in the Log at the call are published. */
  readonly barrier: () => Promise<void>
  /** Why writes are refused because of the disk, or null. */
  readonly diskFull: () => string | null
  /** Whether the Log has to become shorter soon. */
  readonly logTooLong: () => boolean
  /** One past the newest record of the Log. */
  readonly logEnd: () => Promise<number>
  /** Records below the offset are in blocks. */
  readonly forget: (offset: number) => Promise<void>
  /** The end of each signal's chain of blocks: rows from there on are in the Log. Asked at the start of the parts. */
  readonly nextOffsets: () => Readonly<Record<SignalName, number>>
  /** Reads the Log back into runs; resolves when all of it is published. Called again after `worker-died`. */
  readonly replay: (range: ReplayRange) => Promise<void>
}

export interface Ingester {
  readonly parts: readonly Part[]
  accept(raw: RawRequest): Promise<Receipt>
  /** The runs a query reads; throws nothing, may be empty. */
  runs(signal: SignalName): RunRef[]
  /** Resolves when the Log was read back, or throws `replaying` after `waitMs`. */
  ready(waitMs: number): Promise<void>
  /** Rows acknowledged since the start, by signal. */
  accepted(): Readonly<Record<SignalName, number>>
  /** Cuts and flushes what is in memory: for tests, benches and the admin port. */
  flushAll(): Promise<void>
}

/** How often runs are looked at: bounds the wait for a flush when memory is short. */
const tickMs = 50
/** When a sender that was refused for want of disk space is told to try again: eviction and flushes need some seconds. */
const diskRetryMs = 10_000
/** How often the Log is shortened. */
const forgetMs = 2000

export function createIngester(config: IngesterConfig, deps: IngesterDeps): Ingester {
  const { clock, logger, random, slabs, metrics } = deps
  const ages = { pointsMs: config.maxMetricsAge, otherMs: config.maxLogsAndTracesAge }
  const flusher = (signal: SignalName): Flusher =>
    new Flusher({ ...deps, ...counted(deps, signal), signal }, ages)
  const flushers = { logs: flusher('logs'), metrics: flusher('metrics'), traces: flusher('traces') }
  const accepted = { logs: 0, metrics: 0, traces: 0 }
  metrics.onScrape(freeSlabs, () => slabs.freeCount())
  const replay = createReplay(deps, flushers)
  return {
    parts: [
      replay.part,
      every({ name: 'ingester-flush', ms: tickMs, clock, random, logger }, async () => {
        for (const signal of signalNames) flushers[signal].tick()
        freeTables(slabs)
        const held = signalNames.flatMap((signal) => flushers[signal].held())
        if (relieve(slabs, held, deps.expireOldest)) metrics.add(expiredQueries, 1)
      }),
      every({ name: 'ingester-forget', ms: forgetMs, clock, random, logger }, () =>
        forget(deps, flushers),
      ),
      drainPart(flushers),
    ],
    async accept(raw) {
      const startedMs = clock.monotonicMs()
      const full = deps.diskFull()
      if (full !== null) throw logFull.make(full, { retryAfterMs: diskRetryMs })
      const receipt = await deps.accept(raw)
      accepted[raw.signal] += receipt.accepted
      metrics.add(acceptedRows, receipt.accepted, { signal: raw.signal })
      for (const { code, rows } of receipt.rejects)
        metrics.add(rejectedRowsTotal, rows, { signal: raw.signal, code })
      metrics.observe(acceptSeconds, (clock.monotonicMs() - startedMs) / 1000, {
        signal: raw.signal,
      })
      return receipt
    },
    runs: (signal) => flushers[signal].runs(),
    ready: (waitMs) => replay.ready(waitMs),
    accepted: () => accepted,
    async flushAll() {
      await replay.ready(60_000)
      await Promise.all(
        signalNames.map((signal) => flushers[signal].drain(new AbortController().signal)),
      )
    },
  }
}

function counted(deps: IngesterDeps, signal: SignalName): SignalDeps {
  const own = deps.signals[signal]
  return {
    ...own,
    async commit(object) {
      const outcome = await own.commit(object)
      deps.metrics.add(flushes, 1, { signal })
      deps.metrics.add(flushedBytes, object.bytes.length, { signal })
      return outcome
    },
  }
}

function drainPart(flushers: Flushers): Part {
  return {
    name: 'ingester',
    start: async () => {},
    async drain(deadline) {
      await Promise.all(signalNames.map((signal) => flushers[signal].drain(deadline)))
    },
    stop: async () => {},
    unready: () =>
      signalNames.map((signal) => flushers[signal].failing()).find((reason) => reason !== null) ??
      null,
  }
}

/**
 * Shortens the Log: what is below the next offset of a signal with rows in runs, or below the end of
 * the Log as it was before everything up to it was published, of one without, is in blocks.
 */
async function forget(deps: IngesterDeps, flushers: Flushers): Promise<void> {
  if (deps.diskFull() !== null || deps.logTooLong()) await cutOldest(flushers)
  const end = await deps.logEnd()
  await deps.barrier()
  const floors = signalNames.map((signal) => {
    const flusher = flushers[signal]
    return flusher.replaying || flusher.rows() > 0 ? flusher.nextOffset : end
  })
  await deps.forget(Math.min(...floors))
}

/** Cuts the signal whose rows keep the oldest segment of the Log from being deleted. */
async function cutOldest(flushers: Flushers): Promise<void> {
  const [oldest] = signalNames
    .map((signal) => flushers[signal])
    .filter((flusher) => !flusher.replaying && flusher.rows() > 0)
    .toSorted((a, b) => a.nextOffset - b.nextOffset)
  await oldest?.cut()
}

/** Frees stream tables that their worker gave up and no run names. */
function freeTables(slabs: Slabs): void {
  const named = new Set<number>()
  const tables: number[] = []
  const chained = new Set<number>()
  for (let slab = 0; slab < slabs.count; slab++) {
    const run = readRunRef(slabs, slab)
    if (run !== null) named.add(run.tableSlab)
    if (slabs.state(slab) === slabState.table) tables.push(slab)
  }
  for (const table of tables)
    for (const slab of tableSlabs(slabs, table).slice(1)) chained.add(slab)
  for (const table of tables) {
    if (chained.has(table) || named.has(table) || !tableRetired(slabs, table)) continue
    for (const slab of tableSlabs(slabs, table)) slabs.free(slab)
  }
}
