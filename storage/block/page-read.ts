/**
 * Decodes pages of a section: streams and times, the columns asked for, and the rest. What is decoded
 * goes to the memory that the reader was given and is valid until its owner takes that back.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { columnId, type Vector } from '#schemas/column.ts'
import { decodeColumn } from '../column/read.ts'
import { sliceVector } from '../column/vector.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { encodingId } from '../encoding/ids.ts'
import { decodeParents } from '../encoding/parents.ts'
import { decodeRest, restStarts, restVectors, type Rest } from '../encoding/rest.ts'
import { decodeTimes } from '../encoding/times.ts'
import { decodeWords } from '../encoding/words.ts'
import {
  firstColumnPart,
  maxColumnBytes,
  pagePart,
  type PageEntry,
  type PagePart,
} from './directory.ts'
import type { FoundColumn } from './prune.ts'
import { partOf, type Section } from './section-read.ts'

/** Cells of rest vectors at once: a page of ten thousand rare keys is given in short batches. */
const maxRestCells = 1 << 22

/** One page being read; columns are decoded when first asked for, each once. */
export class PageReader {
  readonly page: PageEntry
  readonly #section: Section
  readonly #vectors = new Map<string, Vector | null>()
  #rest: { rest: Rest; starts: Uint32Array } | null = null

  readonly #span: FoundColumn
  readonly #memory: Allocator

  /** `span` is where the section keeps span ids, which parents are told by. */
  // oxlint-disable-next-line max-params -- a page, what it is read against, and where to
  constructor(section: Section, page: PageEntry, span: FoundColumn, memory: Allocator = fresh) {
    this.#section = section
    this.#span = span
    this.page = page
    this.#memory = memory
  }

