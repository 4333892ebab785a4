/**
 * One simulated process as `cmd/` would wire it, for the signal of the simulation: the shipped
 * ingester (its door with flusher, Log shortening and replay; the ingest worker with its commits; runs
 * in slabs), Log, chain, live catalog and pins, over the simulated disk and store. What threads and
 * doors do in between is not here, requests are decoded by `requests.ts`, and a flush writes the
 * simulation's objects instead of blocks.
 */
import type { Clock } from '#base/clock.ts'
import { workerDied } from '#base/flow/errors.ts'
import type { Logger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import { createSlabMemory, Slabs, type SlabMemory } from '#base/threads/slabs.ts'
import { replayWorkers } from '#ingester/flusher.ts'
import { createIngester, type Ingester, type SignalDeps } from '#ingester/index.ts'
import { IngestWorker } from '#ingester/ingest-worker.ts'
import type { FlushJob } from '#ingester/flush.ts'
import { Chain } from '#storage/catalog/chain.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { LiveCatalog } from '#storage/catalog/live.ts'
import { chainName } from '#storage/catalog/names.ts'
import { PinLedger } from '#storage/catalog/pins.ts'
import { SegmentedLog, type LogOptions } from '#storage/log/segmented-log.ts'
import type { Store } from '#storage/objects/store.ts'
import { decodeIds, rowsOfRuns } from './requests.ts'
import { l0Object, signal, simCodec, simReader } from './rows.ts'
import type { Variant } from './rules.ts'
import type { Actor, Scheduler } from './scheduler.ts'
import type { SimDisk } from './sim-disk.ts'
import type { SimStore } from './sim-store.ts'

/** A few commits fit, so that segments are forgotten often. */
const segmentBytes = 6000
/** A dozen requests fill a run, so that runs follow one another and memory gets scarce. */
const slabBytes = 8192
const slabCount = 8
/** Runs are cut when they are this old, at the clock's pace of `stepMs`. */
const maxAgeMs = 1000
const stepMs = 100

export interface World {
  readonly scheduler: Scheduler
  readonly disk: SimDisk
  readonly sim: SimStore
  readonly variant: Variant
}

export interface House {
  readonly actor: Actor
  readonly clock: Clock
  readonly store: Store
  readonly slabs: Slabs
  readonly live: LiveCatalog
  readonly pins: PinLedger
  readonly ingester: Ingester
}

const quiet: Logger = { error() {}, warn() {}, info() {}, debug() {} }
const uncounted: Metrics = {
  add() {},
  set() {},
  observe() {},
  onScrape() {},
  text: async () => '',
  contentType: '',
}

/** Opens what is on disk and in the store; its loops run from then on. */
export async function openHouse(world: World, actor: Actor): Promise<House> {
  const { scheduler, sim } = world
  const { random } = scheduler
  const clock = scheduler.clock(actor, stepMs)
  const store = sim.view(actor, clock)
  const disk = world.disk.view(actor)
  const options: LogOptions = { disk, clock, random, segmentBytes, minFreeBytes: 0 }
  const log = await SegmentedLog.open(options)
  if (log.damages.length > 0) scheduler.fail(`damage: ${JSON.stringify(log.damages)}`)
  const chain = { logId: log.id, partition: 0 }
  const catalog = new Catalog({ store, signal, codec: simCodec, clock, random })
  const newestRoot = () => catalog.newestRoot()
  const deps = { store, signal, newestRoot, readL0: simReader(store), clock }
  const writer = new Chain({ ...deps, chain })
  const { nextOffset } = await writer.recover()
  if (nextOffset > log.end()) {
    scheduler.fail(`the store holds offsets up to ${nextOffset}, the Log ends at ${log.end()}`)
  }
  const live = await LiveCatalog.open(catalog, deps)
  const memory = createSlabMemory(slabCount, slabBytes)
  const view = { scheduler, actor, memory }
  const slabs = slabsOf(view, false)
  const flush = (job: FlushJob) => flushRuns(world, { actor, slabs }, job)
  const commit: SignalDeps['commit'] = (object) => writer.commit(object)
  const show: SignalDeps['show'] = (entry) => live.addL0(chainName(chain), entry)
  const base = { world, actor, clock, store, slabs, live, pins: new PinLedger(clock) }
  const ingester = buildIngester(base, {
    log,
    options,
    replaySlabs: slabsOf(view, true),
    signalDeps: { commit, show, flush },
    nextOffset,
  })
  for (const part of ingester.parts) await part.start()
  return { ...base, ingester }
}

interface MemoryView {
  readonly scheduler: Scheduler
  readonly actor: Actor
  readonly memory: SlabMemory
}

/** Slabs whose waiting goes through the scheduler. */
function slabsOf({ scheduler, actor, memory }: MemoryView, reserved: boolean): Slabs {
  const slabs = new Slabs(memory, { reserved })
  slabs.waitFree = () => scheduler.perform(actor, () => {})
  return slabs
}

/** A flush in a background worker: it starts late, and its answer comes late. */
async function flushRuns(
  { scheduler }: World,
  { actor, slabs }: { actor: Actor; slabs: Slabs },
  { runs, header }: FlushJob,
) {
  const { logId, partition, nonce, startOffset: from, endOffset: to } = header
  const rows = await scheduler.perform(actor, () => rowsOfRuns(slabs, runs))
  for (const [offset] of rows) {
    if (offset < from || offset >= to) {
      scheduler.fail(`a run holds offset ${offset} outside its block of [${from}, ${to})`)
    }
  }
  await scheduler.perform(actor, () => {})
  const { object, entry } = l0Object({ logId, partition }, { from, to }, { nonce, rows })
  return { bytes: object.bytes, entry }
}

interface Wiring {
  readonly log: SegmentedLog
  readonly options: LogOptions
  readonly replaySlabs: Slabs
  readonly signalDeps: Omit<SignalDeps, 'cut'>
  readonly nextOffset: number
}

type Base = Omit<House, 'ingester'> & { readonly world: World }

function buildIngester(base: Base, wiring: Wiring): Ingester {
  const { log, options, replaySlabs, signalDeps, nextOffset } = wiring
  const { world, actor, clock, slabs, pins } = base
  const { scheduler, variant } = world
  const common = { slabs, decode: decodeIds, clock, maxWaitMs: 10 * stepMs }
  const worker = new IngestWorker({ ...common, worker: 0, log })
  const to = log.end()
  const own: SignalDeps = { ...signalDeps, cut: () => worker.cut(signal) }
  const absent: SignalDeps = { ...own, cut: async () => {} }
  return createIngester(
    {
      maxLogsAndTracesAge: maxAgeMs,
      maxMetricsAge: maxAgeMs,
      maxWait: 10 * stepMs,
      segmentBytes,
    },
    {
      slabs,
      clock,
      random: scheduler.random,
      logger: quiet,
      metrics: uncounted,
      logId: () => log.id,
      signals: { logs: own, metrics: absent, traces: absent },
      isPinned: (slab) => variant !== 'noRunPins' && pins.isRunPinned(String(slab)),
      expireOldest: (slab) => pins.expireOldest(String(slab)),
      accept: (raw) => worker.accept(raw),
      barrier: () => worker.barrier(),
      diskFull: () => null,
      logTooLong: () => scheduler.random.below(8) === 0,
      logEnd: () => scheduler.perform(actor, () => log.end()),
      forget: (offset) => log.forget(variant === 'forgetEarly' ? log.end() : offset),
      nextOffsets: () => ({ logs: nextOffset, metrics: 0, traces: 0 }),
      replay: async ({ from }) => {
        const own = { ...common, slabs: replaySlabs, options }
        const start = variant === 'replayAgain' ? nextOffset : from.logs
        const dies = scheduler.random.below(3) === 0
        const diesAfter = dies ? scheduler.random.below(10) : Infinity
        if (start < to) await replay(own, { from: start, to, diesAfter })
      },
    },
  )
}

type ReplayDeps = Omit<ConstructorParameters<typeof IngestWorker>[0], 'worker' | 'log'> & {
  readonly options: LogOptions
}

interface ReplayPlan {
  readonly from: number
  readonly to: number
  /** How many records are read before the thread ends. */
  readonly diesAfter: number
}

/** Reads the Log into runs of their own, as the replay worker's task does. */
async function replay(deps: ReplayDeps, { from, to, diesAfter }: ReplayPlan): Promise<void> {
  const worker = new IngestWorker({
    ...deps,
    worker: replayWorkers,
    log: { append: () => Promise.reject(new Error('a replay writes no records')) },
  })
  const log = await SegmentedLog.open({ ...deps.options, readOnly: true })
  let left = diesAfter
  for await (const { offset, record } of log.fetch(from, to)) {
    if (left-- === 0) throw workerDied.make('the replay worker ended')
    await worker.replay(record, offset)
    await deps.clock.turn()
  }
  await worker.end()
}
