/**
 * Nodes of TraceQL. A `spans` node starts with one spanset per trace, all its spans, and takes it
 * through stages, each from spansets to spansets (traceql.md §5). The operands of one stage all see the
 * stage's input, which is why stages are a list and not a chain of nodes: a chain would repeat its
 * start at every operand. The metric nodes turn surviving spans into series (traceql.md §6).
 */
import type { ColumnName, CompareOperator, Literal } from './column.ts'
import type { ArithmeticOperator, Expression } from './expression.ts'

/** Whole traces of `input`, a selection of traces, through the stages. */
export interface Spans<N> {
  readonly kind: 'spans'
  readonly input: N
  readonly stages: readonly SpansetStage[]
}

export type SpansetStage =
  | { readonly kind: 'spansets'; readonly expression: SpansetExpression }
  /** `by(x)`: splits each spanset by a value. */
  | { readonly kind: 'group'; readonly by: Expression }
  | { readonly kind: 'coalesce' }
  /** `select(a, b)`: the columns join the answer, nothing is filtered. */
  | { readonly kind: 'project'; readonly columns: readonly ColumnName[] }
  /** Keeps the spansets for which the comparison of two scalars holds. */
  | {
      readonly kind: 'having'
      readonly operator: CompareOperator
      readonly left: SpansetScalar
      readonly right: SpansetScalar
    }

/** Spans chosen from the input of the stage. */
export type SpansetExpression =
  | { readonly kind: 'match'; readonly condition: Expression }
  /** `and`: the union if both sides have spans, else nothing; `or`: the union. */
  | {
      readonly kind: 'combine'
      readonly operator: 'and' | 'or'
      readonly left: SpansetExpression
      readonly right: SpansetExpression
    }
  /**
   * The spans of `right` of which a span of `left` is the `relation` (`>` parent, `>>` ancestor, `<` child,
   * `<<` descendant, `~` sibling). Negated: those with no such span; union: with the spans of
   * `left` that make them qualify.
   */
  | {
      readonly kind: 'structural'
      readonly relation: 'parent' | 'ancestor' | 'child' | 'descendant' | 'sibling'
      readonly form: 'plain' | 'negated' | 'union'
      readonly left: SpansetExpression
      readonly right: SpansetExpression
    }
  /** A pipeline in brackets, which starts from the stage's input. */
  | { readonly kind: 'nested'; readonly stages: readonly SpansetStage[] }

export type SpansetScalar =
  | { readonly kind: 'literal'; readonly literal: Literal }
  /** `operand` is null for count(). */
  | {
      readonly kind: 'aggregate'
      readonly function: 'count' | 'min' | 'max' | 'avg' | 'sum'
      readonly operand: Expression | null
    }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: SpansetScalar
      readonly right: SpansetScalar
    }
  /** `(pipeline | aggregate)`. */
  | {
      readonly kind: 'nested'
      readonly stages: readonly SpansetStage[]
      readonly scalar: SpansetScalar
    }

/** Series from the spans of `input`, a spans node, each counted in the step that holds its start. */
export interface SpanMetric<N> {
  readonly kind: 'span-metric'
  readonly function:
    | 'rate'
    | 'count_over_time'
    | 'min_over_time'
    | 'max_over_time'
    | 'avg_over_time'
    | 'sum_over_time'
    | 'quantile_over_time'
    | 'histogram_over_time'
  readonly input: N
  /** Null for rate and count_over_time. */
  readonly column: ColumnName | null
  readonly by: readonly ColumnName[]
  readonly quantiles: readonly number[]
}

/** `compare({selection}, top, start, end)`; times are decimal ns since the epoch, null when not given. */
export interface SpanCompare<N> {
  readonly kind: 'span-compare'
  readonly input: N
  readonly selection: Expression
  readonly top: number
  readonly startNs: string | null
  readonly endNs: string | null
}

/** `topk(n)` and `bottomk(n)` of TraceQL metrics: at each time the points that are not among the n become gaps. */
export interface TopPoints<N> {
  readonly kind: 'top-points'
  readonly input: N
  readonly operator: 'topk' | 'bottomk'
  readonly count: number
}

/** A comparison as second stage: points that fail it become gaps. Durations compare in seconds. */
export interface FilterPoints<N> {
  readonly kind: 'filter-points'
  readonly input: N
  readonly operator: CompareOperator
  readonly value: Literal
}

/** Hints that change the answer: `exemplars`, `sample` and kin, by the names written. Others are dropped by the lowering. */
export interface Hints<N> {
  readonly kind: 'hints'
  readonly input: N
  readonly values: readonly { readonly name: string; readonly value: Literal }[]
}
