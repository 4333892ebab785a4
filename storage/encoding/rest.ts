/**
 * Attributes row by row, for keys too rare to be columns (or beyond the most columns a section may
 * have): per row a count, per attribute a code of the page's keys and a code of one dictionary of
 * values. It beat a column per sparse key by 14 bytes a span on Jaeger's shape (spans-layout, rule 7).
 *
 *   varint keys, words: their numbers in the section's rest columns,
 *   words: attributes per row, words: key codes, dictionary: values as bytes (`valueBytes`)
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import type { ColumnRef, ColumnType, Texts, Vector } from '#schemas/column.ts'
import { scratchDistinct, type Distinct } from '../column/distinct.ts'
import { fixedWidth, gatherTexts } from '../column/vector.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import {
  decodeDictionary,
  encodeDictionary,
  encodeTexts,
  decodeTexts,
  type TextsOptions,
} from './texts.ts'
import { withTemporary } from './temporary.ts'
import { decodeWords, encodeWords } from './words.ts'

/** One column that goes into the rest of a page: its number among the section's rest columns. */
export interface RestColumn {
  readonly number: number
  readonly vector: Vector
}

/** Attributes of rows as they stand in a rest, by row: what a merge takes from pages and gives to pages. */
export interface RestRows {
  /** By key code: the column, its `columnId`, and how many entries it has. */
  readonly columns: readonly ColumnRef[]
  readonly ids: readonly string[]
  readonly used: Uint32Array
  /** Entries of row i are [starts[i], starts[i + 1]). */
  readonly starts: Uint32Array
  readonly keys: Uint32Array
  /** Value of entry e is `values` number `codes[e]`. */
  readonly codes: Uint32Array
  readonly values: Texts
  /** True when a value stands once in `values`. */
  readonly distinct: boolean
}

/** Entries that are there already, with the numbers of their columns among the section's rest columns. */
export interface ReadyRest {
  readonly rows: RestRows
  readonly numbers: readonly number[]
}

/** Attributes of one page in `rest`: the rows times the attributes a row may have would not fit memory. */
const maxEntries = 1 << 23

/** Writes the rest of a page of `rows` rows: sparse columns, and entries that are ready. */
// oxlint-disable-next-line max-params -- the writer, the page, the level
export function encodeRest(
  out: ByteWriter,
  from: RestParts,
  rows: number,
  options: TextsOptions,
): void {
  withTemporary((memory) => {
    writeRest(out, from, entriesOfPage(from, rows, memory), options)
  })
}

interface RestParts {
  readonly columns: readonly RestColumn[]
  readonly ready: ReadyRest | null
}

function entriesOfPage({ columns, ready }: RestParts, rows: number, memory: Allocator): Entries {
  return ready !== null && columns.length === 0
    ? entriesOf(ready.rows, rows, memory)
    : joinEntries(columns, ready?.rows ?? null, rows, memory)
}

// oxlint-disable-next-line max-params -- the writer, what to write, how
function writeRest(
  out: ByteWriter,
  { columns, ready }: RestParts,
  { counts, keys, codes, values }: Entries,
  options: TextsOptions,
): void {
  const numbers = [...(ready?.numbers ?? []), ...columns.map((column) => column.number)]
  out.varint(encodingId.rest)
  out.varint(numbers.length)
  encodeWords(out, Uint32Array.from(numbers), options.dense)
  encodeWords(out, counts, options.dense)
  encodeWords(out, keys, options.dense)
  // Where nearly every value is another one, codes would cost more than they save.
  if ((values.offsets.length - 1) * 2 > codes.length) {
    const { dense, level } = options
    encodeTexts(out, gatherTexts(values, codes), { dense, level })
  } else encodeDictionary(out, codes, values, options)
}

/** Entries of a page by row; the columns of `keys` are the ready ones, then the others. */
interface Entries {
  readonly counts: Uint32Array
  readonly keys: Uint32Array
  readonly codes: Uint32Array
  readonly values: Texts
}

