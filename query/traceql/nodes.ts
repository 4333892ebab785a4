/**
 * The tree of a TraceQL query: plain frozen data, each node with the `span` of text it came from. One
 * file per family in `nodes/`; this file joins them into one union and holds the table by which
 * everything that walks a tree is written. A new node kind does not compile until every visitor has
 * a line for it.
 */
import type { Span } from '#query/text/position.ts'
import type { Attribute, Intrinsic } from './nodes/attribute.ts'
import type { Binary, Existence, Unary } from './nodes/field.ts'
import type {
  Compare,
  MetricsExpression,
  MetricsFunction,
  MetricsNumber,
  MetricsOperation,
  MetricsQuery,
  Rank,
  Threshold,
} from './nodes/metrics.ts'
import type {
  Aggregate,
  Coalesce,
  Group,
  Pipeline,
  ScalarFilter,
  ScalarOperation,
  Select,
  SpansetFilter,
  SpansetOperation,
} from './nodes/pipeline.ts'
import type { Static } from './nodes/static.ts'

export interface Hint {
  readonly kind: 'hint'
  readonly name: string
  readonly value: Static
  readonly span: Span
}

/** The root. Of several `with(...)` the last counts, so only its hints are here. */
export interface Query {
  readonly kind: 'query'
  readonly body: Pipeline | MetricsExpression
  readonly hints: readonly Hint[]
  readonly span: Span
}

export type Node =
  | Static
  | Attribute
  | Intrinsic
  | Binary
  | Unary
  | Existence
  | SpansetFilter
  | SpansetOperation
  | Group
  | Coalesce
  | Select
  | Pipeline
  | Aggregate
  | ScalarOperation
  | ScalarFilter
  | MetricsFunction
  | Compare
  | Rank
  | Threshold
  | MetricsNumber
  | MetricsQuery
  | MetricsOperation
  | Hint
  | Query

export type NodeKind = Node['kind']

/** One function per node kind. */
export type Visitor<T> = {
  readonly [K in NodeKind]: (node: Extract<Node, { kind: K }>) => T
}

/** Calls the visitor's function for this kind of node. */
export function visit<T>(node: Node, visitor: Visitor<T>): T {
  // The table has, under each kind, a function of exactly that kind; the compiler cannot pair them.
  const call = visitor[node.kind] as (node: Node) => T
  return call(node)
}

const none: readonly Node[] = []

const childTable: Visitor<readonly Node[]> = {
  static: () => none,
  attribute: () => none,
  intrinsic: () => none,
  binary: (node) => [node.left, node.right],
  unary: (node) => [node.operand],
  existence: (node) => [node.operand],
  spansetFilter: (node) => [node.field],
  spansetOperation: (node) => [node.left, node.right],
  group: (node) => [node.field],
  coalesce: () => none,
  select: (node) => node.fields,
  pipeline: (node) => node.stages,
  aggregate: (node) => (node.field === null ? none : [node.field]),
  scalarOperation: (node) => [node.left, node.right],
  scalarFilter: (node) => [node.left, node.right],
  metricsFunction: (node) => (node.field === null ? node.by : [node.field, ...node.by]),
  compare: (node) => [node.selection],
  rank: () => none,
  threshold: () => none,
  metricsNumber: () => none,
  metricsQuery: (node) => [node.source, node.first, ...node.second],
  metricsOperation: (node) => [node.left, node.right, ...node.second],
  hint: (node) => [node.value],
  query: (node) => [node.body, ...node.hints],
}

/** The children of a node in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  return visit(node, childTable)
}

export function hintNode(name: string, value: Static, span: Span): Hint {
  return Object.freeze({ kind: 'hint', name, value, span })
}

export function queryNode(body: Query['body'], hints: readonly Hint[], span: Span): Query {
  return Object.freeze({ kind: 'query', body, hints: Object.freeze([...hints]), span })
}
