/** Times of rows: exact ns, for the rows that are kept or compared across batches. */
import type { Batch } from '#schemas/batch.ts'

/** The start of the span in a row, ns since the epoch. */
export function startOf(batch: Batch, row: number): bigint {
  return batch.timeBase + BigInt(batch.time[row] ?? 0)
}

/** The chosen rows of a batch, ascending. */
export function chosenRows(batch: Batch): Uint32Array {
  if (batch.selection !== null) return batch.selection
  const all = new Uint32Array(batch.rows)
  for (let row = 0; row < all.length; row++) all[row] = row
  return all
}
