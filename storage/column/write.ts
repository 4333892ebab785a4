/**
 * A vector → the bytes of one column in one page: which rows have a value, then the values of those
 * rows by the encoding that suits the type and the values.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import type { Texts, Vector } from '#schemas/column.ts'
import { encodeFixed } from '../encoding/fixed.ts'
import { framesOf } from '../encoding/framed-texts.ts'
import { encodingId } from '../encoding/ids.ts'
import { encodeLongs } from '../encoding/longs.ts'
import { chunkStarts, encodeSamples } from '../encoding/samples.ts'
import { encodeDictionary, encodeTexts, type TextsOptions } from '../encoding/texts.ts'
import { encodeWords } from '../encoding/words.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { scratchDistinct, type Distinct } from './distinct.ts'
import { gatherTexts, presentRows, withoutAbsent } from './vector.ts'

export interface ColumnOptions extends TextsOptions {
  /** First rows of the streams in this page, ascending from 0: samples of one stream make a chunk. */
  readonly starts: Uint32Array
}

/** More distinct values than a third of the rows: codes and values cost more than values alone (measured on zstd 1). */
const rowsPerValue = 3

/** Rows looked at before a dictionary is given up where most values were new, and where all were. */
const trialRows = 1024
const allNewRows = 256

/** Writes one column of one page as a node and returns the encoding of its values; 0, and nothing written, when no row has a value. */
export function encodeColumn(out: ByteWriter, vector: Vector, options: ColumnOptions): number {
  return withTemporary((memory) => {
    const { present } = vector
    const rows = presentRows(present, memory)
    if (rows === null || present === null) return encodeValues(out, vector, options)
    if (rows.length === 0) return 0
    const words = memory.words(present.length)
    for (let i = 0; i < words.length; i++) words[i] = present[i]!
    out.varint(encodingId.optional)
    encodeWords(out, words, options.dense)
    const starts = startsAmong(rows, options.starts)
    return encodeValues(out, withoutAbsent(vector, rows, memory), { ...options, starts })
  })
}

/** Where the streams begin when only `rows` are left. */
function startsAmong(rows: Uint32Array, starts: Uint32Array): Uint32Array {
  const out: number[] = []
  let run = 0
  for (let i = 0; i < rows.length; i++) {
    if (i > 0 && (run >= starts.length || rows[i]! < starts[run]!)) continue
    out.push(i)
    while (run < starts.length && starts[run]! <= rows[i]!) run++
  }
  return Uint32Array.from(out)
}

function encodeValues(out: ByteWriter, vector: Vector, options: ColumnOptions): number {
  const start = out.length
  writeValues(out, vector, options)
  // Encoding numbers are below 128, so the first byte of a node is the whole varint.
  return out.bytes[start] ?? 0
}

function writeValues(out: ByteWriter, vector: Vector, options: ColumnOptions): void {
  switch (vector.kind) {
    case 'texts':
      encodeTextColumn(out, vector.texts, options)
      return
    case 'dictionary':
      encodeDictionaryColumn(out, vector, options)
      return
    case 'fixed':
      encodeFixed(out, vector.bytes, vector.width, options.dense)
      return
    case 'words':
      encodeWords(out, vector.values, options.dense)
      return
    case 'longs':
      encodeLongs(out, vector, options.dense)
      return
    case 'doubles':
      if (vector.type === 'bool') {
        encodeBools(out, vector.values, options.dense)
        return
      }
      encodeSamples(
        out,
        vector.values,
        chunkStarts(vector.values.length, options.starts),
        options.dense,
      )
  }
}

function encodeBools(out: ByteWriter, values: Float64Array, dense: boolean): void {
  withTemporary((memory) => {
    const words = memory.words(values.length)
    words.set(values)
    encodeWords(out, words, dense)
  })
}

function encodeTextColumn(out: ByteWriter, texts: Texts, options: ColumnOptions): void {
  // What came in frames was no dictionary before, and is not decoded to see whether it could be one.
  if (framesOf(texts).length > 0) {
    encodeTexts(out, texts, options)
    return
  }
  const distinct = scratchDistinct()
  withTemporary((memory) => {
    const codes = codesOf(texts, distinct, memory)
    if (codes === null) encodeTexts(out, texts, options)
    else encodeDictionary(out, codes, distinct.texts(), options)
  })
}

/** Numbers of values among the distinct ones; null where these are so many that a dictionary does not pay. */
function codesOf(
  { offsets, bytes }: Texts,
  distinct: Distinct,
  memory: Allocator,
): Uint32Array | null {
  const count = offsets.length - 1
  const codes = memory.words(count)
  const limit = Math.max(1, Math.floor(count / rowsPerValue))
  for (let i = 0; i < count; i++) {
    codes[i] = distinct.add(bytes, offsets[i]!, offsets[i + 1]!)
    const tooMany =
      distinct.count > limit ||
      (i === trialRows && distinct.count * 2 > trialRows) ||
      (i === allNewRows && distinct.count > allNewRows)
    if (tooMany) return null
  }
  return codes
}

/** Drops values that no row uses; a dictionary that is no better than texts is spread out. */
function encodeDictionaryColumn(
  out: ByteWriter,
  vector: Vector & { readonly kind: 'dictionary' },
  options: ColumnOptions,
): void {
  const { codes, values } = vector
  const count = values.offsets.length - 1
  if (isPacked(codes, count) && (count <= 1 || count * rowsPerValue <= codes.length)) {
    encodeDictionary(out, codes, values, options)
    return
  }
  withTemporary((memory) => {
    const packed = memory.words(codes.length)
    const used = packCodes(codes, packed, memory.words(count).fill(0))
    if (used.length > 1 && used.length * rowsPerValue > codes.length) {
      encodeTexts(out, gatherTexts(values, codes, memory), options)
    } else {
      encodeDictionary(out, packed, gatherTexts(values, Uint32Array.from(used), memory), options)
    }
  })
}

/** Whether codes, which are below `count`, are numbered by first use already, and all are used. */
function isPacked(codes: Uint32Array, count: number): boolean {
  let next = 0
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code < next) continue
    if (code > next) return false
    if (++next === count) return true
  }
  return next === count
}

/** Numbers codes by first use: `map` holds the number + 1 of each, and is all zeros before; returns the codes used. */
function packCodes(codes: Uint32Array, packed: Uint32Array, map: Uint32Array): number[] {
  const used: number[] = []
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    let number = map[code]!
    if (number === 0) {
      number = used.push(code)
      map[code] = number
    }
    packed[i] = number - 1
  }
  return used
}
