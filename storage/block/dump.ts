/** A block as text for people: `signalbox inspect`, and beside the golden files. */
import { must } from '#base/assert.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId, type Vector } from '#schemas/column.ts'
import { encodingName } from '../encoding/ids.ts'
import {
  firstColumnPart,
  pagePart,
  tableKind,
  type ColumnEntry,
  type Directory,
  type PageEntry,
} from './directory.ts'
import { openBlock, type Block, type OpenOptions } from './open.ts'
import type { ByteSource } from './source.ts'

export interface DumpOptions extends OpenOptions {
  /** Rows shown per tenant; 0 for none. */
  readonly rows: number
}

/** Lines that describe a block: header, sections, columns, tables, pages, and the first rows. */
export async function* dumpBlock(source: ByteSource, options: DumpOptions): AsyncGenerator<string> {
  const block = await openBlock(source, options)
  const { header, meta, preamble } = block
  yield `block format ${preamble.version}, writer ${preamble.writerVersion}, incompatible ${hex(preamble.incompatible)}, compatible ${hex(preamble.compatible)}, key ${preamble.keyId}`
  yield `signal ${header.signal}, level ${header.level}, ${meta.size} bytes, created ${header.createdNs}`
  yield `log ${header.logId}, partition ${header.partition}, offsets [${header.startOffset}, ${header.endOffset}), nonce ${header.nonce}`
  if (header.gapReason !== undefined) yield `gap: ${header.gapReason}`
  for (const { tenant } of meta.sections) yield* dumpSection(block, tenant, options.rows)
}

async function* dumpSection(block: Block, tenant: string, rows: number): AsyncGenerator<string> {
  const section = must(block.section(tenant), 'the footer names it')
  const { entry } = section
  yield `section ${tenant}: ${entry.rows} rows, ${entry.streams} streams, times [${entry.minTimeNs}, ${entry.maxTimeNs}], bytes [${entry.offset}, ${entry.offset + entry.length})`
  yield `  services ${entry.services === null ? 'not listed' : JSON.stringify(entry.services)}`
  const directory = await section.directory()
  yield* dumpColumns('column', directory.columns)
  yield* dumpColumns('rest', await section.restColumns())
  for (const { kind, key, part } of directory.tables) {
    yield `  table ${tableName(kind)} ${key}: [${part.offset}, ${part.offset + part.stored}), crc ${hex(part.crc)}`
  }
  for (const [i, page] of directory.pages.entries()) yield* dumpPage(directory, page, i)
  yield* dumpRows(block, tenant, rows)
}

/** Columns shown of each kind: a section may have thousands in its rest. */
const shownColumns = 100

function* dumpColumns(kind: string, columns: readonly ColumnEntry[]): Generator<string> {
  for (const { column, rows } of columns.slice(0, shownColumns)) {
    yield `  ${kind} ${shown(columnId(column))}: ${rows} rows`
  }
  const more = columns.length - shownColumns
  if (more > 0) yield `  and ${more} more of ${kind}`
}

function tableName(kind: number): string {
  const entry = Object.entries(tableKind).find(([, number]) => number === kind)
  return entry?.[0] ?? `kind ${kind}`
}

function* dumpPage(directory: Directory, page: PageEntry, number: number): Generator<string> {
  yield `  page ${number}: ${page.rows} rows, base ${page.baseNs}, span ${page.span}, streams [${page.minStream}, ${page.maxStream}]`
  for (const { number: at, encoding, part, bounds } of page.parts) {
    const column = directory.columns[at - firstColumnPart]?.column
    const name = column === undefined ? partName(at) : shown(columnId(column))
    const range = bounds === null ? '' : `, values [${bounds.min}, ${bounds.max}]`
    yield `    ${name}: ${encodingName(encoding)}, [${part.offset}, ${part.offset + part.stored}), raw ${part.raw}, crc ${hex(part.crc)}${range}`
  }
}

function partName(number: number): string {
  const entry = Object.entries(pagePart).find(([, part]) => part === number)
  return entry?.[0] ?? `part ${number}`
}

async function* dumpRows(block: Block, tenant: string, rows: number): AsyncGenerator<string> {
  let left = rows
  if (left === 0) return
  for await (const batch of block.readSection(tenant)) {
    for (let row = 0; row < batch.rows && left > 0; row++, left--) yield `  ${rowText(batch, row)}`
    if (left === 0) return
  }
}

/** One row as a line: stream, time, then its values by column name. */
export function rowText(batch: Batch, row: number): string {
  const time = batch.timeBase + BigInt(batch.time[row]!)
  const values = [...batch.columns.keys()].toSorted().flatMap((id) => {
    const value = valueText(must(batch.columns.get(id), 'its own key'), row)
    return value === null ? [] : [`${shown(id)}=${value}`]
  })
  return [`stream ${batch.stream[row]!}`, `time ${time}`, ...values].join(' ')
}

/** One value: byte strings quoted with escapes, ids as hex, doubles with their bits where they are not plain numbers. */
export function valueText(vector: Vector, row: number): string | null {
  if (vector.present !== null && vector.present[row] === 0) return null
  switch (vector.kind) {
    case 'dictionary':
      return quoted(vector.values, vector.codes[row]!)
    case 'texts':
      return quoted(vector.texts, row)
    case 'fixed': {
      const { width } = vector
      return Buffer.from(vector.bytes.subarray(row * width, (row + 1) * width)).toString('hex')
    }
    case 'doubles': {
      const value = vector.values[row]!
      if (Number.isFinite(value) && !Object.is(value, -0)) return String(value)
      const bytes = new DataView(vector.values.buffer, vector.values.byteOffset + row * 8, 8)
      return `0x${bytes.getBigUint64(0, true).toString(16).padStart(16, '0')}`
    }
    case 'words':
      return String(vector.values[row])
    case 'longs':
      return ((BigInt(vector.hi[row]!) << 32n) + BigInt(vector.lo[row]!)).toString()
  }
}

function quoted(texts: { offsets: Uint32Array; bytes: Uint8Array }, value: number): string {
  const { offsets, bytes } = texts
  // As Latin-1, so that every byte shows, also where it is no UTF-8.
  return shown(Buffer.from(bytes.subarray(offsets[value], offsets[value + 1])).toString('latin1'))
}

function shown(text: string): string {
  const plain = JSON.stringify(text)
  return plain.slice(1, -1) === text && /^[!-~]+$/.test(text) ? text : plain
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}
