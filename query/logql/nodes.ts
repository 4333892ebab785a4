/**
 * The tree of a LogQL query: plain frozen data, every node with the span of its text. The families
 * stand in `nodes/`; here is what holds over all of them: the union, the visitor table and the
 * children of a node. A new kind of node does not compile until every visitor table has an entry
 * for it and `children` knows its parts.
 */
import type { Span } from '#query/text/position.ts'
import type { LabelFilter } from './nodes/label-filter.ts'
import type { LogRange, Metric, Unwrap } from './nodes/metric.ts'
import type { Matcher } from './nodes/matcher.ts'
import type { LogQuery, Selector } from './nodes/selector.ts'
import type { Assignment, Extraction, LabelTarget, LineTest, Stage } from './nodes/stage.ts'

export type * from './nodes/label-filter.ts'
export type * from './nodes/matcher.ts'
export type * from './nodes/metric.ts'
export type * from './nodes/selector.ts'
export type * from './nodes/stage.ts'

/** What a query text is: a log query or a metric query. */
export type Query = LogQuery | Metric

export type Node =
  | Query
  | Stage
  | LabelFilter
  | Selector
  | Matcher
  | LineTest
  | Extraction
  | Assignment
  | LabelTarget
  | LogRange
  | Unwrap

export type NodeOf<K extends Node['kind']> = Extract<Node, { kind: K }>

/** One function per kind of node. */
export type Visitor<R, K extends Node['kind'] = Node['kind']> = {
  readonly [kind in K]: (node: NodeOf<kind>) => R
}

/** Calls the function of the node's kind. */
export function visit<R, K extends Node['kind']>(visitor: Visitor<R, K>, node: NodeOf<K>): R {
  // The type of `visitor` gives each kind a function of exactly the nodes of that kind.
  return visitor[node.kind](node)
}

const none: readonly Node[] = []

const childrenOf: Visitor<readonly Node[]> = {
  'log-query': (node) => [node.selector, ...node.stages],
  selector: (node) => node.matchers,
  matcher: () => none,
  'line-filter': (node) => node.alternatives,
  'line-test': () => none,
  json: (node) => node.extractions,
  logfmt: (node) => node.extractions,
  extraction: () => none,
  regexp: () => none,
  pattern: () => none,
  unpack: () => none,
  'label-filter': (node) => [node.filter],
  'line-format': () => none,
  'label-format': (node) => node.assignments,
  assignment: () => none,
  decolorize: () => none,
  drop: (node) => node.targets,
  keep: (node) => node.targets,
  'label-target': (node) => (node.matcher === null ? none : [node.matcher]),
  'string-test': (node) => [node.matcher],
  'number-test': () => none,
  'duration-test': () => none,
  'bytes-test': () => none,
  'ip-test': () => none,
  and: (node) => [node.left, node.right],
  or: (node) => [node.left, node.right],
  unwrap: (node) => node.filters,
  'log-range': (node) => (node.unwrap === null ? [node.query] : [node.query, node.unwrap]),
  'range-aggregation': (node) => [node.range],
  'vector-aggregation': (node) => [node.operand],
  binary: (node) => [node.left, node.right],
  number: () => none,
  vector: () => none,
  'label-replace': (node) => [node.operand],
  variants: (node) => [...node.metrics, node.range],
}

/** The nodes directly below, in the order of the text. */
export function children(node: Node): readonly Node[] {
  return visit(childrenOf, node)
}

/** The span from the start of one node to the end of another. */
export function between(first: { readonly span: Span }, last: { readonly span: Span }): Span {
  return { from: first.span.from, to: last.span.to }
}

/** The tree does not change after it is built: passes make new nodes. Lists are frozen where they are made. */
export function freeze<T extends { readonly span: Span }>(node: T): T {
  return Object.freeze(node)
}
