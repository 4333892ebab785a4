/**
 * The types of expressions and the rules by which operators take them. `attribute` is the type of what
 * only the data decide; it goes with everything. Arrays occur in data only, there are no array literals.
 */
import type { IntrinsicName } from './nodes/attribute.ts'
import type { BinaryOperator } from './nodes/field.ts'

export type ElementType = 'int' | 'float' | 'string' | 'bool'
export type ValueType =
  | 'nil'
  | 'spanset'
  | 'attribute'
  | ElementType
  | `${ElementType}[]`
  | 'duration'
  | 'status'
  | 'kind'

/** As Tempo types them: the names and versions of instrumentation scopes count as unknown there. */
export const intrinsicTypes: { readonly [N in IntrinsicName]: ValueType } = {
  duration: 'duration',
  name: 'string',
  status: 'status',
  statusMessage: 'string',
  kind: 'kind',
  parent: 'nil',
  rootName: 'string',
  rootServiceName: 'string',
  traceDuration: 'duration',
  nestedSetLeft: 'int',
  nestedSetRight: 'int',
  nestedSetParent: 'int',
  'trace:id': 'string',
  'span:id': 'string',
  'span:parentID': 'string',
  'span:childCount': 'int',
  'event:name': 'string',
  'event:timeSinceStart': 'duration',
  'link:traceID': 'string',
  'link:spanID': 'string',
  'instrumentation:name': 'attribute',
  'instrumentation:version': 'attribute',
}

export function isNumericType(type: ValueType): boolean {
  return type === 'int' || type === 'float' || type === 'duration'
}

/** Whether two operands can meet, whatever the operator. */
export function typesMatch(left: ValueType, right: ValueType): boolean {
  if (left === 'attribute' || right === 'attribute' || left === right) return true
  if (left === 'nil' || right === 'nil') return true
  if (isNumericType(left) && isNumericType(right)) return true
  const leftElement = elementOf(left)
  if (leftElement !== null) return typesMatch(leftElement, right)
  const rightElement = elementOf(right)
  return rightElement !== null && typesMatch(left, rightElement)
}

const elements: { readonly [T in ValueType]?: ElementType } = {
  'int[]': 'int',
  'float[]': 'float',
  'string[]': 'string',
  'bool[]': 'bool',
}

function elementOf(type: ValueType): ElementType | null {
  return elements[type] ?? null
}

const equality = ['=', '!='] as const
const order = ['<', '<=', '>', '>='] as const
const arithmetic = ['+', '-', '*', '/', '%', '^'] as const

const numericOperators = new Set<BinaryOperator>([...arithmetic, ...equality, ...order])
const stringOperators = new Set<BinaryOperator>([...equality, ...order, '=~', '!~'])
const boolOperators = new Set<BinaryOperator>([...equality, '&&', '||'])
const equalityOperators = new Set<BinaryOperator>(equality)

const operators: { readonly [T in ValueType]: ReadonlySet<BinaryOperator> | 'all' } = {
  attribute: 'all',
  nil: equalityOperators,
  spanset: new Set(),
  int: numericOperators,
  float: numericOperators,
  duration: numericOperators,
  'int[]': numericOperators,
  'float[]': numericOperators,
  string: stringOperators,
  'string[]': stringOperators,
  bool: boolOperators,
  'bool[]': boolOperators,
  status: equalityOperators,
  kind: equalityOperators,
}

/** Whether the operator takes both types. */
export function operatorTakes(op: BinaryOperator, left: ValueType, right: ValueType): boolean {
  return takes(op, left) && takes(op, right)
}

function takes(op: BinaryOperator, type: ValueType): boolean {
  const allowed = operators[type]
  return allowed === 'all' || allowed.has(op)
}

/** Whether a prefix operator takes the type. */
export function prefixTakes(op: '-' | '!', type: ValueType): boolean {
  if (type === 'attribute') return true
  return op === '-' ? isNumericType(type) : type === 'bool'
}

/** The type of `left op right`: bool for comparisons and logic, else that of the side that is known. */
export function resultType(op: BinaryOperator, left: ValueType, right: ValueType): ValueType {
  if (!(arithmetic as readonly string[]).includes(op)) return 'bool'
  return left === 'attribute' ? right : left
}
