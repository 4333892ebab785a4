/**
 * Byte strings: either lengths and all bytes (zstd), or distinct values and a code per row. Lengths,
 * not separators, so that values may hold any byte.
 */
import { fresh } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import type { Texts } from '#schemas/column.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { decodeWords, encodeWords } from './words.ts'
import { isFramed } from './frames.ts'
import { withTemporary } from './temporary.ts'
import { decodeBytes, encodeBytes, encodeFramed, type BytesOptions } from './zstd.ts'

export interface TextsOptions {
  readonly dense: boolean
  /** zstd level of the bytes. */
  readonly level: number
  /** First rows of streams, ascending from 0: large texts are cut into frames there. */
  readonly starts?: Uint32Array
}

/** At this level frames are made that a merge may take over; above it all bytes are one frame, which is smaller. */
const framedLevel = 1

/** Writes all values of `texts` as one node. */
export function encodeTexts(out: ByteWriter, texts: Texts, options: TextsOptions): void {
  const { offsets, bytes } = texts
  const count = offsets.length - 1
  const lengths = new Uint32Array(count)
  for (let i = 0; i < count; i++) lengths[i] = offsets[i + 1]! - offsets[i]!
  out.varint(encodingId.texts)
  encodeWords(out, lengths, options.dense)
  const { level, starts } = options
  const from = offsets[0] ?? 0
  const to = offsets[count] ?? 0
  if (starts && level === framedLevel && isFramed(texts)) {
    encodeFramed(out, texts, { starts, level })
  } else encodeBytes(out, bytes.subarray(from, to), level)
}

/**
 * Reads the rest of a node of `count` values, at most `maxBytes` in all, into arrays of the options'
 * memory; the bytes may be a view of the page.
 */
// oxlint-disable-next-line max-params -- the reader, two limits, and how
export function decodeTexts(
  reader: ByteReader,
  count: number,
  maxBytes: number,
  options: BytesOptions = {},
): Texts {
  const { memory = fresh } = options
  const offsets = memory.words(count + 1)
  const end = withTemporary((temporary) => sumUp(decodeWords(reader, count, temporary), offsets))
  const bytes = decodeBytes(reader, maxBytes, options)
  if (end !== bytes.length) {
    throw blockCorrupt.make(`lengths add up to ${end} of ${bytes.length} bytes`)
  }
  return { offsets, bytes }
}

/** Where values of these lengths begin, and where the last one ends; returns the end before it wraps at 2^32. */
function sumUp(lengths: Uint32Array, offsets: Uint32Array): number {
  let at = 0
  offsets[0] = 0
  for (let i = 0; i < lengths.length; i++) {
    at += lengths[i]!
    offsets[i + 1] = at
  }
  return at
}

/** Writes distinct values and the code of each row. */
// oxlint-disable-next-line max-params -- the writer and the vector's two fields
export function encodeDictionary(
  out: ByteWriter,
  codes: Uint32Array,
  values: Texts,
  options: TextsOptions,
): void {
  out.varint(encodingId.dictionary)
  out.varint(values.offsets.length - 1)
  // Values are no rows: streams do not begin among them.
  encodeTexts(out, values, { dense: options.dense, level: options.level })
  encodeWords(out, codes, options.dense)
}

/** Reads the rest of a dictionary of `count` rows, as `decodeTexts` does: every code names a value, or it is corrupt. */
// oxlint-disable-next-line max-params -- the reader, two limits, and how
export function decodeDictionary(
  reader: ByteReader,
  count: number,
  maxBytes: number,
  { memory = fresh }: BytesOptions = {},
): { codes: Uint32Array; values: Texts } {
  const distinct = reader.varint()
  if (distinct > count) throw blockCorrupt.make(`${distinct} distinct values in ${count} rows`)
  const id = reader.varint()
  if (id !== encodingId.texts) throw blockCorrupt.make(`encoding ${id} where texts should be`)
  const values = decodeTexts(reader, distinct, maxBytes, { memory })
  const codes = decodeWords(reader, count, memory)
  for (let i = 0; i < count; i++) {
    if (codes[i]! >= distinct) {
      throw blockCorrupt.make(`code ${codes[i]} of ${distinct} values`)
    }
  }
  return { codes, values }
}
