/**
 * The rows of a source that pass an expression, batch by batch: what can be said of single columns and
 * streams is left to storage, the rest is filtered here. One batch at a time; it belongs to the reader
 * until the next.
 */
import type { ColumnRef } from '#schemas/column.ts'
import { traces } from '#schemas/signals/traces.ts'
import type { Expression } from '../../plan/expression.ts'
import type { Source } from '../source.ts'
import type { RowFilter } from './filter.ts'
import { narrow, type Narrowed } from './predicates.ts'
import { RowReader } from './row-reader.ts'
import { chosenRows } from './row-time.ts'

export interface RowRequest {
  /** Spans that start in [from, to) ns. */
  readonly from: bigint
  readonly to: bigint
  /** Null: every row. `filter` is its compiled form. */
  readonly expression: Expression | null
  readonly filter: RowFilter | null
  /** With those that the expression reads. */
  readonly columns: readonly ColumnRef[] | 'all'
}

export interface FilteredRows {
  readonly reader: RowReader
  /** Rows of the reader's batch that pass, ascending. */
  readonly rows: Uint32Array
  /** Rows that storage gave. */
  readonly read: number
}

export async function* filteredRows(
  source: Source,
  request: RowRequest,
): AsyncGenerator<FilteredRows> {
  const { from, to, expression, filter, columns } = request
  const narrowed = await narrowedFor(source, request)
  if (narrowed === null) return
  const { predicates, streams } = narrowed
  const scan = source.scan({
    signal: traces.name,
    from,
    to,
    predicates,
    columns,
    order: 'newest',
    ...(streams !== null && { streams }),
  })
  for await (const batch of scan) {
    source.control.check()
    const reader = new RowReader(batch)
    const chosen = chosenRows(batch)
    const rows = expression === null || filter === null ? chosen : filter(reader, chosen)
    yield { reader, rows, read: chosen.length }
  }
}

async function narrowedFor(
  source: Source,
  { from, to, expression }: RowRequest,
): Promise<Narrowed | null> {
  if (expression === null) return { predicates: [], streams: null }
  return narrow(expression, await source.columns(traces.name, from, to))
}
