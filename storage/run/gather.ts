/**
 * Builders that collect chosen rows of many parts into vectors. Rows are added in order; a row
 * without a value is simply not put, and shows as absent.
 */
import type { ColumnType, Texts, Vector } from '#schemas/column.ts'

/** One column under construction. `end` closes it after `rows` rows. */
export interface ColumnBuilder {
  readonly type: ColumnType
  /** Bytes of the values so far, where they differ in length; else 0. */
  readonly bytes: number
  /** A value as two words: the halves of a number, or a range of `bytes`. Rows ascend; a second value of a row is ignored. */
  put(row: number, a: number, b: number, bytes: Buffer): void
  end(rows: number): Vector
}

/** Which rows have a value: one byte per row, made only when some row has none. */
class Presence {
  #bytes = new Uint8Array(64)
  count = 0

  mark(row: number): void {
    if (row >= this.#bytes.length) {
      const grown = new Uint8Array(Math.max(row + 1, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[row] = 1
    this.count++
  }

  end(rows: number): Uint8Array | null {
    if (this.count === rows) return null
    const present = new Uint8Array(rows)
    present.set(this.#bytes.subarray(0, Math.min(rows, this.#bytes.length)))
    return present
  }
}

class TextBuilder implements ColumnBuilder {
  readonly type: ColumnType
  readonly #presence = new Presence()
  #offsets = new Uint32Array(64)
  #bytes = Buffer.alloc(1024)
  /** Rows whose end is known. */
  #rows = 0
  #used = 0

  constructor(type: ColumnType) {
    this.type = type
  }

  get bytes(): number {
    return this.#used
  }

  #pad(rows: number): void {
    if (rows >= this.#offsets.length) {
      const grown = new Uint32Array(Math.max(rows + 1, this.#offsets.length * 2))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    while (this.#rows < rows) this.#offsets[++this.#rows] = this.#used
  }

  put(row: number, from: number, length: number, bytes: Buffer): void {
    if (row < this.#rows) return
    this.#pad(row)
    if (this.#used + length > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(this.#used + length, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, this.#used)
      this.#bytes = grown
    }
    bytes.copy(this.#bytes, this.#used, from, from + length)
    this.#used += length
    this.#presence.mark(row)
    this.#pad(row + 1)
  }

  end(rows: number): Vector {
    this.#pad(rows)
    const texts: Texts = {
      offsets: this.#offsets.subarray(0, rows + 1),
      bytes: new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#used),
    }
    return { type: this.type, present: this.#presence.end(rows), kind: 'texts', texts }
  }
}

class FixedBuilder implements ColumnBuilder {
  readonly type: ColumnType
  readonly bytes = 0
  readonly #width: number
  readonly #presence = new Presence()
  #bytes = Buffer.alloc(1024)
  #next = 0

  constructor(type: 'id16' | 'id8') {
    this.type = type
    this.#width = type === 'id16' ? 16 : 8
  }

  put(row: number, from: number, _length: number, bytes: Buffer): void {
    if (row < this.#next) return
    this.#next = row + 1
    const end = this.#next * this.#width
    if (end > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(Math.max(end, this.#bytes.length))])
    bytes.copy(this.#bytes, row * this.#width, from, from + this.#width)
    this.#presence.mark(row)
  }

  end(rows: number): Vector {
    const bytes = new Uint8Array(rows * this.#width)
    bytes.set(this.#bytes.subarray(0, Math.min(this.#next, rows) * this.#width))
    return {
      type: this.type,
      present: this.#presence.end(rows),
      kind: 'fixed',
      width: this.#width,
      bytes,
    }
  }
}

/** int, time, double, bool and u32: two words per row, turned into the vector of the type at the end. */
class WordBuilder implements ColumnBuilder {
  readonly type: ColumnType
  readonly bytes = 0
  readonly #presence = new Presence()
  #words = new Uint32Array(128)
  #next = 0

  constructor(type: ColumnType) {
    this.type = type
  }

  put(row: number, a: number, b: number): void {
    if (row < this.#next) return
    this.#next = row + 1
    if (this.#next * 2 > this.#words.length) {
      const grown = new Uint32Array(Math.max(this.#next * 2, this.#words.length * 2))
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words[row * 2] = a
    this.#words[row * 2 + 1] = b
    this.#presence.mark(row)
  }

  end(rows: number): Vector {
    const words = new Uint32Array(rows * 2)
    words.set(this.#words.subarray(0, Math.min(this.#next, rows) * 2))
    const present = this.#presence.end(rows)
    const { type } = this
    if (type === 'double')
      return { type, present, kind: 'doubles', values: new Float64Array(words.buffer) }
    if (type === 'int' || type === 'time') {
      const lo = new Uint32Array(rows)
      const hi = new Int32Array(rows)
      for (let row = 0; row < rows; row++) {
        lo[row] = words[row * 2]!
        hi[row] = words[row * 2 + 1]!
      }
      return { type, present, kind: 'longs', lo, hi }
    }
    if (type === 'bool') {
      const values = new Float64Array(rows)
      for (let row = 0; row < rows; row++) values[row] = words[row * 2]!
      return { type, present, kind: 'doubles', values }
    }
    const values = new Uint32Array(rows)
    for (let row = 0; row < rows; row++) values[row] = words[row * 2]!
    return { type, present, kind: 'words', values }
  }
}

/** A builder for a column type. */
export function columnBuilder(type: ColumnType): ColumnBuilder {
  if (type === 'text' || type === 'bytes' || type === 'otlp') return new TextBuilder(type)
  if (type === 'id16' || type === 'id8') return new FixedBuilder(type)
  return new WordBuilder(type)
}
