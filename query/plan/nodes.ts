/**
 * The shared plan: a query of any of the three languages as data. Out of `query/<language>/plan.ts`,
 * through the passes, to the engine. The families are in their own files:
 *
 * | file | nodes |
 * |---|---|
 * | `rows.ts` | select, pipeline with its log stages, limit |
 * | `vectors.ts` | instant, window, subquery, range-aggregate, aggregate, call, binary …, let, reference |
 * | `spans.ts` | spans with its spanset stages, span-metric, span-compare, second stages, hints |
 * | `expression.ts` | what is computed from the columns of one row |
 * | `column.ts`, `time.ts` | columns, literals, matchers, conditions; ranges, offsets, options |
 *
 * The families are generic in the node they hold, so that no file imports the one that imports it; a
 * node of one kind is `NodeOf<'binary'>`. Plain read-only data discriminated by `kind`: it crosses threads, prints as JSON (`print.ts`), and two plans are
 * equal when their text is. Functions over plans are written as a `PlanVisitor`, so a new kind does not
 * compile until every one handles it. `build.ts` has constructors for the shapes that must agree with
 * each other (a window and the reach of its selection).
 */
import type { Limit, Pipeline, Select } from './rows.ts'
import type { FilterPoints, Hints, SpanCompare, SpanMetric, Spans, TopPoints } from './spans.ts'
import type {
  Absent,
  Aggregate,
  Binary,
  Call,
  Info,
  Instant,
  Let,
  Negate,
  NumberNode,
  RangeAggregate,
  Reference,
  StepInvariant,
  StringNode,
  Subquery,
  Variants,
  Window,
} from './vectors.ts'

export type PlanNode =
  | Select
  | Pipeline<PlanNode>
  | Limit<PlanNode>
  | Instant<PlanNode>
  | Window<PlanNode>
  | Subquery<PlanNode>
  | RangeAggregate<PlanNode>
  | Aggregate<PlanNode>
  | Call<PlanNode>
  | Absent<PlanNode>
  | Info<PlanNode>
  | Binary<PlanNode>
  | Negate<PlanNode>
  | NumberNode
  | StringNode
  | Variants<PlanNode>
  | StepInvariant<PlanNode>
  | Let<PlanNode>
  | Reference
  | Spans<PlanNode>
  | SpanMetric<PlanNode>
  | SpanCompare<PlanNode>
  | TopPoints<PlanNode>
  | FilterPoints<PlanNode>
  | Hints<PlanNode>

export type PlanKind = PlanNode['kind']
export type NodeOf<K extends PlanKind> = Extract<PlanNode, { readonly kind: K }>

/** One function per kind of node; the only way a function over plans is written. */
export type PlanVisitor<R> = {
  readonly [K in PlanKind]: (node: NodeOf<K>) => R
}

/** Calls the visitor's function for this node. */
export function visit<R>(node: PlanNode, visitor: PlanVisitor<R>): R {
  // The table maps each kind to a function of that kind's node, which the compiler cannot follow
  // through an index by a union.
  return (visitor[node.kind] as (node: PlanNode) => R)(node)
}
