/**
 * Expressions by the rules of traceql.md §5.2, one span at a time: for spans that are already chosen, and
 * for what has no form by column (arithmetic, columns against columns). Throws `query-execution` for what
 * is an error of the query and not of the span: division of integers by zero, `!` and `-` of other types.
 */
import type { ColumnName } from '../../plan/column.ts'
import type { Expression } from '../../plan/expression.ts'
import { operatorMissing, executionFailed } from '../errors.ts'
import { printExpression } from './print.ts'
import {
  arraysOnly,
  boolean,
  compareValues,
  isNumeric,
  isTrue,
  literalValue,
  type Value,
} from './value.ts'

/** The value of a column for the span at hand. */
export type Get = (column: ColumnName) => Value | null

export function evaluate(expression: Expression, get: Get): Value | null {
  switch (expression.kind) {
    case 'literal':
      return literalValue(expression.literal)
    case 'column':
      return get(expression.column)
    case 'exists':
      return boolean((evaluate(expression.operand, get) !== null) !== expression.negated)
    case 'not':
      return not(expression.operand, evaluate(expression.operand, get))
    case 'negative':
      return negative(expression.operand, evaluate(expression.operand, get))
    case 'arithmetic':
      return arithmetic(
        expression.operator,
        evaluate(expression.left, get),
        evaluate(expression.right, get),
      )
    case 'comparison': {
      const { operator, left, right } = expression
      return boolean(compareValues(operator, evaluate(left, get), evaluate(right, get)))
    }
    case 'logic': {
      const left = isTrue(evaluate(expression.left, get))
      if (left === (expression.operator === 'or')) return boolean(left)
      return boolean(isTrue(evaluate(expression.right, get)))
    }
    case 'convert':
    case 'ip':
      throw operatorMissing.make(`TraceQL has no expression ${expression.kind}`)
  }
}

function not(operand: Expression, value: Value | null): Value | null {
  if (value === null) return null
  if (value.type === 'bool') return boolean(!value.value)
  throw unexpected(operand, 'boolean', value)
}

function negative(operand: Expression, value: Value | null): Value | null {
  if (value === null) return null
  if (value.type === 'float') return { type: 'float', value: -value.value }
  if (value.type === 'int' || value.type === 'duration') {
    return { type: value.type, value: BigInt.asIntN(64, -value.value) }
  }
  throw unexpected(operand, 'numeric', value)
}

function unexpected(operand: Expression, wanted: string, { type }: Value) {
  const text = printExpression(operand)
  return executionFailed.make(`expression (${text}) expected a ${wanted}, but got ${type}`)
}

type Operator = Extract<Expression, { kind: 'arithmetic' }>['operator']

function arithmetic(operator: Operator, left: Value | null, right: Value | null): Value | null {
  if (left === null || right === null) return null
  if (left.type === 'array' || right.type === 'array') throw arraysOnly()
  if (!isNumeric(left) || !isNumeric(right)) return null
  if (left.type === 'int' && right.type === 'int') {
    return { type: 'int', value: BigInt.asIntN(64, ofInts(operator, left.value, right.value)) }
  }
  const value = ofFloats(operator, Number(left.value), Number(right.value))
  return { type: 'float', value }
}

function ofInts(operator: Operator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      if (right === 0n) throw executionFailed.make('division by zero')
      return left / right
    case '%':
      if (right === 0n) throw executionFailed.make('modulo by zero')
      return left % right
    case '^': {
      const power = Number(left) ** Number(right)
      return Number.isFinite(power) ? BigInt(Math.trunc(power)) : 0n
    }
  }
}

function ofFloats(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    case '^':
      return left ** right
  }
}
