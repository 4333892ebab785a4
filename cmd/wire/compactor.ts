/** Wires the compactor: its jobs run in the background worker. */
import { systemClock } from '#base/clock.ts'
import { createLogger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import { systemRandom } from '#base/random.ts'
import { defaultChoice } from '#compactor/choose.ts'
import { createCompactor, type Compactor } from '#compactor/index.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { DiskBudget } from '#storage/disk-budget.ts'
import type { Store } from '#storage/objects/store.ts'
import type { MemoryPlan } from '../memory.ts'
import type { Catalogs } from './catalogs.ts'
import type { Foundation } from './foundation.ts'

/** A merge holds the blocks it writes in memory, so that they follow from it, up to the format's 256 MiB. */
export function compactionSizes({ totalBytes }: MemoryPlan) {
  const { maxBlockBytes, maxJobBytes, lateAfterMs } = defaultChoice(1)
  const blockBytes = Math.min(maxBlockBytes, Math.floor(totalBytes / 16))
  return {
    maxBlockBytes: blockBytes,
    maxJobBytes: Math.min(maxJobBytes, blockBytes * 4),
    lateAfterMs,
  }
}

interface CompactorWiring {
  readonly catalogs: Catalogs
  readonly pins: PinLedger
  readonly metrics: Metrics
  readonly budget: DiskBudget
  readonly store: Store
}

export function buildCompactor(
  { config, settings, memory, threads }: Foundation,
  wiring: CompactorWiring,
): Compactor {
  const { catalogs, pins, metrics, store, budget } = wiring
  const live = {
    logs: catalogs.logs.live,
    metrics: catalogs.metrics.live,
    traces: catalogs.traces.live,
  }
  const { maxBlockBytes, maxJobBytes } = compactionSizes(memory)
  return createCompactor(config.compactor, {
    catalogs: live,
    store,
    pins,
    budget,
    blocksOnDisk: settings.kind === 'folder',
    rewrite: (job) => threads.background.at(0).call('rewrite', job),
    choice: { maxBlockBytes, maxJobBytes },
    clock: systemClock,
    random: systemRandom,
    logger: createLogger('compactor', config.logLevel),
    metrics,
  })
}