function entriesOf(
  { starts, keys, codes, values }: RestRows,
  rows: number,
  memory: Allocator,
): Entries {
  const counts = memory.words(rows)
  for (let i = 0; i < rows; i++) counts[i] = starts[i + 1]! - starts[i]!
  return { counts, keys, codes, values }
}

// oxlint-disable-next-line max-params -- a page, and memory
function joinEntries(
  columns: readonly RestColumn[],
  ready: RestRows | null,
  rows: number,
  memory: Allocator,
): Entries {
  const counts = ready === null ? memory.words(rows).fill(0) : entriesOf(ready, rows, memory).counts
  for (const { vector } of columns) {
    for (let i = 0; i < rows; i++) if (vector.present?.[i] !== 0) counts[i]!++
  }
  const next = memory.words(rows + 1)
  next[0] = 0
  for (let i = 0; i < rows; i++) next[i + 1] = next[i]! + counts[i]!
  const keys = memory.words(next[rows]!)
  const codes = memory.words(keys.length)
  const distinct = scratchDistinct()
  if (ready !== null) placeReady(ready, { next, keys, codes }, distinct)
  const first = ready?.columns.length ?? 0
  columns.forEach(({ vector }, code) => {
    const read = valueReader(vector)
    for (let i = 0; i < rows; i++) {
      if (vector.present?.[i] === 0) continue
      const at = next[i]!++
      keys[at] = first + code
      const value = read(i)
      codes[at] = distinct.add(value.bytes, value.from, value.to)
    }
  })
  return { counts, keys, codes, values: distinct.texts() }
}

/** Puts entries that are ready first in their rows; each value is looked up once. */
function placeReady(
  ready: RestRows,
  to: { readonly next: Uint32Array; readonly keys: Uint32Array; readonly codes: Uint32Array },
  distinct: Distinct,
): void {
  const { starts, values } = ready
  const map = new Uint32Array(values.offsets.length - 1)
  for (let value = 0; value < map.length; value++) {
    map[value] = distinct.add(values.bytes, values.offsets[value]!, values.offsets[value + 1]!)
  }
  for (let row = 0; row + 1 < starts.length; row++) {
    let at = to.next[row]!
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      to.keys[at] = ready.keys[e]!
      to.codes[at++] = map[ready.codes[e]!]!
    }
    to.next[row] = at
  }
}

interface ByteRange {
  bytes: Uint8Array
  from: number
  to: number
}

/** The value of a row as bytes: text as it is, numbers little-endian. The result is reused. */
function valueReader(vector: Vector): (row: number) => ByteRange {
  const number = new Uint8Array(8)
  const words = new Uint32Array(number.buffer)
  const range: ByteRange = { bytes: number, from: 0, to: 8 }
  const ofTexts = (texts: Texts, value: number): ByteRange => {
    range.bytes = texts.bytes
    range.from = texts.offsets[value]!
    range.to = texts.offsets[value + 1]!
    return range
  }
  switch (vector.kind) {
    case 'texts':
      return (row) => ofTexts(vector.texts, row)
    case 'dictionary':
      return (row) => ofTexts(vector.values, vector.codes[row]!)
    case 'fixed':
      return (row) => {
        range.bytes = vector.bytes
        range.from = row * vector.width
        range.to = range.from + vector.width
        return range
      }
    case 'doubles': {
      const { values } = vector
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
      return (row) => {
        words[0] = bits[2 * row]!
        words[1] = bits[2 * row + 1]!
        return range
      }
    }
    case 'words':
      return (row) => {
        words[0] = vector.values[row]!
        words[1] = 0
        return range
      }
    case 'longs':
      return (row) => {
        words[0] = vector.lo[row]!
        words[1] = vector.hi[row]!
        return range
      }
  }
}

/** The rest of a page, read: which attributes each row has, and their values as bytes. */
export interface Rest {
  /** Numbers of the section's rest columns, by key code. */
  readonly columns: Uint32Array
  readonly counts: Uint32Array
  readonly keys: Uint32Array
  /** Value of attribute a is `values` number `codes[a]`. */
  readonly codes: Uint32Array
  readonly values: Texts
  /** True when a value stands once in `values`. */
  readonly distinct: boolean
}

