/**
 * A selection of log rows with its stages, over one source: the scan that storage is asked for, then
 * what it cannot decide. Streams are tested once each; leading line filters go down as predicates on the body,
 * an exact trace or span id as one on its column.
 *
 * A body is text or another value, in two columns. A filter that only lines with certain texts pass is
 * scanned for in two steps, rows with a text body (pages without the texts are left out) and rows
 * with another value, which a line filter reads as text.
 */
import type { ColumnRef, Texts } from '#schemas/column.ts'
import type { Predicate } from '#schemas/predicate.ts'
import type { Matcher, NeededColumns } from '../../plan/column.ts'
import type { Stage } from '../../plan/rows.ts'
import type { Source, SourceScan } from '../source.ts'
import {
  bodyColumn,
  bodyValueColumn,
  columnsOfName,
  spanIdColumn,
  traceIdColumn,
} from './fields.ts'
import { mayHaveName } from './label-column.ts'
import { compileLineFilter, type LineFilterTest } from './line-test.ts'
import { LogRows } from './rows.ts'
import { compileSelector, labelName, type Selector } from './selector.ts'
import { compileStages, lineFilterStep, type Step } from './stages.ts'
import type { LogStreams } from './streams.ts'

/** [from, to) in ns. */
export interface NsRange {
  readonly from: bigint
  readonly to: bigint
}

/** What is wanted of log rows. */
export interface RowsWanted extends NsRange {
  readonly matchers: readonly Matcher[]
  readonly stages: readonly Stage[]
  readonly columns: NeededColumns
  readonly order: SourceScan['order']
}

/** How much was read, for the statistics of the answer. */
export interface ReadCount {
  lines: number
  bytes: number
  /** Rows left after the stages. */
  passed: number
}

/** Whose rows, under which names. */
export interface LogSource {
  readonly source: Source
  readonly streams: LogStreams
  readonly read: ReadCount
}

/** One scan of storage; `recheck` where line filters are still to be tested. */
interface Scanning {
  readonly scan: SourceScan
  readonly recheck: boolean
}

/** That a row has this id. */
interface IdTest {
  readonly name: string
  readonly value: string
  readonly predicate: Predicate
}

/** The rows that the stages leave, batch by batch. Throws `not-supported`, `regex-invalid`, before it reads. */
export class LogScan {
  readonly #of: LogSource
  readonly #wanted: RowsWanted
  readonly #lineFilters: readonly LineFilterTest[]
  readonly #steps: readonly Step[]
  #attributes: readonly ColumnRef[] | null = null
  #selector: Selector | null = null

  constructor(of: LogSource, wanted: RowsWanted) {
    this.#of = of
    this.#wanted = wanted
    const { lineFilters, others } = splitStages(wanted.stages)
    this.#lineFilters = lineFilters.map(compileLineFilter)
    this.#steps = compileStages(others)
    compileSelector(wanted.matchers, null)
  }

  /** The rows of [from, to), by default of the whole range. */
  async *rows({ from, to }: NsRange = this.#wanted): AsyncGenerator<LogRows> {
    const { source, streams, read } = this.#of
    const selector = await this.#prepare()
    for (const { scan, recheck } of this.#scans(from, to, selector)) {
      for await (const batch of source.scan(scan)) {
        source.control.check()
        const rows = new LogRows(batch, streams)
        countRead(read, rows)
        selector.narrow(rows)
        if (recheck) for (const filter of this.#lineFilters) lineFilterStep(filter)(rows)
        for (const step of this.#steps) {
          if (rows.selection.length === 0) break
          step(rows)
        }
        read.passed += rows.selection.length
        if (rows.selection.length > 0) yield rows
      }
    }
  }

  async #prepare(): Promise<Selector> {
    if (this.#selector !== null) return this.#selector
    const { matchers, from, to } = this.#wanted
    const listed = await this.#of.source.columns('logs', from, to)
    this.#attributes = listed.map(({ column }) => column)
    this.#selector = compileSelector(matchers, this.#attributes)
    return this.#selector
  }

  /**
   * The scans for rows of [from, to), each to be read before the next is asked for. Streams that have the id asked
   * for as metadata of their own are scanned apart, where there are any: their rows need not have it.
   */
  *#scans(from: bigint, to: bigint, selector: Selector): Generator<Scanning> {
    const { streams } = this.#of
    const ids = this.#idTests()
    const texts = this.#lineFilters.map(bodyPredicate)
    let anyApart = false
    const scansOf = (apart: boolean): Scanning[] => {
      const base = {
        signal: 'logs' as const,
        from,
        to,
        streams: (identity: Parameters<LogStreams['name']>[0]) => {
          const named = streams.name(identity)
          const isApart = ids.some(({ name, value }) => named.metadata.get(name) === value)
          anyApart ||= isApart
          return isApart === apart && selector.mayMatch(named)
        },
        columns: this.#columns(),
        order: this.#wanted.order,
      }
      const wanted = apart ? [] : ids.map(({ predicate }) => predicate)
      if (!texts.some(({ absent }) => !absent)) {
        const scan = { ...base, predicates: [...wanted, ...texts] }
        return [{ scan, recheck: texts.length > 0 }]
      }
      return [
        { scan: { ...base, predicates: [...wanted, ...texts] }, recheck: false },
        { scan: { ...base, predicates: [...wanted, hasBodyValue] }, recheck: true },
      ]
    }
    yield* scansOf(false)
    if (anyApart) yield* scansOf(true)
  }

