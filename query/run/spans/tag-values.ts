/**
 * The distinct values of one column: those of resource and scope from the streams, all others from the
 * spans that pass the filter, newest first. A dictionary is asked once per value and batch. The list stops
 * growing at a number of bytes, as Tempo's does, and reading at a number of spans.
 */
import type { ColumnRef, Vector } from '#schemas/column.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'
import { serviceOf } from '#schemas/names/tempo.ts'
import type { ColumnName } from '../../plan/column.ts'
import type { Expression } from '../../plan/expression.ts'
import type { Source } from '../source.ts'
import { relaxed } from './candidates.ts'
import { rowFilter } from './filter.ts'
import { columnsRead, storedColumns } from './load.ts'
import { filteredRows, type FilteredRows } from './read-rows.ts'
import { attributeValue, isOfStream, streamValue } from './row-reader.ts'
import { compareText, type Value } from './value.ts'
import { isPresent } from './vectors.ts'

export interface TagValuesRequest {
  readonly from: bigint
  readonly to: bigint
  readonly column: ColumnName
  /** Spans to look at; null: all. */
  readonly filter: Expression | null
  /** Most bytes of values. */
  readonly maxBytes: number
  /** Most values; 0: no bound. */
  readonly limit: number
}

/** Spans that are read for values at most. */
const maxRows = 2_000_000

/** What a value takes besides its text: an object, an entry. */
const bytesPerEntry = 160

/** The values, sorted by their text. */
export async function tagValues(
  sources: readonly Source[],
  request: TagValuesRequest,
): Promise<Value[]> {
  const values = new Values(request)
  for (const source of sources) {
    const before = values.held
    await readValues(source, request, values)
    source.control.hold(values.held - before)
  }
  return values.sorted()
}

class Values {
  readonly #values = new Map<string, Value>()
  readonly #maxBytes: number
  readonly #limit: number
  #bytes = 0

  constructor({ maxBytes, limit }: TagValuesRequest) {
    this.#maxBytes = maxBytes
    this.#limit = limit
  }

  get held(): number {
    return this.#bytes + this.#values.size * bytesPerEntry
  }

  get full(): boolean {
    const many = this.#limit > 0 && this.#values.size >= this.#limit
    return many || this.#bytes >= this.#maxBytes
  }

  add(value: Value | null): void {
    if (value === null || value.type === 'other') return
    if (value.type === 'array') {
      for (const element of value.value) this.add(element)
      return
    }
    const text = String(value.value)
    const key = `${value.type}:${text}`
    if (this.#values.has(key) || this.full) return
    if (this.#bytes + text.length > this.#maxBytes) return
    this.#bytes += text.length
    this.#values.set(key, value)
  }

  sorted(): Value[] {
    return [...this.#values].toSorted(([a], [b]) => compareText(a, b)).map(([, value]) => value)
  }
}

async function readValues(source: Source, request: TagValuesRequest, into: Values): Promise<void> {
  const { column, from, to, filter } = request
  if (filter === null && (isOfStream(column) || column.scope === 'any')) {
    for await (const identity of source.streams(traces.name, from, to)) {
      if (column.scope === 'any') {
        into.add(streamValue(identity, { scope: 'resource', key: column.key }))
        into.add(streamValue(identity, { scope: 'instrumentation', key: column.key }))
      } else into.add(streamValue(identity, column))
      if (into.full) return
    }
    if (column.scope !== 'any') return
  }
  if (await hasNoColumn(source, request)) return
  await fromRows(source, request, into)
}

/** Whether no span can have the attribute. */
async function hasNoColumn(source: Source, request: TagValuesRequest): Promise<boolean> {
  const { scope, key } = request.column
  if (scope !== 'span' && (scope !== 'any' || request.filter !== null)) return false
  const listed = await source.columns(traces.name, request.from, request.to)
  return !listed.some(({ column }) => column.key === key)
}

async function fromRows(source: Source, request: TagValuesRequest, into: Values): Promise<void> {
  const { from, to, column } = request
  const expression = request.filter === null ? null : relaxed(request.filter)
  const filter = expression === null ? null : rowFilter(expression)
  const columns = [...columnsRead(expression), ...columnsOf(column)]
  let read = 0
  for await (const found of filteredRows(source, { from, to, expression, filter, columns })) {
    addRows(found, column, into)
    read += found.read
    if (into.full || read >= maxRows) return
  }
}

function isOfRoot({ scope, key }: ColumnName): boolean {
  return scope === 'intrinsic' && (key === 'rootName' || key === 'rootServiceName')
}

function columnsOf(column: ColumnName): ColumnRef[] {
  if (!isOfRoot(column)) return storedColumns([column])
  return [rowColumn(traces, 'parentSpanId'), rowColumn(traces, 'name')]
}

function addRows({ reader, rows }: FilteredRows, column: ColumnName, into: Values): void {
  if (isOfRoot(column)) {
    const ofName = column.key === 'rootName'
    for (const row of rows) {
      reader.row = row
      if (reader.id('parentSpanId') !== '') continue
      const { batch } = reader
      const service = () => serviceOf(batch.streams.identity(batch.stream[row] ?? 0))
      into.add({ type: 'string', value: ofName ? reader.text('name') : service() })
    }
    return
  }
  const vectors = dictionaries(column, reader)
  if (vectors !== null) {
    for (const vector of vectors) addVector(vector, rows, into)
    return
  }
  for (const row of rows) {
    reader.row = row
    into.add(reader.get(column))
  }
}

/** The columns that hold all values; null when they are elsewhere too. */
function dictionaries(
  { scope, key }: ColumnName,
  reader: FilteredRows['reader'],
): readonly Vector[] | null {
  if (scope === 'span') return reader.attributes(key)
  if (scope !== 'intrinsic' || (key !== 'name' && key !== 'statusMessage')) return null
  const vector = reader.vector(key)
  return vector === null ? [] : [vector]
}

function addVector(vector: Vector, rows: Uint32Array, into: Values): void {
  const codes = vector.kind === 'dictionary' ? vector.codes : null
  const seen = new Uint8Array(vector.kind === 'dictionary' ? vector.values.offsets.length : 0)
  for (const row of rows) {
    if (!isPresent(vector, row)) continue
    if (codes !== null) {
      const code = codes[row]!
      if (seen[code] === 1) continue
      seen[code] = 1
    }
    into.add(attributeValue(vector, row))
  }
}
