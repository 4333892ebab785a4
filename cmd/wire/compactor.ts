/** Wires the compactor: its jobs run in the background worker. */
import { systemClock } from '#base/clock.ts'
import { createLogger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import { systemRandom } from '#base/random.ts'
import { createCompactor, type Compactor } from '#compactor/index.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { DiskBudget } from '#storage/disk-budget.ts'
import type { Store } from '#storage/objects/store.ts'
import { compactionSizes } from '../memory.ts'
import type { Catalogs } from './catalogs.ts'
import type { Foundation } from './foundation.ts'

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
  const { maxBlockBytes, maxJobBytes, maxJobMemoryBytes } = compactionSizes(memory)
  return createCompactor(config.compactor, {
    catalogs: live,
    store,
    pins,
    budget,
    blocksOnDisk: settings.kind === 'folder',
    rewrite: (job) => threads.background.at(0).call('rewrite', job),
    choice: { maxBlockBytes, maxJobBytes, maxJobMemoryBytes },
    clock: systemClock,
    random: systemRandom,
    logger: createLogger('compactor', config.logLevel),
    metrics,
  })
}
