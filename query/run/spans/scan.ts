/**
 * The first pass of a search: which traces have a span in a slice of time that fulfils the necessary
 * expression, and the earliest start of such a span, which the trace's own start cannot pass.
 */
import { columnOf } from '#schemas/batch.ts'
import { columnId, type ColumnRef } from '#schemas/column.ts'
import { idText } from '#schemas/names/tempo.ts'
import type { Expression } from '../../plan/expression.ts'
import type { Source } from '../source.ts'
import type { Held } from './held.ts'
import { rowFilter, type RowFilter } from './filter.ts'
import { columnsRead } from './load.ts'
import { filteredRows, type FilteredRows } from './read-rows.ts'
import { startOf } from './row-time.ts'
import { traceIdColumn } from './trace-ids.ts'
import { rangeOf } from './vectors.ts'

/** What a candidate takes in memory: its id, its start, its entry. */
export const bytesPerCandidate = 160

export class CandidateScan {
  /** Rows that storage gave. */
  rows = 0
  readonly #source: Source
  readonly #held: Held
  readonly #expression: Expression | null
  readonly #filter: RowFilter | null
  readonly #columns: readonly ColumnRef[]

  constructor(source: Source, expression: Expression | null, held: Held) {
    this.#source = source
    this.#held = held
    this.#expression = expression
    this.#filter = expression === null ? null : rowFilter(expression)
    this.#columns = columnsFor(expression)
  }

  /**
   * Candidates with spans that start in [from, to), without those in `seen`. Takes `bytesPerCandidate`
   * each of what the search holds.
   */
  async read(from: bigint, to: bigint, seen: ReadonlySet<string>): Promise<Map<string, bigint>> {
    const candidates = new Map<string, bigint>()
    const found = filteredRows(this.#source, {
      from,
      to,
      expression: this.#expression,
      filter: this.#filter,
      columns: this.#columns,
    })
    for await (const batch of found) {
      this.rows += batch.read
      const before = candidates.size
      addCandidates(batch, candidates, seen)
      this.#held.take((candidates.size - before) * bytesPerCandidate)
    }
    return candidates
  }
}

function columnsFor(expression: Expression | null): ColumnRef[] {
  const stored = columnsRead(expression)
  const id = columnId(traceIdColumn)
  return stored.some((column) => columnId(column) === id) ? stored : [traceIdColumn, ...stored]
}

function addCandidates(
  { reader, rows }: FilteredRows,
  candidates: Map<string, bigint>,
  seen: ReadonlySet<string>,
): void {
  const { batch } = reader
  const vector = columnOf(batch, traceIdColumn)
  if (vector === null) return
  let last = ''
  let lastTime = Infinity
  for (const row of rows) {
    const { bytes, from } = rangeOf(vector, row)
    const id = idText(bytes, from, 16)
    // Spans of a trace stand together mostly: nothing to do for one that is not earlier than the last.
    if (id === last && batch.time[row]! >= lastTime) continue
    last = id
    lastTime = batch.time[row]!
    if (seen.has(id)) continue
    const start = startOf(batch, row)
    const known = candidates.get(id)
    if (known === undefined || start < known) candidates.set(id, start)
  }
}
