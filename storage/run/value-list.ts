/**
 * The values of one column on one page, listed by address, and the vector they make: a dictionary where
 * values repeat, texts of their exact size where they do not, ids and numbers. No value is copied twice.
 * Vectors stand in the page's memory.
 */
import type { Arena } from '#base/bytes/arena.ts'
import type { ColumnType, Texts, Vector } from '#schemas/column.ts'
import { fixedWidth } from '../column/vector.ts'
import { codedLength, codedWords } from './attribute-kernel.ts'
import { ints, type PageMemory } from './page-memory.ts'
import type { TenantRows } from './tenant-rows.ts'
import type { Trial, ValueCodes } from './value-codes.ts'
import { copyWords } from './value-words.ts'

/** A dictionary pays while there are this many rows per value (`column/write.ts` decides the same). */
const rowsPerValue = 3

/** A dictionary is given up when all of this many rows brought a new value, or most of more. */
const trials: readonly Trial[] = [
  { values: 257, codes: 256 },
  { values: 1025, codes: 512 },
]

/** Shorter values are copied byte by byte: below this a native copy costs more than it saves. */
const shortCopyBytes = 16

const none = new Uint32Array(0)

/** Values of any number of columns, each a range of the arrays; in the memory of a page. */
export class ValueList {
  readonly #from: Pick<TenantRows, 'sources' | 'words' | 'buffers' | 'shift' | 'coded'>
  readonly #memory: Arena
  readonly #values: ValueCodes
  /** Rows that have a value, ascending in a column. */
  row = none
  /** An address or a code, or the low half of a number; as in `FlatAttributes`. */
  a = none
  /** A length, or the high half of a number. */
  b = none

  /** An address is a source's number above `shift` and a place in it. */
  constructor(
    from: Pick<TenantRows, 'sources' | 'words' | 'buffers' | 'shift' | 'coded'>,
    { arena, codes }: PageMemory,
  ) {
    this.#from = from
    this.#memory = arena
    this.#values = codes
  }

  /** Begins a new page, whose memory the arrays are. */
  clear(): void {
    this.row = this.a = this.b = none
  }

  /** Makes room for `count` values in all; the arrays may be replaced, their values lost. */
  reserve(count: number): void {
    if (count <= this.row.length) return
    this.row = this.#memory.words(count)
    this.a = this.#memory.words(count)
    this.b = this.#memory.words(count)
  }

  /** The vector of a page of `rows` rows from the values [from, to); null when there are none. */
  // oxlint-disable-next-line max-params -- a type, a size and a range
  vector(type: ColumnType, rows: number, from: number, to: number): Vector | null {
    if (from === to) return null
    const present = this.#present(rows, from, to)
    if (type === 'text' || type === 'bytes' || type === 'otlp') {
      const codes = this.#codes(rows, from, to)
      if (codes === null) {
        this.#locate(from, to)
        return { type, present, kind: 'texts', texts: this.#texts(rows, from, to) }
      }
      return { type, present, kind: 'dictionary', codes, values: this.#values.texts(this.#memory) }
    }
    const width = fixedWidth(type)
    if (width > 0) {
      return { type, present, kind: 'fixed', width, bytes: this.#fixed(rows, width, from, to) }
    }
    return this.#numbers(type, rows, present, from, to)
  }

  #present(rows: number, from: number, to: number): Uint8Array | null {
    if (to - from === rows) return null
    const present = this.#memory.bytes(rows).fill(0)
    const { row } = this
    for (let i = from; i < to; i++) present[row[i]!] = 1
    return present
  }

  /** Codes of the values; null when too few repeat. */
  #codes(rows: number, from: number, to: number): Uint32Array | null {
    const { row, a, b } = this
    const values = this.#values
    values.clear(this.#from)
    const mark = this.#memory.mark()
    const codes = this.#memory.words(rows)
    if (to - from < rows) codes.fill(0)
    const most = Math.max(1, Math.floor((to - from) / rowsPerValue))
    if (values.codes({ row, a, b, from, to }, codes, most, trials)) return codes
    this.#memory.release(mark)
    return null
  }

  /** Makes addresses and lengths of what is given by code. */
  #locate(from: number, to: number): void {
    const { a, b } = this
    const { coded } = this.#from
    for (let i = from; i < to; i++) {
      if (b[i]! < codedLength) continue
      a[i] = coded[a[i]! * codedWords + 3]!
      b[i]! -= codedLength
    }
  }

  #texts(rows: number, first: number, to: number): Texts {
    const { row, b } = this
    const offsets = this.#memory.words(rows + 1)
    offsets[0] = 0
    let size = 0
    let next = 0
    for (let i = first; i < to; i++) {
      // Rows without a value end where the row before them does.
      while (next < row[i]!) offsets[++next] = size
      size += b[i]!
      offsets[++next] = size
    }
    while (next < rows) offsets[++next] = size
    return { offsets, bytes: this.#bytes(first, to, size) }
  }

  /** The bytes of the values, `size` in all, one after the other. */
  #bytes(first: number, to: number, size: number): Uint8Array {
    const { a, b } = this
    const bytes = this.#memory.bytes(size)
    const target = Buffer.from(bytes.buffer, bytes.byteOffset, size)
    // Values of neighbours of one request mostly stand side by side: they are copied together.
    let start = first < to ? a[first]! : 0
    let next = start
    let at = 0
    for (let i = first; i < to; i++) {
      if (a[i]! !== next) {
        at = this.#copy(target, at, start, next)
        start = a[i]!
        next = start
      }
      next += b[i]!
    }
    this.#copy(target, at, start, next)
    return bytes
  }

