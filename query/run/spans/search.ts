/**
 * A TraceQL search: the newest traces that come through the plan's stages, each judged whole.
 *
 *   slices   The window is read from its end in slices that grow, so that a search with many answers
 *            reads seconds and one with few reads everything once.
 *   filter   In a slice the rows that fulfil the necessary expression name candidate traces.
 *   load     Candidates, those with the newest spans first, are loaded whole in groups and taken
 *            through the stages.
 *   stop     A trace not met yet starts before the slice, and one not loaded before its newest known
 *            start. Once `limit` answers start later than both, no other can be newer.
 *
 * A trace takes part when its interval overlaps the window, wherever its matching span lies. Spans are
 * looked for up to `reachNs` outside of the window and traces completed up to `wholeNs` outside. What starts
 * after the window comes last and only when there are too few answers: there most traces are none of it.
 */
import type { ColumnName } from '../../plan/column.ts'
import type { PlanNode } from '../../plan/nodes.ts'
import type { Limit } from '../../plan/rows.ts'
import type { SpansetExpression, SpansetStage } from '../../plan/spans.ts'
import { columnsOfStages } from '../../plan/stages.ts'
import { operatorMissing } from '../errors.ts'
import type { Source } from '../source.ts'
import { candidateOf } from './candidates.ts'
import { Held } from './held.ts'
import { loadTraces, spanBytes } from './load.ts'
import { bytesPerCandidate, CandidateScan } from './scan.ts'
import { runStages, type Spanset } from './stages.ts'
import type { Trace } from './trace.ts'

/** How far outside of the window matching spans are looked for: longer than nearly every trace. */
const reachNs = 300_000_000_000n

/** How far outside of the window the rest of a trace is looked for. */
export const wholeNs = 3_600_000_000_000n

/** The first slice: a second holds more traces than an answer on any busy system. */
const firstSliceNs = 1_000_000_000n

/** Each slice is so many times as wide as the one before. */
const sliceGrowth = 4n

/** Traces loaded at once; more than an answer has by default, few enough to stop early. */
const groupSize = 64
const maxGroupSize = 1024

/** Traces judged that have a span after the window: of those that overlap it these come first. */
const maxAfter = 1024

/** What a trace that was judged takes in memory: its id in a set. */
const bytesPerSeen = 120

/** [from, to) ns. */
export interface SearchWindow {
  readonly from: bigint
  readonly to: bigint
}

export interface FoundTrace {
  readonly trace: Trace
  readonly spansets: readonly Spanset[]
}

export interface SearchAnswer {
  /** Newest first, at most the plan's limit. */
  readonly traces: readonly FoundTrace[]
  /** Traces that were judged, and span rows that were read for it. */
  readonly inspectedTraces: number
  readonly inspectedSpans: number
  /** Columns that the query mentions, in its order. */
  readonly columns: readonly ColumnName[]
  readonly spansPerSpanset: number
}

/** The times a search may read, for choosing blocks. */
export function searchReads({ from, to }: SearchWindow): SearchWindow {
  return { from: from - wholeNs, to: to + wholeNs }
}

/** Runs a search plan over the sources (one per tenant). Throws `not-supported` for plans of another kind. */
export async function search(
  plan: PlanNode,
  window: SearchWindow,
  sources: readonly Source[],
): Promise<SearchAnswer> {
  const { limit, stages } = searchOf(plan)
  const columns = mentioned(stages)
  const searches = sources.map(
    (source) => new SourceSearch(source, window, { stages, columns, limit: limit.count }),
  )
  for (const one of searches) await one.run()
  const traces = searches
    .flatMap((one) => one.found)
    .toSorted(newestFirst)
    .slice(0, limit.count)
  return {
    traces,
    inspectedTraces: searches.reduce((sum, one) => sum + one.inspectedTraces, 0),
    inspectedSpans: searches.reduce((sum, one) => sum + one.inspectedSpans, 0),
    columns,
    spansPerSpanset: limit.spansPerSpanset,
  }
}

function searchOf(plan: PlanNode): { limit: Limit<PlanNode>; stages: readonly SpansetStage[] } {
  if (plan.kind !== 'limit') throw operatorMissing.make(missing(plan))
  if (plan.input.kind !== 'spans') throw operatorMissing.make(missing(plan.input))
  return { limit: plan, stages: plan.input.stages }
}

/** The columns the query names; structural operators read ids, which are no part of the answer. */
function mentioned(stages: readonly SpansetStage[]): ColumnName[] {
  const columns: ColumnName[] = []
  columnsOfStages(stages.map(withoutStructure), (column) => columns.push(column))
  return columns
}

function withoutStructure(stage: SpansetStage): SpansetStage {
  return stage.kind === 'spansets'
    ? { ...stage, expression: asCombination(stage.expression) }
    : stage
}

