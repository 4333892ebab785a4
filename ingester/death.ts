/** What is left of an ingest worker that died: its published runs are sealed, so that they are flushed; empty ones are freed. */
import type { Slabs } from '#base/threads/slabs.ts'
import { signals } from '#schemas/signals/index.ts'
import { isSealed, readRunRef, slabState } from '#storage/run/run.ts'
import { retireTable } from '#storage/run/streams.ts'

export function sealRunsOf(slabs: Slabs, worker: number): void {
  for (let slab = 0; slab < slabs.count; slab++) {
    const run = readRunRef(slabs, slab)
    if (run === null || run.worker !== worker || isSealed(slabs, slab)) continue
    retireTable(slabs, run.tableSlab)
    if (run.rows === 0) slabs.free(slab)
    else slabs.setState(slab, slabState.sealed + signals[run.signal].id)
  }
}
