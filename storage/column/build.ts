/**
 * A column of a page to be, built from runs of rows of other pages' columns. Numbers and ids are
 * copied in blocks; dictionaries are united by text, each value once per source page, and codes go
 * through a table. Memory is kept from page to page: a vector given is valid until `clear`.
 */
import type { ColumnType, Vector } from '#schemas/column.ts'
import { vectorKinds } from '#schemas/column.ts'
import { copyByteRuns, copyWordRuns, type Runs } from './runs.ts'
import { TextBuilder } from './build-texts.ts'
import { fixedWidth } from './vector.ts'

/** Columns of a run's sources by number; null where a source has no row with a value. */
export type RunColumns = readonly (Vector | null)[]

/** What holds the values of a column. */
interface Values {
  append(at: number, runs: Runs, columns: RunColumns): void
  /** Rows [from, to) without a value. */
  skip(from: number, to: number): void
  clear(): void
  vector(type: ColumnType, present: Uint8Array | null, rows: number): Vector
}

export class ColumnBuilder {
  readonly type: ColumnType
  readonly #values: Values
  readonly #present = new Presence()
  #rows = 0

  constructor(type: ColumnType) {
    this.type = type
    this.#values = valuesOf(type)
  }

  get rows(): number {
    return this.#rows
  }

  /** Appends the rows of `runs` from row `at` on; rows between what was appended and `at` have no value. */
  append(at: number, runs: Runs, columns: RunColumns): void {
    this.#skipTo(at)
    this.#present.append(at, runs, columns)
    this.#values.append(at, runs, columns)
    this.#rows = at + runs.rows
  }

  #skipTo(rows: number): void {
    if (rows === this.#rows) return
    this.#present.skip(this.#rows, rows)
    this.#values.skip(this.#rows, rows)
    this.#rows = rows
  }

  /** The column of `rows` rows, as views of the builder's memory. */
  finish(rows: number): Vector {
    this.#skipTo(rows)
    return this.#values.vector(this.type, this.#present.view(rows), rows)
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    this.#rows = 0
    this.#present.clear()
    this.#values.clear()
  }
}

function valuesOf(type: ColumnType): Values {
  if (vectorKinds[type].includes('dictionary')) return new TextBuilder()
  const width = fixedWidth(type)
  if (width > 0) return new FixedValues(width)
  if (type === 'u32') return new WordValues()
  return type === 'int' || type === 'time' ? new LongValues() : new DoubleValues()
}

/** Room for at least `size` entries: at least doubled, so that growing costs little in all. */
function roomFor(have: number, size: number): number {
  return Math.max(size, have * 2, 1024)
}

/** Which rows have a value; nothing is kept while all have. */
class Presence {
  #bytes = new Uint8Array(0)
  #sparse = false
  readonly #sources: (Uint8Array | null)[] = []

