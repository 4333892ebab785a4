/**
 * Lengths of time: inside brackets a duration expression with the usual precedences, behind `offset`
 * a narrower form, since an operator there belongs to the expression around it unless parentheses
 * came first (`foo offset -2^2` is `(foo offset -2)^2`). A literal becomes whole milliseconds at
 * once; everything else is kept as a tree for `prepare.ts`.
 */
import { checkHeight } from '../text/depth.ts'
import { parsePromDuration } from '../text/durations.ts'
import type { Span } from '../text/position.ts'
import type { TimeShift } from './nodes.ts'
import {
  durationChildren,
  type DurationBinary,
  type DurationExpr,
  type DurationLiteral,
} from './nodes-duration.ts'
import { readNumber } from './number.ts'
import type { Expectation, Parser } from './parser.ts'
import { powerPrecedence, precedences, type Token } from './tokens.ts'

const unaryPrecedence = powerPrecedence
const enough = 'number, duration, step(), or range()'

/** What time.Duration of Go holds, in seconds. */
const maxSeconds = 2 ** 63 / 1e9

export const rangeExpectation: Expectation = {
  context: 'subquery or range selector',
  expected: enough,
}
export const stepExpectation: Expectation = {
  context: 'subquery selector',
  expected: 'number, duration, step(), range(), or "]"',
}
export const offsetExpectation: Expectation = { context: 'offset', expected: enough }

/** The value of a number or duration token: a number of seconds where a time is wanted. */
export function literalOf(parser: Parser, token: Token): DurationLiteral {
  const { from, to } = token
  const word = parser.wordOf(token)
  if (token.kind === 'duration') {
    const read = parsePromDuration(word)
    if ('error' in read) throw parser.error(token, read.error)
    return { kind: 'literal', seconds: read.ms / 1000, isDuration: true, span: { from, to } }
  }
  const read = readNumber(word)
  if ('error' in read) throw parser.error(token, `error parsing number: ${read.error}`)
  return { kind: 'literal', seconds: read.value, isDuration: false, span: { from, to } }
}

/** A range or a step: as `parseTime`, and a literal must be greater than 0. */
export function parsePositiveTime(parser: Parser, expectation: Expectation): TimeShift {
  const expr = parseDurationExpr(parser, 0, expectation)
  if (expr.kind === 'literal' && !(nanoseconds(expr) > 0)) {
    throw parser.error(expr.span, 'duration must be greater than 0')
  }
  return timeOf(parser, expr)
}

/** What follows `offset`; null for a literal below a millisecond, which is as good as none. */
export function parseOffset(parser: Parser): TimeShift | null {
  const expr = parseOffsetExpr(parser)
  if (expr.kind !== 'literal') return timeOf(parser, expr)
  const time = timeOf(parser, expr)
  if (time.kind === 'fixed' && Math.trunc(time.ms) === 0) return null
  if (expr.seconds < 0 && !parser.options.negativeOffset) {
    throw parser.error(expr.span, 'negative offset is disabled')
  }
  return time
}

/** Rounded, as Prometheus keeps them. */
function nanoseconds({ seconds }: DurationLiteral): number {
  return Math.round(seconds * 1e9)
}

const shape = { children: durationChildren, spanOf: (node: DurationExpr) => node.span }

function timeOf(parser: Parser, expr: DurationExpr): TimeShift {
  if (expr.kind === 'literal') {
    const ms = nanoseconds(expr) / 1e6
    // Less than one is kept, so that it prints as what it was and not as a 0 that is refused.
    return { kind: 'fixed', ms: Math.abs(ms) < 1 ? ms : Math.trunc(ms) }
  }
  checkHeight(expr, parser.taken, shape)
  return { kind: 'computed', expr }
}

function parseOffsetExpr(parser: Parser): DurationExpr {
  const { kind } = parser.peek()
  if (kind === '(') return parseDurationExpr(parser, 0, offsetExpectation)
  if (kind !== '+' && kind !== '-') return parseOperand(parser, offsetExpectation)
  const sign = parser.next()
  if (parser.peek().kind === '+' || parser.peek().kind === '-') {
    const operand = parseDurationExpr(parser, unaryPrecedence, offsetExpectation)
    const expr = continueDuration(parser, negate(parser, sign, operand), 0, offsetExpectation)
    // Two signs let an operator in; without them it would belong to the expression around.
    return expr.kind === 'binary' ? { kind: 'paren', expr, span: expr.span } : expr
  }
  const number = parser.take('number') ?? parser.take('duration')
  if (number !== null) return negate(parser, sign, literalOf(parser, number))
  const operand = parseUnchecked(parser, offsetExpectation)
  const expr = negate(parser, sign, operand)
  // Prometheus lets signed parentheses pass even where duration expressions are off.
  if (operand.kind === 'paren') return expr
  refuseUnlessEnabled(parser, { from: sign.from, to: expr.span.to })
  return expr
}

