/**
 * A vector → the bytes of one column in one page: which rows have a value, then the values of those
 * rows by the encoding that suits the type and the values.
 */
import type { ByteWriter } from '#base/bytes/writer.ts'
import { assert } from '#base/assert.ts'
import type { Texts, Vector } from '#schemas/column.ts'
import { encodeFixed } from '../encoding/fixed.ts'
import { framesOf } from '../encoding/framed-texts.ts'
import { encodingId } from '../encoding/ids.ts'
import { encodeLongs } from '../encoding/longs.ts'
import { chunkStarts, encodeSamples } from '../encoding/samples.ts'
import { encodeDictionary, encodeTexts, type TextsOptions } from '../encoding/texts.ts'
import { encodeWords } from '../encoding/words.ts'
import { scratchDistinct } from './distinct.ts'
import { presentRows, textsOf, withoutAbsent } from './vector.ts'

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
  const rows = presentRows(vector.present)
  if (rows === null) {
    return encodeValues(out, vector, options)
  }
  if (rows.length === 0) return 0
  assert(vector.present !== null, 'rows without a value are marked')
  out.varint(encodingId.optional)
  encodeWords(out, Uint32Array.from(vector.present), options.dense)
  const starts = startsAmong(rows, options.starts)
  return encodeValues(out, withoutAbsent(vector, rows), { ...options, starts })
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
        encodeWords(out, Uint32Array.from(vector.values), options.dense)
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

function encodeTextColumn(out: ByteWriter, texts: Texts, options: ColumnOptions): void {
  // What came in frames was no dictionary before, and is not decoded to see whether it could be one.
  if (framesOf(texts).length > 0) {
    encodeTexts(out, texts, options)
    return
  }
  const { offsets, bytes } = texts
  const count = offsets.length - 1
  const distinct = scratchDistinct()
  const codes = new Uint32Array(count)
  const limit = Math.max(1, Math.floor(count / rowsPerValue))
  for (let i = 0; i < count; i++) {
    codes[i] = distinct.add(bytes, offsets[i]!, offsets[i + 1]!)
    const tooMany =
      distinct.count > limit ||
      (i === trialRows && distinct.count * 2 > trialRows) ||
      (i === allNewRows && distinct.count > allNewRows)
    if (tooMany) {
      encodeTexts(out, texts, options)
      return
    }
  }
  encodeDictionary(out, codes, distinct.texts(), options)
}

/** Drops values that no row uses; a dictionary that is no better than texts is spread out. */
function encodeDictionaryColumn(
  out: ByteWriter,
  vector: Vector & { readonly kind: 'dictionary' },
  options: ColumnOptions,
): void {
  const { codes, values } = vector
  const map = new Uint32Array(values.offsets.length - 1)
  const used: number[] = []
  const packed = new Uint32Array(codes.length)
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (map[code] === 0) map[code] = used.push(code)
    packed[i] = map[code]! - 1
  }
  if (used.length > 1 && used.length * rowsPerValue > codes.length) {
    encodeTexts(out, textsOf(vector), options)
    return
  }
  const kept = Uint32Array.from(used)
  const offsets = new Uint32Array(kept.length + 1)
  let end = 0
  const pieces: Uint8Array[] = []
  kept.forEach((code, i) => {
    const piece = values.bytes.subarray(values.offsets[code], values.offsets[code + 1])
    pieces.push(piece)
    end += piece.length
    offsets[i + 1] = end
  })
  const bytes = new Uint8Array(end)
  pieces.forEach((piece, i) => bytes.set(piece, offsets[i]))
  encodeDictionary(out, packed, { offsets, bytes }, options)
}
