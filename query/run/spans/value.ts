/**
 * Values of TraceQL while a query runs, and how two of them compare (traceql.md §5.2-5.5). Null stands
 * for nil. Integers and durations are 64-bit. An array with `many` holds one value per event or link of
 * the span, possibly of several types; without it, it is an attribute that is an array of one type.
 */
import { compile, type Matcher } from '#base/regex/match.ts'
import type { Attribute, AttributeValue } from '#schemas/attribute.ts'
import type { CompareOperator, Literal } from '../../plan/column.ts'
import { executionFailed } from '../errors.ts'

export type Value =
  | { readonly type: 'int' | 'duration'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string' | 'status' | 'kind'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'array'; readonly many: boolean; readonly value: readonly Value[] }
  /** Bytes, maps and arrays of several types: shown, and there, but equal to nothing. */
  | { readonly type: 'other'; readonly value: AttributeValue }

type Numeric = Extract<Value, { type: 'int' | 'duration' | 'float' }>

export const yes: Value = { type: 'bool', value: true }
export const no: Value = { type: 'bool', value: false }

export function boolean(value: boolean): Value {
  return value ? yes : no
}

export function isTrue(value: Value | null): boolean {
  return value !== null && value.type === 'bool' && value.value
}

export function isNumeric(value: Value): value is Numeric {
  return value.type === 'int' || value.type === 'float' || value.type === 'duration'
}

/** An attribute's value; null for an empty one. */
export function valueOf(value: AttributeValue): Value | null {
  switch (value.type) {
    case 'text':
      return { type: 'string', value: value.value }
    case 'int':
      return { type: 'int', value: BigInt(value.value) }
    case 'double':
      return { type: 'float', value: value.value }
    case 'bool':
      return boolean(value.value)
    case 'empty':
      return null
    case 'array':
      return arrayOf(value)
    case 'bytes':
    case 'map':
      return { type: 'other', value }
  }
}

function arrayOf(value: Extract<AttributeValue, { type: 'array' }>): Value {
  const items = value.value.map(valueOf)
  const elements = items.filter((item) => item !== null)
  const [first] = elements
  const scalar = first?.type !== 'other' && first?.type !== 'array'
  if (!scalar || elements.length < items.length || elements.some((e) => e.type !== first?.type)) {
    if (items.length > 0) return { type: 'other', value }
  }
  return { type: 'array', many: false, value: elements }
}

/** The value of the last attribute with this key; null when there is none. */
export function attributeOf(attributes: readonly Attribute[], key: string): Value | null {
  const found = attributes.findLast((attribute) => attribute.key === key)
  return found === undefined ? null : valueOf(found.value)
}

/** The values of events or links: none is nil, one stands for itself. */
export function manyOf(values: readonly Value[]): Value | null {
  if (values.length <= 1) return values[0] ?? null
  return { type: 'array', many: true, value: values }
}

const literals = new WeakMap<Literal, Value>()

/** A literal as a value; nil and arrays do not occur in expressions. */
export function literalValue(literal: Literal): Value | null {
  const known = literals.get(literal)
  if (known !== undefined) return known
  const value = ofLiteral(literal)
  if (value !== null) literals.set(literal, value)
  return value
}

function ofLiteral(literal: Literal): Value | null {
  switch (literal.type) {
    case 'int':
      return { type: 'int', value: BigInt(literal.value) }
    case 'duration':
      return { type: 'duration', value: BigInt(Math.trunc(literal.value)) }
    case 'bytes':
      return { type: 'int', value: BigInt(Math.trunc(literal.value)) }
    case 'float':
      return { type: 'float', value: literal.value }
    case 'bool':
      return boolean(literal.value)
    case 'string':
    case 'status':
    case 'kind':
      return { type: literal.type, value: literal.value }
    case 'nil':
    case 'array':
      return null
  }
}

/** `left operator right`: false when either is nil or the types do not go together. */
export function compareValues(
  operator: CompareOperator,
  left: Value | null,
  right: Value | null,
): boolean {
  if (left === null || right === null) return false
  const [a, b] = [left.type === 'array', right.type === 'array']
  if (!a && !b) return compareScalars(operator, left, right)
  if (a && b) throw arraysOnly()
  const elements = left.type === 'array' ? left.value : right.type === 'array' ? right.value : []
  const test = a
    ? (element: Value) => compareScalars(operator, element, right)
    : (element: Value) => compareScalars(operator, left, element)
  const every = operator === '!=' || operator === '!~'
  return every ? elements.every(test) : elements.some(test)
}

export function arraysOnly() {
  return executionFailed.make('array operators must consist of a scalar and an array operand')
}

function compareScalars(operator: CompareOperator, left: Value, right: Value): boolean {
  if (isNumeric(left) && isNumeric(right)) return compareNumbers(operator, left, right)
  if (left.type === 'string' && right.type === 'string') {
    if (operator === '=~') return matcherOf(right.value).testText(left.value)
    if (operator === '!~') return !matcherOf(right.value).testText(left.value)
    return holds(operator, compareText(left.value, right.value))
  }
  // What is only shown (maps, bytes, arrays of several types) equals nothing and is unequal to nothing.
  if (left.type !== right.type || left.type === 'other') return false
  if (operator === '=') return left.value === right.value
  return operator === '!=' && left.value !== right.value
}

function compareNumbers(operator: CompareOperator, left: Numeric, right: Numeric): boolean {
  if (left.type !== 'float' && right.type !== 'float') {
    const [a, b] = [left.value, right.value]
    return holds(operator, a < b ? -1 : Number(a > b))
  }
  const [a, b] = [Number(left.value), Number(right.value)]
  if (Number.isNaN(a) || Number.isNaN(b)) return operator === '!='
  return holds(operator, a < b ? -1 : Number(a > b))
}

/** Whether a comparison holds, by the sign of left minus right. */
export function holds(operator: CompareOperator, sign: number): boolean {
  switch (operator) {
    case '=':
      return sign === 0
    case '!=':
      return sign !== 0
    case '<':
      return sign < 0
    case '<=':
      return sign <= 0
    case '>':
      return sign > 0
    case '>=':
      return sign >= 0
    case '=~':
    case '!~':
      return false
  }
}

/** The order of UTF-8 bytes: that of code units but for surrogates, which stand above all others. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)]
    if (a !== b) return rank(a) - rank(b)
  }
  return left.length - right.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

/** Patterns of the running queries; a worker meets few, and the cache is emptied when they are many. */
const matchers = new Map<string, Matcher>()
const maxMatchers = 100

/** The compiled pattern, anchored on both ends. */
export function matcherOf(pattern: string): Matcher {
  let matcher = matchers.get(pattern)
  if (matcher === undefined) {
    if (matchers.size >= maxMatchers) matchers.clear()
    matcher = compile(pattern, { anchored: true })
    matchers.set(pattern, matcher)
  }
  return matcher
}