export interface RestLimits {
  readonly rows: number
  /** Rest columns of the section. */
  readonly columns: number
  readonly maxBytes: number
}

/** Reads the rest of a page into arrays of `memory`. */
export function decodeRest(
  reader: ByteReader,
  limits: RestLimits,
  memory: Allocator = fresh,
): Rest {
  const id = reader.varint()
  if (id !== encodingId.rest) throw blockCorrupt.make(`encoding ${id} where the rest should be`)
  const columnCount = reader.varint()
  if (columnCount > limits.columns) throw blockCorrupt.make(`${columnCount} columns in the rest`)
  const columns = decodeWords(reader, columnCount, memory)
  for (const column of columns) {
    if (column >= limits.columns) throw blockCorrupt.make(`rest column ${column}`)
  }
  const counts = decodeWords(reader, limits.rows, memory)
  let entries = 0
  for (let i = 0; i < counts.length; i++) {
    entries += counts[i]!
    if (entries > maxEntries) throw blockCorrupt.make('too many attributes in the rest')
  }
  const keys = decodeWords(reader, entries, memory)
  for (let i = 0; i < entries; i++) {
    if (keys[i]! >= columnCount) throw blockCorrupt.make(`key ${keys[i]} of ${columnCount}`)
  }
  return { columns, counts, keys, ...decodeValues(reader, entries, limits.maxBytes, memory) }
}

// oxlint-disable-next-line max-params -- the reader, two limits, and where to
function decodeValues(
  reader: ByteReader,
  entries: number,
  maxBytes: number,
  memory: Allocator,
): Pick<Rest, 'codes' | 'values' | 'distinct'> {
  const id = reader.varint()
  if (id === encodingId.dictionary) {
    return { ...decodeDictionary(reader, entries, maxBytes, { memory }), distinct: true }
  }
  if (id !== encodingId.texts) throw blockCorrupt.make(`encoding ${id} of values in the rest`)
  const values = decodeTexts(reader, entries, maxBytes, { memory })
  const codes = memory.words(entries)
  for (let i = 0; i < entries; i++) codes[i] = i
  return { codes, values, distinct: false }
}

/** Where the attributes of each row begin: entry i of the result, with one entry more than rows. */
export function restStarts(rest: Rest, memory: Allocator = fresh): Uint32Array {
  const starts = memory.words(rest.counts.length + 1)
  starts[0] = 0
  for (let i = 0; i < rest.counts.length; i++) starts[i + 1] = starts[i]! + rest.counts[i]!
  return starts
}

/** Rows [from, to) of a page's rest. */
export interface RestRange {
  readonly starts: Uint32Array
  readonly from: number
  readonly to: number
}

/**
 * The columns that rows of the range have, by their number in the section; `typeOf` gives a column's
 * type, or null where it is not wanted. A vector costs five bytes a row of the range and more, so callers keep ranges
 * short where a page has thousands of keys.
 */
export function restVectors(
  rest: Rest,
  range: RestRange,
  typeOf: (column: number) => ColumnType | null,
): Map<number, Vector> {
  const types = Array.from(rest.columns, typeOf)
  const vectors = new Map<number, Vector>()
  columnsOfRest(rest, range, types).forEach((vector, key) => {
    if (vector !== null) vectors.set(rest.columns[key]!, vector)
  })
  return vectors
}

