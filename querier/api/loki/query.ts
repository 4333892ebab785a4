/** `query_range` and `query`: log entries, or the samples of a metric query. */
import { systemClock } from '#base/clock.ts'
import { must } from '#base/assert.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { resultOf } from '#query/plan/result.ts'
import type { QueryRange } from '#query/plan/time.ts'
import { Annotations } from '#query/promql/annotations.ts'
import { compileMetric } from '#query/run/logs/compile.ts'
import { readEntries } from '#query/run/logs/entries.ts'
import { errorWarnings, logSources, type LogRun } from '#query/run/logs/run.ts'
import type { LogSource } from '#query/run/logs/scan.ts'
import type { Endpoint, NeededRange, QueryRequest, World } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'
import { chunksOf, framed, statsJson, streamsJson } from './json.ts'
import {
  categorizes,
  checkRange,
  directionOf,
  durationOf,
  limitOf,
  nsPerMs,
  parameter,
  rangeOf,
  stepOf,
  timeOf,
} from './parameters.ts'
import { needsOf, planQuery, queryRange, readQuery, type Asked } from './plan.ts'
import {
  byLabels,
  collect,
  largest,
  matrixJson,
  scalarJson,
  vectorJson,
  type SampleSeries,
} from './samples.ts'

const json = 'application/json; charset=UTF-8'

interface QueryParameters extends Asked {
  readonly categorized: boolean
  readonly needs: readonly NeededRange[]
}

function textOf(request: QueryRequest): string {
  const text = parameter(request, 'query')
  if (text === null) {
    throw parameterInvalid.make('parse error : syntax error: unexpected $end')
  }
  return text
}

/** The times of a metric query: the start down and the end up to multiples of the step. */
function aligned({ startMs, endMs, stepMs }: QueryRange): QueryRange {
  return {
    startMs: Math.floor(startMs / stepMs) * stepMs,
    endMs: Math.ceil(endMs / stepMs) * stepMs,
    stepMs,
    startRestNs: 0,
    endRestNs: 0,
  }
}

function withNeeds(asked: Asked, request: QueryRequest, isLog: boolean): QueryParameters {
  const query = readQuery(asked.text)
  const plan = planQuery(query, asked)
  const needs = needsOf(plan, asked.range)
  return { ...asked, categorized: isLog && categorizes(request), needs }
}

function parseRange(request: QueryRequest): QueryParameters {
  const text = textOf(request)
  const times = rangeOf(request)
  checkRange(times)
  const stepMs = stepOf(request, times)
  const isLog = readQuery(text).kind === 'log-query'
  const range = queryRange(times, stepMs)
  const asked: Asked = {
    text,
    range: isLog ? { ...range, stepMs: 0 } : aligned(range),
    limit: limitOf(request),
    order: directionOf(request),
    intervalMs: durationOf(request, 'interval') ?? 0,
  }
  return withNeeds(asked, request, isLog)
}

function parseInstant(request: QueryRequest): QueryParameters {
  const text = textOf(request)
  if (readQuery(text).kind === 'log-query') {
    throw parameterInvalid.make(
      'log queries are not supported as an instant query type, please change your query to a range query type',
    )
  }
  const time = timeOf(request, 'time') ?? BigInt(request.nowMs) * nsPerMs
  const range = { ...queryRange({ from: time, to: time }, 0), startRestNs: 0, endRestNs: 0 }
  const [limit, order] = [limitOf(request), directionOf(request)]
  return withNeeds({ text, range, limit, order, intervalMs: 0 }, request, false)
}

async function* answer(parameters: QueryParameters, world: World): AsyncGenerator<Uint8Array> {
  const startedMs = systemClock.monotonicMs()
  const plan = planQuery(readQuery(parameters.text), parameters)
  const sources = logSources(world.sources)
  const statsOf = (entries: number): string => {
    const seconds = (systemClock.monotonicMs() - startedMs) / 1000
    return statsJson({ sources, seconds, entries })
  }
  yield* plan.kind === 'limit'
    ? entriesAnswer(plan, parameters, { sources, statsOf })
    : samplesAnswer(plan, parameters, { sources, statsOf })
}

interface Answering {
  readonly sources: readonly LogSource[]
  readonly statsOf: (entries: number) => string
}

async function* entriesAnswer(
  plan: Extract<PlanNode, { kind: 'limit' }>,
  { range, categorized }: QueryParameters,
  { sources, statsOf }: Answering,
): AsyncGenerator<Uint8Array> {
  const from = BigInt(range.startMs) * nsPerMs + BigInt(range.startRestNs)
  const to = BigInt(range.endMs) * nsPerMs + BigInt(range.endRestNs)
  const entries = await readEntries(plan, { from, to }, sources)
  const stats = statsOf(entries.length)
  const frame = { resultType: 'streams' as const, categorized, warnings: [], stats }
  yield* chunksOf(framed(frame, streamsJson(entries, categorized)))
}

async function* samplesAnswer(
  plan: PlanNode,
  { range }: QueryParameters,
  { sources, statsOf }: Answering,
): AsyncGenerator<Uint8Array> {
  const control = must(sources[0], 'a query has a source').source.control
  const context = { range, control, annotations: new Annotations() }
  const run: LogRun = { sources, context, errors: new Map() }
  const collected = await collect(compileMetric(plan, run), context)
  const { series, warnings } = largest(collected)
  const { resultType, result } = resultJson(plan, range, series)
  const stats = statsOf(series.length)
  const frame = {
    resultType,
    categorized: false,
    warnings: [...warnings, ...errorWarnings(run)],
    stats,
  }
  yield* chunksOf(framed(frame, result))
}

function resultJson(
  plan: PlanNode,
  { stepMs }: QueryRange,
  series: readonly SampleSeries[],
): { resultType: 'matrix' | 'vector' | 'scalar'; result: Iterable<string> } {
  if (stepMs > 0) return { resultType: 'matrix', result: matrixJson(byLabels(series)) }
  if (resultOf(plan) === 'scalar') return { resultType: 'scalar', result: [scalarJson(series)] }
  const isSorted =
    plan.kind === 'aggregate' && (plan.operator === 'sort' || plan.operator === 'sort_desc')
  return { resultType: 'vector', result: vectorJson(isSorted ? series : byLabels(series)) }
}

export const queryRangeEndpoint: Endpoint<QueryParameters> = {
  name: 'loki.query_range',
  methods: ['GET', 'POST'],
  route: '/loki/api/v1/query_range',
  contentType: json,
  parse: parseRange,
  needs: ({ needs }) => needs,
  answer,
}

export const queryEndpoint: Endpoint<QueryParameters> = {
  name: 'loki.query',
  methods: ['GET', 'POST'],
  route: '/loki/api/v1/query',
  contentType: json,
  parse: parseInstant,
  needs: ({ needs }) => needs,
  answer,
}
