/**
 * Loads whole traces by their ids: the second scan of a search. Every span becomes an object with the
 * values the query needs; duplicates by (span id, kind) are dropped, the later write wins.
 */
import type { Batch } from '#schemas/batch.ts'
import { attributeTypes } from '#schemas/batch.ts'
import { columnId, type ColumnRef } from '#schemas/column.ts'
import { serviceOf } from '#schemas/names/tempo.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'
import type { ColumnName } from '../../plan/column.ts'
import { eachColumn, type Expression } from '../../plan/expression.ts'
import type { Source } from '../source.ts'
import { isOfTrace } from './candidates.ts'
import type { Held } from './held.ts'
import { printColumn } from './print.ts'
import { RowReader } from './row-reader.ts'
import { chosenRows } from './row-time.ts'
import { traceIdPredicate } from './trace-ids.ts'
import { Trace, type Span } from './trace.ts'
import type { Value } from './value.ts'

/** What a span as an object takes besides its values: the object, its ids and name. */
const bytesPerSpan = 400
/** What a value takes: its object, its entry in the map, a short text. */
const bytesPerValue = 120

const spanColumns = [
  'traceId',
  'spanId',
  'parentSpanId',
  'name',
  'kind',
  'statusCode',
  'duration',
] as const

/** The stored columns that the values of `columns` are read from. */
export function storedColumns(columns: readonly ColumnName[]): ColumnRef[] {
  const found = new Map<string, ColumnRef>()
  const add = (column: ColumnRef) => found.set(columnId(column), column)
  const row = (key: string) => add(rowColumn(traces, key))
  for (const { scope, key } of columns) {
    if (scope === 'span' || scope === 'any') {
      for (const type of attributeTypes) add({ scope: 'attribute', key, type })
    }
    if (scope === 'event' || scope === 'any' || key.startsWith('event:')) row('events')
    if (scope === 'link' || scope === 'any' || key.startsWith('link:')) row('links')
    if (scope === 'intrinsic') addIntrinsic(key, row)
  }
  return [...found.values()]
}

/** The stored columns that an expression reads; null reads none. */
export function columnsRead(expression: Expression | null): ColumnRef[] {
  const names: ColumnName[] = []
  if (expression !== null) eachColumn(expression, (column) => names.push(column))
  return storedColumns(names)
}

const rowOfIntrinsic: Readonly<Record<string, string>> = {
  duration: 'duration',
  name: 'name',
  kind: 'kind',
  status: 'statusCode',
  statusMessage: 'statusMessage',
  'trace:id': 'traceId',
  'span:id': 'spanId',
  'span:parentID': 'parentSpanId',
}

function addIntrinsic(intrinsic: string, row: (key: string) => void): void {
  const key = rowOfIntrinsic[intrinsic]
  if (key !== undefined) row(key)
}

export interface Loading {
  /** 32 hex digits each. */
  readonly ids: readonly string[]
  readonly from: bigint
  readonly to: bigint
  readonly columns: readonly ColumnName[]
}

export interface Loaded {
  readonly traces: readonly Trace[]
  readonly rows: number
  /** What was taken of `held` for them. */
  readonly bytes: number
}

/** What a span takes in memory when so many values are read of it. */
export function spanBytes(columns: number): number {
  return bytesPerSpan + columns * bytesPerValue
}

/** The traces with these ids as far as their spans start in [from, to); in no order. */
export async function loadTraces(source: Source, loading: Loading, held: Held): Promise<Loaded> {
  const columns = loading.columns.filter((column) => !isOfTrace(column))
  const fixed = spanColumns.map((key) => rowColumn(traces, key))
  const ids = loading.ids.map(bytesOfId)
  const found = new Map<string, Map<string, LoadedSpan>>()
  let rows = 0
  const scan = source.scan({
    signal: traces.name,
    from: loading.from,
    to: loading.to,
    predicates: [traceIdPredicate(ids)],
    columns: [...fixed, ...storedColumns(columns)],
    order: 'any',
  })
  for await (const batch of scan) {
    source.control.check()
    const chosen = chosenRows(batch)
    rows += chosen.length
    held.take(chosen.length * spanBytes(loading.columns.length))
    take(batch, chosen, columns, found)
  }
  return {
    traces: [...found].map(([id, spans]) => new Trace(id, [...spans.values()])),
    rows,
    bytes: rows * spanBytes(loading.columns.length),
  }
}

type LoadedSpan = Omit<Span, 'index'> & { readonly offset: number }

// oxlint-disable-next-line max-params -- rows of a batch, what is read and where it goes
function take(
  batch: Batch,
  rows: Uint32Array,
  columns: readonly ColumnName[],
  found: Map<string, Map<string, LoadedSpan>>,
): void {
  const reader = new RowReader(batch)
  for (const row of rows) {
    reader.row = row
    const traceId = reader.id('traceId')
    let spans = found.get(traceId)
    if (spans === undefined) found.set(traceId, (spans = new Map()))
    const key = `${reader.id('spanId')}${reader.number('kind')}`
    const known = spans.get(key)
    if (known === undefined || known.offset < batch.offset) spans.set(key, spanAt(reader, columns))
  }
}

function spanAt(reader: RowReader, columns: readonly ColumnName[]): LoadedSpan {
  const values = new Map<string, Value>()
  for (const column of columns) {
    const value = reader.get(column)
    if (value !== null) values.set(printColumn(column), value)
  }
  const { batch, row } = reader
  return {
    start: reader.start(),
    duration: reader.duration(),
    id: reader.id('spanId'),
    parentId: reader.id('parentSpanId'),
    kind: reader.number('kind'),
    status: reader.number('statusCode'),
    name: reader.text('name'),
    service: serviceOf(batch.streams.identity(batch.stream[row] ?? 0)),
    values,
    offset: batch.offset,
  }
}

function bytesOfId(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex)
}
