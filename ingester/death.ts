/**
 * What is left of an ingest worker that died: its published runs are sealed, so that they are flushed;
 * empty ones are freed, and its stream tables are once no run names them.
 */
import type { Slabs } from '#base/threads/slabs.ts'
import { signals } from '#schemas/signals/index.ts'
import { isSealed, readRunRef, slabState } from '#storage/run/run.ts'
import { retireTableOf } from '#storage/run/streams.ts'

export function sealRunsOf(slabs: Slabs, worker: number): void {
  for (let slab = 0; slab < slabs.count; slab++) {
    if (slabs.state(slab) === slabState.table) retireTableOf(worker, slabs, slab)
    const run = readRunRef(slabs, slab)
    if (run === null || run.worker !== worker || isSealed(slabs, slab)) continue
    if (run.rows === 0) slabs.free(slab)
    else slabs.setState(slab, slabState.sealed + signals[run.signal].id)
  }
}
