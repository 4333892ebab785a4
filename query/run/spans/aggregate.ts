/**
 * Aggregates over a spanset: count, min, max, avg, sum. What has no number is left out; with no number at
 * all there is no value. Durations stay durations; an average of integers is a double (traceql.md §5.9).
 */
import type { Expression } from '../../plan/expression.ts'
import type { SpansetScalar } from '../../plan/spans.ts'
import { isNumeric, type Value } from './value.ts'

type Aggregate = Extract<SpansetScalar, { kind: 'aggregate' }>

/** The value over `count` spans; `valuesOf` gives the operand's value of each. */
export function aggregateOf(
  aggregate: Aggregate,
  valuesOf: (operand: Expression) => readonly (Value | null)[],
  count: number,
): Value | null {
  if (aggregate.operand === null) return { type: 'int', value: BigInt(count) }
  const numbers = valuesOf(aggregate.operand).filter((value) => value !== null && isNumeric(value))
  const [first] = numbers
  if (first === undefined) return null
  const type = numbers.every((value) => value.type === first.type) ? first.type : 'float'
  const values = numbers.map(({ value }) => Number(value))
  return typed(numberOf(aggregate.function, values), resultType(aggregate.function, type))
}

type NumericType = 'int' | 'float' | 'duration'

function resultType(name: Aggregate['function'], type: NumericType): NumericType {
  return name === 'avg' && type === 'int' ? 'float' : type
}

function numberOf(name: Aggregate['function'], values: readonly number[]): number {
  switch (name) {
    case 'count':
      return values.length
    case 'min':
      return values.reduce((a, b) => Math.min(a, b))
    case 'max':
      return values.reduce((a, b) => Math.max(a, b))
    case 'sum':
      return values.reduce((a, b) => a + b)
    case 'avg':
      return values.reduce((a, b) => a + b) / values.length
  }
}

function typed(value: number, type: NumericType): Value {
  return type === 'float' ? { type, value } : { type, value: BigInt(Math.trunc(value)) }
}
