/**
 * Rows of one page → its parts in order: stream, time, rest, columns. Places are given by the section
 * writer, which stores the parts one after the other.
 */
import { ByteWriter } from '#base/bytes/writer.ts'
import { columnId, type ColumnRef, type Vector } from '#schemas/column.ts'
import { encodeColumn, type ColumnOptions } from '../column/write.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import { presentRows, gatherTexts } from '../column/vector.ts'
import { encodingId } from '../encoding/ids.ts'
import { encodeOffsets } from '../encoding/offsets.ts'
import { encodeParents } from '../encoding/parents.ts'
import { encodeRest } from '../encoding/rest.ts'
import { chunkStarts } from '../encoding/samples.ts'
import { encodePoolCodes, type TimePoolBuilder } from '../encoding/times.ts'
import { encodeWords } from '../encoding/words.ts'
import { addToBloom, bloomBytes, createBloom } from '../index/bloom.ts'
import type { PageFilterBuilder } from '../index/page-filter.ts'
import { firstColumnPart, pagePart } from './directory.ts'
import type { PageColumns } from './section-columns.ts'
import type { Rows } from './rows.ts'

/** One part of a page before it has a place. */
export interface DraftPart {
  readonly number: number
  readonly encoding: number
  readonly bytes: Uint8Array
  readonly bounds: { readonly min: number; readonly max: number } | null
}

export interface PageDraft {
  readonly parts: readonly DraftPart[]
  /** Filters of the page, stored with the section's tables; null where there is nothing to hold. */
  readonly filter: Uint8Array | null
  readonly restFilter: Uint8Array | null
}

/** How pages are written. */
export interface PageOptions {
  readonly dense: boolean
  readonly level: number
  /** Shared times of the section, for signals whose streams are points; else null. */
  readonly pool: TimePoolBuilder | null
  readonly filter: PageFilterBuilder
  /** Where columns are written before they are copied out: used again by every page. */
  readonly out: ByteWriter
}

/** Encodes one page whose columns were chosen. */
export function encodePage(rows: Rows, chosen: PageColumns, options: PageOptions): PageDraft {
  const starts = streamStarts(rows.stream)
  const column: ColumnOptions = { dense: options.dense, level: options.level, starts }
  const parts: DraftPart[] = [
    encodeStreams(rows.stream, options.dense),
    encodeTime(rows, column, options.pool),
  ]
  let restFilter: Uint8Array | null = null
  const { out } = options
  out.reset()
  const { rest, ready } = chosen
  if (rest.length > 0 || ready !== null) {
    encodeRest(out, { columns: rest, ready }, rows.rows, column)
    parts.push({
      number: pagePart.rest,
      encoding: encodingId.rest,
      bytes: out.copy(),
      bounds: null,
    })
    const inRest = [...(ready?.rows.columns ?? []), ...rest.map((one) => one.column)]
    restFilter = filterOfColumns(inRest)
  }
  let filtered = false
  const spanIds = spanIdsOf(chosen)
  for (const { column: ref, vector, number } of chosen.columns) {
    out.reset()
    const isParent = columnId(ref) === parentColumn && spanIds !== null && vector.kind === 'fixed'
    const encoding = isParent
      ? encodeParents(out, vector, spanIds, options.dense)
      : encodeColumn(out, vector, column)
    const bounds = boundsOf(vector)
    parts.push({ number: firstColumnPart + number, encoding, bytes: out.copy(), bounds })
    if (ref.type === 'text' && encoding === encodingId.texts) {
      options.filter.addTexts(ref, presentTexts(vector))
      filtered = true
    }
  }
  return { parts, filter: filtered ? options.filter.finish() : null, restFilter }
}

const parentColumn = 'r:id8:parentSpanId'

/** Span ids of a page in which every row has one; null elsewhere. */
function spanIdsOf(chosen: PageColumns): Uint8Array | null {
  const spans = chosen.columns.find(({ column }) => columnId(column) === 'r:id8:spanId')?.vector
  return spans?.kind === 'fixed' && spans.present === null ? spans.bytes : null
}

/** Rows where another stream begins than the row before. */
function streamStarts(stream: Uint32Array): Uint32Array {
  const starts: number[] = []
  for (let i = 0; i < stream.length; i++) {
    if (i === 0 || stream[i] !== stream[i - 1]) starts.push(i)
  }
  return Uint32Array.from(starts)
}

function encodeStreams(stream: Uint32Array, dense: boolean): DraftPart {
  const out = new ByteWriter()
  encodeWords(out, stream, dense)
  return { number: pagePart.stream, encoding: out.bytes[0] ?? 0, bytes: out.copy(), bounds: null }
}

function encodeTime(rows: Rows, column: ColumnOptions, pool: TimePoolBuilder | null): DraftPart {
  const out = new ByteWriter()
  const chunks = chunkStarts(rows.rows, column.starts)
  const codes = pool === null ? null : pool.addPage(rows.timeBase, rows.time, chunks)
  if (codes === null) encodeOffsets(out, rows.time, column.dense)
  else encodePoolCodes(out, codes, column.dense)
  return { number: pagePart.time, encoding: out.bytes[0] ?? 0, bytes: out.copy(), bounds: null }
}

/** The key filter of a page's rest. */
function filterOfColumns(columns: readonly ColumnRef[]): Uint8Array {
  const filter = createBloom(columns.length)
  for (const column of columns) {
    const [a, b] = columnHashes(column)
    addToBloom(filter, a, b)
  }
  return bloomBytes(filter)
}

/** The hashes under which a column stands in the key filter of a page's rest. */
export function columnHashes(column: ColumnRef): [number, number] {
  const bytes = Buffer.from(columnId(column))
  return [hashBytes(bytes, 0, bytes.length), hashBytes(bytes, 0, bytes.length, 0x9747b28c)]
}

function presentTexts(vector: Vector) {
  const texts = vector.kind === 'dictionary' ? gatherTexts(vector.values, vector.codes) : null
  const all = texts ?? (vector.kind === 'texts' ? vector.texts : noTexts)
  const rows = presentRows(vector.present)
  return rows === null ? all : gatherTexts(all, rows)
}

const noTexts = { offsets: new Uint32Array(1), bytes: new Uint8Array(0) }

/** Least and greatest present value of a numeric vector as doubles; null for others and where a NaN is. */
function boundsOf(vector: Vector): { min: number; max: number } | null {
  const { present } = vector
  let min = Infinity
  let max = -Infinity
  if (vector.kind === 'longs') {
    const { lo, hi } = vector
    for (let i = 0; i < lo.length; i++) {
      if (present !== null && present[i] === 0) continue
      const value = hi[i]! * 4294967296 + lo[i]!
      if (value < min) min = value
      if (value > max) max = value
    }
  } else if (vector.kind === 'doubles' || vector.kind === 'words') {
    const { values } = vector
    for (let i = 0; i < values.length; i++) {
      if (present !== null && present[i] === 0) continue
      const value = values[i]!
      if (Number.isNaN(value)) return null
      if (value < min) min = value
      if (value > max) max = value
    }
  } else return null
  return min <= max ? { min, max } : null
}
