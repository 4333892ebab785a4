/**
 * The warnings and infos the engine adds to an answer, in Prometheus' words. Each is made once per
 * occurrence with the range of the argument it is about; `Annotations` keeps one of each text, merges
 * the two kinds that count or span times, and words them with their place in the query.
 *
 * Metric names: pass '' where the name is already dropped; then texts that may do without it do.
 */
import { formatFloat } from '../text/numbers.ts'
import type { Span } from '../text/position.ts'
import { quoteGo } from '../text/strings.ts'
import { placeOf } from './fail.ts'

export type AnnotationLevel = 'warning' | 'info'

/** One remark. `detail` is what is merged over its occurrences and shown after the text. */
export interface Annotation {
  readonly level: AnnotationLevel
  readonly text: string
  readonly span: Span
  readonly detail: AnnotationDetail | null
}

export type AnnotationDetail =
  | { readonly kind: 'occurrences'; readonly count: number }
  | ({ readonly kind: 'monotonicity' } & MonotonicityFix)

/** What was changed to make classic buckets monotonic. Times are milliseconds since 1970. */
export interface MonotonicityFix {
  readonly fromMs: number
  readonly toMs: number
  readonly minBucket: number
  readonly maxBucket: number
  readonly maxDifference: number
  readonly count: number
}

export type HistogramOperation = 'addition' | 'subtraction' | 'aggregation'

type Maker<Args extends readonly unknown[]> = (span: Span, ...args: Args) => Annotation

const warning = (span: Span, text: string): Annotation => ({
  level: 'warning',
  text: `PromQL warning: ${text}`,
  span,
  detail: null,
})
const info = (span: Span, text: string): Annotation => ({
  level: 'info',
  text: `PromQL info: ${text}`,
  span,
  detail: null,
})
const named = (metric: string) => (metric === '' ? '' : ` for metric name ${quoteGo(metric)}`)
const g = (value: number) => formatFloat(value, 'g')

export const invalidQuantile: Maker<[quantile: number]> = (span, quantile) =>
  warning(span, `quantile value should be between 0 and 1, got ${g(quantile)}`)

export const invalidRatio: Maker<[ratio: number, used: number]> = (span, ratio, used) => {
  const range = 'ratio value should be between -1 and 1'
  return warning(span, `${range}, got ${g(ratio)}, capping to ${g(used)}`)
}

export const badBucketLabel: Maker<[metric: string, label: string]> = (span, metric, label) => {
  const problem = 'bucket label "le" is missing or has a malformed value of'
  return warning(span, `${problem} ${quoteGo(label)}${named(metric)}`)
}

export const mixedSamples: Maker<[metric: string]> = (span, metric) => {
  const mix = 'encountered a mix of histograms and floats for metric name'
  return warning(span, `${mix} ${quoteGo(metric)}`)
}

export const mixedSamplesInAggregation: Maker<[]> = (span) =>
  warning(span, 'encountered a mix of histograms and floats for aggregation')

export const mixedClassicAndNative: Maker<[metric: string]> = (span, metric) =>
  warning(span, `vector contains a mix of classic and native histograms${named(metric)}`)

export const mixedSchemas: Maker<[metric: string]> = (span, metric) => {
  const mix = 'a mix of histograms with exponential and custom buckets schemas'
  return warning(span, `vector contains ${mix} for metric name ${quoteGo(metric)}`)
}

export const histogramNotCounter: Maker<[metric: string]> = (span, metric) =>
  warning(span, `this native histogram metric is not a counter: ${quoteGo(metric)}`)

export const histogramNotGauge: Maker<[metric: string]> = (span, metric) =>
  warning(span, `this native histogram metric is not a gauge: ${quoteGo(metric)}`)

export const incompatibleBuckets: Maker<[operator: string]> = (span, operator) =>
  warning(span, `incompatible bucket layout encountered for binary operator ${operator}`)

export const counterResetCollision: Maker<[operation: HistogramOperation]> = (span, operation) =>
  warning(span, `conflicting counter resets during histogram ${operation}`)

export const sortInRangeQuery: Maker<[]> = (span) => {
  const reason = 'since results are always ordered by labels'
  return warning(span, `sort is ineffective for range queries ${reason}`)
}

export const startTimeOverlap: Maker<[metric: string]> = (span, metric) => {
  const text = 'sample has start time that overlaps with previous sample timestamp'
  const detail = { kind: 'occurrences', count: 1 } as const
  return { ...warning(span, `${text} for metric ${quoteGo(metric)}`), detail }
}

export const possibleNonCounter: Maker<[metric: string]> = (span, metric) => {
  const names = 'name does not end in _total/_sum/_count/_bucket'
  return info(span, `metric might not be a counter, ${names}: ${quoteGo(metric)}`)
}

