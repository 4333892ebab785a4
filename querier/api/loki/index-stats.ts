/**
 * `index/stats`: how much a selector chooses, which Grafana shows beside the query before it runs. Loki
 * answers from its index; here rows and bytes of lines are counted. Loki's chunks of a stream have no
 * like here, so that as many are named as there are streams.
 */
import { must } from '#base/assert.ts'
import type { Matcher } from '#query/plan/column.ts'
import type { QueryRange } from '#query/plan/time.ts'
import { Annotations } from '#query/promql/annotations.ts'
import { labelsKey } from '#query/run/operator.ts'
import { compileMetric } from '#query/run/logs/compile.ts'
import { logSources } from '#query/run/logs/run.ts'
import type { Endpoint, QueryRequest, World } from '../../endpoint.ts'
import { selectorOf, streamsOf } from './labels.ts'
import { checkRange, parameter, rangeOf, type TimeRange } from './parameters.ts'
import { needsOf, queryRange } from './plan.ts'
import { collect } from './samples.ts'
import { planSum } from './volume.ts'

interface StatsWanted extends TimeRange {
  readonly matchers: readonly Matcher[]
  readonly rangeMs: number
  readonly range: QueryRange
}

function parseStats(request: QueryRequest): StatsWanted {
  const matchers = selectorOf(parameter(request, 'query') ?? '')
  const times = rangeOf(request)
  checkRange(times)
  const whole = queryRange(times, 0)
  const rangeMs = Math.max(1, whole.endMs - whole.startMs)
  return { ...times, matchers, rangeMs, range: { ...whole, startMs: whole.endMs } }
}

/** A sum over all rows of the selector; zero where there are none. */
async function total(
  fn: Parameters<typeof planSum>[0],
  wanted: StatsWanted,
  world: World,
): Promise<number> {
  const sources = logSources(world.sources)
  const control = must(sources[0], 'a query has a source').source.control
  const context = { range: wanted.range, control, annotations: new Annotations() }
  const operator = compileMetric(planSum(fn, wanted, []), { sources, context, errors: new Map() })
  const [series] = await collect(operator, context)
  return series?.values[0] ?? 0
}

/** What a label set holds while it is counted, bytes besides its text. */
const streamBytes = 64

async function countStreams({ from, to, matchers }: StatsWanted, world: World): Promise<number> {
  const found = new Set<string>()
  for await (const { labels } of streamsOf({ from, to, selectors: [matchers] }, world)) {
    const key = labelsKey([...labels])
    if (!found.has(key)) world.sources[0]?.control.hold(key.length * 2 + streamBytes)
    found.add(key)
  }
  return found.size
}

async function* answer(wanted: StatsWanted, world: World): AsyncGenerator<Uint8Array> {
  const streams = await countStreams(wanted, world)
  const bytes = await total('bytes_over_time', wanted, world)
  const entries = await total('count_over_time', wanted, world)
  yield new TextEncoder().encode(JSON.stringify({ streams, chunks: streams, bytes, entries }))
}

export const indexStatsEndpoint: Endpoint<StatsWanted> = {
  name: 'loki.index_stats',
  methods: ['GET', 'POST'],
  route: '/loki/api/v1/index/stats',
  contentType: 'application/json; charset=UTF-8',
  parse: parseStats,
  needs: (wanted) => needsOf(planSum('count_over_time', wanted, []), wanted.range),
  answer,
}
