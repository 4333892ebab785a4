/** Wires the ingester: its requests run in an ingest worker, its blocks are made in the background worker. */
import { systemClock } from '#base/clock.ts'
import { createLogger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import { systemRandom } from '#base/random.ts'
import { createIngester, type Ingester, type SignalDeps } from '#ingester/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { DiskBudget } from '#storage/disk-budget.ts'
import type { FoundReceipt } from '../roles/ingest.ts'
import type { Catalogs } from './catalogs.ts'
import type { Foundation } from './foundation.ts'

interface IngesterWiring {
  readonly catalogs: Catalogs
  readonly pins: PinLedger
  readonly metrics: Metrics
  readonly budget: DiskBudget
  readonly log: { readonly id: string; readonly end: number }
  /** Takes a receipt found in the Log, oldest first. */
  readonly remember: (found: FoundReceipt) => void
}

export function buildIngester(
  { config, threads, slabs }: Foundation,
  wiring: IngesterWiring,
): Ingester {
  const { catalogs, pins, metrics, budget, log, remember } = wiring
  const worker = () => threads.ingest.at(0)
  const signalDeps = (signal: SignalName): SignalDeps => {
    const catalog = catalogs[signal]
    return {
      commit: (object) => catalog.commit(object),
      show: (entry) => catalog.show(entry),
      nextOffset: catalog.nextOffset,
      cut: () => worker().call('cut', signal),
      flush: (job) => threads.background.at(0).call('flush', job),
    }
  }
  return createIngester(config.ingester, {
    slabs,
    clock: systemClock,
    random: systemRandom,
    logger: createLogger('ingester', config.logLevel),
    metrics,
    logId: log.id,
    signals: {
      logs: signalDeps('logs'),
      metrics: signalDeps('metrics'),
      traces: signalDeps('traces'),
    },
    expireOldest: (slab) => pins.expireOldest(String(slab)),
    isPinned: (slab) => pins.isRunPinned(String(slab)),
    accept: (raw) => {
      const body = ownBuffer(raw.body)
      return worker().call('accept', { ...raw, body }, [body.buffer])
    },
    barrier: () => worker().call('barrier', undefined),
    diskFull: () => budget.nearFull(),
    logTooLong: () => budget.logOverShare(),
    logEnd: async () => {
      const { logBytes, ...disk } = await threads.log.at(0).call('use', undefined)
      budget.setUsed('log', logBytes)
      budget.setDisk(disk)
      return (await threads.log.at(0).call('state', undefined)).end
    },
    forget: (offset) => threads.log.at(0).call('forget', offset),
    async replay() {
      const from = {
        logs: catalogs.logs.nextOffset,
        metrics: catalogs.metrics.nextOffset,
        traces: catalogs.traces.nextOffset,
      }
      for (const found of await worker().call('replay', { from, to: log.end })) remember(found)
    },
  })
}

/** The bytes in a buffer of their own, which can move to another thread: small buffers share a pool. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  const own = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
  return own ? new Uint8Array(buffer) : Uint8Array.from(bytes)
}
