/**
 * Which of the sorted rows of a merge step stay. Rows are the same as their signal's table says; only
 * rows with equal keys (stream and time, or trace and time) are looked at further, and their columns are compared
 * only then. Where the time alone makes a row (metrics) the last one wins, which is that of the
 * highest offset; else the first stays, and only rows of different sources are ever the same: a
 * client may well send two equal lines at one time.
 */
import type { Batch } from '#schemas/batch.ts'
import type { Vector } from '#schemas/column.ts'
import { signals } from '#schemas/signals/index.ts'
import { compareKeys, type MergeKeys } from './merge-keys.ts'

export interface SortedRows {
  readonly batch: Batch
  readonly keys: MergeKeys
  /** Row numbers in final order; equal rows by rising source. */
  readonly order: Uint32Array
  /** Source of each row. */
  readonly origin: Uint32Array
}

/** Rows of one key that are compared pair by pair; beyond it all stay: a thousand lines at one ns are not repeats. */
const maxCompared = 1024

/** The rows that stay, in order. */
export function keptRows(sorted: SortedRows): Uint32Array {
  const { batch, keys, order } = sorted
  const { sameWhen } = signals[batch.signal]
  const byTimeAlone = sameWhen.length === 1
  const columns = byTimeAlone ? [] : comparedColumns(batch, sameWhen)
  const kept = new Uint32Array(order.length)
  let count = 0
  let from = 0
  for (let to = 1; to <= order.length; to++) {
    if (to < order.length && compareKeys(keys, order[to - 1]!, keys, order[to]!) === 0) continue
    if (to - from === 1 || byTimeAlone) kept[count++] = order[to - 1]!
    else count = keepDistinct(sorted, columns, [from, to], { kept, count })
    from = to
  }
  return kept.subarray(0, count)
}

/** The columns that `sameWhen` names; `attributes` stands for all of them. Time and stream are in the key. */
function comparedColumns(batch: Batch, sameWhen: readonly string[]): Vector[] {
  const columns: Vector[] = []
  for (const [id, vector] of batch.columns) {
    const isRow = id.startsWith('r:')
    const key = id.slice(vector.type.length + 3)
    if (isRow ? sameWhen.includes(key) : sameWhen.includes('attributes')) columns.push(vector)
  }
  return columns
}

/** Appends the rows of one key without repeats to `into.kept` and returns the new count. */
// oxlint-disable-next-line max-params -- rows, how they compare, which, where to
function keepDistinct(
  sorted: SortedRows,
  columns: readonly Vector[],
  range: readonly [from: number, to: number],
  into: { kept: Uint32Array; count: number },
): number {
  const { order, origin } = sorted
  const [from, to] = range
  const { kept } = into
  const first = into.count
  const crowded = to - from > maxCompared
  let { count } = into
  for (let i = from; i < to; i++) {
    const row = order[i]!
    let same = false
    for (let k = crowded ? count : first; k < count && !same; k++) {
      const other = kept[k]!
      same =
        origin[other] !== origin[row] && columns.every((vector) => sameValue(vector, other, row))
    }
    if (!same) kept[count++] = row
  }
  return count
}

function sameValue(vector: Vector, a: number, b: number): boolean {
  const { present } = vector
  if (present !== null && present[a] !== present[b]) return false
  if (present !== null && present[a] === 0) return true
  switch (vector.kind) {
    case 'dictionary':
      return vector.codes[a] === vector.codes[b]
    case 'texts': {
      const { offsets, bytes } = vector.texts
      return sameBytes(bytes, [offsets[a]!, offsets[a + 1]!], [offsets[b]!, offsets[b + 1]!])
    }
    case 'fixed': {
      const { width } = vector
      return sameBytes(vector.bytes, [a * width, (a + 1) * width], [b * width, (b + 1) * width])
    }
    case 'doubles':
      return Object.is(vector.values[a], vector.values[b])
    case 'words':
      return vector.values[a] === vector.values[b]
    case 'longs':
      return vector.lo[a] === vector.lo[b] && vector.hi[a] === vector.hi[b]
  }
}

type Range = readonly [from: number, to: number]

function sameBytes(bytes: Uint8Array, a: Range, b: Range): boolean {
  if (a[1] - a[0] !== b[1] - b[0]) return false
  for (let i = a[0], k = b[0]; i < a[1]; i++, k++) if (bytes[i] !== bytes[k]) return false
  return true
}
