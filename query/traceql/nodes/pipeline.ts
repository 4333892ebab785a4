/**
 * Pipelines: spansets, the stages that work on them, and scalars. One file, because a pipeline that
 * ends in an aggregate is a scalar and a comparison of scalars is a stage.
 */
import type { Span } from '#query/text/position.ts'
import type { Field } from './attribute.ts'
import type { ArithmeticOperator, Comparison, FieldExpression } from './field.ts'
import type { Static } from './static.ts'

/** `!` forms keep the spans without such a relative, `&` forms return both sides. */
export type SpansetOperator =
  | '&&'
  | '||'
  | '>'
  | '<'
  | '>>'
  | '<<'
  | '~'
  | '!>'
  | '!<'
  | '!>>'
  | '!<<'
  | '!~'
  | '&>'
  | '&<'
  | '&>>'
  | '&<<'
  | '&~'

export interface SpansetFilter {
  readonly kind: 'spansetFilter'
  readonly field: FieldExpression
  readonly span: Span
}

/** Both sides are spanset expressions, or both are pipelines or operations on pipelines. */
export interface SpansetOperation {
  readonly kind: 'spansetOperation'
  readonly op: SpansetOperator
  readonly left: SpansetExpression
  readonly right: SpansetExpression
  readonly span: Span
}

export type SpansetExpression = SpansetFilter | SpansetOperation | Pipeline

export interface Group {
  readonly kind: 'group'
  readonly field: FieldExpression
  readonly span: Span
}

export interface Coalesce {
  readonly kind: 'coalesce'
  readonly span: Span
}

export interface Select {
  readonly kind: 'select'
  readonly fields: readonly Field[]
  readonly span: Span
}

/** An aggregate is a stage only as the last one of a pipeline in brackets, next to a comparison. */
export type Stage =
  | SpansetFilter
  | SpansetOperation
  | ScalarFilter
  | Group
  | Coalesce
  | Select
  | Aggregate

export interface Pipeline {
  readonly kind: 'pipeline'
  readonly stages: readonly Stage[]
  readonly span: Span
}

export function spansetFilterNode(field: FieldExpression, span: Span): SpansetFilter {
  return Object.freeze({ kind: 'spansetFilter', field, span })
}

export function spansetOperationNode({
  op,
  left,
  right,
  span,
}: Omit<SpansetOperation, 'kind'>): SpansetOperation {
  return Object.freeze({ kind: 'spansetOperation', op, left, right, span })
}

export function groupNode(field: FieldExpression, span: Span): Group {
  return Object.freeze({ kind: 'group', field, span })
}

export function coalesceNode(span: Span): Coalesce {
  return Object.freeze({ kind: 'coalesce', span })
}

export function selectNode(fields: readonly Field[], span: Span): Select {
  return Object.freeze({ kind: 'select', fields: Object.freeze([...fields]), span })
}

export function pipelineNode(stages: readonly Stage[], span: Span): Pipeline {
  return Object.freeze({ kind: 'pipeline', stages: Object.freeze([...stages]), span })
}

export const aggregateNames = ['count', 'avg', 'max', 'min', 'sum'] as const
export type AggregateName = (typeof aggregateNames)[number]

/** `field` is null for count() and for nothing else. */
export interface Aggregate {
  readonly kind: 'aggregate'
  readonly name: AggregateName
  readonly field: FieldExpression | null
  readonly span: Span
}

export interface ScalarOperation {
  readonly kind: 'scalarOperation'
  readonly op: ArithmeticOperator
  readonly left: Scalar
  readonly right: Scalar
  readonly span: Span
}

/** A pipeline is a scalar when its last stage is an aggregate. */
export type Scalar = Static | Aggregate | ScalarOperation | Pipeline

export interface ScalarFilter {
  readonly kind: 'scalarFilter'
  readonly op: Comparison
  readonly left: Scalar
  readonly right: Scalar
  readonly span: Span
}

export function aggregateNode(
  name: AggregateName,
  field: FieldExpression | null,
  span: Span,
): Aggregate {
  return Object.freeze({ kind: 'aggregate', name, field, span })
}

export function scalarOperationNode(part: Omit<ScalarOperation, 'kind'>): ScalarOperation {
  return Object.freeze({ kind: 'scalarOperation', ...part })
}

export function scalarFilterNode(part: Omit<ScalarFilter, 'kind'>): ScalarFilter {
  return Object.freeze({ kind: 'scalarFilter', ...part })
}
