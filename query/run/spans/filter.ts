/**
 * Filters rows of a batch by an expression: each part takes an ascending list of rows and gives those
 * that pass, so "and" narrows and "or" merges. Comparisons of span attributes and common intrinsics with
 * a literal read columns and test dictionaries by value; all else is evaluated row by row.
 */
import type { Vector } from '#schemas/column.ts'
import { kindNumber, statusNumber } from '#schemas/names/tempo.ts'
import type { CompareOperator } from '../../plan/column.ts'
import type { Expression } from '../../plan/expression.ts'
import { columnTest, isNumber, type ColumnTest } from './comparison.ts'
import { evaluate } from './evaluate.ts'
import { attributeValue, type RowReader } from './row-reader.ts'
import { NumberTest, textTest, type TextTest } from './tests.ts'
import { compareValues, isTrue, literalValue } from './value.ts'

/** The rows of `rows` that pass, ascending; `rows` is not changed. */
export type RowFilter = (reader: RowReader, rows: Uint32Array) => Uint32Array

export function rowFilter(expression: Expression): RowFilter {
  switch (expression.kind) {
    case 'literal': {
      const keep = isTrue(literalValue(expression.literal))
      return (_reader, rows) => (keep ? rows : none)
    }
    case 'logic': {
      const left = rowFilter(expression.left)
      const right = rowFilter(expression.right)
      if (expression.operator === 'and') {
        return (reader, rows) => {
          const kept = left(reader, rows)
          return kept.length === 0 ? kept : right(reader, kept)
        }
      }
      return (reader, rows) => {
        const kept = left(reader, rows)
        if (kept.length === rows.length) return kept
        return merged(kept, right(reader, without(rows, kept)))
      }
    }
    case 'not': {
      if (!isBoolean(expression.operand)) return rowByRow(expression)
      const inner = rowFilter(expression.operand)
      return (reader, rows) => without(rows, inner(reader, rows))
    }
    case 'exists':
      return existsFilter(expression)
    case 'comparison': {
      const test = columnTest(expression)
      return (test === null ? null : comparisonFilter(test)) ?? rowByRow(expression)
    }
    default:
      return rowByRow(expression)
  }
}

const none = new Uint32Array(0)

/** Whether the expression is true or false for every row, never nil or another type. */
function isBoolean({ kind }: Expression): boolean {
  return kind === 'comparison' || kind === 'logic' || kind === 'exists'
}

function rowByRow(expression: Expression): RowFilter {
  return (reader, rows) =>
    keep(rows, (row) => {
      reader.row = row
      return isTrue(evaluate(expression, reader.get))
    })
}

function keep(rows: Uint32Array, passes: (row: number) => boolean): Uint32Array {
  const out = new Uint32Array(rows.length)
  let count = 0
  for (let i = 0; i < rows.length; i++) if (passes(rows[i]!)) out[count++] = rows[i]!
  return out.subarray(0, count)
}

/** The rows of `rows` that are not in `some`, both ascending, `some` a part of `rows`. */
function without(rows: Uint32Array, some: Uint32Array): Uint32Array {
  const out = new Uint32Array(rows.length - some.length)
  for (let i = 0, at = 0, next = 0; i < rows.length; i++) {
    if (next < some.length && rows[i] === some[next]) next++
    else out[at++] = rows[i]!
  }
  return out
}

/** Two ascending lists without common rows as one. */
function merged(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const out = new Uint32Array(a.length + b.length)
  for (let i = 0, k = 0, at = 0; at < out.length; at++) {
    out[at] = k >= b.length || (i < a.length && a[i]! < b[k]!) ? a[i++]! : b[k++]!
  }
  return out
}

function existsFilter(expression: Extract<Expression, { kind: 'exists' }>): RowFilter {
  const { operand, negated } = expression
  if (operand.kind !== 'column' || operand.column.scope !== 'span') return rowByRow(expression)
  const { key } = operand.column
  return (reader, rows) => {
    const vectors = reader.attributes(key)
    if (vectors.length === 0) return negated ? rows : none
    return keep(rows, (row) => {
      const found = vectors.find(({ present }) => present === null || present[row] === 1)
      // An attribute without a value is stored, and nil.
      const there =
        found !== undefined && (found.type !== 'otlp' || attributeValue(found, row) !== null)
      return there !== negated
    })
  }
}

