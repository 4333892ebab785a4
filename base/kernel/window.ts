/** Which rows of a column fit a kernel's window. */

/** The largest window a kernel takes at a time. */
export interface WindowLimits {
  readonly rows: number
  readonly bytes: number
}

/** The end of the rows from `row` on that fit together, at most `count`; at least one row, however long. */
export function windowEnd(
  offsets: Uint32Array,
  row: number,
  count: number,
  limits: WindowLimits,
): number {
  const most = offsets[row]! + limits.bytes
  let low = row + 1
  let high = Math.min(count, row + limits.rows)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (offsets[middle]! <= most) low = middle
    else high = middle - 1
  }
  return low
}
