/** A query worker: runs the jobs of the query APIs. */
import { systemClock } from '#base/clock.ts'
import { Budget } from '#base/flow/budget.ts'
import { createCollector } from '#base/threads/collect.ts'
import { createHeapRoom } from '#base/threads/heap-room.ts'
import type { CallContext } from '#base/threads/port.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { apis } from '#querier/api/index.ts'
import type { QueryJob } from '#querier/job.ts'
import { QueryWorker } from '#querier/query-worker.ts'
import { openReader } from '../store.ts'
import type { WorkerData } from './shared.ts'

export type QueryTasks = ReturnType<typeof queryTasks>

/** Queries are asked now and then, and take their memory with each page: what they drop is collected whatever there is. */
const garbageBytes = 16 * 1024 * 1024

export function queryTasks({ config, shared }: WorkerData) {
  const starting = openReader(config.store).then(
    (store) =>
      new QueryWorker({
        slabs: new Slabs(shared.slabs),
        store,
        controlMemory: shared.control,
        budget: new Budget(shared.budgets, 'query', systemClock),
        clock: systemClock,
        collect: createCollector(Math.min(garbageBytes, config.garbageBytes)),
        endpoints: apis.flatMap((api) => api.endpoints),
        maxQueryBytes: config.querier.maxQueryBytes,
        openBlockBytes: config.openBlockBytes,
        hasHeapRoom: createHeapRoom(config.queryHeapBytes),
      }),
  )
  return {
    answer: async (job: QueryJob, context: CallContext) => (await starting).answer(job, context),
  }
}
