/**
 * `{a="b", c=~"d"}` and single matchers, which drop and keep use too.
 */
import type { Matcher, MatchOperator, Selector } from '../nodes.ts'
import { freeze } from '../nodes.ts'
import type { Token } from '../lex.ts'
import type { Reader } from './reader.ts'

const matchOperators: readonly MatchOperator[] = ['=', '!=', '=~', '!~']

/** The operator when the next token is one of a matcher. */
export function matchOperator(reader: Reader): MatchOperator | null {
  const { kind } = reader.peek()
  return kind === '=' || kind === '!=' || kind === '=~' || kind === '!~' ? kind : null
}

export function parseSelector(reader: Reader): Selector {
  const open = reader.expect('{')
  if (reader.accept('}')) {
    return freeze({
      kind: 'selector',
      span: reader.spanFrom(open.span.from),
      matchers: Object.freeze([]),
    })
  }
  const matchers = [parseMatcher(reader, reader.expectName('}'))]
  while (reader.accept(',')) matchers.push(parseMatcher(reader, reader.expectName()))
  reader.expect('}', ',')
  Object.freeze(matchers)
  return freeze({ kind: 'selector', span: reader.spanFrom(open.span.from), matchers })
}

function parseMatcher(reader: Reader, name: Token): Matcher {
  const op = matchOperator(reader)
  if (op === null) throw reader.unexpected(...matchOperators)
  reader.take()
  return matcherOf(reader, name, op)
}

/** A matcher whose name and operator were taken. */
export function matcherOf(reader: Reader, name: Token, op: MatchOperator): Matcher {
  const { text: value } = reader.expect('STRING')
  const span = reader.spanFrom(name.span.from)
  return freeze({ kind: 'matcher', span, name: name.text, op, value })
}