function parseDurationExpr(
  parser: Parser,
  precedence: number,
  expectation: Expectation,
): DurationExpr {
  parser.depth.enter(parser.peek())
  const { kind } = parser.peek()
  let first: DurationExpr
  if (kind === '+' || kind === '-') {
    const sign = parser.next()
    first = negate(parser, sign, parseDurationExpr(parser, unaryPrecedence, expectation))
  } else {
    first = parseOperand(parser, expectation)
  }
  const expr = continueDuration(parser, first, precedence, expectation)
  parser.depth.leave()
  return expr
}

/** The operators that follow `first` and bind at least as tightly as `precedence`. */
function continueDuration(
  parser: Parser,
  first: DurationExpr,
  precedence: number,
  expectation: Expectation,
): DurationExpr {
  let left = first
  for (;;) {
    const { kind } = parser.peek()
    const binds = precedences.get(kind)
    if (!isDurationOperator(kind) || binds === undefined || binds < precedence) return left
    const operator = parser.next()
    const right = parseDurationExpr(parser, kind === '^' ? binds : binds + 1, expectation)
    left = combine(parser, { kind, operator, left, right })
  }
}

function isDurationOperator(kind: Token['kind']): kind is DurationBinary['op'] {
  return ['+', '-', '*', '/', '%', '^'].includes(kind)
}

interface Combination {
  readonly kind: DurationBinary['op']
  readonly operator: Token
  readonly left: DurationExpr
  readonly right: DurationExpr
}

function combine(parser: Parser, { kind, operator, left, right }: Combination): DurationBinary {
  refuseUnlessEnabled(parser, left.span)
  if ((kind === '/' || kind === '%') && right.kind === 'literal' && right.seconds === 0) {
    throw parser.error(operator, kind === '/' ? 'division by zero' : 'modulo by zero')
  }
  const span = { from: left.span.from, to: right.span.to }
  return { kind: 'binary', op: kind, left, right, span }
}

function parseOperand(parser: Parser, expectation: Expectation): DurationExpr {
  const expr = parseUnchecked(parser, expectation)
  if (expr.kind === 'paren') refuseUnlessEnabled(parser, expr.expr.span)
  else if (expr.kind !== 'literal') refuseUnlessEnabled(parser, expr.span)
  return expr
}

/** An operand, before it is asked whether more than a literal may stand here. */
function parseUnchecked(parser: Parser, expectation: Expectation): DurationExpr {
  const token = parser.peek()
  switch (token.kind) {
    case 'number':
    case 'duration':
      return checkedLiteral(parser, literalOf(parser, parser.next()), token)
    case 'step':
    case 'range':
      return parseOfQuery(parser, token.kind, expectation)
    case 'min_of':
    case 'max_of':
      return parseChoice(parser, token.kind, expectation)
    case '(':
      return parseParen(parser, expectation)
    default:
      return parser.unexpected(expectation)
  }
}

function checkedLiteral(parser: Parser, literal: DurationLiteral, token: Token): DurationLiteral {
  // NaN is refused too; in Go's integers it would be the longest time into the future.
  if (!(Math.abs(literal.seconds) <= maxSeconds)) {
    throw parser.error(token, 'duration out of range')
  }
  return literal
}

function parseOfQuery(
  parser: Parser,
  name: 'step' | 'range',
  expectation: Expectation,
): DurationExpr {
  const { from } = parser.next()
  parser.expect('(', expectation)
  const { to } = parser.expect(')', expectation)
  return { kind: 'query', name, span: { from, to } }
}

function parseChoice(
  parser: Parser,
  name: 'min_of' | 'max_of',
  expectation: Expectation,
): DurationExpr {
  parser.next()
  parser.expect('(', expectation)
  const left = parseDurationExpr(parser, 0, expectation)
  parser.expect(',', expectation)
  const right = parseDurationExpr(parser, 0, expectation)
  parser.expect(')', expectation)
  // Prometheus places it by its arguments.
  const span = { from: left.span.from, to: right.span.to }
  return { kind: 'choice', name, left, right, span }
}

function parseParen(parser: Parser, expectation: Expectation): DurationExpr {
  const open = parser.next()
  parser.depth.enter(open)
  const expr = parseDurationExpr(parser, 0, expectation)
  parser.depth.leave()
  parser.expect(')', expectation)
  if (expr.kind === 'paren') return expr
  const from = expr.kind === 'literal' ? open.from : expr.span.from
  return { kind: 'paren', expr, span: { from, to: expr.span.to } }
}

/** A sign before a duration: plus leaves it alone, minus changes a literal or negates the rest. */
function negate(parser: Parser, sign: Token, expr: DurationExpr): DurationExpr {
  if (expr.kind === 'literal') {
    const seconds = sign.kind === '-' ? -expr.seconds : expr.seconds
    const span = { from: sign.from, to: expr.span.to }
    return checkedLiteral(parser, { ...expr, seconds, span }, sign)
  }
  if (sign.kind === '+') return expr
  return { kind: 'negation', expr, span: { from: sign.from, to: expr.span.to } }
}

function refuseUnlessEnabled(parser: Parser, span: Span): void {
  if (parser.options.durationExpressions) return
  throw parser.error(span, 'experimental duration expression is not enabled')
}
