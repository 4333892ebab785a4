/**
 * What ends a query so that ingest can go on: when no slab is free, and rows that are in blocks by now
 * still hold slabs because a query reads them, the oldest query of such a slab is told to end. Its pin
 * is released when it has ended, and the next round frees the slab.
 */
import type { Slabs } from '#base/threads/slabs.ts'

/** Tells the oldest reader of one of the slabs to end; true when one was told. `held` are flushed and pinned. */
export function relieve(
  slabs: Pick<Slabs, 'freeCount'>,
  held: readonly number[],
  expireOldest: (slab: number) => boolean,
): boolean {
  return slabs.freeCount() === 0 && held.some((slab) => expireOldest(slab))
}
