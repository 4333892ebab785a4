/** A background worker: sorts and encodes what was sealed, and rewrites blocks into larger ones. */
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import type { Job } from '#compactor/job.ts'
import { rewriteJob } from '#compactor/rewrite.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { createCollector } from '#base/threads/collect.ts'
import type { CallContext } from '#base/threads/port.ts'
import { flushRuns, type FlushJob } from '#ingester/flush.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { keepMemory } from '#storage/block/write.ts'
import { l0Key } from '#storage/catalog/names.ts'
import { openShared } from '../store.ts'
import type { WorkerData } from './shared.ts'

/** A flush, with the memory of a block that is done with. */
interface FlushTask {
  readonly job: FlushJob
  readonly memory: ArrayBuffer | null
}

export type BackgroundTasks = ReturnType<typeof backgroundTasks>

export function backgroundTasks({ shared, config }: WorkerData) {
  const slabs = new Slabs(shared.slabs)
  const collect = createCollector(config.garbageBytes)
  let store: ReturnType<typeof openShared> | null = null
  return {
    /** Makes a block of runs. Its memory moves with it, and may come back with a later job. */
    flush: ({ job, memory }: FlushTask, context: CallContext) => {
      if (memory !== null) keepMemory(new Uint8Array(memory))
      const { bytes, meta } = flushRuns(slabs, job, { check: collect })
      const { signal, header } = job
      const key = l0Key(signal, header, header.startOffset)
      context.transfer(bytes.buffer as ArrayBuffer) // the writer's own, never shared
      collect()
      return { bytes, entry: entryOfBlock(meta, { key, shared: true, late: false }) }
    },
    rewrite: async (job: Job) => {
      store ??= openShared(config.store)
      const deps = {
        store: await store,
        clock: systemClock,
        random: systemRandom,
        control: {
          pause() {
            collect()
            return systemClock.turn()
          },
        },
        ...config.compaction,
      }
      return rewriteJob(job, deps)
    },
  }
}
