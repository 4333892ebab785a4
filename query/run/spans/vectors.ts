/** Single values of vectors, for the few rows that are shown or computed with. */
import type { Vector } from '#schemas/column.ts'

/** Whether the row has a value. */
export function isPresent(vector: Vector, row: number): boolean {
  return vector.present === null || vector.present[row] === 1
}

const nothing = new Uint8Array(0)

/** The bytes of a row of a text-like or fixed vector; empty for the others. */
export function rangeOf(
  vector: Vector,
  row: number,
): { readonly bytes: Uint8Array; readonly from: number; readonly to: number } {
  switch (vector.kind) {
    case 'dictionary': {
      const { offsets, bytes } = vector.values
      const code = vector.codes[row] ?? 0
      return { bytes, from: offsets[code] ?? 0, to: offsets[code + 1] ?? 0 }
    }
    case 'texts': {
      const { offsets, bytes } = vector.texts
      return { bytes, from: offsets[row] ?? 0, to: offsets[row + 1] ?? 0 }
    }
    case 'fixed':
      return { bytes: vector.bytes, from: row * vector.width, to: (row + 1) * vector.width }
    case 'doubles':
    case 'words':
    case 'longs':
      return { bytes: nothing, from: 0, to: 0 }
  }
}
