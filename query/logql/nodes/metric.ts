/**
 * Metric queries: aggregations over a range of log entries, aggregations over series, operators
 * between series, and the few functions. Operations of two numbers do not appear: the parser folds
 * them, as the reference does.
 */
import type { Span } from '#query/text/position.ts'
import type { LabelFilter } from './label-filter.ts'
import type { LogQuery } from './selector.ts'

export const rangeOperators = [
  'count_over_time',
  'rate',
  'rate_counter',
  'bytes_over_time',
  'bytes_rate',
  'avg_over_time',
  'sum_over_time',
  'min_over_time',
  'max_over_time',
  'stdvar_over_time',
  'stddev_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
  'absent_over_time',
] as const
export type RangeOperator = (typeof rangeOperators)[number]

export const vectorOperators = [
  'sum',
  'sort',
  'sort_desc',
  'avg',
  'max',
  'min',
  'count',
  'stddev',
  'stdvar',
  'bottomk',
  'topk',
  'approx_topk',
] as const
export type VectorOperator = (typeof vectorOperators)[number]

export const conversions = ['bytes', 'duration', 'duration_seconds'] as const
export type Conversion = (typeof conversions)[number]

export type BinaryOperator =
  | 'or'
  | 'and'
  | 'unless'
  | '=='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'

/** A number in the text with the text itself, which error messages repeat. */
export interface Parameter {
  readonly span: Span
  readonly text: string
}

/** `by (a, b)` or `without (a, b)`. */
export interface Grouping {
  readonly span: Span
  readonly without: boolean
  readonly labels: readonly string[]
}

/** `| unwrap conversion(label) | filter…`: which label gives the sample value. */
export interface Unwrap {
  readonly kind: 'unwrap'
  readonly span: Span
  readonly conversion: Conversion | null
  readonly label: string
  readonly filters: readonly LabelFilter[]
}

/** A log query over a window `(t - offset - range, t - offset]`; where the range was written does not matter. */
export interface LogRange {
  readonly kind: 'log-range'
  readonly span: Span
  readonly query: LogQuery
  readonly rangeMs: number
  readonly offsetNs: bigint
  readonly unwrap: Unwrap | null
}

export interface RangeAggregation {
  readonly kind: 'range-aggregation'
  readonly span: Span
  readonly op: RangeOperator
  readonly parameter: Parameter | null
  readonly range: LogRange
  readonly grouping: Grouping | null
}

export interface VectorAggregation {
  readonly kind: 'vector-aggregation'
  readonly span: Span
  readonly op: VectorOperator
  readonly parameter: Parameter | null
  readonly operand: Metric
  readonly grouping: Grouping | null
}

export interface Matching {
  /** `on`, else `ignoring`. */
  readonly on: boolean
  readonly labels: readonly string[]
  readonly group: { readonly side: 'left' | 'right'; readonly include: readonly string[] } | null
}

export interface BinaryOperation {
  readonly kind: 'binary'
  readonly span: Span
  readonly op: BinaryOperator
  readonly bool: boolean
  readonly matching: Matching | null
  readonly left: Metric
  readonly right: Metric
}

/** `invalid` is the text of a literal that is no number, whose value is NaN; `check` reports it. */
export interface NumberLiteral {
  readonly kind: 'number'
  readonly span: Span
  readonly value: number
  readonly invalid: string | null
}

export interface VectorLiteral {
  readonly kind: 'vector'
  readonly span: Span
  readonly value: number
  readonly invalid: string | null
}

export interface LabelReplace {
  readonly kind: 'label-replace'
  readonly span: Span
  readonly operand: Metric
  readonly target: string
  readonly replacement: string
  readonly source: string
  readonly pattern: string
}

/** `variants(m1, m2) of (range)`, of the 3.7 releases only. */
export interface Variants {
  readonly kind: 'variants'
  readonly span: Span
  readonly metrics: readonly Metric[]
  readonly range: LogRange
}

export type Metric =
  | RangeAggregation
  | VectorAggregation
  | BinaryOperation
  | NumberLiteral
  | VectorLiteral
  | LabelReplace
  | Variants
