/**
 * One tenant's section on its way to bytes: rows come in final order, pages are cut and encoded as
 * they fill, and at the end the tables and the directory follow. Memory: one page of rows, the
 * indexes, and what was written.
 */
import { assert, must } from '#base/assert.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { Batch } from '#schemas/batch.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { RestRows } from '../encoding/rest.ts'
import { TimePoolBuilder } from '../encoding/times.ts'
import { encodeBytes } from '../encoding/zstd.ts'
import { IdMapBuilder } from '../index/id-map.ts'
import { PageFilterBuilder } from '../index/page-filter.ts'
import {
  encodeDirectory,
  tableKind,
  writeColumns,
  type PageEntry,
  type TableEntry,
} from './directory.ts'
import { maxStreams, type SectionEntry } from './footer.ts'
import type { Part } from './header.ts'
import { writePage, type PartSink } from './page-write.ts'
import { PageCutter } from './page-cut.ts'
import { columnRefOf, type Rows } from './rows.ts'
import { SectionColumns } from './section-columns.ts'
import { sectionStreams, type SectionStreams } from './section-streams.ts'
import type { StreamBytes } from './stream-table.ts'

export interface SectionOptions {
  readonly signal: Signal
  /** True from L1 on: encodings that take longer and less. */
  readonly dense: boolean
  /** zstd level of texts. */
  readonly level: number
  readonly pageRows: number
  readonly pageBytes: number
}

export class SectionWriter {
  readonly tenant: Tenant
  readonly #streams: StreamBytes
  readonly #sink: PartSink
  readonly #options: SectionOptions
  readonly #offset: number
  readonly #cutter: PageCutter
  readonly #columns = new SectionColumns()
  readonly #pool: TimePoolBuilder | null
  readonly #filter = new PageFilterBuilder()
  readonly #ids = new IdMapBuilder()
  readonly #pages: PageEntry[] = []
  /** Filters wait for the end of the section, so that they can be read together. */
  readonly #filters: { kind: number; page: number; bytes: Uint8Array }[] = []
  #rows = 0
  #minNs: bigint | null = null
  #maxNs = 0n

  // oxlint-disable-next-line max-params -- identity, content, target, how
  constructor(tenant: Tenant, streams: StreamBytes, sink: PartSink, options: SectionOptions) {
    assert(streams.count <= maxStreams, `a section of at most ${maxStreams} streams`)
    this.tenant = tenant
    this.#streams = streams
    this.#sink = sink
    this.#options = options
    this.#offset = sink.size
    this.#cutter = new PageCutter(options, streams.count)
    this.#pool = options.signal.streamBy === 'point' ? new TimePoolBuilder() : null
  }

  /** Plain bytes of rows that wait for their page. */
  get waitingBytes(): number {
    return this.#cutter.waitingBytes
  }

  /** Adds rows in final order; see `BlockWriter.append`. */
  append(batch: Batch): void {
    assert(batch.selection === null, 'rows of a block are whole batches')
    if (batch.rows === 0) return
    for (const page of this.#cutter.add(batch)) this.#writePage(page)
  }

  /** Adds a page of rows in final order; see `BlockWriter.appendPage`. */
  appendPage(batch: Batch, rest: RestRows | null): void {
    const { pageRows } = this.#options
    assert(batch.selection === null, 'rows of a block are whole batches')
    assert(batch.rows > 0 && batch.rows <= pageRows, `a page has 1 to ${pageRows} rows`)
    for (const page of this.#cutter.finish()) this.#writePage(page)
    this.#writePage(this.#cutter.page(batch), rest)
  }

  #writePage(rows: Rows, rest: RestRows | null = null): void {
    const candidates = [...rows.columns].map(([id, vector]) => ({
      column: columnRefOf(id, vector),
      vector,
    }))
    const chosen = this.#columns.choose(candidates, rows.rows, rest)
    const { dense, level } = this.#options
    const page = this.#pages.length
    const options = { dense, level, pool: this.#pool, filter: this.#filter }
    const { parts, filter, restFilter } = writePage(rows, chosen, options, this.#sink)
    if (filter !== null) {
      this.#filters.push({ kind: tableKind.pageFilter, page, bytes: filter })
    }
    if (restFilter !== null) {
      this.#filters.push({ kind: tableKind.restFilter, page, bytes: restFilter })
    }
    const ids = rows.columns.get('r:id16:traceId')
    if (ids?.kind === 'fixed') this.#ids.addPage(page, ids.bytes, ids.present)
    const bounds = pageBounds(rows)
    this.#pages.push({ ...bounds, parts })
    this.#count(bounds)
  }

  #count({ rows, baseNs, span }: PageBounds): void {
    this.#rows += rows
    const maxNs = baseNs + BigInt(span)
    if (this.#minNs === null || baseNs < this.#minNs) this.#minNs = baseNs
    if (this.#rows === rows || maxNs > this.#maxNs) this.#maxNs = maxNs
  }

  /** Writes what is left, the tables and the directory; null when the section has no rows. */
  finish(): SectionEntry | null {
    for (const page of this.#cutter.finish()) this.#writePage(page)
    if (this.#minNs === null) return null
    const streams = sectionStreams(this.#streams, this.#options)
    const tables = this.#writeTables(streams)
    const directory = this.#store(
      encodeDirectory({ columns: this.#columns.columns, tables, pages: this.#pages }),
    )
    return {
      tenant: this.tenant,
      rows: this.#rows,
      streams: this.#streams.count,
      minTimeNs: this.#minNs,
      maxTimeNs: this.#maxNs,
      offset: this.#offset,
      length: this.#sink.size - this.#offset,
      directory,
      services: streams.services,
    }
  }

  #store(bytes: Uint8Array): Part {
    this.#sink.begin().raw(bytes)
    return this.#sink.end()
  }

  #writeTables(streams: SectionStreams): TableEntry[] {
    const tables: TableEntry[] = []
    const store = (kind: number, key: number, bytes: Uint8Array): void => {
      tables.push({ kind, key, part: this.#store(bytes) })
    }
    for (const { kind, page, bytes } of this.#filters) store(kind, page, bytes)
    for (const part of this.#ids.finish()) store(tableKind.idMap, part.first, part.bytes)
    const pool = this.#pool?.finish(this.#options.dense) ?? null
    if (pool !== null) store(tableKind.timePool, 0, pool)
    if (this.#columns.restColumns.length > 0) {
      const names = new ByteWriter()
      writeColumns(names, this.#columns.restColumns)
      const out = new ByteWriter()
      encodeBytes(out, names.view(), 3)
      store(tableKind.restColumns, 0, out.copy())
    }
    if (streams.postings !== null) store(tableKind.postings, 0, streams.postings)
    for (const { first, bytes } of streams.stretches) store(tableKind.streams, first, bytes)
    return tables
  }
}

type PageBounds = Omit<PageEntry, 'parts'>

/** Bounds of the rows of a page, whose times are offsets to the least. */
function pageBounds(rows: Rows): PageBounds {
  const { stream, time } = rows
  let span = 0
  let minStream = must(stream[0], 'a page has rows')
  let maxStream = minStream
  for (let i = 0; i < stream.length; i++) {
    const id = stream[i]!
    if (id < minStream) minStream = id
    else if (id > maxStream) maxStream = id
    const offset = time[i]!
    if (offset > span) span = offset
  }
  return { rows: rows.rows, baseNs: rows.timeBase, span, minStream, maxStream }
}
