/**
 * Nodes of the metric languages. A *window* node yields, per series and step, the samples of a stretch of
 * time; a *vector* node yields per step one sample per series; a *scalar* node one number per step.
 * Which a node is: `resultOf` in `result.ts`.
 *
 * `span` is the place in the query text that warnings of the engine name. Two nodes that differ only
 * in it are equal to the passes; the first one's place is then the one that is named.
 */
import type { Span } from '#query/text/position.ts'
import type { Matcher } from './column.ts'
import type { Dialect, Shift } from './time.ts'
import type { RangeFunction, VectorFunction } from './functions.ts'

/** The newest sample at or before the reference time, younger than the look-back. `input` is a select. */
export interface Instant<N> extends Shift {
  readonly kind: 'instant'
  readonly input: N
  readonly lookBackMs: number
  /** PromQL's `smoothed`: interpolate between the neighbours, looking ahead by the look-back too. */
  readonly smoothed: boolean
  readonly span: Span
}

/**
 * Samples with ref - rangeMs < time ≤ ref. `input` is a select (PromQL) or a log selection with or
 * without pipeline (LogQL: a row counts 1, or its unwrapped value).
 */
export interface Window<N> extends Shift {
  readonly kind: 'window'
  readonly input: N
  readonly rangeMs: number
  readonly extend: 'none' | 'anchored' | 'smoothed'
  /** By how much an extended window looks outside; 0 without `extend`. */
  readonly lookBackMs: number
  readonly span: Span
}

/**
 * `input`, a vector, evaluated at the multiples of stepMs in (ref - rangeMs, ref], as a window
 * (promql.md §6; the inner steps do not depend on the outer ones).
 */
export interface Subquery<N> extends Shift {
  readonly kind: 'subquery'
  readonly input: N
  readonly rangeMs: number
  readonly stepMs: number
  readonly span: Span
}

export interface Grouping {
  readonly mode: 'by' | 'without'
  readonly labels: readonly string[]
}

/**
 * A function of each window, `rate`, `sum_over_time` … `parameters` are scalar nodes in the order
 * written (the quantile of quantile_over_time, the seconds of predict_linear). A grouping, LogQL only, makes
 * one series of the windows of a group before the function; null keeps every series.
 */
export interface RangeAggregate<N> {
  readonly kind: 'range-aggregate'
  readonly dialect: Dialect
  readonly function: RangeFunction
  readonly input: N
  readonly parameters: readonly N[]
  readonly grouping: Grouping | null
  readonly span: Span
}

export type AggregateOperator =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'
  | 'limitk'
  | 'limit_ratio'
  | 'approx_topk'
  | 'sort'
  | 'sort_desc'

/**
 * One sample per group and step, or some of the input's (topk and kin). `parameter` is a scalar
 * node, for count_values a string node. A null grouping is one group with no labels.
 */
export interface Aggregate<N> {
  readonly kind: 'aggregate'
  readonly dialect: Dialect
  readonly operator: AggregateOperator
  readonly input: N
  readonly parameter: N | null
  readonly grouping: Grouping | null
  readonly span: Span
}

/**
 * A function of vectors, scalars and strings, `clamp`, `label_replace`, `time` …, arguments in order;
 * arguments that have a default and are not written stay out. Histogram functions too: the storage
 * may then leave buckets out (needed columns).
 */
export interface Call<N> {
  readonly kind: 'call'
  readonly dialect: Dialect
  readonly function: VectorFunction
  readonly inputs: readonly N[]
  readonly span: Span
}

/** `absent(v)`, or `absent_over_time(w)` when `input` is a window. `labels` are the result's, computed from the matchers. */
export interface Absent<N> {
  readonly kind: 'absent'
  readonly input: N
  readonly labels: readonly { readonly name: string; readonly value: string }[]
  readonly span: Span
}

/** PromQL's `info()`: labels of info series joined to `input`. `matchers` are the second argument's. */
export interface Info<N> {
  readonly kind: 'info'
  readonly input: N
  /** The info series: a select of metrics, with the times of the base's first selector. */
  readonly series: N
  readonly matchers: readonly Matcher[]
  readonly span: Span
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | 'atan2'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'and'
  | 'or'
  | 'unless'
  /** PromQL's histogram trims `</` and `>/`. */
  | '</'
  | '>/'

/**
 * How two vectors meet: on the listed labels, or on all but the listed ones. `include` are the labels of
 * group_left or group_right. A fill stands for the missing partner on its side; null is none.
 */
export interface Matching {
  readonly mode: 'on' | 'ignoring'
  readonly labels: readonly string[]
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'
  readonly include: readonly string[]
  readonly fillLeft: number | null
  readonly fillRight: number | null
}

/** Vectors or scalars combined. `matching` is null unless both sides are vectors; set operators are many-to-many. */
export interface Binary<N> {
  readonly kind: 'binary'
  readonly dialect: Dialect
  readonly operator: BinaryOperator
  readonly left: N
  readonly right: N
  readonly matching: Matching | null
  /** Comparisons answer 0 and 1 instead of filtering. */
  readonly returnBool: boolean
  readonly span: Span
}

/** Unary minus on a vector or scalar; a vector loses its name. */
export interface Negate<N> {
  readonly kind: 'negate'
  readonly input: N
  readonly span: Span
}

/** A constant scalar. */
export interface NumberNode {
  readonly kind: 'number'
  readonly value: number
}

/** A constant string: an argument, or a whole PromQL query. */
export interface StringNode {
  readonly kind: 'string'
  readonly value: string
}

/** LogQL's `variants(…) of (…)`: the members' series with a label `__variant__` of their index. */
export interface Variants<N> {
  readonly kind: 'variants'
  readonly members: readonly N[]
}

/** `input` is the same at every step: evaluate it at the first and repeat. Made by a pass. */
export interface StepInvariant<N> {
  readonly kind: 'step-invariant'
  readonly input: N
}

/** `bindings` are evaluated once each; a `reference` anywhere below, in later bindings too, stands for one. Made by a pass. */
export interface Let<N> {
  readonly kind: 'let'
  readonly bindings: readonly N[]
  readonly body: N
}

export interface Reference {
  readonly kind: 'reference'
  readonly index: number
}
