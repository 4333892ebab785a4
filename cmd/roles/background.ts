/** A background worker: sorts and encodes what was sealed, and rewrites blocks into larger ones. */
import { Slabs } from '#base/threads/slabs.ts'
import type { CallContext } from '#base/threads/port.ts'
import { flushRuns, type FlushJob } from '#ingester/flush.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { l0Key } from '#storage/catalog/names.ts'
import type { WorkerData } from './shared.ts'

export type BackgroundTasks = ReturnType<typeof backgroundTasks>

export function backgroundTasks({ shared }: WorkerData) {
  const slabs = new Slabs(shared.slabs)
  return {
    flush: (job: FlushJob, context: CallContext) => {
      const { bytes, meta } = flushRuns(slabs, job, { check: () => {} })
      const { signal, header } = job
      const key = l0Key(signal, header, header.startOffset)
      if (bytes.byteLength === bytes.buffer.byteLength)
        context.transfer(bytes.buffer as ArrayBuffer) // the writer's own, never shared
      return { bytes, entry: entryOfBlock(meta, { key, shared: true, late: false }) }
    },
  }
}
