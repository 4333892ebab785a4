/**
 * Computes while parsing what does not depend on a span, by the rules of evaluation: two integers stay
 * integers, any other mix of numbers is a double with durations as nanoseconds. What cannot be computed
 * (division by zero, types that do not go together, results that have no literal) stays an expression,
 * for the check or the engine to judge. Regular expressions between literals stay too.
 */
import type { Span } from '#query/text/position.ts'
import {
  binaryNode,
  existenceNode,
  unaryNode,
  type BinaryOperator,
  type FieldExpression,
} from './nodes/field.ts'
import {
  isNumeric,
  minInt,
  maxInt,
  staticNode,
  toFloat,
  type Static,
  type StaticValue,
} from './nodes/static.ts'
import type { MetricsOperator } from './nodes/metrics.ts'
import { operatorTakes, prefixTakes, typesMatch } from './types.ts'

/** `left op right`, computed if both are literals. */
export function foldBinary(
  op: BinaryOperator,
  left: FieldExpression,
  right: FieldExpression,
): FieldExpression {
  const span = { from: left.span.from, to: right.span.to }
  const a = traceIdOperand(left, right)
  const b = traceIdOperand(right, left)
  if (a.kind === 'static' && b.kind === 'static') {
    const value = compute(op, a, b)
    if (value !== null && hasLiteral(value)) return staticNode(value, span)
  }
  return binaryNode({ op, left: a, right: b, span })
}

/** A trace id is compared without its leading zeros. */
function traceIdOperand(operand: FieldExpression, other: FieldExpression): FieldExpression {
  const isId = other.kind === 'intrinsic' && other.name === 'trace:id'
  if (!isId || operand.kind !== 'static' || operand.type !== 'string') return operand
  return staticNode({ type: 'string', value: operand.value.replace(/^0+/, '') }, operand.span)
}

/** `-x` or `!x`, computed if x is a literal that takes it. */
export function foldUnary(op: '-' | '!', operand: FieldExpression, span: Span): FieldExpression {
  if (operand.kind === 'static' && prefixTakes(op, operand.type)) {
    const value = negate(operand)
    if (value !== null) return staticNode(value, span)
  }
  return unaryNode(op, operand, span)
}

/** `x != nil` or `x = nil`; a literal is never nil. */
export function foldExistence(
  present: boolean,
  operand: FieldExpression,
  span: Span,
): FieldExpression {
  if (operand.kind === 'static') return staticNode({ type: 'bool', value: present }, span)
  return existenceNode(present, operand, span)
}

/** Arithmetic between two numbers beside aggregates or series; a text says why it cannot be done. */
export function foldScalars(op: MetricsOperator, left: Static, right: Static): Static | string {
  const span = { from: left.span.from, to: right.span.to }
  if (left.type === 'duration' || right.type === 'duration') {
    return 'duration cannot be used in scalar arithmetic'
  }
  const value = compute(op, left, right)
  return value === null ? 'division by zero' : staticNode(value, span)
}

/** The negative of a number, durations included. */
export function negateScalar(operand: Static, span: Span): Static {
  return staticNode(negate(operand) ?? operand, span)
}

function negate(operand: Static): StaticValue | null {
  if (operand.type === 'bool') return { type: 'bool', value: !operand.value }
  if (operand.type === 'float') return { type: 'float', value: -operand.value }
  if (operand.type !== 'int' && operand.type !== 'duration') return null
  return { type: operand.type, value: BigInt.asIntN(64, -operand.value) }
}

/** Infinity and NaN cannot be written. */
function hasLiteral(value: StaticValue): boolean {
  return value.type !== 'float' || Number.isFinite(value.value)
}

function compute(op: BinaryOperator, left: Static, right: Static): StaticValue | null {
  if (!typesMatch(left.type, right.type) || !operatorTakes(op, left.type, right.type)) return null
  if (isNumeric(left) && isNumeric(right)) {
    return left.type === 'int' && right.type === 'int'
      ? computeInts(op, left.value, right.value)
      : computeFloats(op, toFloat(left), toFloat(right))
  }
  if (op === '&&') return bool(left.value === true && right.value === true)
  if (op === '||') return bool(left.value === true || right.value === true)
  if (op === '=~' || op === '!~') return null
  if (typeof left.value === 'string' && typeof right.value === 'string') {
    return compared(op, compareText(left.value, right.value))
  }
  return compared(op, left.value === right.value ? 0 : 1)
}

function computeInts(op: BinaryOperator, left: bigint, right: bigint): StaticValue | null {
  switch (op) {
    case '+':
      return int(left + right)
    case '-':
      return int(left - right)
    case '*':
      return int(left * right)
    case '/':
      return right === 0n ? null : int(left / right)
    case '%':
      return right === 0n ? null : int(left % right)
    case '^':
      return intPower(left, right)
    default:
      return compared(op, left < right ? -1 : Number(left > right))
  }
}

/** By way of doubles, as everywhere in the language; a result that fits no integer is not computed. */
function intPower(base: bigint, exponent: bigint): StaticValue | null {
  const power = Math.trunc(Number(base) ** Number(exponent))
  if (!Number.isFinite(power)) return null
  const value = BigInt(power)
  return value < minInt || value > maxInt ? null : int(value)
}

function computeFloats(op: BinaryOperator, left: number, right: number): StaticValue | null {
  switch (op) {
    case '+':
      return { type: 'float', value: left + right }
    case '-':
      return { type: 'float', value: left - right }
    case '*':
      return { type: 'float', value: left * right }
    case '/':
      return { type: 'float', value: left / right }
    case '%':
      return { type: 'float', value: left % right }
    case '^':
      return { type: 'float', value: left ** right }
    default:
      if (Number.isNaN(left) || Number.isNaN(right)) return bool(op === '!=')
      return compared(op, left < right ? -1 : Number(left > right))
  }
}

/** The answer of a comparison from the sign of left minus right; null for other operators. */
function compared(op: BinaryOperator, sign: number): StaticValue | null {
  switch (op) {
    case '=':
      return bool(sign === 0)
    case '!=':
      return bool(sign !== 0)
    case '<':
      return bool(sign < 0)
    case '<=':
      return bool(sign <= 0)
    case '>':
      return bool(sign > 0)
    case '>=':
      return bool(sign >= 0)
    default:
      return null
  }
}

/** The order of UTF-8 bytes, which is that of code points. */
function compareText(left: string, right: string): number {
  const a = Array.from(left)
  const b = Array.from(right)
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function int(value: bigint): StaticValue {
  return { type: 'int', value: BigInt.asIntN(64, value) }
}

function bool(value: boolean): StaticValue {
  return { type: 'bool', value }
}
