/**
 * The values of one column on one page, listed by address, and the vector they make: a dictionary where
 * values repeat, texts of their exact size where they do not, ids and numbers. Nothing grows by doubling
 * and no value is copied twice.
 */
import type { ColumnType, Texts, Vector } from '#schemas/column.ts'
import { Distinct } from '../column/distinct.ts'
import { fixedWidth } from '../column/vector.ts'

/** A dictionary pays while there are this many rows per value (`column/write.ts` decides the same). */
const rowsPerValue = 3

/** Rows after which a dictionary is given up when most values were new. */
const trialRows = 1024

/** Shorter values are copied byte by byte: below this a native copy costs more than it saves. */
const shortCopyBytes = 48

/** Up to a page of values; reused from column to column. */
export class ValueList {
  readonly #sources: readonly Uint8Array[]
  readonly #shift: number
  readonly #distinct = new Distinct(1 << 16)
  /** Rows that have a value, ascending. */
  readonly row: Uint32Array
  /** An address, or the low half of a number. */
  readonly a: Uint32Array
  /** A length, or the high half of a number. */
  readonly b: Uint32Array
  count = 0

  /** For pages of at most `rows` rows; an address is a source's number above `shift` and a place in it. */
  constructor(sources: readonly Uint8Array[], shift: number, rows: number) {
    this.#sources = sources
    this.#shift = shift
    this.row = new Uint32Array(rows)
    this.a = new Uint32Array(rows)
    this.b = new Uint32Array(rows)
  }

  /** The vector of a page of `rows` rows; null when no row has a value. It shares nothing with the list. */
  vector(type: ColumnType, rows: number): Vector | null {
    if (this.count === 0) return null
    const present = this.#present(rows)
    if (type === 'text' || type === 'bytes' || type === 'otlp') {
      const codes = this.#codes(rows)
      if (codes === null)
        return { type, present, kind: 'texts', texts: this.#texts(rows, present === null) }
      return { type, present, kind: 'dictionary', codes, values: this.#distinct.copyTexts() }
    }
    const width = fixedWidth(type)
    if (width > 0) return { type, present, kind: 'fixed', width, bytes: this.#fixed(rows, width) }
    return numbers(this, type, rows, present)
  }

  #present(rows: number): Uint8Array | null {
    if (this.count === rows) return null
    const present = new Uint8Array(rows)
    const { row, count } = this
    for (let i = 0; i < count; i++) present[row[i]!] = 1
    return present
  }

  /** Codes of the values in `#distinct`; null when too few repeat. */
  #codes(rows: number): Uint32Array | null {
    const { row, a, b, count } = this
    const distinct = this.#distinct
    const sources = this.#sources
    const shift = this.#shift
    const mask = 2 ** shift - 1
    distinct.clear()
    const codes = new Uint32Array(rows)
    const limit = Math.max(1, Math.floor(count / rowsPerValue))
    let last = -1
    let lastLength = -1
    let code = 0
    for (let i = 0; i < count; i++) {
      const address = a[i]!
      const length = b[i]!
      // Neighbours of a part that are equal share their bytes.
      if (address !== last || length !== lastLength) {
        const from = address & mask
        code = distinct.add(sources[address >>> shift]!, from, from + length)
        if (distinct.count > limit || (i === trialRows && distinct.count * 2 > trialRows)) {
          return null
        }
        last = address
        lastLength = length
      }
      codes[row[i]!] = code
    }
    return codes
  }

  #texts(rows: number, full: boolean): Texts {
    const { row, a, b, count } = this
    const offsets = new Uint32Array(rows + 1)
    let size = 0
    for (let i = 0; i < count; i++) {
      size += b[i]!
      offsets[row[i]! + 1] = size
    }
    // Rows without a value end where the row before them does.
    if (!full) {
      for (let i = 1, end = 0; i <= rows; i++) {
        if (offsets[i]! < end) offsets[i] = end
        else end = offsets[i]!
      }
    }
    const bytes = new Uint8Array(size)
    const sources = this.#sources
    const shift = this.#shift
    const mask = 2 ** shift - 1
    for (let i = 0, at = 0; i < count; i++) {
      const address = a[i]!
      const length = b[i]!
      const source = sources[address >>> shift]!
      let from = address & mask
      if (length > shortCopyBytes) {
        bytes.set(source.subarray(from, from + length), at)
        at += length
      } else {
        const end = at + length
        while (at < end) bytes[at++] = source[from++]!
      }
    }
    return { offsets, bytes }
  }

  #fixed(rows: number, width: number): Uint8Array {
    const { row, a, count } = this
    const bytes = new Uint8Array(rows * width)
    const sources = this.#sources
    const shift = this.#shift
    const mask = 2 ** shift - 1
    for (let i = 0; i < count; i++) {
      const address = a[i]!
      const source = sources[address >>> shift]!
      let from = address & mask
      let at = row[i]! * width
      const end = at + width
      while (at < end) bytes[at++] = source[from++]!
    }
    return bytes
  }
}

// oxlint-disable-next-line max-params -- a list and the vector's fields
function numbers(
  list: ValueList,
  type: ColumnType,
  rows: number,
  present: Uint8Array | null,
): Vector {
  const { row, a, b, count } = list
  if (type === 'double') {
    // As words, since a NaN may lose its payload on the way through a double.
    const words = new Uint32Array(rows * 2)
    for (let i = 0; i < count; i++) {
      const at = row[i]! * 2
      words[at] = a[i]!
      words[at + 1] = b[i]!
    }
    return { type, present, kind: 'doubles', values: new Float64Array(words.buffer) }
  }
  if (type === 'bool') {
    const values = new Float64Array(rows)
    for (let i = 0; i < count; i++) values[row[i]!] = a[i]!
    return { type, present, kind: 'doubles', values }
  }
  const lo = new Uint32Array(rows)
  for (let i = 0; i < count; i++) lo[row[i]!] = a[i]!
  if (type === 'u32') return { type, present, kind: 'words', values: lo }
  const hi = new Int32Array(rows)
  for (let i = 0; i < count; i++) hi[row[i]!] = b[i]!
  return { type, present, kind: 'longs', lo, hi }
}
