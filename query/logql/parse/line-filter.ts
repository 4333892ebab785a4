/**
 * `|= "a" or ip("b")`: an operator and its alternatives.
 */
import type { LineFilter, LineOperator, LineTest } from '../nodes.ts'
import { freeze } from '../nodes.ts'
import type { Reader } from './reader.ts'

export const lineOperators: readonly LineOperator[] = ['|=', '!=', '|~', '!~', '|>', '!>']

/** The operator when the next token begins a line filter. */
export function lineOperator(reader: Reader): LineOperator | null {
  const { kind } = reader.peek()
  switch (kind) {
    case '|=':
    case '!=':
    case '|~':
    case '!~':
    case '|>':
    case '!>':
      return kind
    default:
      return null
  }
}

export function parseLineFilter(reader: Reader, op: LineOperator): LineFilter {
  const { from } = reader.take().span
  const alternatives = [parseLineTest(reader)]
  while (reader.accept('or')) alternatives.push(parseLineTest(reader))
  Object.freeze(alternatives)
  return freeze({ kind: 'line-filter', span: reader.spanFrom(from), op, alternatives })
}

function parseLineTest(reader: Reader): LineTest {
  const { from } = reader.peek().span
  const ip = reader.is('ip')
  const value = ip ? parseIp(reader) : reader.expect('STRING', 'ip').text
  return freeze({ kind: 'line-test', span: reader.spanFrom(from), ip, value })
}

/** `ip("argument")`, of line and label filters. */
export function parseIp(reader: Reader): string {
  reader.expect('ip')
  reader.expect('(')
  const { text } = reader.expect('STRING')
  reader.expect(')')
  return text
}
