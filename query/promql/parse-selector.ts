/**
 * Selectors: `name`, `name{…}`, `{…}`. Inside the braces a matcher is `label op "value"`, with the
 * label quoted or not, or a lone string, which is the metric name.
 */
import { regexProblem } from '../text/regex.ts'
import type { Matcher, MatchOperator, VectorSelector } from './nodes.ts'
import type { Parser } from './parser.ts'
import type { Token } from './tokens.ts'

const context = 'label matching'

/** A selector whose name token, if any, has been consumed. */
export function parseSelector(parser: Parser, name: Token | null): VectorSelector {
  const hasBraces = name === null || parser.peek().kind === '{'
  const from = name?.from ?? parser.peek().from
  let to = name?.to ?? from
  let matchers: Matcher[] = []
  if (hasBraces) ({ matchers, to } = parseMatchers(parser))
  return {
    kind: 'selector',
    type: 'vector',
    name: name === null ? null : parser.wordOf(name),
    matchers,
    offset: null,
    at: null,
    extended: null,
    span: { from, to },
  }
}

function parseMatchers(parser: Parser): { matchers: Matcher[]; to: number } {
  parser.expect('{')
  const matchers: Matcher[] = []
  for (;;) {
    const close = parser.take('}')
    if (close !== null) return { matchers, to: close.to }
    matchers.push(parseMatcher(parser))
    if (parser.take(',') === null && parser.peek().kind !== '}') {
      parser.unexpected({ context, expected: '"," or "}"' })
    }
  }
}

function parseMatcher(parser: Parser): Matcher {
  const token = parser.take('identifier')
  if (token !== null) {
    const op = matchOperator(parser)
    if (op === null) return parser.unexpected({ context, expected: 'label matching operator' })
    return finishMatcher(parser, { name: parser.wordOf(token), from: token.from, op })
  }
  const quoted = parser.expect('string', { context, expected: 'identifier or "}"' })
  const name = parser.unquote(quoted)
  if (!parser.options.utf8Names) throw parser.error(quoted, 'quoted names are not enabled')
  const op = matchOperator(parser)
  if (op !== null) return finishMatcher(parser, { name, from: quoted.from, op })
  return { name: '__name__', op: '=', value: name, span: { from: quoted.from, to: quoted.to } }
}

function matchOperator(parser: Parser): MatchOperator | null {
  const { kind } = parser.peek()
  if (kind !== '=' && kind !== '!=' && kind !== '=~' && kind !== '!~') return null
  parser.next()
  return kind
}

interface MatcherHead {
  readonly name: string
  readonly from: number
  readonly op: MatchOperator
}

function finishMatcher(parser: Parser, { name, from, op }: MatcherHead): Matcher {
  const token = parser.expect('string', { context, expected: 'string' })
  const matcher = { name, op, value: parser.unquote(token), span: { from, to: token.to } }
  const problem = op === '=~' || op === '!~' ? regexProblem(matcher.value) : null
  if (problem !== null) throw parser.error(matcher.span, problem)
  return matcher
}
