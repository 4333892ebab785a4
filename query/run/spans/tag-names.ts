/**
 * The names of attributes by scope. Without a filter span attributes are the columns there are, and those
 * of resource and scope the streams'; events and links have to be read. With a filter all come from the
 * spans that pass, newest first, up to `maxRows`.
 */
import type { ColumnRef } from '#schemas/column.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'
import type { Expression } from '../../plan/expression.ts'
import type { Source } from '../source.ts'
import { relaxed } from './candidates.ts'
import { eachEventKey } from './events.ts'
import { rowFilter } from './filter.ts'
import { filteredRows, type FilteredRows } from './read-rows.ts'
import { isPresent, rangeOf } from './vectors.ts'

export const tagScopes = ['resource', 'span', 'event', 'link', 'instrumentation'] as const
export type TagScope = (typeof tagScopes)[number]

export interface TagNamesRequest {
  readonly from: bigint
  readonly to: bigint
  /** Spans to look at; null: all. */
  readonly filter: Expression | null
  readonly scopes: ReadonlySet<TagScope>
}

/** Spans that are read for names at most: names repeat, so more would hardly show another. */
const maxRows = 200_000

/** What a name takes in memory. */
const bytesPerName = 120

/** The names by scope, sorted. */
export async function tagNames(
  sources: readonly Source[],
  request: TagNamesRequest,
): Promise<Map<TagScope, string[]>> {
  const names = new Names(request.scopes)
  for (const source of sources) {
    const before = names.count
    if (request.filter === null) await fromTables(source, request, names)
    else await fromRows(source, request, names, 'all')
    source.control.hold((names.count - before) * bytesPerName)
  }
  return names.sorted()
}

class Names {
  readonly scopes: ReadonlySet<TagScope>
  readonly #names = new Map<TagScope, Set<string>>()

  constructor(scopes: ReadonlySet<TagScope>) {
    this.scopes = scopes
    for (const scope of tagScopes) if (scopes.has(scope)) this.#names.set(scope, new Set())
  }

  get count(): number {
    let count = 0
    for (const names of this.#names.values()) count += names.size
    return count
  }

  add(scope: TagScope, key: string): void {
    this.#names.get(scope)?.add(key)
  }

  addStream({ resource, scope }: StreamIdentity): void {
    for (const { key } of resource.attributes) this.add('resource', key)
    for (const { key } of scope.attributes) this.add('instrumentation', key)
  }

  sorted(): Map<TagScope, string[]> {
    return new Map([...this.#names].map(([scope, names]) => [scope, [...names].toSorted()]))
  }
}

async function fromTables(source: Source, request: TagNamesRequest, names: Names): Promise<void> {
  const { from, to, scopes } = request
  if (scopes.has('span')) {
    for (const { column } of await source.columns(traces.name, from, to)) {
      names.add('span', column.key)
    }
  }
  if (scopes.has('resource') || scopes.has('instrumentation')) {
    for await (const identity of source.streams(traces.name, from, to)) names.addStream(identity)
  }
  const events = scopes.has('event') ? [rowColumn(traces, 'events')] : []
  const links = scopes.has('link') ? [rowColumn(traces, 'links')] : []
  const columns = [...events, ...links]
  if (columns.length > 0) await fromRows(source, request, names, columns)
}

// oxlint-disable-next-line max-params -- where from, what is asked, where to, and what is read
async function fromRows(
  source: Source,
  request: TagNamesRequest,
  names: Names,
  columns: readonly ColumnRef[] | 'all',
): Promise<void> {
  const { from, to } = request
  const expression = request.filter === null ? null : relaxed(request.filter)
  const filter = expression === null ? null : rowFilter(expression)
  let rows = 0
  for await (const found of filteredRows(source, { from, to, expression, filter, columns })) {
    if (columns === 'all') addColumns(found, names)
    addEvents(found, names)
    rows += found.rows.length
    if (rows >= maxRows) return
  }
}

/** The attributes of spans and streams of the rows that passed. */
function addColumns({ reader, rows }: FilteredRows, names: Names): void {
  const { batch } = reader
  for (const [id, vector] of batch.columns) {
    if (!id.startsWith('a:')) continue
    if (rows.some((row) => isPresent(vector, row))) {
      names.add('span', id.slice(id.indexOf(':', 2) + 1))
    }
  }
  for (const stream of new Set(rows.map((row) => batch.stream[row]!))) {
    names.addStream(batch.streams.identity(stream))
  }
}

function addEvents({ reader, rows }: FilteredRows, names: Names): void {
  for (const scope of ['event', 'link'] as const) {
    if (!names.scopes.has(scope)) continue
    const vector = reader.vector(scope === 'event' ? 'events' : 'links')
    if (vector === null) continue
    for (const row of rows) {
      if (!isPresent(vector, row)) continue
      eachEventKey(rangeOf(vector, row), scope, (key) => names.add(scope, key))
    }
  }
}
