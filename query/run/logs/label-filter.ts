/**
 * Label filters (logql.md §7), once per distinct text of a label. A text that a number, duration or
 * size filter cannot read keeps its row and sets `__error__`; a row in error passes such filters
 * unseen; a missing label drops the row, except in text filters, where it is empty.
 */
import { parseGoDuration } from '../../text/durations.ts'
import { parseGoFloat } from '../../text/numbers.ts'
import type { CompareOperator, Literal } from '../../plan/column.ts'
import type { Expression } from '../../plan/expression.ts'
import { parseIpRange } from '../../logql/ip.ts'
import { operatorMissing } from '../errors.ts'
import { isInside } from './line-test.ts'
import { parseSize } from './size.ts'
import type { LabelColumn } from './label-column.ts'
import type { LogRows } from './rows.ts'
import { labelName } from './selector.ts'
import { textTest } from './text-test.ts'

export const errorLabel = '__error__'
const filterError = 'LabelFilterErr'

/** Gives back the rows that pass, ascending, of those given. May set the error label. */
export type RowFilter = (rows: LogRows, selection: Uint32Array) => Uint32Array

/** Compiles the condition of a label filter. Throws `regex-invalid` and `not-supported`. */
export function compileLabelFilter(condition: Expression): RowFilter {
  if (condition.kind === 'logic') {
    const left = compileLabelFilter(condition.left)
    const right = compileLabelFilter(condition.right)
    return condition.operator === 'and'
      ? (rows, selection) => right(rows, left(rows, selection))
      : (rows, selection) => either(rows, selection, [left, right])
  }
  if (condition.kind === 'ip') return addressFilter(condition)
  if (condition.kind === 'comparison' && condition.right.kind === 'literal') {
    const { left, operator, right } = condition
    if (left.kind === 'column') return textFilter(left.column.key, operator, right.literal)
    if (left.kind === 'convert' && left.operand.kind === 'column') {
      return numberFilter(left.operand.column.key, left.to, numberTest(operator, right.literal))
    }
  }
  throw operatorMissing.make(`label filters of the form ${condition.kind} are not supported yet`)
}

/** Rows of the first, and of those it drops the rows of the second. */
function either(
  rows: LogRows,
  selection: Uint32Array,
  [first, second]: readonly [RowFilter, RowFilter],
): Uint32Array {
  const kept = new Set(first(rows, selection))
  const others = new Set(
    second(
      rows,
      selection.filter((row) => !kept.has(row)),
    ),
  )
  return selection.filter((row) => kept.has(row) || others.has(row))
}

function textFilter(key: string, operator: CompareOperator, literal: Literal): RowFilter {
  if (!isTextOperator(operator) || literal.type !== 'string') {
    throw operatorMissing.make(
      `label filters with ${operator} on ${literal.type} are not supported`,
    )
  }
  const name = labelName(key)
  const test = textTest(operator, literal.value)
  return (rows, selection) => {
    const { codes, texts } = rows.label(name)
    const passes = texts.map(test)
    return selection.filter((row) => passes[codes[row]!])
  }
}

function isTextOperator(operator: CompareOperator): operator is '=' | '!=' | '=~' | '!~' {
  return operator === '=' || operator === '!=' || operator === '=~' || operator === '!~'
}

function numberTest(operator: CompareOperator, literal: Literal): (value: number) => boolean {
  const want = Number(literal.value)
  switch (operator) {
    case '=':
      return (value) => value === want
    case '!=':
      return (value) => value !== want
    case '<':
      return (value) => value < want
    case '<=':
      return (value) => value <= want
    case '>':
      return (value) => value > want
    case '>=':
      return (value) => value >= want
    case '=~':
    case '!~':
      throw operatorMissing.make(`label filters with ${operator} on numbers are not supported`)
  }
}

const readers: Readonly<Record<'number' | 'duration' | 'bytes', (text: string) => number | null>> =
  {
    number: parseGoFloat,
    bytes: parseSize,
    duration(text) {
      const ns = parseGoDuration(text)
      return ns === null ? null : Number(ns)
    },
  }

function numberFilter(
  key: string,
  to: keyof typeof readers,
  test: (value: number) => boolean,
): RowFilter {
  const name = labelName(key)
  const read = readers[to]
  return (rows, selection) => {
    const errors = rows.label(errorLabel)
    const { codes, texts } = rows.label(name)
    // 0 drops, 1 keeps, 2 keeps in error.
    const outcomes = texts.map((text) => {
      if (text === '') return 0
      const value = read(text)
      return value === null ? 2 : test(value) ? 1 : 0
    })
    const kept = selection.filter((row) => errors.codes[row] !== 0 || outcomes[codes[row]!] !== 0)
    if (outcomes.includes(2)) {
      const failed = kept.filter((row) => errors.codes[row] === 0 && outcomes[codes[row]!] === 2)
      if (failed.length > 0) rows.setLabel(errorLabel, withText(errors, failed, filterError))
    }
    return kept
  }
}

/** The column with a text of its own in some rows. */
export function withText(column: LabelColumn, rows: Uint32Array, text: string): LabelColumn {
  const known = column.texts.indexOf(text)
  const code = known === -1 ? column.texts.length : known
  const codes = column.codes.slice()
  for (const row of rows) codes[row] = code
  return { codes, texts: known === -1 ? [...column.texts, text] : column.texts }
}

function addressFilter({
  column,
  pattern,
  negated,
}: Extract<Expression, { kind: 'ip' }>): RowFilter {
  const name = labelName(column.key)
  const range = parseIpRange(pattern)
  return (rows, selection) => {
    const errors = rows.label(errorLabel)
    const { codes, texts } = rows.label(name)
    const passes = texts.map(
      (text) => text !== '' && (range !== null && isInside(text, range)) !== negated,
    )
    return selection.filter((row) => errors.codes[row] !== 0 || passes[codes[row]!])
  }
}
