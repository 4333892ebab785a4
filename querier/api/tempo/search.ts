/**
 * `GET /api/search`: TraceQL in `q`, or the older form with `tags` in logfmt and bounds on the trace's
 * duration. Without either, every trace of the window. Always the newest traces, and whole ones.
 */
import { defaultPlanOptions } from '#query/plan/time.ts'
import { search as runSearch, searchReads } from '#query/run/spans/search.ts'
import { check } from '#query/traceql/check.ts'
import { parseGoDuration } from '#query/text/durations.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import type { Endpoint, QueryRequest } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'
import { needTraces, parameter, searchRange, type TimeRange } from './parameters.ts'
import { planOfText } from './plan.ts'
import { searchJson } from './search-json.ts'
import { readTags, tagSearch, type TagSearch } from './tag-search.ts'

/** Tempo's defaults and bounds. */
const defaultLimit = 20
const maxLimit = 262_144
const defaultSpans = 3
const maxSpans = 100

interface SearchParameters {
  /** TraceQL; null for the older form. */
  readonly query: string | null
  readonly older: TagSearch
  readonly range: TimeRange
  readonly limit: number
  readonly spansPerSpanset: number
}

function parse(request: QueryRequest): SearchParameters {
  const query = parameter(request, 'q')
  const tags = tagsOf(request)
  if (query !== null && Object.keys(tags).length > 0) {
    throw parameterInvalid.make("invalid request: can't specify tags and q in the same query")
  }
  const minNs = durationOf(request, 'minDuration')
  const maxNs = durationOf(request, 'maxDuration')
  if (minNs !== null && maxNs !== null && maxNs <= minNs) {
    throw parameterInvalid.make('invalid maxDuration: must be greater than minDuration')
  }
  return {
    query,
    older: { tags, minNs, maxNs },
    range: searchRange(request),
    limit: limitOf(request),
    spansPerSpanset: spansOf(request),
  }
}

/** Parameters that are never taken for tags. */
const known = new Set(['q', 'tags', 'start', 'end', 'limit', 'spss', 'minDuration', 'maxDuration'])

/** `tags`, or, when the request names nothing that says what it wants, every other parameter. */
function tagsOf(request: QueryRequest): TagSearch['tags'] {
  const text = parameter(request, 'tags')
  if (text !== null) return readTags(text)
  const named = ['q', 'start', 'end'].some((name) => request.parameters.has(name))
  if (named || request.parameters.has('tags')) return {}
  const others = [...request.parameters].filter(([name, value]) => !known.has(name) && value !== '')
  return Object.fromEntries(others)
}

function durationOf(request: QueryRequest, name: 'minDuration' | 'maxDuration'): number | null {
  const text = parameter(request, name)
  if (text === null) return null
  const ns = parseGoDuration(text)
  if (ns === null) throw parameterInvalid.make(`invalid ${name}: time: invalid duration "${text}"`)
  return Number(ns)
}

function limitOf(request: QueryRequest): number {
  const text = parameter(request, 'limit')
  if (text === null) return defaultLimit
  const limit = Number(text)
  if (!/^[0-9]+$/.test(text) || limit <= 0) {
    throw parameterInvalid.make('invalid limit: must be a positive number')
  }
  if (limit > maxLimit) {
    throw parameterInvalid.make(`limit ${limit} exceeds max limit ${maxLimit}`)
  }
  return limit
}

function spansOf(request: QueryRequest): number {
  const text = parameter(request, 'spss')
  if (text === null) return defaultSpans
  if (!/^[0-9]+$/.test(text)) {
    throw parameterInvalid.make('invalid spss: must be a non-negative number')
  }
  const spans = Number(text)
  if (spans === 0 || spans > maxSpans) {
    throw parameterInvalid.make(`spans per span set exceeds ${maxSpans}. received ${spans}`)
  }
  return spans
}

/** The plan of the request; what is wrong with its text is said as Tempo says it. */
function planFor(parameters: SearchParameters): PlanNode {
  const { query, older, limit, spansPerSpanset } = parameters
  const options = { ...defaultPlanOptions, limit, spansPerSpanset, order: 'newest' } as const
  if (query === null) return tagSearch(older, options)
  return planOfText(query, check, options)
}

export const search: Endpoint<SearchParameters> = {
  name: 'tempo.search',
  methods: ['GET'],
  route: '/api/search',
  contentType: 'application/json',
  parse,
  needs: ({ range }) => needTraces(searchReads(range)),
  async *answer(parameters, { sources }) {
    const answer = await runSearch(planFor(parameters), parameters.range, sources)
    yield* searchJson(answer)
  },
}
