/**
 * Byte strings: either lengths and all bytes (zstd), or distinct values and a code per row. Lengths,
 * not separators, so that values may hold any byte.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import type { Texts } from '#schemas/column.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { decodeWords, encodeWords } from './words.ts'
import { FramedTexts } from './framed-texts.ts'
import { areWhole, decodeFrames, isFramed, type FrameKeySink } from './frames.ts'
import { withTemporary } from './temporary.ts'
import { encodeBytes, encodeFramed, readBytes } from './zstd.ts'

export interface TextsOptions {
  readonly dense: boolean
  /** zstd level of the bytes. */
  readonly level: number
  /** First rows of streams, ascending from 0: large texts are cut into frames there. */
  readonly starts?: Uint32Array
  /** Takes the keys of values that become frames: at level 0 of blocks they are stored with them. */
  readonly keys?: FrameKeySink | null
}

/** At this level frames are made that a merge may take over; above it all bytes are one frame, which is smaller. */
const framedLevel = 1

/** Writes all values of `texts` as one node. */
export function encodeTexts(out: ByteWriter, texts: Texts, options: TextsOptions): void {
  const { offsets } = texts
  const count = offsets.length - 1
  out.varint(encodingId.texts)
  withTemporary((temporary) => {
    encodeWords(out, lengthsOf(offsets, temporary), options.dense)
  })
  const { dense, level, starts, keys = null } = options
  if (starts && level === framedLevel && isFramed(texts)) {
    encodeFramed(out, texts, { starts, level, keys, withKeys: keys !== null && !dense })
  } else encodeBytes(out, texts.bytes.subarray(offsets[0] ?? 0, offsets[count] ?? 0), level)
}

function lengthsOf(offsets: Uint32Array, memory: Allocator): Uint32Array {
  const lengths = memory.words(offsets.length - 1)
  for (let i = 0; i < lengths.length; i++) lengths[i] = offsets[i + 1]! - offsets[i]!
  return lengths
}

/** How texts are read. */
export interface TextsMemory {
  /** Where they go when they are no view of the page; absent: arrays of their own. */
  readonly memory?: Allocator
  /** True for merges: bytes that stand in frames stay there until they are asked for (`framed-texts.ts`). */
  readonly keepFrames?: boolean
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
  { memory = fresh, keepFrames = false }: TextsMemory = {},
): Texts {
  const offsets = memory.words(count + 1)
  const end = withTemporary((temporary) => sumUp(decodeWords(reader, count, temporary), offsets))
  const found = readBytes(reader, maxBytes, memory)
  const length = found instanceof Uint8Array ? found.length : (found.at(-1)?.to ?? 0)
  if (end !== length) throw blockCorrupt.make(`lengths add up to ${end} of ${length} bytes`)
  if (found instanceof Uint8Array) return { offsets, bytes: found }
  if (keepFrames && areWhole(found, offsets)) {
    return new FramedTexts(offsets, found, { memory })
  }
  return { offsets, bytes: decodeFrames(found, length, memory) }
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
  { memory = fresh }: TextsMemory = {},
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
