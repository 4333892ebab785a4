/** Comparisons of a column with a literal, whichever side it was written on. */
import type { ColumnName, CompareOperator, Literal } from '../../plan/column.ts'
import type { Expression } from '../../plan/expression.ts'

export interface ColumnTest {
  readonly column: ColumnName
  readonly operator: CompareOperator
  readonly literal: Literal
}

const flipped: { readonly [O in CompareOperator]?: CompareOperator } = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

/** The comparison as column, operator, literal; null when it is something else. */
export function columnTest(expression: Expression): ColumnTest | null {
  if (expression.kind !== 'comparison') return null
  const { left, right, operator } = expression
  if (left.kind === 'column' && right.kind === 'literal') {
    return { column: left.column, operator, literal: right.literal }
  }
  const mirrored = flipped[operator]
  if (left.kind !== 'literal' || right.kind !== 'column' || mirrored === undefined) return null
  return { column: right.column, operator: mirrored, literal: left.literal }
}

export type NumberLiteral = Extract<Literal, { type: 'int' | 'float' | 'duration' }>

export function isNumber(literal: Literal): literal is NumberLiteral {
  return literal.type === 'int' || literal.type === 'float' || literal.type === 'duration'
}

/** The parts of a conjunction. */
export function conjuncts(expression: Expression): readonly Expression[] {
  if (expression.kind !== 'logic' || expression.operator !== 'and') return [expression]
  return [...conjuncts(expression.left), ...conjuncts(expression.right)]
}
