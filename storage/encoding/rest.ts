/**
 * Attributes row by row, for keys too rare to be columns (or beyond the most columns a section may
 * have): per row a count, per attribute a code of the page's keys and a code of one dictionary of
 * values. It beat a column per sparse key by 14 bytes a span on Jaeger's shape (spans-layout, rule 7).
 *
 *   varint keys, words: their numbers in the section's rest columns,
 *   words: attributes per row, words: key codes, dictionary: values as bytes (`valueBytes`)
 */
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import type { ColumnType, Texts, Vector } from '#schemas/column.ts'
import { scratchDistinct } from '../column/distinct.ts'
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
import { decodeWords, encodeWords } from './words.ts'

/** One column that goes into the rest of a page: its number among the section's rest columns. */
export interface RestColumn {
  readonly number: number
  readonly vector: Vector
}

/** Attributes of one page in `rest`: the rows times the attributes a row may have would not fit memory. */
const maxEntries = 1 << 23

/** Writes the rest of a page of `rows` rows. */
// oxlint-disable-next-line max-params -- the writer, the page, the level
export function encodeRest(
  out: ByteWriter,
  columns: readonly RestColumn[],
  rows: number,
  options: TextsOptions,
): void {
  const counts = new Uint32Array(rows)
  for (const { vector } of columns) {
    for (let i = 0; i < rows; i++) if (vector.present?.[i] !== 0) counts[i]!++
  }
  const next = new Uint32Array(rows + 1)
  for (let i = 0; i < rows; i++) next[i + 1] = next[i]! + counts[i]!
  const keys = new Uint32Array(next[rows]!)
  const codes = new Uint32Array(keys.length)
  const distinct = scratchDistinct()
  columns.forEach(({ vector }, code) => {
    const read = valueReader(vector)
    for (let i = 0; i < rows; i++) {
      if (vector.present?.[i] === 0) continue
      const at = next[i]!++
      keys[at] = code
      const value = read(i)
      codes[at] = distinct.add(value.bytes, value.from, value.to)
    }
  })
  out.varint(encodingId.rest)
  out.varint(columns.length)
  encodeWords(
    out,
    Uint32Array.from(columns, (column) => column.number),
    options.dense,
  )
  encodeWords(out, counts, options.dense)
  encodeWords(out, keys, options.dense)
  const values = distinct.texts()
  // Where nearly every value is another one, codes would cost more than they save.
  if (distinct.count * 2 > codes.length) encodeTexts(out, gatherTexts(values, codes), options)
  else encodeDictionary(out, codes, values, options)
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
}

export interface RestLimits {
  readonly rows: number
  /** Rest columns of the section. */
  readonly columns: number
  readonly maxBytes: number
}

export function decodeRest(reader: ByteReader, limits: RestLimits): Rest {
  const id = reader.varint()
  if (id !== encodingId.rest) throw blockCorrupt.make(`encoding ${id} where the rest should be`)
  const columnCount = reader.varint()
  if (columnCount > limits.columns) throw blockCorrupt.make(`${columnCount} columns in the rest`)
  const columns = decodeWords(reader, columnCount)
  for (const column of columns) {
    if (column >= limits.columns) throw blockCorrupt.make(`rest column ${column}`)
  }
  const counts = decodeWords(reader, limits.rows)
  let entries = 0
  for (let i = 0; i < counts.length; i++) {
    entries += counts[i]!
    if (entries > maxEntries) throw blockCorrupt.make('too many attributes in the rest')
  }
  const keys = decodeWords(reader, entries)
  for (let i = 0; i < entries; i++) {
    if (keys[i]! >= columnCount) throw blockCorrupt.make(`key ${keys[i]} of ${columnCount}`)
  }
  return { columns, counts, keys, ...decodeValues(reader, entries, limits.maxBytes) }
}

function decodeValues(
  reader: ByteReader,
  entries: number,
  maxBytes: number,
): { codes: Uint32Array; values: Texts } {
  const id = reader.varint()
  if (id === encodingId.dictionary) return decodeDictionary(reader, entries, maxBytes)
  if (id !== encodingId.texts) throw blockCorrupt.make(`encoding ${id} of values in the rest`)
  const values = decodeTexts(reader, entries, maxBytes)
  return { codes: Uint32Array.from({ length: entries }, (_, i) => i), values }
}

/** Where the attributes of each row begin: entry i of the result, with one entry more than rows. */
export function restStarts(rest: Rest): Uint32Array {
  const starts = new Uint32Array(rest.counts.length + 1)
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
  const { starts, from, to } = range
  const found = new Map<number, { present: Uint8Array; codes: Uint32Array }>()
  const types = Array.from(rest.columns, typeOf)
  for (let row = from; row < to; row++) {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const key = rest.keys[at]!
      if (types[key] === null) continue
      let column = found.get(key)
      if (column === undefined) {
        column = { present: new Uint8Array(to - from), codes: new Uint32Array(to - from) }
        found.set(key, column)
      }
      column.present[row - from] = 1
      column.codes[row - from] = rest.codes[at]!
    }
  }
  const vectors = new Map<number, Vector>()
  for (const [key, { present, codes }] of found) {
    const type = types[key]
    if (type) vectors.set(rest.columns[key]!, vectorOfValues(type, present, codes, rest.values))
  }
  return vectors
}

// oxlint-disable-next-line max-params -- a dictionary vector's fields
function vectorOfValues(
  type: ColumnType,
  present: Uint8Array,
  codes: Uint32Array,
  values: Texts,
): Vector {
  const width = fixedWidth(type)
  if (type === 'text' || type === 'bytes' || type === 'otlp') {
    return usedDictionary(type, present, codes, values)
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

/** A dictionary of the values that rows use: the page's holds those of every key. */
// oxlint-disable-next-line max-params -- a dictionary vector's fields
function usedDictionary(
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
