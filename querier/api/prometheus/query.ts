/**
 * `query` and `query_range` (promql.md §13.4). The query is read on the main thread, bounded by the
 * parser's limit on its length, so that a mistake is answered at once and only the blocks it needs
 * are pinned; the worker reads it again and runs it.
 */
import { AppError } from '#base/errors.ts'
import { parse } from '#query/promql/parse.ts'
import { requireRangeQuery } from '#query/promql/plan.ts'
import { defaultOptions } from '#query/promql/options.ts'
import type { Expr } from '#query/promql/nodes.ts'
import { readsOf } from '#query/plan/split.ts'
import { defaultPlanOptions, type PlanOptions, type QueryRange } from '#query/plan/time.ts'
import { QueryError } from '#query/text/position.ts'
import { nanoseconds, readerOf } from '#query/run/metrics/load.ts'
import { evaluate, planQuery, type Evaluated } from '#query/run/metrics/evaluate.ts'
import type { Endpoint, NeededRange, QueryRequest, World } from '../../endpoint.ts'
import { badParameter } from './errors.ts'
import { chunks, success } from './json.ts'
import { durationOf, invalid, limitOf, maxTimeMs, minTimeMs, timeOf } from './parameters.ts'
import { resultJson } from './result.ts'

export interface QueryParameters {
  readonly query: string
  readonly range: QueryRange
  readonly lookBackMs: number
  /** Most series of the answer; 0 is no limit. */
  readonly limit: number
  readonly reads: { readonly fromMs: number; readonly toMs: number } | null
}

/** Prometheus' limit: (end - start) / step; one more point is therefore legal. */
const maxPoints = 11_000

/** Remarks of one level in an answer, as in Prometheus. */
const maxRemarks = 10

function optionsOf({ range, lookBackMs }: QueryParameters): PlanOptions {
  return { ...defaultPlanOptions, range, lookBackMs }
}

export function parseQuery(query: string): Expr {
  try {
    return parse(query, defaultOptions)
  } catch (error) {
    if (error instanceof QueryError) throw invalid('query', error.message)
    throw error
  }
}

/** Checks the query and finds which times it reads. */
function readQuery(request: QueryRequest, range: QueryRange, tree: Expr): QueryParameters {
  const { parameters } = request
  const lookBackMs = durationOf(parameters, 'lookback_delta')
  durationOf(parameters, 'timeout')
  const asked = {
    query: parameters.get('query') ?? '',
    range,
    lookBackMs: lookBackMs === null || lookBackMs <= 0 ? defaultPlanOptions.lookBackMs : lookBackMs,
    limit: limitOf(parameters),
    reads: null,
  }
  return { ...asked, reads: readTimes(asked, tree) }
}

function readTimes(asked: QueryParameters, tree: Expr): QueryParameters['reads'] {
  let reads
  try {
    reads = readsOf(planQuery(tree, optionsOf(asked), asked.query), asked.range)
  } catch (error) {
    // The worker meets it again and answers with it.
    if (error instanceof AppError) return null
    throw error
  }
  if (reads.length === 0) return null
  const fromMs = Math.min(...reads.map((one) => one.fromMs))
  const toMs = Math.max(...reads.map((one) => one.toMs))
  return {
    fromMs: Math.max(minTimeMs, Math.floor(fromMs)),
    toMs: Math.min(maxTimeMs, Math.ceil(toMs)),
  }
}

function needs({ reads }: QueryParameters): readonly NeededRange[] {
  if (reads === null) return []
  const from = nanoseconds(reads.fromMs)
  return [{ signal: 'metrics', from, to: nanoseconds(reads.toMs + 1) }]
}

async function* answer(asked: QueryParameters, world: World): AsyncGenerator<Uint8Array> {
  const options = optionsOf(asked)
  const plan = planQuery(parseQuery(asked.query), options, asked.query)
  const evaluated = await evaluate(plan, readerOf(world.sources), options)
  const result = resultJson(evaluated.answer, asked)
  const remarks = remarksOf(evaluated, asked.query)
  const warnings = result.truncated
    ? [...remarks.warnings, 'results truncated due to limit']
    : remarks.warnings
  yield* chunks(success(result.pieces, { ...remarks, warnings }))
}

function remarksOf({ annotations }: Evaluated, query: string) {
  return {
    warnings: annotations.texts('warning', query, maxRemarks),
    infos: annotations.texts('info', query, maxRemarks),
  }
}

export const query: Endpoint<QueryParameters> = {
  name: 'prometheus.query',
  methods: ['GET', 'POST'],
  route: '/api/v1/query',
  contentType: 'application/json',
  parse(request) {
    const timeMs = timeOf(request.parameters, 'time', request.nowMs)
    const range = rangeOf(timeMs, timeMs, 0)
    return readQuery(request, range, parseQuery(request.parameters.get('query') ?? ''))
  },
  needs,
  answer,
}

export const queryRange: Endpoint<QueryParameters> = {
  name: 'prometheus.query_range',
  methods: ['GET', 'POST'],
  route: '/api/v1/query_range',
  contentType: 'application/json',
  parse(request) {
    const { parameters } = request
    const startMs = required(parameters, 'start')
    const endMs = required(parameters, 'end')
    if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time')
    const stepMs = durationOf(parameters, 'step')
    if (stepMs === null) throw invalid('step', 'cannot parse "" to a valid duration')
    if (stepMs <= 0) {
      const rule = 'zero or negative query resolution step widths are not accepted'
      throw invalid('step', `${rule}. Try a positive integer`)
    }
    if (Math.floor((endMs - startMs) / stepMs) > maxPoints) {
      throw badParameter.make(
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      )
    }
    const tree = parseQuery(parameters.get('query') ?? '')
    try {
      requireRangeQuery(tree)
    } catch (error) {
      if (error instanceof QueryError) throw invalid('query', error.message)
      throw error
    }
    return readQuery(request, rangeOf(startMs, endMs, stepMs), tree)
  },
  needs,
  answer,
}

function required(parameters: URLSearchParams, name: string): number {
  const time = timeOf(parameters, name, Number.NaN)
  if (Number.isNaN(time)) throw invalid(name, 'cannot parse "" to a valid timestamp')
  return time
}

function rangeOf(startMs: number, endMs: number, stepMs: number): QueryRange {
  return { startMs, endMs, stepMs, startRestNs: 0, endRestNs: 0 }
}
