/**
 * The first pass of a search: which traces have a span in a slice of time that fulfils the necessary
 * expression, and the earliest start of such a span, which the trace's own start cannot pass.
 */
import { columnOf } from '#schemas/batch.ts'
import { columnId, type ColumnRef } from '#schemas/column.ts'
import { idText } from '#schemas/names/tempo.ts'
import { traces } from '#schemas/signals/traces.ts'
import type { ColumnName } from '../../plan/column.ts'
import { eachColumn, type Expression } from '../../plan/expression.ts'
import type { Source } from '../source.ts'
import { rowFilter, type RowFilter } from './filter.ts'
import { storedColumns } from './load.ts'
import { narrow } from './predicates.ts'
import { RowReader } from './row-reader.ts'
import { chosenRows, startOf } from './row-time.ts'
import { traceIdColumn } from './trace-ids.ts'
import { rangeOf } from './vectors.ts'

/** What a candidate takes: its id, its start, its entry. */
const bytesPerCandidate = 160

export class CandidateScan {
  /** Rows that storage gave. */
  rows = 0
  readonly #source: Source
  readonly #expression: Expression | null
  readonly #filter: RowFilter | null
  readonly #columns: readonly ColumnRef[]

  constructor(source: Source, expression: Expression | null) {
    this.#source = source
    this.#expression = expression
    this.#filter = expression === null ? null : rowFilter(expression)
    this.#columns = columnsFor(expression)
  }

  /** Candidates with spans that start in [from, to), without those in `seen`. */
  async read(from: bigint, to: bigint, seen: ReadonlySet<string>): Promise<Map<string, bigint>> {
    const candidates = new Map<string, bigint>()
    const narrowed = await this.#narrowed(from, to)
    if (narrowed === null) return candidates
    const { predicates, streams } = narrowed
    const scan = this.#source.scan({
      signal: traces.name,
      from,
      to,
      predicates,
      columns: this.#columns,
      order: 'newest',
      ...(streams !== null && { streams }),
    })
    for await (const batch of scan) {
      this.#source.control.check()
      const reader = new RowReader(batch)
      const chosen = chosenRows(batch)
      this.rows += chosen.length
      const rows = this.#filter === null ? chosen : this.#filter(reader, chosen)
      const before = candidates.size
      addCandidates(reader, rows, candidates, seen)
      this.#source.control.hold((candidates.size - before) * bytesPerCandidate)
    }
    return candidates
  }

  async #narrowed(from: bigint, to: bigint): Promise<ReturnType<typeof narrow>> {
    if (this.#expression === null) return { predicates: [], streams: null }
    return narrow(this.#expression, await this.#source.columns(traces.name, from, to))
  }
}

function columnsFor(expression: Expression | null): ColumnRef[] {
  const names: ColumnName[] = []
  if (expression !== null) eachColumn(expression, (column) => names.push(column))
  const stored = storedColumns(names)
  const id = columnId(traceIdColumn)
  return stored.some((column) => columnId(column) === id) ? stored : [traceIdColumn, ...stored]
}

// oxlint-disable-next-line max-params -- rows of a batch, where they go and what is known
function addCandidates(
  reader: RowReader,
  rows: Uint32Array,
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
