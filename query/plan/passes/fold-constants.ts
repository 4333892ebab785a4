/**
 * Constant folding: what needs no row is computed once, before the query runs.
 *
 *     rate(x[5m]) * (60 * 60)            rate(x[5m]) * 3600
 *     vector(-(1 + 2))                   vector(-3)
 *     { span.a > 1 + 2 && true }         { span.a > 3 }
 *
 * Not folded: integer powers, divisions and modulos of TraceQL (a zero is an error of the run, powers
 * differ between releases), and anything whose other operand could raise an error at run time.
 */
import { combine } from '../arithmetic.ts'
import type { Literal } from '../column.ts'
import { operandsOf, rewriteExpression, type Expression } from '../expression.ts'
import type { PlanNode } from '../nodes.ts'
import { rewriteConditions } from '../stages.ts'
import { rewrite } from '../walk.ts'

export function foldConstants(plan: PlanNode): PlanNode {
  return rewrite(plan, (node) => rewriteConditions(foldNode(node), foldExpression))
}

function foldNode(node: PlanNode): PlanNode {
  if (node.kind === 'negate' && node.input.kind === 'number') {
    return { kind: 'number', value: -node.input.value }
  }
  if (node.kind === 'step-invariant' && node.input.kind === 'number') return node.input
  if (node.kind === 'call' && node.function === 'pi') return { kind: 'number', value: Math.PI }
  if (node.kind !== 'binary') return node
  const { left, right, operator, dialect } = node
  if (left.kind !== 'number' || right.kind !== 'number') return node
  const value = combine(operator, left.value, right.value, dialect)
  return value === null ? node : { kind: 'number', value }
}

function foldExpression(expression: Expression): Expression {
  return rewriteExpression(expression, foldOne)
}

function foldOne(expression: Expression): Expression {
  if (expression.kind === 'logic') return foldLogic(expression)
  if (expression.kind === 'negative' && expression.operand.kind === 'literal') {
    return negated(expression.operand.literal) ?? expression
  }
  if (expression.kind !== 'arithmetic' && expression.kind !== 'comparison') return expression
  const { left, right } = expression
  if (left.kind !== 'literal' || right.kind !== 'literal') return expression
  const folded =
    expression.kind === 'arithmetic'
      ? foldArithmetic(expression.operator, left.literal, right.literal)
      : foldComparison(expression.operator, left.literal, right.literal)
  return folded === null ? expression : { kind: 'literal', literal: folded }
}

/** `true and x` is x and `false or x` is x, where x is a bool whatever the row holds. */
function foldLogic(expression: Extract<Expression, { kind: 'logic' }>): Expression {
  const { operator, left, right } = expression
  const neutral = operator === 'and'
  if (isBool(left, neutral) && yieldsBool(right)) return right
  if (isBool(right, neutral) && yieldsBool(left)) return left
  if (isBool(left, !neutral) && cannotFail(right)) return left
  if (isBool(right, !neutral) && cannotFail(left)) return right
  return expression
}

function isBool(expression: Expression, value: boolean): boolean {
  return (
    expression.kind === 'literal' &&
    expression.literal.type === 'bool' &&
    expression.literal.value === value
  )
}

function yieldsBool(expression: Expression): boolean {
  if (expression.kind === 'literal') return expression.literal.type === 'bool'
  return ['ip', 'exists', 'not', 'comparison', 'logic'].includes(expression.kind)
}

/** Arithmetic may divide by zero, `not` and `negative` may meet another type, arrays may not combine. */
function cannotFail(expression: Expression): boolean {
  if (['arithmetic', 'not', 'negative', 'convert'].includes(expression.kind)) return false
  return operandsOf(expression).every(cannotFail)
}

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

function negated(literal: Literal): Expression | null {
  if (literal.type === 'float' || literal.type === 'duration') {
    return { kind: 'literal', literal: { ...literal, value: -literal.value } }
  }
  if (literal.type !== 'int') return null
  const value = -BigInt(literal.value)
  if (value > maxInt64) return null
  return { kind: 'literal', literal: { type: 'int', value: value.toString() } }
}

function foldArithmetic(operator: string, left: Literal, right: Literal): Literal | null {
  if (left.type === 'int' && right.type === 'int') {
    return foldIntegers(operator, BigInt(left.value), BigInt(right.value))
  }
  if (left.type !== 'float' || right.type !== 'float') return null
  const value = combineFloats(operator, left.value, right.value)
  return value === null ? null : { type: 'float', value }
}

function foldIntegers(operator: string, left: bigint, right: bigint): Literal | null {
  const value = combineIntegers(operator, left, right)
  // What leaves 64 bits wraps around in the engine; it stays there.
  if (value === null || value < minInt64 || value > maxInt64) return null
  return { type: 'int', value: value.toString() }
}

function combineIntegers(operator: string, left: bigint, right: bigint): bigint | null {
  if (operator === '+') return left + right
  if (operator === '-') return left - right
  return operator === '*' ? left * right : null
}

function combineFloats(operator: string, left: number, right: number): number | null {
  if (operator === '+') return left + right
  if (operator === '-') return left - right
  if (operator === '*') return left * right
  return operator === '/' ? left / right : null
}

function foldComparison(operator: string, left: Literal, right: Literal): Literal | null {
  if (left.type === 'int' && right.type === 'int') {
    return compared(operator, BigInt(left.value), BigInt(right.value))
  }
  if (left.type === 'float' && right.type === 'float') {
    return compared(operator, left.value, right.value)
  }
  const equality = operator === '=' || operator === '!='
  if (!equality || left.type !== right.type) return null
  if (left.type !== 'string' && left.type !== 'bool') return null
  return { type: 'bool', value: (left.value === right.value) === (operator === '=') }
}

function compared<T extends bigint | number>(operator: string, left: T, right: T): Literal | null {
  const value = new Map<string, boolean>([
    ['=', left === right],
    ['!=', left !== right],
    ['<', left < right],
    ['<=', left <= right],
    ['>', left > right],
    ['>=', left >= right],
  ]).get(operator)
  return value === undefined ? null : { type: 'bool', value }
}
