/**
 * A filter expression as what a scan takes: predicates on single columns and a test of streams. Every
 * part is necessary, so rows that fail are never read; the filter itself decides afterwards.
 *
 * An attribute may be stored under several types, and an array passes where one of its elements does. A
 * predicate is therefore made only where exactly one stored type of the key can pass; where none can, the
 * scan has no rows at all.
 */
import type { ColumnRef, ColumnType } from '#schemas/column.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import type { Predicate } from '#schemas/predicate.ts'
import { kindNumber, statusNumber } from '#schemas/names/tempo.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'
import type { ColumnName, CompareOperator, Literal } from '../../plan/column.ts'
import { eachColumn, type Expression } from '../../plan/expression.ts'
import type { ListedColumn } from '../source.ts'
import { columnTest, conjuncts, isNumber, type ColumnTest } from './comparison.ts'
import { evaluate } from './evaluate.ts'
import { isOfStream, streamValue } from './row-reader.ts'
import { NumberTest, testTexts, textTest } from './tests.ts'
import { isTrue } from './value.ts'

export interface Narrowed {
  readonly predicates: readonly Predicate[]
  readonly streams: ((identity: StreamIdentity) => boolean) | null
}

/** What the scan may leave out; null when no row can pass. `listed` are the attribute columns there are. */
export function narrow(expression: Expression, listed: readonly ListedColumn[]): Narrowed | null {
  const predicates: Predicate[] = []
  const ofStreams: Expression[] = []
  for (const part of conjuncts(expression)) {
    if (readsOnlyStreams(part)) {
      ofStreams.push(part)
      continue
    }
    const predicate = predicateOf(part, listed)
    if (predicate === 'nothing') return null
    if (predicate !== null) predicates.push(predicate)
  }
  return { predicates, streams: ofStreams.length === 0 ? null : streamTest(ofStreams) }
}

function streamTest(parts: readonly Expression[]): (identity: StreamIdentity) => boolean {
  return (identity) =>
    parts.every((part) => isTrue(evaluate(part, (column) => streamValue(identity, column))))
}

function readsOnlyStreams(expression: Expression): boolean {
  let [reads, only] = [false, true]
  eachColumn(expression, (column) => {
    reads = true
    only &&= isOfStream(column)
  })
  return reads && only
}

type Made = Predicate | 'nothing' | null

function predicateOf(expression: Expression, listed: readonly ListedColumn[]): Made {
  const test = columnTest(expression)
  if (test !== null) {
    return test.column.scope === 'span' ? ofAttribute(test, listed) : ofIntrinsic(test)
  }
  if (expression.kind !== 'exists' || expression.negated) return null
  const { operand } = expression
  if (operand.kind !== 'column' || operand.column.scope !== 'span') return null
  const types = typesOf(operand.column, listed)
  return types.length > 1 ? null : present(types[0] ?? null, operand.column.key)
}

function typesOf({ key }: ColumnName, listed: readonly ListedColumn[]): ColumnType[] {
  return listed.flatMap(({ column }) => (column.key === key ? [column.type] : []))
}

/** Types of stored values that can pass a comparison with the literal; `otlp` stands for arrays. */
function passingTypes({ type }: Literal): readonly ColumnType[] {
  switch (type) {
    case 'string':
      return ['text', 'otlp']
    case 'int':
    case 'float':
    case 'duration':
      return ['int', 'double', 'otlp']
    case 'bool':
      return ['bool', 'otlp']
    default:
      // An empty array is unequal to anything.
      return ['otlp']
  }
}

function ofAttribute(test: ColumnTest, listed: readonly ListedColumn[]): Made {
  const passing = passingTypes(test.literal)
  const types = typesOf(test.column, listed).filter((type) => passing.includes(type))
  const [type] = types
  if (type === undefined) return 'nothing'
  if (types.length > 1) return null
  const column: ColumnRef = { scope: 'attribute', key: test.column.key, type }
  if (type === 'text') return onTexts(column, test, false)
  if (type === 'int' || type === 'double') return onNumbers(column, test)
  return present(type, column.key)
}

/** Rows that have the column, whatever its value. */
function present(type: ColumnType | null, key: string): Made {
  if (type === null) return 'nothing'
  return {
    column: { scope: 'attribute', key, type },
    absent: false,
    literals: [],
    testTexts: (_values, count, out) => void out.fill(1, 0, count),
    testNumbers: (_values, count, out) => void out.fill(1, 0, count),
  }
}

function ofIntrinsic(test: ColumnTest): Made {
  const { column, operator, literal } = test
  if (column.scope !== 'intrinsic') return null
  switch (column.key) {
    case 'duration':
      return isNumber(literal) ? onNumbers(rowColumn(traces, 'duration'), test) : null
    case 'name':
      return onTexts(rowColumn(traces, 'name'), test, true)
    case 'statusMessage':
      return onTexts(rowColumn(traces, 'statusMessage'), test, true)
    case 'status':
      if (literal.type !== 'status' || !isEquality(operator)) return null
      return onWord('statusCode', 2, statusNumber(literal.value), operator === '=')
    case 'kind':
      if (literal.type !== 'kind' || !isEquality(operator)) return null
      return onWord('kind', 5, kindNumber(literal.value), operator === '=')
    default:
      return null
  }
}

function isEquality(operator: CompareOperator): boolean {
  return operator === '=' || operator === '!='
}

function onTexts(
  column: ColumnRef,
  { operator, literal }: ColumnTest,
  emptyIfAbsent: boolean,
): Made {
  if (literal.type !== 'string') return null
  const test = textTest(operator, literal.value)
  const absent = emptyIfAbsent && test.passes(new Uint8Array(0), 0, 0)
  return {
    column,
    absent,
    literals: absent ? [] : test.literals,
    ...(test.equals !== null && !absent && { equals: test.equals }),
    testTexts: (values, count, out) => testTexts(test, values, count, out),
  }
}

function onNumbers(column: ColumnRef, { operator, literal }: ColumnTest): Made {
  if (!isNumber(literal)) return null
  const test = new NumberTest(operator, literal)
  return {
    column,
    absent: false,
    literals: [],
    testNumbers(values, count, out) {
      for (let i = 0; i < count; i++) if (test.mayPass(values[i]!)) out[i] = 1
    },
  }
}

/** Enumerations: 0 when absent or above `last`. */
// oxlint-disable-next-line max-params -- a column with its range, a value and whether it must be equal
function onWord(
  key: 'statusCode' | 'kind',
  last: number,
  wanted: number,
  equal: boolean,
): Predicate {
  return {
    column: rowColumn(traces, key),
    absent: (wanted === 0) === equal,
    literals: [],
    testNumbers(values, count, out) {
      for (let i = 0; i < count; i++) {
        const stored = values[i]! > last ? 0 : values[i]!
        if ((stored === wanted) === equal) out[i] = 1
      }
    },
  }
}