/** By key code the vector of a column over rows of the range; null where it is not wanted or no row has it. */
export function columnsOfRest(
  rest: Pick<Rest, 'keys' | 'codes' | 'values' | 'distinct'>,
  range: RestRange,
  types: readonly (ColumnType | null)[],
): (Vector | null)[] {
  const { starts, from, to } = range
  const found: ({ present: Uint8Array; codes: Uint32Array } | null)[] = types.map(() => null)
  const wanted = Uint8Array.from(types, (type) => (type === null ? 0 : 1))
  const { keys, codes } = rest
  for (let row = from; row < to; row++) {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const key = keys[at]!
      if (wanted[key] === 0) continue
      const column = (found[key] ??= {
        present: new Uint8Array(to - from),
        codes: new Uint32Array(to - from),
      })
      column.present[row - from] = 1
      column.codes[row - from] = codes[at]!
    }
  }
  return found.map((column, key) => {
    const type = types[key]
    return column && type ? vectorOfValues(type, column.present, column.codes, rest) : null
  })
}

// oxlint-disable-next-line max-params -- a dictionary vector's fields
function vectorOfValues(
  type: ColumnType,
  present: Uint8Array,
  codes: Uint32Array,
  { values, distinct }: Pick<Rest, 'values' | 'distinct'>,
): Vector {
  const width = fixedWidth(type)
  if (type === 'text' || type === 'bytes' || type === 'otlp') {
    return distinct
      ? usedDictionary(type, present, codes, values)
      : joinedDictionary(type, present, codes, values)
  }
  const bytes = fixedBytes(present, codes, values, width > 0 ? width : 8)
  if (width > 0) return { type, present, kind: 'fixed', width, bytes }
  const words = new Uint32Array(bytes.buffer)
  const rows = present.length
  if (type === 'double' || type === 'bool') {
    return { type, present, kind: 'doubles', values: new Float64Array(bytes.buffer) }
  }
  const lo = Uint32Array.from({ length: rows }, (_, i) => words[2 * i]!)
  if (type === 'u32') return { type, present, kind: 'words', values: lo }
  return {
    type,
    present,
    kind: 'longs',
    lo,
    hi: Int32Array.from({ length: rows }, (_, i) => words[2 * i + 1]!),
  }
}

/** A dictionary of the values that rows use: the page's holds those of every key, each once. */
// oxlint-disable-next-line max-params -- a dictionary vector's fields
function usedDictionary(
  type: 'text' | 'bytes' | 'otlp',
  present: Uint8Array,
  codes: Uint32Array,
  values: Texts,
): Vector {
  const own = new Uint32Array(codes.length)
  /** Number + 1 of each value among the used ones. */
  const map = new Uint32Array(values.offsets.length - 1)
  const used = new Uint32Array(Math.min(map.length, codes.length))
  let count = 0
  for (let i = 0; i < codes.length; i++) {
    if (present[i] === 0) continue
    const code = codes[i]!
    if (map[code] === 0) {
      used[count++] = code
      map[code] = count
    }
    own[i] = map[code]! - 1
  }
  const texts = gatherTexts(values, used.subarray(0, count))
  return { type, present, kind: 'dictionary', codes: own, values: texts }
}

/** The same where values stand as often as rows have them. */
// oxlint-disable-next-line max-params -- a dictionary vector's fields
function joinedDictionary(
  type: 'text' | 'bytes' | 'otlp',
  present: Uint8Array,
  codes: Uint32Array,
  values: Texts,
): Vector {
  const distinct = scratchDistinct()
  const own = new Uint32Array(codes.length)
  const { offsets, bytes } = values
  for (let i = 0; i < codes.length; i++) {
    if (present[i] === 0) continue
    const code = codes[i]!
    own[i] = distinct.add(bytes, offsets[code]!, offsets[code + 1]!)
  }
  return { type, present, kind: 'dictionary', codes: own, values: distinct.copyTexts() }
}

// oxlint-disable-next-line max-params -- a dictionary vector's fields
function fixedBytes(
  present: Uint8Array,
  codes: Uint32Array,
  values: Texts,
  width: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(present.length * width)
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 0) continue
    const from = values.offsets[codes[i]!]!
    if (values.offsets[codes[i]! + 1]! - from !== width) {
      throw blockCorrupt.make(`a number of the rest is not ${width} bytes`)
    }
    for (let k = 0; k < width; k++) bytes[i * width + k] = values.bytes[from + k]!
  }
  return bytes
}
