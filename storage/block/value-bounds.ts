/**
 * Least and greatest value of a column on a page, by which pages are left out of a query. Each kind of
 * array has a loop of its own, so that each meets one kind only.
 */
import type { Vector } from '#schemas/column.ts'

export interface ValueBounds {
  readonly min: number
  readonly max: number
}

/** Least and greatest present value of a numeric vector as doubles; null for others and where a NaN is. */
export function boundsOf(vector: Vector): ValueBounds | null {
  switch (vector.kind) {
    case 'longs':
      return boundsOfLongs(vector.lo, vector.hi, vector.present)
    case 'words':
      return boundsOfWords(vector.values, vector.present)
    case 'doubles':
      return boundsOfDoubles(vector.values, vector.present)
    case 'texts':
    case 'dictionary':
    case 'fixed':
      return null
  }
}

function boundsOfLongs(
  lo: Uint32Array,
  hi: Int32Array,
  present: Uint8Array | null,
): ValueBounds | null {
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < lo.length; i++) {
    if (present !== null && present[i] === 0) continue
    const value = hi[i]! * 4294967296 + lo[i]!
    if (value < min) min = value
    if (value > max) max = value
  }
  return min <= max ? { min, max } : null
}

function boundsOfWords(values: Uint32Array, present: Uint8Array | null): ValueBounds | null {
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < values.length; i++) {
    if (present !== null && present[i] === 0) continue
    const value = values[i]!
    if (value < min) min = value
    if (value > max) max = value
  }
  return min <= max ? { min, max } : null
}

function boundsOfDoubles(values: Float64Array, present: Uint8Array | null): ValueBounds | null {
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < values.length; i++) {
    if (present !== null && present[i] === 0) continue
    const value = values[i]!
    if (value < min) min = value
    if (value > max) max = value
    if (Number.isNaN(value)) return null
  }
  return min <= max ? { min, max } : null
}
