/**
 * Runs the predicates of a scan over the columns of a batch: which rows pass all of them. Text-like
 * columns with a dictionary are tested once per distinct value, all others once per row.
 */
import { columnId, type Texts, type Vector } from '#schemas/column.ts'
import type { Predicate } from '#schemas/predicate.ts'

function fixedTexts(bytes: Uint8Array, width: number, count: number): Texts {
  const offsets = new Uint32Array(count + 1)
  for (let i = 0; i <= count; i++) offsets[i] = i * width
  return { offsets, bytes }
}

/** The numbers of a vector as doubles; 64-bit integers are exact below 2^53. */
export function numbersOf(vector: Vector): Float64Array | null {
  switch (vector.kind) {
    case 'doubles':
      return vector.values
    case 'words':
      return Float64Array.from(vector.values)
    case 'longs': {
      const out = new Float64Array(vector.lo.length)
      for (let i = 0; i < out.length; i++) out[i] = vector.hi[i]! * 2 ** 32 + vector.lo[i]!
      return out
    }
    case 'dictionary':
    case 'texts':
    case 'fixed':
      return null
  }
}

/** Sets out[row] to 1 where the row's value passes, whether or not it is present. */
function testValues(predicate: Predicate, vector: Vector, out: Uint8Array): void {
  const numbers = numbersOf(vector)
  if (numbers !== null) {
    predicate.testNumbers?.(numbers, out.length, out)
  } else if (vector.kind === 'dictionary') {
    const count = vector.values.offsets.length - 1
    const byValue = new Uint8Array(count)
    predicate.testTexts?.(vector.values, count, byValue)
    const { codes } = vector
    for (let row = 0; row < out.length; row++) out[row] = byValue[codes[row]!]!
  } else if (vector.kind === 'texts') {
    predicate.testTexts?.(vector.texts, out.length, out)
  } else if (vector.kind === 'fixed') {
    predicate.testTexts?.(fixedTexts(vector.bytes, vector.width, out.length), out.length, out)
  }
}

/** One byte per row, 1 where the predicate passes; null when it passes everywhere unseen. */
function passes(predicate: Predicate, vector: Vector | undefined, rows: number): Uint8Array | null {
  if (vector === undefined && predicate.absent) return null
  const out = new Uint8Array(rows)
  if (vector === undefined) return out
  testValues(predicate, vector, out)
  const { present } = vector
  const absentPasses = predicate.absent ? 1 : 0
  if (present === null) return out
  for (let row = 0; row < rows; row++) if (present[row] === 0) out[row] = absentPasses
  return out
}

function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  for (let row = 0; row < a.length; row++) a[row]! &= b[row]!
  return a
}

/** The rows that pass every predicate, ascending; null when all rows do. */
export function selectRows(
  columns: ReadonlyMap<string, Vector>,
  rows: number,
  predicates: readonly Predicate[],
): Uint32Array | null {
  let passing: Uint8Array | null = null
  for (const predicate of predicates) {
    const out = passes(predicate, columns.get(columnId(predicate.column)), rows)
    if (out === null) continue
    passing = passing === null ? out : both(passing, out)
  }
  if (passing === null) return null
  let count = 0
  for (let row = 0; row < rows; row++) count += passing[row]!
  if (count === rows) return null
  const selection = new Uint32Array(count)
  for (let row = 0, at = 0; row < rows; row++) if (passing[row] === 1) selection[at++] = row
  return selection
}
