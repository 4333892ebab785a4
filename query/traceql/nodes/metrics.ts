/** Metrics: a pipeline turned into series, the stages on those series, and arithmetic between them. */
import type { Span } from '#query/text/position.ts'
import type { Field } from './attribute.ts'
import type { Comparison } from './field.ts'
import type { Pipeline, SpansetFilter } from './pipeline.ts'

export const metricsFunctionNames = [
  'rate',
  'count_over_time',
  'min_over_time',
  'max_over_time',
  'avg_over_time',
  'sum_over_time',
  'quantile_over_time',
  'histogram_over_time',
] as const
export type MetricsFunctionName = (typeof metricsFunctionNames)[number]

/** `field` is null for rate and count_over_time only; `quantiles` is empty except for quantile_over_time. */
export interface MetricsFunction {
  readonly kind: 'metricsFunction'
  readonly name: MetricsFunctionName
  readonly field: Field | null
  readonly quantiles: readonly number[]
  readonly by: readonly Field[]
  readonly span: Span
}

/** `compare({ selection }, top, start, end)`. Times are ns since 1970; both are null when not written. */
export interface Compare {
  readonly kind: 'compare'
  readonly selection: SpansetFilter
  readonly top: bigint
  readonly window: { readonly startNs: bigint; readonly endNs: bigint } | null
  readonly span: Span
}

/** The number of values per attribute and side where compare() does not say. */
export const defaultCompareTop = 10n

export interface Rank {
  readonly kind: 'rank'
  readonly name: 'topk' | 'bottomk'
  readonly limit: bigint
  readonly span: Span
}

/** Blanks the points that fail. A duration was turned into seconds when it was read. */
export interface Threshold {
  readonly kind: 'threshold'
  readonly op: Comparison
  readonly value: number
  readonly span: Span
}

export type SecondStage = Rank | Threshold

export interface MetricsQuery {
  readonly kind: 'metricsQuery'
  readonly source: Pipeline
  readonly first: MetricsFunction | Compare
  readonly second: readonly SecondStage[]
  readonly span: Span
}

export interface MetricsNumber {
  readonly kind: 'metricsNumber'
  readonly value: number
  readonly span: Span
}

export type MetricsOperator = '+' | '-' | '*' | '/'

/** At most one side is a number. */
export interface MetricsOperation {
  readonly kind: 'metricsOperation'
  readonly op: MetricsOperator
  readonly left: MetricsOperand
  readonly right: MetricsOperand
  readonly second: readonly SecondStage[]
  readonly span: Span
}

export type MetricsExpression = MetricsQuery | MetricsOperation
export type MetricsOperand = MetricsExpression | MetricsNumber

export function metricsFunctionNode(part: Omit<MetricsFunction, 'kind'>): MetricsFunction {
  return Object.freeze({
    kind: 'metricsFunction',
    ...part,
    quantiles: Object.freeze([...part.quantiles]),
    by: Object.freeze([...part.by]),
  })
}

export function compareNode(part: Omit<Compare, 'kind'>): Compare {
  return Object.freeze({ kind: 'compare', ...part })
}

export function rankNode(name: Rank['name'], limit: bigint, span: Span): Rank {
  return Object.freeze({ kind: 'rank', name, limit, span })
}

export function thresholdNode(op: Comparison, value: number, span: Span): Threshold {
  return Object.freeze({ kind: 'threshold', op, value, span })
}

export function metricsNumberNode(value: number, span: Span): MetricsNumber {
  return Object.freeze({ kind: 'metricsNumber', value, span })
}

export function metricsQueryNode(part: Omit<MetricsQuery, 'kind'>): MetricsQuery {
  return Object.freeze({ kind: 'metricsQuery', ...part, second: Object.freeze([...part.second]) })
}

export function metricsOperationNode(part: Omit<MetricsOperation, 'kind'>): MetricsOperation {
  return Object.freeze({
    kind: 'metricsOperation',
    ...part,
    second: Object.freeze([...part.second]),
  })
}

/** The same series with more stages behind those it has. */
export function withSecondStages(
  metrics: MetricsExpression,
  stages: readonly SecondStage[],
  span: Span,
): MetricsExpression {
  const second = [...metrics.second, ...stages]
  return metrics.kind === 'metricsQuery'
    ? metricsQueryNode({ ...metrics, second, span })
    : metricsOperationNode({ ...metrics, second, span })
}
