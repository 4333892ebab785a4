/**
 * What may follow an operand and binds more tightly than every operator: ranges and subqueries in
 * brackets, `offset`, `@`, `anchored`, `smoothed`. Each gives a new node; each is checked against
 * what it follows at once, because Prometheus does so while it parses.
 */
import type { At, Expr, MatrixSelector, Subquery, TimeShift, VectorSelector } from './nodes.ts'
import {
  literalOf,
  parseOffset,
  parsePositiveTime,
  rangeExpectation,
  stepExpectation,
} from './parse-duration.ts'
import type { Parser } from './parser.ts'
import { formatAt } from './print-time.ts'
import type { Token } from './tokens.ts'

type Modified = VectorSelector | MatrixSelector | Subquery

/** `operand` with all modifiers that follow it. */
export function parseModifiers(parser: Parser, operand: Expr): Expr {
  let expr = operand
  for (;;) {
    const token = parser.peek()
    switch (token.kind) {
      case '[':
        expr = parseBrackets(parser, expr)
        break
      case 'offset':
        parser.next()
        expr = withOffset(parser, expr, parseOffset(parser))
        break
      case '@':
        expr = parseAt(parser, expr)
        break
      case 'anchored':
      case 'smoothed':
        parser.next()
        expr = withExtended(parser, expr, token.kind)
        break
      default:
        return expr
    }
  }
}

function parseBrackets(parser: Parser, expr: Expr): Expr {
  const open = parser.next()
  const range = parsePositiveTime(parser, rangeExpectation)
  if (parser.take(':') !== null) return parseSubquery(parser, expr, range)
  const close = parser.expect(']', { context: 'subquery or range', expected: '":" or "]"' })
  const brackets = { from: open.from, to: close.to }
  if (expr.kind !== 'selector') {
    throw parser.error(brackets, 'ranges only allowed for vector selectors')
  }
  if (expr.offset !== null) {
    throw parser.error(brackets, 'no offset modifiers allowed before range')
  }
  if (expr.at !== null) throw parser.error(brackets, 'no @ modifiers allowed before range')
  const span = { from: expr.span.from, to: close.to }
  return { kind: 'matrix', type: 'matrix', selector: expr, range, span }
}

function parseSubquery(parser: Parser, expr: Expr, range: TimeShift): Subquery {
  let step: TimeShift | null = null
  if (parser.peek().kind !== ']') step = parsePositiveTime(parser, stepExpectation)
  const close = parser.expect(']', { context: 'subquery selector', expected: '"]"' })
  const span = { from: expr.span.from, to: close.to }
  return { kind: 'subquery', type: 'matrix', expr, range, step, offset: null, at: null, span }
}

function targetOf(parser: Parser, expr: Expr, modifier: string): Modified {
  if (expr.kind === 'selector' || expr.kind === 'matrix' || expr.kind === 'subquery') return expr
  const allowed = 'an instant vector selector or range vector selector or a subquery'
  throw parser.error(expr.span, `${modifier} modifier must be preceded by ${allowed}`)
}

/** The node with the changes where they belong, its range extended to the last token read. */
function modified(
  node: Modified,
  changes: { offset?: TimeShift | null; at?: At },
  to: number,
): Modified {
  const span = { from: node.span.from, to }
  if (node.kind !== 'matrix') return { ...node, ...changes, span }
  return { ...node, selector: { ...node.selector, ...changes }, span }
}

function withOffset(parser: Parser, expr: Expr, offset: TimeShift | null): Modified {
  const node = targetOf(parser, expr, 'offset')
  const { offset: before } = node.kind === 'matrix' ? node.selector : node
  if (before !== null) throw parser.error(expr.span, 'offset may not be set multiple times')
  return modified(node, { offset }, parser.lastTo)
}

function parseAt(parser: Parser, expr: Expr): Modified {
  const sign = parser.next()
  if (!parser.options.atModifier) throw parser.error(sign, '@ modifier is disabled')
  const at = parseAtValue(parser, expr)
  const node = targetOf(parser, expr, '@')
  const { at: before } = node.kind === 'matrix' ? node.selector : node
  if (before !== null) {
    throw parser.error(expr.span, '@ <timestamp> may not be set multiple times')
  }
  return modified(node, { at }, parser.lastTo)
}

function parseAtValue(parser: Parser, expr: Expr): At {
  const expectation = { context: '@', expected: 'timestamp' }
  const word = parser.take('start') ?? parser.take('end')
  if (word !== null) {
    parser.expect('(', expectation)
    parser.expect(')', expectation)
    return { kind: word.kind === 'start' ? 'start' : 'end' }
  }
  const sign = parser.take('-') ?? parser.take('+')
  const token: Token =
    parser.take('number') ?? parser.take('duration') ?? parser.unexpected(expectation)
  const { seconds } = literalOf(parser, token)
  return atTime(parser, expr, sign?.kind === '-' ? -seconds : seconds)
}

function atTime(parser: Parser, expr: Expr, seconds: number): At {
  // 2^63 is the bound of Go's int64, which Prometheus compares seconds with, not milliseconds.
  if (!(Math.abs(seconds) < 2 ** 63)) {
    const shown = formatAt(seconds)
    throw parser.error(expr.span, `timestamp out of bounds for @ modifier: ${shown}`)
  }
  // Halves away from zero, as Go rounds; the sum makes a negative zero a plain one.
  const ms = Math.abs(seconds * 1000)
  return { kind: 'time', timeMs: Math.sign(seconds) * Math.round(ms) + 0 }
}

function withExtended(parser: Parser, expr: Expr, extended: 'anchored' | 'smoothed'): Expr {
  if (!parser.options.extendedRangeSelectors) {
    throw parser.error(expr.span, `${extended} modifier is experimental and not enabled`)
  }
  if (expr.kind === 'subquery') {
    throw parser.error(expr.span, `${extended} modifier is not supported for subqueries`)
  }
  if (expr.kind !== 'selector' && expr.kind !== 'matrix') {
    throw parser.error(expr.span, `${extended} modifier not implemented`)
  }
  const { extended: before } = expr.kind === 'matrix' ? expr.selector : expr
  if (before !== null && before !== extended) {
    const message = 'anchored and smoothed modifiers cannot be used together'
    throw parser.error(expr.span, message)
  }
  if (expr.kind === 'selector') return { ...expr, extended }
  return { ...expr, selector: { ...expr.selector, extended } }
}
