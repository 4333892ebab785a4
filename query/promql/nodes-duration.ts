/**
 * Duration expressions: what may stand between brackets and behind `offset` besides one literal,
 * such as `[step() + 5m]`. Values are seconds. One family of nodes with its own table, because they
 * are never operands of an `Expr`.
 */
import type { Span } from '../text/position.ts'

/** `5m` or `300`. */
export interface DurationLiteral {
  readonly kind: 'literal'
  readonly seconds: number
  readonly isDuration: boolean
  readonly span: Span
}

/** `step()` and `range()`: step of the query, end − start of the query. */
export interface DurationOfQuery {
  readonly kind: 'query'
  readonly name: 'step' | 'range'
  readonly span: Span
}

export interface DurationChoice {
  readonly kind: 'choice'
  readonly name: 'min_of' | 'max_of'
  readonly left: DurationExpr
  readonly right: DurationExpr
  readonly span: Span
}

export interface DurationNegation {
  readonly kind: 'negation'
  readonly expr: DurationExpr
  readonly span: Span
}

export interface DurationBinary {
  readonly kind: 'binary'
  readonly op: '+' | '-' | '*' | '/' | '%' | '^'
  readonly left: DurationExpr
  readonly right: DurationExpr
  readonly span: Span
}

/** Parentheses; never directly inside another pair. Its span is that of the content unless that is a literal. */
export interface DurationParen {
  readonly kind: 'paren'
  readonly expr: DurationExpr
  readonly span: Span
}

export type DurationExpr =
  | DurationLiteral
  | DurationOfQuery
  | DurationChoice
  | DurationNegation
  | DurationBinary
  | DurationParen

/** One handler per kind of duration node. */
export type DurationTable<Result, Context = void> = {
  readonly [Kind in DurationExpr['kind']]: (
    node: Extract<DurationExpr, { kind: Kind }>,
    context: Context,
  ) => Result
}

/** Calls the handler for `node`. */
export function visitDuration<Result, Context>(
  table: DurationTable<Result, Context>,
  node: DurationExpr,
  context: Context,
): Result {
  // The entry under node.kind takes exactly nodes of that kind; TypeScript cannot follow the pairing.
  const handler = table[node.kind] as (node: DurationExpr, context: Context) => Result
  return handler(node, context)
}

const childrenTable: DurationTable<readonly DurationExpr[]> = {
  literal: () => [],
  query: () => [],
  choice: (node) => [node.left, node.right],
  negation: (node) => [node.expr],
  binary: (node) => [node.left, node.right],
  paren: (node) => [node.expr],
}

/** The direct operands of a duration node. */
export function durationChildren(node: DurationExpr): readonly DurationExpr[] {
  return visitDuration(childrenTable, node, undefined)
}
