/** Wires the ingester: its requests run in an ingest worker, its blocks are made in the background worker. */
import { systemClock } from '#base/clock.ts'
import { createLogger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import { systemRandom } from '#base/random.ts'
import { createIngester, type Ingester, type SignalDeps } from '#ingester/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { DiskBudget } from '#storage/disk-budget.ts'
import type { FoundReceipt } from '#ingester/receipts.ts'
import type { Catalogs } from './catalogs.ts'
import type { Foundation } from './foundation.ts'

/** What is known once the Log and the store are open, which is after the doors are. */
export interface Opened {
  readonly catalogs: Catalogs
  readonly log: { readonly id: string; readonly end: number }
}

interface IngesterWiring {
  /** Called by what the ingester's parts do, which start after it is known. */
  readonly opened: () => Opened
  readonly pins: PinLedger
  readonly metrics: Metrics
  readonly budget: DiskBudget
  /** Takes a receipt found in the Log, oldest first. */
  readonly remember: (found: FoundReceipt) => void
}

export function buildIngester(
  { config, threads, slabs }: Foundation,
  wiring: IngesterWiring,
): Ingester {
  const { opened, pins, metrics, budget, remember } = wiring
  const worker = () => threads.ingest.at(0)
  const catalog = (signal: SignalName) => opened().catalogs[signal]
  /** Memory of a block that is in the store; the next flush writes to it. */
  let memory: ArrayBuffer | null = null
  const signalDeps = (signal: SignalName): SignalDeps => ({
    commit: async (object) => {
      const outcome = await catalog(signal).commit(object)
      // A block that left nothing over came in memory that its worker does not keep.
      const { buffer, byteLength } = object.bytes
      const isLent = buffer instanceof ArrayBuffer && buffer.byteLength > byteLength
      if (isLent && outcome === 'committed') memory = buffer
      return outcome
    },
    show: (entry) => catalog(signal).show(entry),
    cut: () => worker().call('cut', signal),
    flush: (job) => {
      const given = memory
      memory = null
      const transfer = given === null ? [] : [given]
      return threads.background.at(0).call('flush', { job, memory: given }, transfer)
    },
  })
  const nextOffsets = () => ({
    logs: catalog('logs').nextOffset,
    metrics: catalog('metrics').nextOffset,
    traces: catalog('traces').nextOffset,
  })
  return createIngester(config.ingester, {
    slabs,
    clock: systemClock,
    random: systemRandom,
    logger: createLogger('ingester', config.logLevel),
    metrics,
    logId: () => opened().log.id,
    signals: {
      logs: signalDeps('logs'),
      metrics: signalDeps('metrics'),
      traces: signalDeps('traces'),
    },
    // A request waits for a slab at most `maxWait`; within half of it most queries end by themselves.
    expireOldest: (slab) => pins.expireOldest(String(slab), config.ingester.maxWait / 2),
    isPinned: (slab) => pins.isRunPinned(String(slab)),
    accept: threads.accept,
    barrier: () => worker().call('barrier', undefined),
    diskFull: () => budget.nearFull(),
    logTooLong: () => budget.logOverShare(),
    logEnd: async () => {
      const { logBytes, ...disk } = await threads.log.at(0).call('use', undefined)
      budget.setUsed('log', logBytes)
      budget.setDisk(disk)
      return threads.log.at(0).call('end', undefined)
    },
    forget: (offset) => threads.log.at(0).call('forget', offset),
    nextOffsets,
    async replay(range) {
      const to = opened().log.end
      if (range.first < to)
        for (const found of await threads.replay.at(0).call('replay', { ...range, to }))
          remember(found)
      await threads.replay.close()
    },
  })
}