function comparisonFilter(test: ColumnTest): RowFilter | null {
  const { column } = test
  if (column.scope === 'span') return attributeFilter(column.key, test)
  if (column.scope !== 'intrinsic') return null
  const { operator, literal } = test
  if (column.key === 'duration' && isNumber(literal)) {
    const number = new NumberTest(operator, literal)
    return (reader, rows) => filterNumbers(reader.vector('duration'), rows, number)
  }
  if (column.key === 'name' || column.key === 'statusMessage') {
    const field = column.key
    if (literal.type !== 'string') return null
    const text = textTest(operator, literal.value)
    return (reader, rows) => filterTexts(reader.vector(field), rows, text, true)
  }
  // The check lets words be compared for equality only.
  if (operator !== '=' && operator !== '!=') return null
  if (literal.type === 'status' && column.key === 'status') {
    return wordFilter('statusCode', operator, statusNumber(literal.value))
  }
  if (literal.type === 'kind' && column.key === 'kind') {
    return wordFilter('kind', operator, kindNumber(literal.value))
  }
  return null
}

/** Enumerations by number; a row without a value has 0, and a number that is out of range counts as 0. */
function wordFilter(
  key: 'statusCode' | 'kind',
  operator: CompareOperator,
  wanted: number,
): RowFilter {
  const last = key === 'kind' ? 5 : 2
  const equal = operator === '='
  return (reader, rows) => {
    const vector = reader.vector(key)
    return keep(rows, (row) => {
      const has = vector?.kind === 'words' && (vector.present === null || vector.present[row] === 1)
      const stored = has ? (vector.values[row] ?? 0) : 0
      return ((stored > last ? 0 : stored) === wanted) === equal
    })
  }
}

/** A span attribute against a literal: each type that occurs by its own rules. */
function attributeFilter(key: string, { operator, literal }: ColumnTest): RowFilter {
  const text = literal.type === 'string' ? textTest(operator, literal.value) : null
  const number = isNumber(literal) ? new NumberTest(operator, literal) : null
  const value = literalValue(literal)
  const ofType = (vector: Vector, rows: Uint32Array): Uint32Array => {
    if (vector.type === 'text') return text === null ? none : filterTexts(vector, rows, text, false)
    if (vector.type === 'int' || vector.type === 'double') {
      return number === null ? none : filterNumbers(vector, rows, number)
    }
    if (vector.type === 'bytes') return none
    return keep(rows, (row) => {
      if (vector.present !== null && vector.present[row] === 0) return false
      return compareValues(operator, attributeValue(vector, row), value)
    })
  }
  return (reader, rows) => {
    let kept: Uint32Array = none
    for (const vector of reader.attributes(key)) {
      // A key that a span carries twice may have two types; the row is one all the same.
      kept = merged(kept, ofType(vector, kept.length === 0 ? rows : without(rows, kept)))
    }
    return kept
  }
}

function filterNumbers(vector: Vector | null, rows: Uint32Array, test: NumberTest): Uint32Array {
  if (vector === null) return none
  const { present } = vector
  const out = new Uint32Array(rows.length)
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (present !== null && present[row] === 0) continue
    const passes =
      vector.kind === 'longs'
        ? test.passesLong(vector.lo[row]!, vector.hi[row]!)
        : vector.kind === 'doubles' && test.passesDouble(vector.values[row]!)
    if (passes) out[count++] = row
  }
  return out.subarray(0, count)
}

/** `emptyIfAbsent`: a row without a value is tested as the empty text. A dictionary's values are tested when first met. */
// oxlint-disable-next-line max-params -- column, rows, test and what absence means
function filterTexts(
  vector: Vector | null,
  rows: Uint32Array,
  test: TextTest,
  emptyIfAbsent: boolean,
): Uint32Array {
  const absent = emptyIfAbsent && test.passes(new Uint8Array(0), 0, 0)
  if (vector === null) return absent ? rows : none
  const { present } = vector
  if (vector.kind !== 'dictionary' && vector.kind !== 'texts') return none
  const { offsets, bytes } = vector.kind === 'dictionary' ? vector.values : vector.texts
  const codes = vector.kind === 'dictionary' ? vector.codes : null
  const known = new Uint8Array(codes === null ? 0 : offsets.length)
  const out = new Uint32Array(rows.length)
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (present !== null && present[row] === 0) {
      if (absent) out[count++] = row
      continue
    }
    const at = codes === null ? row : codes[row]!
    let answer = codes === null ? 0 : known[at]!
    if (answer === 0) {
      answer = test.passes(bytes, offsets[at]!, offsets[at + 1]!) ? 2 : 1
      if (codes !== null) known[at] = answer
    }
    if (answer === 2) out[count++] = row
  }
  return out.subarray(0, count)
}
