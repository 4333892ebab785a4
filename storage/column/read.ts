/**
 * The bytes of one column in one page → a vector of its type. Decoding any bytes throws only
 * `corrupt`; memory is bounded by the row count, which the directory limits, and `maxBytes`.
 *
 * A vector's arrays come from the limits' `memory` or are views of the bytes read: it is valid until the
 * memory is taken back, or the bytes are used for others.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ColumnType, Vector } from '#schemas/column.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { decodeFixed } from '../encoding/fixed.ts'
import { encodingId } from '../encoding/ids.ts'
import { decodeLongs } from '../encoding/longs.ts'
import { decodeSamples } from '../encoding/samples.ts'
import { decodeDictionary, decodeTexts } from '../encoding/texts.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { decodeWords } from '../encoding/words.ts'
import { fixedWidth, spreadVector } from './vector.ts'

/** What a reader may spend on one column. */
export interface ColumnLimits {
  readonly rows: number
  /** Bytes of all values of a text-like column. */
  readonly maxBytes: number
  /** True for merges, which take over stored frames of texts (`encoding/frames.ts`). */
  readonly keepFrames?: boolean
  /** Where the arrays of the vector go; absent: arrays of their own. */
  readonly memory?: Allocator
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
  const { memory = fresh } = limits
  const present = memory.bytes(limits.rows)
  const count = withTemporary((temporary) =>
    narrow(decodeWords(reader, limits.rows, temporary), present),
  )
  const values = decodeValues(reader, type, { ...limits, rows: count })
  return spreadVector(values, present, memory)
}

/** Which rows have a value, as bytes; returns how many. */
function narrow(words: Uint32Array, present: Uint8Array): number {
  let count = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word > 1) throw blockCorrupt.make(`presence ${word}`)
    present[i] = word
    count += word
  }
  return count
}

function decodeValues(reader: ByteReader, type: ColumnType, limits: ColumnLimits): Vector {
  const { rows, memory = fresh } = limits
  switch (type) {
    case 'text':
    case 'bytes':
    case 'otlp':
      return decodeTextColumn(reader, type, limits)
    case 'int':
    case 'time':
      return { type, present: null, kind: 'longs', ...decodeLongs(reader, rows, memory) }
    case 'u32':
      return { type, present: null, kind: 'words', values: decodeWords(reader, rows, memory) }
    case 'bool':
      return { type, present: null, kind: 'doubles', values: decodeBools(reader, rows, memory) }
    case 'double': {
      const id = reader.varint()
      if (id !== encodingId.samples)
        throw blockCorrupt.make(`encoding ${id} where doubles should be`)
      return { type, present: null, kind: 'doubles', values: decodeSamples(reader, rows, memory) }
    }
    case 'id16':
    case 'id8': {
      const width = fixedWidth(type)
      const node = { id: reader.varint(), count: rows, width }
      const bytes = decodeFixed(reader, node, memory)
      return { type, present: null, kind: 'fixed', width, bytes }
    }
  }
}

function decodeBools(reader: ByteReader, rows: number, memory: Allocator): Float64Array {
  const values = memory.doubles(rows)
  withTemporary((temporary) => {
    values.set(decodeWords(reader, rows, temporary))
  })
  return values
}

function decodeTextColumn(
  reader: ByteReader,
  type: 'text' | 'bytes' | 'otlp',
  limits: ColumnLimits,
): Vector {
  const { rows, maxBytes } = limits
  const id = reader.varint()
  if (id === encodingId.texts) {
    const texts = decodeTexts(reader, rows, maxBytes, limits)
    return { type, present: null, kind: 'texts', texts }
  }
  if (id === encodingId.dictionary) {
    const { codes, values } = decodeDictionary(reader, rows, maxBytes, limits)
    return { type, present: null, kind: 'dictionary', codes, values }
  }
  throw blockCorrupt.make(`encoding ${id} where byte strings should be`)
}