function asCombination(expression: SpansetExpression): SpansetExpression {
  switch (expression.kind) {
    case 'match':
      return expression
    case 'nested':
      return { ...expression, stages: expression.stages.map(withoutStructure) }
    case 'combine':
    case 'structural':
      return {
        kind: 'combine',
        operator: 'and',
        left: asCombination(expression.left),
        right: asCombination(expression.right),
      }
  }
}

function missing(plan: PlanNode): string {
  const name = 'function' in plan ? plan.function : plan.kind
  return `the TraceQL operator "${name}" is not run yet`
}

function newestFirst(a: FoundTrace, b: FoundTrace): number {
  if (a.trace.start !== b.trace.start) return a.trace.start > b.trace.start ? -1 : 1
  return a.trace.id < b.trace.id ? -1 : 1
}

/** A trace id and the earliest start of a matching span. */
type Candidate = readonly [id: string, start: bigint]

function latestFirst([, a]: Candidate, [, b]: Candidate): number {
  return a > b ? -1 : Number(a < b)
}

interface Asked {
  readonly stages: readonly SpansetStage[]
  readonly columns: readonly ColumnName[]
  readonly limit: number
}

/** The search over one source. */
class SourceSearch {
  readonly found: FoundTrace[] = []
  inspectedTraces = 0
  readonly #source: Source
  readonly #window: SearchWindow
  readonly #asked: Asked
  readonly #held: Held
  readonly #scan: CandidateScan
  readonly #seen = new Set<string>()
  #loadedRows = 0

  constructor(source: Source, window: SearchWindow, asked: Asked) {
    this.#source = source
    this.#window = window
    this.#asked = asked
    this.#held = new Held(source.control)
    this.#scan = new CandidateScan(source, candidateOf(asked.stages), this.#held)
  }

  get inspectedSpans(): number {
    return this.#scan.rows + this.#loadedRows
  }

  async run(): Promise<void> {
    const { from: begin, to } = this.#window
    const first = begin - reachNs
    let width = firstSliceNs
    for (let end = to; end > first; width *= sliceGrowth) {
      const from = end - width > first ? end - width : first
      await this.#slice(from, end)
      if (this.#newerThan(from) >= this.#asked.limit) return
      end = from
    }
    await this.#after(to)
  }

  async #slice(from: bigint, to: bigint): Promise<void> {
    const candidates = await this.#scan.read(from, to, this.#seen)
    await this.#judge([...candidates].toSorted(latestFirst), from)
    this.#held.give(candidates.size * bytesPerCandidate)
  }

  /** Traces that began in the window and have their matching spans after it: those with the earliest spans. */
  async #after(end: bigint): Promise<void> {
    const candidates = await this.#scan.read(end, end + reachNs, this.#seen)
    const earliest = [...candidates].toSorted(latestFirst).slice(-maxAfter)
    await this.#judge(earliest, end)
  }

  /** Loads candidates, latest first, until none of those left can belong to the answer. */
  async #judge(queue: readonly Candidate[], bar: bigint): Promise<void> {
    let size = groupSize
    for (let at = 0; at < queue.length;) {
      const group = queue.slice(at, at + size)
      at += group.length
      // Where few candidates come through, fewer and larger loads are read.
      size = Math.min(size * 2, maxGroupSize)
      const bound = group[0]?.[1] ?? bar
      if (this.#newerThan(bound) >= this.#asked.limit) return
      await this.#load(group.map(([id]) => id))
    }
  }

  async #load(ids: readonly string[]): Promise<void> {
    const { from, to } = searchReads(this.#window)
    const { columns, stages } = this.#asked
    for (const id of ids) this.#seen.add(id)
    this.#held.take(ids.length * bytesPerSeen)
    const loaded = await loadTraces(this.#source, { ids, from, to, columns }, this.#held)
    this.#loadedRows += loaded.rows
    this.inspectedTraces += loaded.traces.length
    for (const trace of loaded.traces) {
      if (trace.start >= this.#window.to || trace.end < this.#window.from) continue
      const spansets = runStages(stages, trace)
      if (spansets.length === 0) continue
      this.found.push({ trace, spansets })
      this.#held.take(this.#bytesOf(trace))
    }
    this.#held.give(loaded.bytes)
    this.#cut()
  }

  #bytesOf(trace: Trace): number {
    return trace.spans.length * spanBytes(this.#asked.columns.length)
  }

  /** Keeps what can still be in the answer, so that a search over everything holds no more than that. */
  #cut(): void {
    if (this.found.length <= this.#asked.limit * 2) return
    this.found.sort(newestFirst)
    for (const { trace } of this.found.splice(this.#asked.limit)) {
      this.#held.give(this.#bytesOf(trace))
    }
  }

  /** Answers that start at `bound` or later: no trace with an earlier bound comes before them. */
  #newerThan(bound: bigint): number {
    let count = 0
    for (const { trace } of this.found) if (trace.start >= bound) count++
    return count
  }
}
