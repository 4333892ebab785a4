/**
 * How large the stream tables of the ingest worker become, as pure decisions. A table grows with every
 * stream that a client names, so it is given up together with its run once it is as large as tables may be:
 * streams that come again are then written anew, which costs a microsecond each, and no client
 * can fill the memory of runs with streams.
 */
import type { Slabs } from '#base/threads/slabs.ts'
import type { Signal } from '#schemas/signals/signal.ts'

/**
 * The largest part of all slabs for the table of a signal, data points and others: together seven eighths, so
 * that each signal still has its open run.
 */
const tableShares = { point: 5 / 8, other: 1 / 8 }

/** Beside its slabs a table takes at most this part of what it may take of them: a third where every stream is sent in one form. */
const besideShare = 1 / 2

/** A table that has just begun takes a third of this beside its slab. */
const leastBesideBytes = 1024 * 1024

/** Most bytes of slabs that the stream table of a signal takes, but for the last request's streams. */
export function maxTableBytes(signal: Signal, slabs: Pick<Slabs, 'count' | 'slabBytes'>): number {
  const share = signal.streamBy === 'point' ? tableShares.point : tableShares.other
  return Math.max(1, Math.floor(slabs.count * share)) * slabs.slabBytes
}

/** Whether a table that may take `maxBytes` of slabs is given up. `besideBytes`: what finds its streams, and all forms they were sent in. */
export function isTableFull(
  maxBytes: number,
  table: { readonly slabBytes: number; readonly besideBytes: number },
): boolean {
  const maxBeside = Math.max(leastBesideBytes, maxBytes * besideShare)
  return table.slabBytes > maxBytes || table.besideBytes > maxBeside
}
