/**
 * One tenant's section of an open block: its directory and tables, each read once when first needed
 * and kept while the block is open.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { columnId, type ColumnRef } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { decodeTimePool, type TimePool } from '../encoding/times.ts'
import { decodeBytes } from '../encoding/zstd.ts'
import { bloomFromBytes } from '../index/bloom.ts'
import { lookUpId } from '../index/id-map.ts'
import { decodePageFilter, type PageFilter } from '../index/page-filter.ts'
import { decodePostings, type Postings } from '../index/postings.ts'
import {
  decodeDirectory,
  readColumns,
  tableKind,
  type ColumnEntry,
  type Directory,
  type PagePart,
  type TableEntry,
} from './directory.ts'
import type { SectionEntry } from './footer.ts'
import type { PageTransform, Part } from './header.ts'
import { openStreamList, type PlainStretches } from './open-streams.ts'
import { readParts, type ByteSource } from './source.ts'

/** Where a section's bytes come from, and where its streams are plain. */
export interface SectionOf {
  readonly source: ByteSource
  readonly transform: PageTransform | null
  readonly plain: PlainStretches
  /** Told about how many bytes each table has that was read and is kept; plain streams are not among them. */
  readonly holds: (bytes: number) => void
}

/** Objects of a directory, bytes each: a part or table with its place, a column with its name. */
const partBytes = 160
const columnBytes = 200

export class Section {
  readonly entry: SectionEntry
  readonly #source: ByteSource
  readonly #transform: PageTransform | null
  readonly #plain: PlainStretches
  readonly #holds: SectionOf['holds']
  #directory: Promise<Directory> | null = null
  #streams: Promise<StreamList> | null = null
  #postings: Promise<Postings | null> | null = null
  #pool: Promise<TimePool | null> | null = null
  #rest: Promise<readonly ColumnEntry[]> | null = null

  constructor(entry: SectionEntry, { source, transform, plain, holds }: SectionOf) {
    this.entry = entry
    this.#source = source
    this.#transform = transform
    this.#plain = plain
    this.#holds = holds
  }

  /** Reads parts of the section; the bytes may be put into `memory`. */
  read(parts: readonly Part[], memory?: Allocator): Promise<Uint8Array[]> {
    return readParts(this.#source, this.#transform, parts, memory)
  }

  directory(): Promise<Directory> {
    return (this.#directory ??= this.#readDirectory())
  }

  async #readDirectory(): Promise<Directory> {
    const [bytes] = await this.read([this.entry.directory])
    const directory = decodeDirectory(bytes!, this.entry)
    const { columns, tables, pages } = directory
    const parts = pages.reduce((sum, page) => sum + page.parts.length + 1, tables.length)
    this.#holds(parts * partBytes + columns.length * columnBytes)
    return directory
  }

  async #tables(kind: number): Promise<TableEntry[]> {
    const { tables } = await this.directory()
    return tables.filter((table) => table.kind === kind)
  }

