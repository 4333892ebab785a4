/**
 * The bytes of one column in one page → a vector of its type. Decoding any bytes throws only
 * `corrupt`; memory is bounded by the row count, which the directory limits, and `maxBytes`.
 */
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ColumnType, Vector } from '#schemas/column.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { decodeFixed } from '../encoding/fixed.ts'
import { encodingId } from '../encoding/ids.ts'
import { decodeLongs } from '../encoding/longs.ts'
import { decodeSamples } from '../encoding/samples.ts'
import { decodeDictionary, decodeTexts } from '../encoding/texts.ts'
import { decodeWords } from '../encoding/words.ts'
import { fixedWidth, spreadVector } from './vector.ts'

/** What a reader may spend on one column. */
export interface ColumnLimits {
  readonly rows: number
  /** Bytes of all values of a text-like column. */
  readonly maxBytes: number
  /** True for merges, which take over stored frames of texts (`encoding/frames.ts`). */
  readonly keepFrames?: boolean
}

/** Reads one node as a column of `limits.rows` rows; the reader must end where the node does. */
export function decodeColumn(reader: ByteReader, type: ColumnType, limits: ColumnLimits): Vector {
  const vector = decodeNode(reader, type, limits)
  if (reader.left !== 0) throw blockCorrupt.make(`${reader.left} bytes after a ${type} column`)
  return vector
}

function decodeNode(reader: ByteReader, type: ColumnType, limits: ColumnLimits): Vector {
  const start = reader.at
  if (reader.varint() !== encodingId.optional) {
    reader.at = start
    return decodeValues(reader, type, limits)
  }
  const words = decodeWords(reader, limits.rows)
  const present = new Uint8Array(limits.rows)
  let count = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word > 1) throw blockCorrupt.make(`presence ${word}`)
    present[i] = word
    count += word
  }
  const values = decodeValues(reader, type, { ...limits, rows: count })
  return spreadVector(values, present)
}

function decodeValues(reader: ByteReader, type: ColumnType, limits: ColumnLimits): Vector {
  const { rows } = limits
  switch (type) {
    case 'text':
    case 'bytes':
    case 'otlp':
      return decodeTextColumn(reader, type, limits)
    case 'int':
    case 'time':
      return { type, present: null, kind: 'longs', ...decodeLongs(reader, rows) }
    case 'u32':
      return { type, present: null, kind: 'words', values: decodeWords(reader, rows) }
    case 'bool':
      return {
        type,
        present: null,
        kind: 'doubles',
        values: Float64Array.from(decodeWords(reader, rows)),
      }
    case 'double': {
      const id = reader.varint()
      if (id !== encodingId.samples)
        throw blockCorrupt.make(`encoding ${id} where doubles should be`)
      return { type, present: null, kind: 'doubles', values: decodeSamples(reader, rows) }
    }
    case 'id16':
    case 'id8': {
      const width = fixedWidth(type)
      const bytes = decodeFixed(reader, reader.varint(), rows, width)
      return { type, present: null, kind: 'fixed', width, bytes }
    }
  }
}

function decodeTextColumn(
  reader: ByteReader,
  type: 'text' | 'bytes' | 'otlp',
  { rows, maxBytes, keepFrames }: ColumnLimits,
): Vector {
  const id = reader.varint()
  if (id === encodingId.texts) {
    return {
      type,
      present: null,
      kind: 'texts',
      texts: decodeTexts(reader, rows, maxBytes, keepFrames),
    }
  }
  if (id === encodingId.dictionary) {
    return { type, present: null, kind: 'dictionary', ...decodeDictionary(reader, rows, maxBytes) }
  }
  throw blockCorrupt.make(`encoding ${id} where byte strings should be`)
}
