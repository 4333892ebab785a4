/**
 * The samples of a metric query as the results `matrix`, `vector` and `scalar`. More series than the limit
 * are cut to the largest, with a warning, where Loki refuses the query.
 */
import { compareLabels } from '#query/run/labels.ts'
import type { Labels, RunContext, VectorOperator } from '#query/run/operator.ts'
import { labelsJson, secondsJson, valueJson } from './json.ts'
import { limits } from './parameters.ts'

export interface SampleSeries {
  readonly labels: Labels
  readonly times: number[]
  readonly values: number[]
}

/** What a sample holds while it is collected, bytes. */
const sampleBytes = 16

/** A series with its lists of samples, bytes. */
const seriesBytes = 160

/** All samples of an operator, series without samples left out, in the operator's order. */
export async function collect(
  operator: VectorOperator,
  context: RunContext,
): Promise<SampleSeries[]> {
  const { range, control } = context
  const series = await operator.series()
  control.hold(series.length * seriesBytes)
  const all = series.map((labels): SampleSeries => ({ labels, times: [], values: [] }))
  for (;;) {
    const batch = await operator.next()
    if (batch === null) break
    const { first, steps, values, present } = batch
    control.hold(all.length * steps * sampleBytes)
    for (const [s, series] of all.entries()) {
      for (let i = 0; i < steps; i++) {
        if (present[s * steps + i] === 0) continue
        series.times.push(range.startMs + (first + i) * range.stepMs)
        series.values.push(values[s * steps + i]!)
      }
    }
  }
  return all.filter(({ values }) => values.length > 0)
}

/** The largest series by the sum of their values, and a warning where some are left out. */
export function largest(series: readonly SampleSeries[]): {
  readonly series: readonly SampleSeries[]
  readonly warnings: readonly string[]
} {
  if (series.length <= limits.maxSeries) return { series, warnings: [] }
  const sized = series.map((one) => ({ one, size: one.values.reduce((sum, v) => sum + v, 0) }))
  const kept = sized.toSorted((a, b) => b.size - a.size).slice(0, limits.maxSeries)
  const chosen = new Set(kept.map(({ one }) => one))
  return {
    series: series.filter((one) => chosen.has(one)),
    warnings: [
      `maximum number of series (${limits.maxSeries}) reached for a single query; the largest of ${series.length} are returned`,
    ],
  }
}

export function byLabels(series: readonly SampleSeries[]): SampleSeries[] {
  return series.toSorted((a, b) => compareLabels(a.labels, b.labels))
}

export function* matrixJson(series: readonly SampleSeries[]): Generator<string> {
  yield '['
  for (const [i, { labels, times, values }] of series.entries()) {
    const points = times.map((ms, at) => `[${secondsJson(ms)},${valueJson(values[at]!)}]`)
    yield `${i === 0 ? '' : ','}{"metric":${labelsJson(labels)},"values":[${points.join(',')}]}`
  }
  yield ']'
}

export function* vectorJson(series: readonly SampleSeries[]): Generator<string> {
  yield '['
  for (const [i, { labels, times, values }] of series.entries()) {
    const value = `[${secondsJson(times[0]!)},${valueJson(values[0]!)}]`
    yield `${i === 0 ? '' : ','}{"metric":${labelsJson(labels)},"value":${value}}`
  }
  yield ']'
}

export function scalarJson(series: readonly SampleSeries[]): string {
  const [one] = series
  return one === undefined ? '[]' : `[${secondsJson(one.times[0]!)},${valueJson(one.values[0]!)}]`
}
