/**
 * Reads pages whole and in stored order, as merges do: all columns as vectors, the rest as it stands.
 * Decoding any bytes throws only `corrupt`. A page's bytes and arrays come from the memory that the caller gives for
 * it, and are valid until that takes them back.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { columnId, type ColumnRef, type Vector } from '#schemas/column.ts'
import { decodeColumn } from '../column/read.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { encodingId } from '../encoding/ids.ts'
import { decodeParents } from '../encoding/parents.ts'
import { decodeRest, restStarts, type RestRows } from '../encoding/rest.ts'
import { decodeTimes } from '../encoding/times.ts'
import { decodeWords } from '../encoding/words.ts'
import {
  firstColumnPart,
  maxColumnBytes,
  pagePart,
  type ColumnEntry,
  type PageEntry,
} from './directory.ts'
import { checkStreams } from './page-read.ts'
import type { PageRows } from './rows.ts'
import type { Section } from './section-read.ts'

const spanIds = 'r:id8:spanId'

/** A page, and the memory that it lies in. */
export interface WholePage {
  readonly page: PageRows
  readonly memory: Allocator
}

/** The pages of a section in stored order; `next` is asked for memory for each of them, before it is decoded. */
export async function* wholePages(
  section: Section,
  next: () => Allocator,
): AsyncGenerator<WholePage> {
  const { columns, pages } = await section.directory()
  const names = { columns: columns.map(named), rest: (await section.restColumns()).map(named) }
  for (const entry of pages) {
    const memory = next()
    yield { page: await readWhole(section, entry, names, memory), memory }
  }
}

/** A page of a section by number, in arrays of `memory`. */
export async function wholePage(
  section: Section,
  number: number,
  memory: Allocator = fresh,
): Promise<PageRows> {
  const { columns, pages } = await section.directory()
  const names = { columns: columns.map(named), rest: (await section.restColumns()).map(named) }
  const page = pages[number]
  if (page === undefined) throw new RangeError(`page ${number} of ${pages.length}`)
  return readWhole(section, page, names, memory)
}

interface Named {
  readonly column: ColumnRef
  readonly id: string
}

function named({ column }: ColumnEntry): Named {
  return { column, id: columnId(column) }
}

/** Columns and rest columns of a section by number. */
interface Names {
  readonly columns: readonly Named[]
  readonly rest: readonly Named[]
}

/** What is decoded of a page so far. */
interface Draft {
  stream: Uint32Array | null
  time: Float64Array | null
  rest: RestRows | null
  readonly columns: Map<string, Vector>
}

// oxlint-disable-next-line max-params -- a page, its names and its memory
async function readWhole(
  section: Section,
  page: PageEntry,
  names: Names,
  memory: Allocator,
): Promise<PageRows> {
  const { rows, baseNs, parts } = page
  const pooled = parts.some((part) => part.encoding === encodingId.offsetsPool)
  const pool = pooled ? await section.timePool() : null
  const bytes = await section.read(
    parts.map((part) => part.part),
    memory,
  )
  const draft: Draft = { stream: null, time: null, rest: null, columns: new Map() }
  const parents: { named: Named; bytes: Uint8Array }[] = []
  for (const [i, { number, encoding }] of parts.entries()) {
    const part = bytes[i]!
    if (number === pagePart.stream) {
      draft.stream = checkStreams(decodeWords(reader(part, 'streams'), rows, memory), page)
    } else if (number === pagePart.time) {
      const times = { rows, baseNs, span: page.span, pool }
      draft.time = decodeTimes(reader(part, 'times'), times, memory)
    } else if (number === pagePart.rest) {
      draft.rest = readRest(part, rows, names.rest, memory)
    } else {
      const column = names.columns[number - firstColumnPart]
      if (column === undefined) throw blockCorrupt.make(`a page with part ${number}`)
      if (encoding === encodingId.parents && column.column.type === 'id8') {
        parents.push({ named: column, bytes: part })
        continue
      }
      const limits = { rows, maxBytes: maxColumnBytes, keepFrames: true, memory }
      const vector = decodeColumn(reader(part, column.id), column.column.type, limits)
      draft.columns.set(column.id, vector)
    }
  }
  // Last, because they need the span ids.
  for (const { named: column, bytes: part } of parents) {
    const spans = draft.columns.get(spanIds) ?? null
    draft.columns.set(column.id, decodeParents(reader(part, column.id), rows, spans, memory))
  }
  const { stream, time, rest, columns } = draft
  if (!stream || !time) throw blockCorrupt.make('a page without streams or times')
  return { rows, stream, timeBase: baseNs, time, columns, rest }
}

// oxlint-disable-next-line max-params -- a part, its page, and its memory
function readRest(
  bytes: Uint8Array,
  rows: number,
  names: readonly Named[],
  memory: Allocator,
): RestRows {
  const limits = { rows, columns: names.length, maxBytes: maxColumnBytes }
  const rest = decodeRest(reader(bytes, 'the rest'), limits, memory)
  const own = Array.from(rest.columns, (number) => names[number]!)
  const used = new Uint32Array(own.length)
  for (let e = 0; e < rest.keys.length; e++) used[rest.keys[e]!]!++
  return {
    columns: own.map(({ column }) => column),
    ids: own.map(({ id }) => id),
    used,
    starts: restStarts(rest, memory),
    keys: rest.keys,
    codes: rest.codes,
    values: rest.values,
    distinct: rest.distinct,
  }
}

function reader(bytes: Uint8Array, what: string): ByteReader {
  return new ByteReader(bytes, 0, bytes.length, what)
}
