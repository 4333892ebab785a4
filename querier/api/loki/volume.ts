/**
 * `index/volume` and `index/volume_range`: bytes of lines by label, largest first. Loki answers from the
 * sizes of its chunks, which is coarse; here the lines themselves are counted.
 */
import { must } from '#base/assert.ts'
import { logWindow } from '#query/plan/build.ts'
import type { Matcher } from '#query/plan/column.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { optimize } from '#query/plan/passes/all.ts'
import { noShift, type QueryRange } from '#query/plan/time.ts'
import { Annotations } from '#query/promql/annotations.ts'
import type { Labels } from '#query/run/operator.ts'
import { compileMetric } from '#query/run/logs/compile.ts'
import { logSources } from '#query/run/logs/run.ts'
import { labelName } from '#query/run/logs/selector.ts'
import type { Endpoint, QueryRequest, World } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'
import { chunksOf, framed, statsJson } from './json.ts'
import { selectorOf, streamsOf } from './labels.ts'
import { checkRange, limitOf, parameter, rangeOf, stepOf, type TimeRange } from './parameters.ts'
import { needsOf, queryRange } from './plan.ts'
import { collect, matrixJson, vectorJson, type SampleSeries } from './samples.ts'

interface VolumeWanted extends TimeRange {
  readonly matchers: readonly Matcher[]
  /** Labels to group by; none: all stream labels. */
  readonly labels: readonly string[]
  readonly byLabel: boolean
  readonly limit: number
  readonly rangeMs: number
  readonly range: QueryRange
}

function parseVolume(request: QueryRequest, steps: boolean): VolumeWanted {
  const matchers = selectorOf(parameter(request, 'query') ?? '')
  const times = rangeOf(request)
  checkRange(times)
  const aggregateBy = parameter(request, 'aggregateBy') ?? 'series'
  if (aggregateBy !== 'series' && aggregateBy !== 'labels') {
    throw parameterInvalid.make('invalid aggregation option')
  }
  const byLabel = aggregateBy === 'labels'
  const targets = parameter(request, 'targetLabels')?.split(',') ?? []
  const matched = byLabel ? [] : matchers.map(({ label }) => label)
  const whole = queryRange(times, 0)
  const stepMs = steps ? stepOf(request, times) : 0
  return {
    ...times,
    matchers,
    labels: [...new Set((targets.length > 0 ? targets : matched).map(labelName))],
    byLabel,
    limit: limitOf(request),
    rangeMs: steps ? stepMs : Math.max(1, whole.endMs - whole.startMs),
    range: steps
      ? { ...whole, startMs: whole.startMs + stepMs, stepMs }
      : { ...whole, startMs: whole.endMs },
  }
}

const span = { from: 0, to: 0 }

/** What is summed over the rows that matchers choose, and over which times. */
export interface Summed {
  readonly matchers: readonly Matcher[]
  readonly rangeMs: number
}

/** `sum by (labels) (FUNCTION({matchers}[range]))` */
export function planSum(
  fn: 'bytes_over_time' | 'count_over_time',
  { matchers, rangeMs }: Summed,
  labels: readonly string[],
): PlanNode {
  const input: PlanNode = {
    kind: 'range-aggregate',
    dialect: 'logql',
    function: fn,
    input: logWindow({ matchers, stages: [], shift: noShift, rangeMs, span }),
    parameters: [],
    grouping: null,
    span,
  }
  const grouping = { mode: 'by' as const, labels }
  return optimize({
    kind: 'aggregate',
    dialect: 'logql',
    operator: 'sum',
    input,
    parameter: null,
    grouping,
    span,
  })
}

async function* answer(wanted: VolumeWanted, world: World): AsyncGenerator<Uint8Array> {
  const labels = wanted.labels.length > 0 ? wanted.labels : await streamLabels(wanted, world)
  const sources = logSources(world.sources)
  const control = must(sources[0], 'a query has a source').source.control
  const context = { range: wanted.range, control, annotations: new Annotations() }
  const plan = planSum('bytes_over_time', wanted, labels)
  const series = await collect(
    compileMetric(plan, { sources, context, errors: new Map() }),
    context,
  )
  const volumes = largestFirst(wanted.byLabel ? perLabel(series) : series).slice(0, wanted.limit)
  const isMatrix = volumes.some(({ values }) => values.length > 1)
  const frame = {
    resultType: isMatrix ? ('matrix' as const) : ('vector' as const),
    categorized: false,
    warnings: [],
    stats: statsJson({ sources, seconds: 0, entries: volumes.length }),
  }
  yield* chunksOf(framed(frame, isMatrix ? matrixJson(volumes) : vectorJson(volumes)))
}

async function streamLabels({ from, to, matchers }: VolumeWanted, world: World): Promise<string[]> {
  const names = new Set<string>()
  for await (const { labels } of streamsOf({ from, to, selectors: [matchers] }, world))
    for (const name of labels.keys()) names.add(name)
  return [...names]
}

function largestFirst(series: readonly SampleSeries[]): SampleSeries[] {
  const size = ({ values }: SampleSeries): number => values.reduce((sum, value) => sum + value, 0)
  return series.toSorted((a, b) => size(b) - size(a))
}

/** One series for each label name, over all series that have it. */
function perLabel(series: readonly SampleSeries[]): SampleSeries[] {
  const sums = new Map<string, Map<number, number>>()
  for (const { labels, times, values } of series) {
    for (const [name] of labels) {
      const sum = sums.get(name) ?? new Map<number, number>()
      sums.set(name, sum)
      for (const [i, ms] of times.entries()) sum.set(ms, (sum.get(ms) ?? 0) + values[i]!)
    }
  }
  return [...sums].map(([name, sum]) => {
    const points = [...sum].toSorted(([a], [b]) => a - b)
    const labels: Labels = [[name, '']]
    return { labels, times: points.map(([ms]) => ms), values: points.map(([, value]) => value) }
  })
}

function volumeAt(name: string, steps: boolean): Endpoint<VolumeWanted> {
  return {
    name: `loki.${name}`,
    methods: ['GET', 'POST'],
    route: `/loki/api/v1/index/${name}`,
    contentType: 'application/json; charset=UTF-8',
    parse: (request) => parseVolume(request, steps),
    needs: (wanted) => needsOf(planSum('bytes_over_time', wanted, []), wanted.range),
    answer,
  }
}

export const volumeEndpoint = volumeAt('volume', false)
export const volumeRangeEndpoint = volumeAt('volume_range', true)