  append(at: number, runs: Runs, columns: RunColumns): void {
    if (!this.#sparse && !lacksValues(runs, columns)) return
    this.#begin(at, at + runs.rows)
    const sources = this.#sources
    sources.length = 0
    let whole = false
    for (const column of columns) {
      sources.push(column?.present ?? null)
      whole ||= column !== null && column.present === null
    }
    copyByteRuns(this.#bytes, at, runs, sources, 1)
    if (whole) this.#fillWhole(at, runs, columns)
  }

  /** Marks the rows of sources in which all have a value. */
  #fillWhole(at: number, runs: Runs, columns: RunColumns): void {
    let next = at
    for (let r = 0; r < runs.count; r++) {
      const column = columns[runs.source[r]!]
      const end = next + runs.to[r]! - runs.from[r]!
      if (column?.present === null) this.#bytes.fill(1, next, end)
      next = end
    }
  }

  skip(from: number, to: number): void {
    this.#begin(from, to)
    this.#bytes.fill(0, from, to)
  }

  #begin(rows: number, end: number): void {
    if (this.#bytes.length < end) {
      const grown = new Uint8Array(roomFor(this.#bytes.length, end))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    if (!this.#sparse) this.#bytes.fill(1, 0, rows)
    this.#sparse = true
  }

  view(rows: number): Uint8Array | null {
    return this.#sparse ? this.#bytes.subarray(0, rows) : null
  }

  clear(): void {
    this.#sparse = false
  }
}

/** True when a source of the runs has rows without a value. */
function lacksValues(runs: Runs, columns: RunColumns): boolean {
  for (let r = 0; r < runs.count; r++) {
    const column = columns[runs.source[r]!]
    if (column?.present !== null) return true
  }
  return false
}

/** Words that grow; `width` of them a row. */
class Lane {
  words = new Uint32Array(0)
  readonly #width: number
  readonly sources: (Uint32Array | null)[] = []

  constructor(width: number) {
    this.#width = width
  }

  append(at: number, runs: Runs): void {
    this.#reserve(at + runs.rows)
    copyWordRuns(this.words, at, runs, this.sources, this.#width)
  }

  skip(from: number, to: number): void {
    this.#reserve(to)
    this.words.fill(0, from * this.#width, to * this.#width)
  }

  #reserve(rows: number): void {
    const size = rows * this.#width
    if (this.words.length >= size) return
    // An even number of words: doubles are pairs.
    const grown = new Uint32Array(roomFor(this.words.length, size + (size & 1)))
    grown.set(this.words)
    this.words = grown
  }
}

class WordValues implements Values {
  readonly #lane = new Lane(1)

  append(at: number, runs: Runs, columns: RunColumns): void {
    const { sources } = this.#lane
    sources.length = 0
    for (const column of columns) sources.push(column?.kind === 'words' ? column.values : null)
    this.#lane.append(at, runs)
  }

  skip(from: number, to: number): void {
    this.#lane.skip(from, to)
  }

  clear(): void {}

  vector(type: ColumnType, present: Uint8Array | null, rows: number): Vector {
    return { type, present, kind: 'words', values: this.#lane.words.subarray(0, rows) }
  }
}

class LongValues implements Values {
  readonly #lo = new Lane(1)
  readonly #hi = new Lane(1)

  append(at: number, runs: Runs, columns: RunColumns): void {
    this.#lo.sources.length = 0
    this.#hi.sources.length = 0
    for (const column of columns) {
      const longs = column?.kind === 'longs' ? column : null
      this.#lo.sources.push(longs?.lo ?? null)
      this.#hi.sources.push(longs === null ? null : asWords(longs.hi))
    }
    this.#lo.append(at, runs)
    this.#hi.append(at, runs)
  }

  skip(from: number, to: number): void {
    this.#lo.skip(from, to)
    this.#hi.skip(from, to)
  }

  clear(): void {}

  vector(type: ColumnType, present: Uint8Array | null, rows: number): Vector {
    const lo = this.#lo.words.subarray(0, rows)
    return { type, present, kind: 'longs', lo, hi: new Int32Array(this.#hi.words.buffer, 0, rows) }
  }
}

/** Doubles as pairs of words, because one that is a NaN may lose its payload on the way. */
class DoubleValues implements Values {
  readonly #lane = new Lane(2)

  append(at: number, runs: Runs, columns: RunColumns): void {
    const { sources } = this.#lane
    sources.length = 0
    for (const column of columns) {
      sources.push(column?.kind === 'doubles' ? asWords(column.values) : null)
    }
    this.#lane.append(at, runs)
  }

  skip(from: number, to: number): void {
    this.#lane.skip(from, to)
  }

  clear(): void {}

  vector(type: ColumnType, present: Uint8Array | null, rows: number): Vector {
    const values = new Float64Array(this.#lane.words.buffer, 0, rows)
    return { type, present, kind: 'doubles', values }
  }
}

function asWords(array: Int32Array | Float64Array): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4)
}

class FixedValues implements Values {
  readonly #width: number
  #bytes = new Uint8Array(0)
  readonly #sources: (Uint8Array | null)[] = []

  constructor(width: number) {
    this.#width = width
  }

  append(at: number, runs: Runs, columns: RunColumns): void {
    this.#reserve(at + runs.rows)
    const sources = this.#sources
    sources.length = 0
    for (const column of columns) sources.push(column?.kind === 'fixed' ? column.bytes : null)
    copyByteRuns(this.#bytes, at, runs, sources, this.#width)
  }

  skip(from: number, to: number): void {
    this.#reserve(to)
    this.#bytes.fill(0, from * this.#width, to * this.#width)
  }

  #reserve(rows: number): void {
    const size = rows * this.#width
    if (this.#bytes.length >= size) return
    const grown = new Uint8Array(roomFor(this.#bytes.length, size))
    grown.set(this.#bytes)
    this.#bytes = grown
  }

  clear(): void {}

  vector(type: ColumnType, present: Uint8Array | null, rows: number): Vector {
    const width = this.#width
    return { type, present, kind: 'fixed', width, bytes: this.#bytes.subarray(0, rows * width) }
  }
}
