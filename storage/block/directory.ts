/**
 * The directory of a section: its columns, its tables (streams, postings, id map …) and its pages
 * with the place, encoding, bounds and crc of every part. Reading it costs one range read; all
 * lengths are checked here, so that later code may trust them.
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { ColumnRef, ColumnType } from '#schemas/column.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { maxOffset } from '../encoding/offsets.ts'
import { decodeBytes, encodeBytes } from '../encoding/zstd.ts'
import { readPart, writePart } from './footer.ts'
import type { Part } from './header.ts'

/** Numbers of column types on disk; never reused. */
const typeCode: Readonly<Record<ColumnType, number>> = {
  text: 1,
  int: 2,
  double: 3,
  bool: 4,
  bytes: 5,
  otlp: 6,
  u32: 7,
  id16: 8,
  id8: 9,
  time: 10,
}
const typeByCode = new Map(
  // The keys of a Record<ColumnType, …> are column types.
  Object.entries(typeCode).map(([type, code]) => [code, type as ColumnType]),
)

/** A column of a section and how many rows have a value in it. */
export interface ColumnEntry {
  readonly column: ColumnRef
  readonly rows: number
}

/** What a table of a section holds; numbers on disk. */
export const tableKind = {
  /** A stretch of the stream table; `key` is its first stream. */
  streams: 1,
  postings: 2,
  /** A part of the trace id map; `key` is its first hash. */
  idMap: 3,
  /** Time columns that chunks share. */
  timePool: 4,
  /** Columns that stand in the `rest` of pages. */
  restColumns: 5,
  /** The filter of page `key`. */
  pageFilter: 6,
  /** Bloom over the columns in the `rest` of page `key`. */
  restFilter: 7,
} as const

export interface TableEntry {
  readonly kind: number
  readonly key: number
  readonly part: Part
}

/** Parts of a page that are no columns, by number; column c is part c + firstColumnPart. */
export const pagePart = { stream: 0, time: 1, rest: 2 } as const
export const firstColumnPart = 8

export interface PagePart {
  readonly number: number
  /** The root's encoding id, for dumps: the bytes say it again. */
  readonly encoding: number
  readonly part: Part
  /** Least and greatest value of a numeric column, as doubles; null for other columns and where a NaN is. */
  readonly bounds: { readonly min: number; readonly max: number } | null
}

export interface PageEntry {
  readonly rows: number
  /** Least time of the page, ns; the greatest is `baseNs + span`. */
  readonly baseNs: bigint
  readonly span: number
  /** Least and greatest stream id of its rows. */
  readonly minStream: number
  readonly maxStream: number
  readonly parts: readonly PagePart[]
}

export interface Directory {
  readonly columns: readonly ColumnEntry[]
  readonly tables: readonly TableEntry[]
  readonly pages: readonly PageEntry[]
}

/** Rows of one page; writers stay at a quarter of it. Larger would let a small file ask for much memory. */
export const maxPageRows = 1 << 18

/** Plain bytes of one column of one page: 16 MiB and one row of the largest size that any receiver takes. */
export const maxColumnBytes = 96 * 1024 * 1024

/** A directory of 256 MiB of tiny pages is far smaller. */
const maxRawBytes = 64 * 1024 * 1024

/** Bytes of any part: a stream table stretch, a map part, a column. */
const maxPartBytes = 128 * 1024 * 1024

export function encodeDirectory(directory: Directory): Uint8Array {
  const body = new ByteWriter()
  writeColumns(body, directory.columns)
  body.varint(directory.tables.length)
  for (const { kind, key, part } of directory.tables) {
    body.u8(kind)
    body.varint(key)
    writePart(body, part)
  }
  body.varint(directory.pages.length)
  for (const page of directory.pages) writePage(body, page)
  const out = new ByteWriter(body.length)
  encodeBytes(out, body.view(), 3)
  return out.copy()
}

/** Columns with their rows: the directory's own and the table of rest columns. */
export function writeColumns(out: ByteWriter, columns: readonly ColumnEntry[]): void {
  out.varint(columns.length)
  for (const { column, rows } of columns) {
    out.u8(column.scope === 'row' ? 0 : 1)
    out.u8(typeCode[column.type])
    out.text(column.key)
    out.varint(rows)
  }
}

