/**
 * Rows of one page → its parts in order: stream, time, rest, columns, each encoded where it stays in the
 * block.
 */
import type { ByteWriter } from '#base/bytes/writer.ts'
import { columnId, type ColumnRef, type Texts, type Vector } from '#schemas/column.ts'
import { encodeColumn, type ColumnOptions } from '../column/write.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import { presentRows, gatherTexts } from '../column/vector.ts'
import { isFramed, type FrameKeys, type FrameKeySink } from '../encoding/frames.ts'
import { encodingId } from '../encoding/ids.ts'
import { encodeOffsets } from '../encoding/offsets.ts'
import { encodeParents } from '../encoding/parents.ts'
import { encodeRest } from '../encoding/rest.ts'
import { chunkStarts } from '../encoding/samples.ts'
import { encodePoolCodes, type TimePoolBuilder } from '../encoding/times.ts'
import { encodeWords } from '../encoding/words.ts'
import { addToBloom, bloomBytes, createBloom } from '../index/bloom.ts'
import type { PageFilterBuilder } from '../index/page-filter.ts'
import { firstColumnPart, pagePart, type PagePart } from './directory.ts'
import type { Part } from './header.ts'
import type { PageColumns } from './section-columns.ts'
import type { Rows } from './rows.ts'
import { boundsOf, type ValueBounds } from './value-bounds.ts'

/** Where the parts of a section go, one after the other: the writer of the block. */
export interface PartSink {
  /** Bytes written to the block so far. */
  readonly size: number
  /** Begins a part: what is appended to the result until `end` is its bytes. */
  begin(): ByteWriter
  /** Ends the part: sealed, with its place and crc. */
  end(): Part
}

/** What became of a page. */
export interface WrittenPage {
  readonly parts: readonly PagePart[]
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
}

/** Writes one page whose columns were chosen. */
// oxlint-disable-next-line max-params -- the page, its columns, how and where to
export function writePage(
  rows: Rows,
  chosen: PageColumns,
  options: PageOptions,
  sink: PartSink,
): WrittenPage {
  const { dense, level, pool } = options
  const byStream = pool !== null || isCutByStream(chosen)
  const starts = byStream ? streamStarts(rows.stream) : oneStart
  const column: ColumnOptions = { dense, level, starts }
  const parts: PagePart[] = []
  const write = (
    number: number,
    bounds: ValueBounds | null,
    encode: (out: ByteWriter) => number,
  ): number => {
    const encoding = encode(sink.begin())
    parts.push({ number, encoding, part: sink.end(), bounds })
    return encoding
  }
  write(pagePart.stream, null, (out) => encodingOf(out, () => encodeWords(out, rows.stream, dense)))
  write(pagePart.time, null, (out) => encodingOf(out, () => encodeTime(out, rows, column, pool)))
  let restFilter: Uint8Array | null = null
  const { rest, ready } = chosen
  if (rest.length > 0 || ready !== null) {
    const from = { columns: rest, ready }
    write(pagePart.rest, null, (out) =>
      encodingOf(out, () => encodeRest(out, from, rows.rows, column)),
    )
    const inRest = [...(ready?.rows.columns ?? []), ...rest.map((one) => one.column)]
    restFilter = filterOfColumns(inRest)
  }
  let filtered = false
  const spanIds = spanIdsOf(chosen)
  for (const { column: ref, vector, number } of chosen.columns) {
    const isParent = columnId(ref) === parentColumn && spanIds !== null && vector.kind === 'fixed'
    const keys = ref.type === 'text' ? new FilterKeys(options.filter, ref) : null
    const encoding = write(firstColumnPart + number, boundsOf(vector), (out) =>
      isParent
        ? encodeParents(out, vector, spanIds, dense)
        : encodeColumn(out, vector, { ...column, keys }),
    )
    if (keys !== null && encoding === encodingId.texts) {
      if (!keys.used) options.filter.addTexts(ref, rowTexts(vector))
      filtered = true
    }
  }
  return { parts, filter: filtered ? options.filter.finish() : null, restFilter }
}

/** Takes the keys of a column that becomes frames to the filter of the page. */
class FilterKeys implements FrameKeySink {
  readonly #filter: PageFilterBuilder
  readonly #column: ColumnRef
  /** True once there were frames: then all values of the column are known to the filter. */
  used = false

  constructor(filter: PageFilterBuilder, column: ColumnRef) {
    this.#filter = filter
    this.#column = column
  }

  find(texts: Texts): FrameKeys {
    this.used = true
    return this.#filter.addTexts(this.#column, texts)
  }

  take(keys: FrameKeys): void {
    this.used = true
    this.#filter.addKeys(keys)
  }
}

/** Writes a node and gives its encoding; numbers are below 128, so its first byte is the whole varint. */
function encodingOf(out: ByteWriter, encode: () => void): number {
  const from = out.length
  encode()
  return out.bytes[from] ?? 0
}

const oneStart = Uint32Array.of(0)

/** Whether a column is stored in chunks or frames by stream. */
function isCutByStream({ columns }: PageColumns): boolean {
  return columns.some(
    ({ vector }) => vector.type === 'double' || (vector.kind === 'texts' && isFramed(vector.texts)),
  )
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
  let last = -1
  for (let i = 0; i < stream.length; i++) {
    if (stream[i] === last) continue
    last = stream[i]!
    starts.push(i)
  }
  return Uint32Array.from(starts)
}

// oxlint-disable-next-line max-params -- the writer, the page, how
function encodeTime(
  out: ByteWriter,
  rows: Rows,
  column: ColumnOptions,
  pool: TimePoolBuilder | null,
): void {
  const codes =
    pool?.addPage(rows.timeBase, rows.time, chunkStarts(rows.rows, column.starts)) ?? null
  if (codes === null) encodeOffsets(out, rows.time, column.dense)
  else encodePoolCodes(out, codes, column.dense)
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

/** The values of the rows of a text column; where a row has none there may be an empty one. */
function rowTexts(vector: Vector): Texts {
  if (vector.kind === 'texts') return vector.texts
  if (vector.kind !== 'dictionary') return noTexts
  const rows = presentRows(vector.present)
  const all = gatherTexts(vector.values, vector.codes)
  return rows === null ? all : gatherTexts(all, rows)
}

const noTexts: Texts = { offsets: new Uint32Array(1), bytes: new Uint8Array(0) }