  /** Copies the bytes between two addresses to `at`; gives their end there. */
  // oxlint-disable-next-line max-params -- two places and a size, called per stretch of values
  #copy(target: Buffer, at: number, start: number, next: number): number {
    const { sources, buffers, shift } = this.#from
    let from = start & (2 ** shift - 1)
    const end = at + next - start
    if (next - start > shortCopyBytes) {
      buffers[start >>> shift]!.copy(target, at, from, from + next - start)
      return end
    }
    const source = sources[start >>> shift]!
    for (let put = at; put < end; put++) target[put] = source[from++]!
    return end
  }

  // oxlint-disable-next-line max-params -- a size, a width and a range
  #fixed(rows: number, width: number, first: number, to: number): Uint8Array {
    const { row, a } = this
    const bytes = this.#memory.bytes(rows * width)
    if (to - first < rows) bytes.fill(0)
    const { words, shift } = this.#from
    const mask = 2 ** shift - 1
    const count = width >>> 2
    const target = new Uint32Array(bytes.buffer, bytes.byteOffset, rows * count)
    for (let i = first; i < to; i++) {
      const address = a[i]!
      copyWords(words[address >>> shift]!, address & mask, target, row[i]! * count, count)
    }
    return bytes
  }

  // oxlint-disable-next-line max-params -- the vector's fields and a range
  #numbers(
    type: ColumnType,
    rows: number,
    present: Uint8Array | null,
    from: number,
    to: number,
  ): Vector {
    const { row, a, b } = this
    const memory = this.#memory
    if (type === 'double') {
      const values = memory.doubles(rows)
      if (present !== null) values.fill(0)
      // As words, since a NaN may lose its payload on the way through a double.
      const words = new Uint32Array(values.buffer, values.byteOffset, rows * 2)
      for (let i = from; i < to; i++) {
        const at = row[i]! * 2
        words[at] = a[i]!
        words[at + 1] = b[i]!
      }
      return { type, present, kind: 'doubles', values }
    }
    if (type === 'bool') {
      const values = memory.doubles(rows)
      if (present !== null) values.fill(0)
      for (let i = from; i < to; i++) values[row[i]!] = a[i]!
      return { type, present, kind: 'doubles', values }
    }
    const lo = memory.words(rows)
    if (present !== null) lo.fill(0)
    for (let i = from; i < to; i++) lo[row[i]!] = a[i]!
    if (type === 'u32') return { type, present, kind: 'words', values: lo }
    const hi = ints(memory, rows)
    if (present !== null) hi.fill(0)
    for (let i = from; i < to; i++) hi[row[i]!] = b[i]!
    return { type, present, kind: 'longs', lo, hi }
  }
}
