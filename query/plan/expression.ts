/**
 * Expressions over the columns of one row: LogQL label filters, TraceQL span filters, group keys and
 * aggregate arguments. One language for both, evaluated by the rules of the node that holds it:
 *
 * - LogQL (`label-filter`): `and` and `or` over comparisons of a `convert` or column with a literal. A value
 *   that does not convert keeps the row and sets `__error__`; a missing column drops the row, except
 *   for strings, where it is empty (logql.md §7).
 * - TraceQL (`spans`, `having`): typed comparison, missing makes every operator false but `exists`, arrays
 *   compare by element (traceql.md §5.2-5.5).
 */
import type { ColumnName, CompareOperator, Literal } from './column.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^'
export type LogicOperator = 'and' | 'or'

export type Expression =
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'column'; readonly column: ColumnName }
  /** The text of a column read as a number, a Go duration in ns or a size in bytes (LogQL). */
  | {
      readonly kind: 'convert'
      readonly to: 'number' | 'duration' | 'bytes'
      readonly operand: Expression
    }
  /** Whether the column's text is an address inside the pattern: address, CIDR block or a-b (LogQL). */
  | {
      readonly kind: 'ip'
      readonly column: ColumnName
      readonly pattern: string
      readonly negated: boolean
    }
  /** TraceQL's `!= nil`, negated `= nil`. */
  | { readonly kind: 'exists'; readonly operand: Expression; readonly negated: boolean }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'negative'; readonly operand: Expression }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Expression
      readonly right: Expression
    }
  /** The right side of a regular expression operator is a string literal, anchored, dot matches newline. */
  | {
      readonly kind: 'comparison'
      readonly operator: CompareOperator
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'logic'
      readonly operator: LogicOperator
      readonly left: Expression
      readonly right: Expression
    }

/** The operands of an expression, left to right. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'ip':
      return []
    case 'convert':
    case 'exists':
    case 'not':
    case 'negative':
      return [expression.operand]
    case 'arithmetic':
    case 'comparison':
    case 'logic':
      return [expression.left, expression.right]
  }
}

/** Rebuilds an expression from the bottom up; `change` sees each node after its operands. */
export function rewriteExpression(
  expression: Expression,
  change: (expression: Expression) => Expression,
): Expression {
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'ip':
      return change(expression)
    case 'convert':
    case 'exists':
    case 'not':
    case 'negative': {
      const operand = rewriteExpression(expression.operand, change)
      return change(operand === expression.operand ? expression : { ...expression, operand })
    }
    case 'arithmetic':
    case 'comparison':
    case 'logic': {
      const left = rewriteExpression(expression.left, change)
      const right = rewriteExpression(expression.right, change)
      const same = left === expression.left && right === expression.right
      return change(same ? expression : { ...expression, left, right })
    }
  }
}

/** Calls `see` for every column an expression reads, with repetitions. */
export function eachColumn(expression: Expression, see: (column: ColumnName) => void): void {
  switch (expression.kind) {
    case 'literal':
      return
    case 'column':
    case 'ip':
      see(expression.column)
      return
    case 'convert':
    case 'exists':
    case 'not':
    case 'negative':
      eachColumn(expression.operand, see)
      return
    case 'arithmetic':
    case 'comparison':
    case 'logic':
      eachColumn(expression.left, see)
      eachColumn(expression.right, see)
  }
}