  #columns(): SourceScan['columns'] {
    const { columns, matchers } = this.#wanted
    if (columns === 'all') return 'all'
    const names = columns.filter(({ scope }) => scope === 'pipeline').map(({ key }) => key)
    if (names.includes('*')) return 'all'
    const found = new Set<ColumnRef>()
    for (const name of [...names, ...matchers.map(({ label }) => label)]) {
      for (const column of columnsOfName(labelName(name), this.#attributes ?? [])) found.add(column)
    }
    const reads = columns.some(({ scope, key }) => scope === 'row' && key === 'body')
    if (reads || this.#lineFilters.length > 0) found.add(bodyColumn).add(bodyValueColumn)
    return [...found]
  }

  /** Filters and matchers that ask for one trace or span by its id. */
  #idTests(): IdTest[] {
    const wanted = [
      ...this.#wanted.matchers.filter(({ operator }) => operator === '='),
      ...this.#wanted.stages.slice(0, firstChange(this.#wanted.stages)).flatMap(equalities),
    ]
    return wanted.flatMap(({ label, value }) => this.#idTest(labelName(label), value) ?? [])
  }

  #idTest(name: string, value: string): IdTest | null {
    const column = name === 'trace_id' ? traceIdColumn : name === 'span_id' ? spanIdColumn : null
    const width = column === traceIdColumn ? 16 : 8
    if (column === null || !new RegExp(`^[0-9a-f]{${width * 2}}$`).test(value)) return null
    const ofRecords = (this.#attributes ?? []).some(({ key, type }) =>
      mayHaveName(key, type === 'otlp', name),
    )
    if (ofRecords) return null
    return { name, value, predicate: idPredicate(column, Buffer.from(value, 'hex')) }
  }
}

function splitStages(stages: readonly Stage[]): {
  lineFilters: Extract<Stage, { kind: 'line-filter' }>[]
  others: Stage[]
} {
  const lineFilters: Extract<Stage, { kind: 'line-filter' }>[] = []
  for (const stage of stages) {
    if (stage.kind !== 'line-filter') break
    lineFilters.push(stage)
  }
  return { lineFilters, others: stages.slice(lineFilters.length) }
}

/** The number of stages before the first that changes labels or could let other rows in. */
function firstChange(stages: readonly Stage[]): number {
  const first = stages.findIndex(({ kind }) => kind !== 'line-filter' && kind !== 'label-filter')
  return first === -1 ? stages.length : first
}

/** Text equalities that every row must fulfil for the stage to keep it. */
function equalities(stage: Stage): { label: string; value: string }[] {
  if (stage.kind !== 'label-filter') return []
  const found: { label: string; value: string }[] = []
  const visit = (condition: typeof stage.condition): void => {
    if (condition.kind === 'logic' && condition.operator === 'and') {
      visit(condition.left)
      visit(condition.right)
    }
    if (condition.kind !== 'comparison' || condition.operator !== '=') return
    const { left, right } = condition
    if (left.kind === 'column' && right.kind === 'literal' && right.literal.type === 'string')
      found.push({ label: left.column.key, value: right.literal.value })
  }
  visit(stage.condition)
  return found
}

function bodyPredicate(filter: LineFilterTest): Predicate {
  return {
    column: bodyColumn,
    absent: filter.literals.length === 0,
    literals: filter.literals,
    testTexts: (values, count, out) => filter.testMany(values, count, out),
  }
}

const hasBodyValue: Predicate = {
  column: bodyValueColumn,
  absent: false,
  literals: [],
  testTexts: (_, count, out) => out.fill(1, 0, count),
}

function idPredicate(column: ColumnRef, id: Uint8Array): Predicate {
  return {
    column,
    absent: false,
    literals: [],
    equals: id,
    testTexts({ bytes, offsets }: Texts, count, out) {
      for (let i = 0; i < count; i++) {
        const from = offsets[i]!
        let same = offsets[i + 1]! - from === id.length ? 1 : 0
        for (let at = 0; same === 1 && at < id.length; at++)
          if (bytes[from + at] !== id[at]) same = 0
        out[i] = same
      }
    },
  }
}

function countRead(read: ReadCount, { batch }: LogRows): void {
  read.lines += batch.rows
  const body = batch.columns.get('r:text:body')
  if (body?.kind === 'texts') read.bytes += body.texts.offsets.at(-1)! - body.texts.offsets[0]!
  if (body?.kind === 'dictionary') {
    const { offsets } = body.values
    for (const code of body.codes) read.bytes += offsets[code + 1]! - offsets[code]!
  }
}