export const possibleNonCounterType: Maker<[metric: string, type: string]> = (
  span,
  metric,
  type,
) => {
  const label = '__type__ label is not set to "counter" or "histogram"'
  const found = `got ${quoteGo(type)}: ${quoteGo(metric)}`
  return info(span, `metric might not be a counter, ${label}, ${found}`)
}

const quantileHelp =
  'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile'

export const forcedMonotonicity: Maker<[metric: string, fix: MonotonicityFix]> = (
  span,
  metric,
  fix,
) => {
  const text = `input to histogram_quantile needed to be fixed for monotonicity (see ${quantileHelp})`
  return { ...info(span, text + named(metric)), detail: { kind: 'monotonicity', ...fix } }
}

export const incompatibleTypes: Maker<[left: string, operator: string, right: string]> = (
  span,
  left,
  operator,
  right,
) => {
  const text = 'incompatible sample types encountered for binary operator'
  return info(span, `${text} ${quoteGo(operator)}: ${left} ${operator} ${right}`)
}

export const histogramIgnored: Maker<[aggregation: string]> = (span, aggregation) =>
  info(span, `ignored histogram in ${aggregation} aggregation`)

export const histogramIgnoredInRange: Maker<[metric: string]> = (span, metric) => {
  const text = 'ignored histograms in a range containing both floats and histograms'
  return info(span, `${text} for metric name ${quoteGo(metric)}`)
}

export const quantileOfNaN: Maker<[metric: string]> = (span, metric) => {
  const text = 'input to histogram_quantile has NaN observations, result is NaN'
  return info(span, text + named(metric))
}

export const quantileSkewedByNaN: Maker<[metric: string]> = (span, metric) => {
  const text = 'input to histogram_quantile has NaN observations, result is skewed higher'
  return info(span, text + named(metric))
}

export const fractionWithNaN: Maker<[metric: string]> = (span, metric) => {
  const text = 'input to histogram_fraction has NaN observations'
  return info(span, `${text}, which are excluded from all fractions${named(metric)}`)
}

export const reconciledBuckets: Maker<[operation: HistogramOperation]> = (span, operation) =>
  info(span, `mismatched custom buckets were reconciled during ${operation}`)

/** The remarks of one answer, one per text. */
export class Annotations {
  readonly #byText = new Map<string, Annotation>()

  /** The place shown is that of the first occurrence of a text. */
  add(annotation: Annotation): void {
    const before = this.#byText.get(annotation.text)
    const merged = before === undefined ? annotation : merge(before, annotation)
    this.#byText.set(annotation.text, merged)
  }

  /** At most `most` texts of a level with their places in `query`, and how many more there are. */
  texts(level: AnnotationLevel, query: string, most: number): string[] {
    const all = [...this.#byText.values()].filter((annotation) => annotation.level === level)
    const shown = all.slice(0, most).map((annotation) => describe(annotation, query))
    const left = all.length - shown.length
    return left > 0 ? [...shown, `${left} more ${level} annotations omitted`] : shown
  }
}

function merge(first: Annotation, second: Annotation): Annotation {
  const [a, b] = [first.detail, second.detail]
  if (a === null || b === null) return first
  if (a.kind === 'occurrences' && b.kind === 'occurrences') {
    return { ...first, detail: { kind: 'occurrences', count: a.count + b.count } }
  }
  if (a.kind !== 'monotonicity' || b.kind !== 'monotonicity') return first
  const detail = {
    kind: 'monotonicity',
    fromMs: Math.min(a.fromMs, b.fromMs),
    toMs: Math.max(a.toMs, b.toMs),
    minBucket: Math.min(a.minBucket, b.minBucket),
    maxBucket: Math.max(a.maxBucket, b.maxBucket),
    maxDifference: Math.max(a.maxDifference, b.maxDifference),
    count: a.count + b.count,
  } as const
  return { ...first, detail }
}

/** The text of one remark with its place, ` (1:8)`. */
export function describe({ text, span, detail }: Annotation, query: string): string {
  const place = ` (${placeOf(query, span)})`
  if (detail === null) return text + place
  if (detail.kind === 'occurrences') {
    return text + (detail.count > 1 ? ` (${detail.count} occurrences)` : '') + place
  }
  const { minBucket, maxBucket, maxDifference, count, fromMs, toMs } = detail
  const buckets = `from buckets ${g(minBucket)} to ${g(maxBucket)}`
  const difference = `with a max diff of ${formatFloat(maxDifference, 'g', 2)}`
  const times = `from ${secondsOf(fromMs)} to ${secondsOf(toMs)}`
  return `${text}, ${buckets}, ${difference}, over ${count} samples ${times}${place}`
}

/** RFC 3339 in UTC to the second. */
function secondsOf(timeMs: number): string {
  return `${new Date(Math.floor(timeMs / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
