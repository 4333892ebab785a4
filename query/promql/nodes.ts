/**
 * The tree of a PromQL expression: plain data that never changes after it was built. Every node
 * carries its range in the text and the type of its value, so that neither checks nor plans need to
 * look below it for them. `ExprTable` has one entry per kind: code that handles a tree with it does
 * not compile until a new kind is handled too.
 *
 * Ranges follow Prometheus where they show in messages: a selector's range does not include a
 * trailing `anchored` or `smoothed`, a binary expression spans its operands.
 */
import type { Span } from '../text/position.ts'
import type { At, Extended, Matcher, TimeShift } from './nodes-selector.ts'

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string'

export type Aggregator =
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
  | 'count_values'
  | 'quantile'
  | 'limitk'
  | 'limit_ratio'

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='
export type SetOperator = 'and' | 'or' | 'unless'
/** `</` and `>/` trim histograms: keep the observations below, or above, the scalar. */
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2' | '</' | '>/'
export type BinaryOperator = ComparisonOperator | SetOperator | ArithmeticOperator

/** A number, or a duration used as one: then `value` is its seconds. */
export interface NumberLiteral {
  readonly kind: 'number'
  readonly type: 'scalar'
  readonly value: number
  readonly isDuration: boolean
  readonly span: Span
}

export interface StringLiteral {
  readonly kind: 'string'
  readonly type: 'string'
  readonly value: string
  readonly span: Span
}

/** `name{matchers}` with what follows it: the newest sample of each series at each step. */
export interface VectorSelector {
  readonly kind: 'selector'
  readonly type: 'vector'
  /** The metric name written before the braces; null when there is none. */
  readonly name: string | null
  /** What stands inside the braces, in its order. A lone string there is an equality on `__name__`. */
  readonly matchers: readonly Matcher[]
  readonly offset: TimeShift | null
  readonly at: At | null
  readonly extended: Extended | null
  readonly span: Span
}

/** `selector[range]`. Offset, @ and anchored or smoothed written behind the range stand on the selector. */
export interface MatrixSelector {
  readonly kind: 'matrix'
  readonly type: 'matrix'
  readonly selector: VectorSelector
  readonly range: TimeShift
  readonly span: Span
}

/** `expr[range:step]`; a null step is the default of the engine. */
export interface Subquery {
  readonly kind: 'subquery'
  readonly type: 'matrix'
  readonly expr: Expr
  readonly range: TimeShift
  readonly step: TimeShift | null
  readonly offset: TimeShift | null
  readonly at: At | null
  readonly span: Span
}

/** A function call. `func` is a key of the table in `functions.ts`. */
export interface Call {
  readonly kind: 'call'
  readonly type: ValueType
  readonly func: string
  readonly args: readonly Expr[]
  readonly span: Span
}

export interface Aggregation {
  readonly kind: 'aggregation'
  readonly type: 'vector'
  readonly op: Aggregator
  readonly expr: Expr
  /** k, the quantile, the ratio or the label of count_values; null for the others. */
  readonly param: Expr | null
  readonly grouping: readonly string[]
  readonly without: boolean
  readonly span: Span
}

export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'

/** How elements of two vectors find each other. `include` are the labels of group_left or group_right. */
export interface VectorMatching {
  readonly cardinality: Cardinality
  readonly on: boolean
  readonly labels: readonly string[]
  readonly include: readonly string[]
  readonly fillLeft: number | null
  readonly fillRight: number | null
}

export interface Binary {
  readonly kind: 'binary'
  readonly type: 'scalar' | 'vector'
  readonly op: BinaryOperator
  readonly returnBool: boolean
  /** Null unless both operands are instant vectors. */
  readonly matching: VectorMatching | null
  readonly left: Expr
  readonly right: Expr
  readonly span: Span
}

export interface Unary {
  readonly kind: 'unary'
  readonly type: ValueType
  readonly op: '+' | '-'
  readonly expr: Expr
  readonly span: Span
}

export interface Paren {
  readonly kind: 'paren'
  readonly type: ValueType
  readonly expr: Expr
  readonly span: Span
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren

/** One handler per kind of node, with a context the caller chooses. */
export type ExprTable<Result, Context = void> = {
  readonly [Kind in Expr['kind']]: (node: Extract<Expr, { kind: Kind }>, context: Context) => Result
}

/** Calls the handler for `node`. */
export function visit<Result, Context>(
  table: ExprTable<Result, Context>,
  node: Expr,
  context: Context,
): Result {
  // The entry under node.kind takes exactly nodes of that kind; TypeScript cannot follow the pairing.
  const handler = table[node.kind] as (node: Expr, context: Context) => Result
  return handler(node, context)
}

const childrenTable: ExprTable<readonly Expr[]> = {
  number: () => [],
  string: () => [],
  selector: () => [],
  matrix: (node) => [node.selector],
  subquery: (node) => [node.expr],
  call: (node) => node.args,
  aggregation: (node) => (node.param === null ? [node.expr] : [node.param, node.expr]),
  binary: (node) => [node.left, node.right],
  unary: (node) => [node.expr],
  paren: (node) => [node.expr],
}

/** The direct operands of a node, in the order of the text. */
export function childrenOf(node: Expr): readonly Expr[] {
  return visit(childrenTable, node, undefined)
}

export type { At, Extended, Matcher, MatchOperator, TimeShift } from './nodes-selector.ts'
export type { Span } from '../text/position.ts'