export function readColumns(reader: ByteReader): ColumnEntry[] {
  const count = reader.varint()
  if (count > reader.left) throw blockCorrupt.make(`${count} columns in ${reader.left} bytes`)
  const columns: ColumnEntry[] = []
  for (let i = 0; i < count; i++) {
    const scope = reader.u8()
    const code = reader.u8()
    const type = typeByCode.get(code)
    if (type === undefined || scope > 1) throw blockCorrupt.make(`column of type ${code}`)
    const column: ColumnRef = { scope: scope === 0 ? 'row' : 'attribute', key: reader.text(), type }
    columns.push({ column, rows: reader.varint() })
  }
  return columns
}

function writePage(out: ByteWriter, page: PageEntry): void {
  const base = BigInt.asUintN(64, page.baseNs)
  out.varint(page.rows)
  out.u64(Number(base & 0xffffffffn), Number(base >> 32n))
  out.f64(page.span)
  out.varint(page.minStream)
  out.varint(page.maxStream - page.minStream)
  out.varint(page.parts.length)
  for (const { number, encoding, part, bounds } of page.parts) {
    out.varint(number)
    out.u8(encoding)
    writePart(out, part)
    out.u8(bounds === null ? 0 : 1)
    if (bounds === null) continue
    out.f64(bounds.min)
    out.f64(bounds.max)
  }
}

/** What a directory must agree with: the footer's entry of its section. */
export interface SectionBounds {
  readonly offset: number
  readonly length: number
  readonly rows: number
  readonly streams: number
}

/** Reads a directory; every part lies in the section, every id and count is checked. */
export function decodeDirectory(bytes: Uint8Array, section: SectionBounds): Directory {
  const outer = new ByteReader(bytes, 0, bytes.length, 'a section directory')
  const body = decodeBytes(outer, maxRawBytes)
  const reader = new ByteReader(body, 0, body.length, 'a section directory')
  const columns = readColumns(reader)
  const tables: TableEntry[] = []
  const tableCount = reader.varint()
  for (let i = 0; i < tableCount; i++) {
    const entry = { kind: reader.u8(), key: reader.varint(), part: readPart(reader) }
    checkPart(entry.part, section)
    tables.push(entry)
  }
  const pages: PageEntry[] = []
  const pageCount = reader.varint()
  let rows = 0
  for (let i = 0; i < pageCount; i++) {
    const page = readPage(reader, columns.length, section)
    rows += page.rows
    pages.push(page)
  }
  if (rows !== section.rows) {
    throw blockCorrupt.make(`pages of ${rows} rows in a section of ${section.rows}`)
  }
  return { columns, tables, pages }
}

function checkPart(part: Part, section: SectionBounds): void {
  const end = section.offset + section.length
  const inside = part.offset >= section.offset && part.offset + part.stored <= end
  if (!inside || part.raw > maxPartBytes || part.stored > maxPartBytes) {
    throw blockCorrupt.make(`a part of ${part.stored} bytes at ${part.offset} is out of bounds`)
  }
}

function readPage(reader: ByteReader, columns: number, section: SectionBounds): PageEntry {
  const rows = reader.varint()
  const baseNs = BigInt.asIntN(64, reader.u64())
  const span = reader.f64()
  const minStream = reader.varint()
  const maxStream = minStream + reader.varint()
  if (rows > maxPageRows || rows === 0) throw blockCorrupt.make(`a page of ${rows} rows`)
  const isSpan = Number.isInteger(span) && span >= 0 && span <= maxOffset
  if (!isSpan) throw blockCorrupt.make(`a page that spans ${span} ns`)
  if (maxStream >= section.streams) {
    throw blockCorrupt.make(`stream ${maxStream} of ${section.streams}`)
  }
  const count = reader.varint()
  const parts: PagePart[] = []
  let last = -1
  for (let i = 0; i < count; i++) {
    const part = readPagePart(reader)
    if (part.number <= last || part.number >= firstColumnPart + columns) {
      throw blockCorrupt.make(`page part ${part.number} of ${columns} columns`)
    }
    checkPart(part.part, section)
    last = part.number
    parts.push(part)
  }
  return { rows, baseNs, span, minStream, maxStream, parts }
}

function readPagePart(reader: ByteReader): PagePart {
  const number = reader.varint()
  const encoding = reader.u8()
  const part = readPart(reader)
  const flag = reader.u8()
  const bounds = flag === 0 ? null : { min: reader.f64(), max: reader.f64() }
  return { number, encoding, part, bounds }
}