  /** Streams and times of all rows; the parts of `columns` are read along with them. */
  async keys(
    columns: readonly FoundColumn[],
  ): Promise<{ stream: Uint32Array; time: Float64Array }> {
    const { page } = this
    const [stream, time] = [pagePart.stream, pagePart.time].map((number) =>
      partOf(page.parts, number),
    )
    if (!stream || !time) throw blockCorrupt.make('a page without streams or times')
    const pool = time.encoding === encodingId.offsetsPool ? await this.#section.timePool() : null
    const parts = [stream, time, ...this.#missing(columns)]
    const bytes = await this.#section.read(parts.map((part) => part.part))
    this.#decode(parts.slice(2), bytes.slice(2), columns)
    const streams = reader(bytes[0]!, 'streams')
    return {
      stream: checkStreams(decodeWords(streams, page.rows, this.#memory), page),
      time: decodeTimes(
        reader(bytes[1]!, 'times'),
        { rows: page.rows, baseNs: page.baseNs, span: page.span, pool },
        this.#memory,
      ),
    }
  }

  /** Reads and decodes columns that were not yet. */
  async load(columns: readonly FoundColumn[]): Promise<void> {
    const parts = this.#missing(columns)
    if (parts.length === 0) return
    this.#decode(parts, await this.#section.read(parts.map((part) => part.part)), columns)
  }

  /** Parts of the page that hold the columns and were not read. */
  #missing(columns: readonly FoundColumn[]): PagePart[] {
    const parts = new Set<PagePart>()
    for (const found of columns) {
      const own = this.#columnPart(found)
      if (own !== null) {
        if (this.#vectors.has(columnId(found.column))) continue
        parts.add(own)
        const span = own.encoding === encodingId.parents ? this.#columnPart(this.#span) : null
        if (span !== null && !this.#vectors.has(columnId(this.#span.column))) parts.add(span)
        continue
      }
      const rest = found.rest < 0 ? null : partOf(this.page.parts, pagePart.rest)
      if (rest !== null && this.#rest === null) parts.add(rest)
    }
    return [...parts]
  }

  #columnPart(found: FoundColumn): PagePart | null {
    return found.number < 0 ? null : partOf(this.page.parts, firstColumnPart + found.number)
  }

  #decode(
    parts: readonly PagePart[],
    bytes: readonly Uint8Array[],
    columns: readonly FoundColumn[],
  ): void {
    const { rows } = this.page
    const memory = this.#memory
    const known = [...columns, this.#span]
    const parents: (() => void)[] = []
    parts.forEach((part, i) => {
      if (part.number === pagePart.rest) {
        const limits = { rows, columns: maxRestColumns, maxBytes: maxColumnBytes }
        const rest = decodeRest(reader(bytes[i]!, 'the rest'), limits, memory)
        this.#rest = { rest, starts: restStarts(rest, memory) }
        return
      }
      const found = known.find((one) => one.number === part.number - firstColumnPart)
      if (found === undefined) return
      const { column } = found
      if (part.encoding === encodingId.parents && column.type === 'id8') {
        parents.push(() => {
          const span = this.#vectors.get(columnId(this.#span.column)) ?? null
          const vector = decodeParents(reader(bytes[i]!, columnId(column)), rows, span, memory)
          this.#vectors.set(columnId(column), vector)
        })
        return
      }
      const limits = { rows, maxBytes: maxColumnBytes, memory }
      const vector = decodeColumn(reader(bytes[i]!, columnId(column)), column.type, limits)
      this.#vectors.set(columnId(column), vector)
    })
    // Last, because they need the span ids.
    for (const decode of parents) decode()
  }

  /** A loaded column of all rows; null when no row has a value. */
  vector(found: FoundColumn): Vector | null {
    if (this.#columnPart(found) !== null) return this.#vectors.get(columnId(found.column)) ?? null
    if (found.rest < 0 || this.#rest === null) return null
    const { rest, starts } = this.#rest
    const range = { starts, from: 0, to: this.page.rows }
    const { type } = found.column
    const only = restVectors(rest, range, (column) => (column === found.rest ? type : null))
    return only.get(found.rest) ?? null
  }

  /** Rows per batch, so that vectors of the rest stay small. */
  rowsPerBatch(columns: readonly FoundColumn[]): number {
    const fromRest = this.#rest === null ? 0 : columns.filter((one) => one.rest >= 0).length
    const keys = Math.min(fromRest, this.#rest?.rest.columns.length ?? 0)
    return keys === 0 ? this.page.rows : Math.max(64, Math.floor(maxRestCells / keys))
  }

  /** Loaded columns of rows [from, to), by `columnId`. */
  vectors(columns: readonly FoundColumn[], from: number, to: number): Map<string, Vector> {
    const found = new Map<string, Vector>()
    const wanted = new Map<number, FoundColumn>()
    for (const one of columns) {
      if (this.#columnPart(one) === null) {
        if (one.rest >= 0) wanted.set(one.rest, one)
        continue
      }
      const id = columnId(one.column)
      const vector = this.#vectors.get(id)
      if (!vector) continue
      found.set(id, from === 0 && to === this.page.rows ? vector : sliceVector(vector, from, to))
    }
    if (wanted.size === 0 || this.#rest === null) return found
    const { rest, starts } = this.#rest
    const typeOf = (column: number) => wanted.get(column)?.column.type ?? null
    for (const [number, vector] of restVectors(rest, { starts, from, to }, typeOf)) {
      const one = wanted.get(number)
      if (one !== undefined) found.set(columnId(one.column), vector)
    }
    return found
  }
}

/** Rest columns of a section; numbers above the section's real count are found by nobody. */
const maxRestColumns = 1 << 24

function reader(bytes: Uint8Array, what: string): ByteReader {
  return new ByteReader(bytes, 0, bytes.length, what)
}

/** Checks that every stream is one the page says it has. */
export function checkStreams(stream: Uint32Array, page: PageEntry): Uint32Array {
  for (let i = 0; i < stream.length; i++) {
    if (stream[i]! < page.minStream || stream[i]! > page.maxStream) {
      throw blockCorrupt.make(
        `stream ${stream[i]} in a page of ${page.minStream}–${page.maxStream}`,
      )
    }
  }
  return stream
}