  /** The one table of a kind, or null. */
  async #table(kind: number): Promise<Uint8Array | null> {
    const [entry] = await this.#tables(kind)
    if (entry === undefined) return null
    const [bytes] = await this.read([entry.part])
    return bytes ?? null
  }

  streams(): Promise<StreamList> {
    return (this.#streams ??= this.#readStreams())
  }

  async #readStreams(): Promise<StreamList> {
    const entries = await this.streamTable()
    const parts = await this.read(entries.map((entry) => entry.part))
    // Copies: parts are views of what was read at once.
    const stretches = parts.map((part, i) => ({
      first: entries[i]!.key,
      bytes: new Uint8Array(part),
    }))
    this.#holds(parts.reduce((sum, { length }) => sum + length, 0))
    return openStreamList(stretches, this.entry.streams, this.#plain)
  }

  /** The parts of the stream table in order, each keyed by its first stream. */
  streamTable(): Promise<readonly TableEntry[]> {
    return this.#tables(tableKind.streams)
  }

  /** Postings as they are stored; null when the section has none. */
  storedPostings(): Promise<Uint8Array | null> {
    return this.#table(tableKind.postings)
  }

  /** Postings; null when the section has none, so that every stream must be tested. */
  postings(): Promise<Postings | null> {
    return (this.#postings ??= this.#table(tableKind.postings).then((bytes) => {
      if (bytes === null) return null
      const postings = decodePostings(bytes, this.entry.streams)
      const { hashes, starts, ids } = postings
      this.#holds(hashes.byteLength + starts.byteLength + ids.byteLength)
      return postings
    }))
  }

  timePool(): Promise<TimePool | null> {
    return (this.#pool ??= this.#table(tableKind.timePool).then((bytes) => {
      if (bytes === null) return null
      const pool = decodeTimePool(bytes)
      this.#holds(pool.starts.byteLength + pool.times.byteLength + pool.starts.length * 8)
      return pool
    }))
  }

  /** Columns that stand in the rest of pages, by number. */
  restColumns(): Promise<readonly ColumnEntry[]> {
    return (this.#rest ??= this.#table(tableKind.restColumns).then((bytes) => {
      const columns = bytes === null ? [] : readRestColumns(bytes)
      this.#holds(columns.length * columnBytes)
      return columns
    }))
  }

  /** All columns with the rows that have a value, columns and rest together. */
  async columns(): Promise<ColumnEntry[]> {
    const { columns } = await this.directory()
    const byId = new Map<string, { column: ColumnRef; rows: number }>()
    for (const { column, rows } of [...columns, ...(await this.restColumns())]) {
      const known = byId.get(columnId(column))
      if (known === undefined) byId.set(columnId(column), { column, rows })
      else known.rows += rows
    }
    return [...byId.values()]
  }

  /** Pages that may hold a trace id with this hash; null when the section has no id map. */
  async pagesOfId(hash: number): Promise<Set<number> | null> {
    const parts = await this.#tables(tableKind.idMap)
    if (parts.length === 0) return null
    // Equal hashes may go over the end of a part, so a part counts if it begins at or below the hash and the next does not begin below it.
    const asked = parts.filter(
      (part, i) => part.key <= hash && (i + 1 === parts.length || parts[i + 1]!.key >= hash),
    )
    const pages = new Set<number>()
    for (const bytes of await this.read(asked.map((part) => part.part))) {
      for (const page of lookUpId(bytes, hash)) pages.add(page)
    }
    return pages
  }

  /** The filters of these pages; a page without one is missing. */
  async pageFilters(pages: ReadonlySet<number>): Promise<Map<number, PageFilter>> {
    const filters = new Map<number, PageFilter>()
    for (const [page, bytes] of await this.#keyed(tableKind.pageFilter, pages)) {
      filters.set(page, decodePageFilter(bytes))
    }
    return filters
  }

  /** The key filters of the rest of these pages; a page without a rest is missing. */
  async restFilters(pages: ReadonlySet<number>): Promise<Map<number, Uint32Array>> {
    const filters = new Map<number, Uint32Array>()
    for (const [page, bytes] of await this.#keyed(tableKind.restFilter, pages)) {
      const filter = bloomFromBytes(bytes)
      if (filter === null) throw blockCorrupt.make(`a key filter of ${bytes.length} bytes`)
      filters.set(page, filter)
    }
    return filters
  }

  async #keyed(kind: number, keys: ReadonlySet<number>): Promise<Map<number, Uint8Array>> {
    const entries = (await this.#tables(kind)).filter((entry) => keys.has(entry.key))
    const parts = await this.read(entries.map((entry) => entry.part))
    return new Map(entries.map((entry, i) => [entry.key, parts[i]!]))
  }
}

/** Names of rest columns: a million of 60 bytes. */
const maxNameBytes = 64 * 1024 * 1024

function readRestColumns(bytes: Uint8Array): ColumnEntry[] {
  const outer = new ByteReader(bytes, 0, bytes.length, 'the rest columns')
  const names = decodeBytes(outer, maxNameBytes)
  return readColumns(new ByteReader(names, 0, names.length, 'the rest columns'))
}

/** The part of a page with this number; null when the page has none. */
export function partOf(parts: readonly PagePart[], number: number): PagePart | null {
  return parts.find((part) => part.number === number) ?? null
}
