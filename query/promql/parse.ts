/**
 * The parser's door: text → checked tree, or one QueryError with Prometheus' message and place.
 * Precedence climbing over the operators; operands and modifiers are in `parse-*.ts`. Time is linear
 * in the text. Memory and stack are bounded: the text by `maxQueryBytes`, recursion and the height
 * of the tree by `maxDepth`, so code that walks a tree may recurse.
 */
import { checkHeight, maxQueryBytes } from '../text/depth.ts'
import { QueryError } from '../text/position.ts'
import { check } from './check.ts'
import { parseError } from './fail.ts'
import { childrenOf, type Expr, type Matcher, type NumberLiteral } from './nodes.ts'
import { defaultOptions, type PromqlOptions } from './options.ts'
import { parseAggregation } from './parse-aggregation.ts'
import { buildBinary, parseBinaryModifiers } from './parse-binary.ts'
import { parseCall } from './parse-call.ts'
import { literalOf } from './parse-duration.ts'
import { parseModifiers } from './parse-modifiers.ts'
import { parseSelector } from './parse-selector.ts'
import { Parser } from './parser.ts'
import {
  aggregatorOf,
  binaryOperatorOf,
  metricNames,
  powerPrecedence,
  precedences,
  type Token,
} from './tokens.ts'

/** The checked tree of an expression. Throws only QueryError. */
export function parse(text: string, options: PromqlOptions = defaultOptions): Expr {
  const parser = startParser(text, options)
  if (parser.peek().kind === 'end of input') {
    throw parseError(text, { from: 0, to: 0 }, 'no expression found in input')
  }
  const expr = parser.expression()
  if (parser.peek().kind !== 'end of input') parser.unexpected()
  check(expr, text)
  checkHeight(expr, parser.taken, shape)
  return expr
}

/**
 * The matchers of one series selector, as the parameters `match[]` of the HTTP API hold; a metric
 * name comes last, as an equality on `__name__`. Whether they must not all match the empty value is
 * the caller's decision.
 */
export function parseSeriesSelector(
  text: string,
  options: PromqlOptions = defaultOptions,
): readonly Matcher[] {
  const parser = startParser(text, options)
  const name = metricNames.has(parser.peek().kind) ? parser.next() : null
  if (name === null && parser.peek().kind !== '{') parser.unexpected()
  const selector = parseSelector(parser, name)
  if (parser.peek().kind !== 'end of input') parser.unexpected()
  if (selector.name === null || name === null) return selector.matchers
  const span = { from: name.from, to: name.to }
  return [...selector.matchers, { name: '__name__', op: '=', value: selector.name, span }]
}

const shape = { children: childrenOf, spanOf: (node: Expr) => node.span }

function startParser(text: string, options: PromqlOptions): Parser {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxQueryBytes) {
    const message = `query of ${bytes} bytes is too long: the limit is ${maxQueryBytes} bytes`
    throw new QueryError(message, { from: 0, to: text.length })
  }
  return new Parser(text, options, (parser) => parseBinary(parser, 0))
}

/** An operand and the operators after it that bind at least as tightly as `precedence`. */
function parseBinary(parser: Parser, precedence: number): Expr {
  parser.depth.enter(parser.peek())
  let left = parseUnary(parser)
  for (;;) {
    const { kind } = parser.peek()
    const op = binaryOperatorOf(kind)
    const binds = precedences.get(kind)
    if (op === null || binds === undefined || binds < precedence) break
    parser.next()
    const modifiers = parseBinaryModifiers(parser)
    const right = parseBinary(parser, op === '^' ? binds : binds + 1)
    left = buildBinary(parser, { op, left, right, modifiers })
  }
  parser.depth.leave()
  return left
}

/** Signs bind like `*`: `-a ^ 2` is `-(a ^ 2)`. */
function parseUnary(parser: Parser): Expr {
  const signs: Token[] = []
  for (;;) {
    const sign = parser.take('+') ?? parser.take('-')
    if (sign === null) break
    parser.depth.enter(sign)
    signs.push(sign)
  }
  if (signs.length === 0) return parseModifiers(parser, parseOperand(parser))
  let expr = parseBinary(parser, powerPrecedence)
  for (const sign of signs.toReversed()) {
    expr = applySign(sign, expr)
    parser.depth.leave()
  }
  return expr
}

/** A literal takes the sign in; anything else becomes a unary expression. */
function applySign(sign: Token, expr: Expr): Expr {
  const op = sign.kind === '-' ? '-' : '+'
  const span = { from: sign.from, to: expr.span.to }
  if (expr.kind === 'number') return { ...expr, value: op === '-' ? -expr.value : expr.value, span }
  return { kind: 'unary', type: expr.type, op, expr, span }
}

function parseOperand(parser: Parser): Expr {
  const { kind } = parser.peek()
  switch (kind) {
    case 'number':
    case 'duration':
      return numberOf(parser, parser.next())
    case 'string':
      return stringOf(parser, parser.next())
    case '(':
      return parseParen(parser)
    case '{':
      return parseSelector(parser, null)
    default:
      return metricNames.has(kind) ? parseNamed(parser, parser.next()) : parser.unexpected()
  }
}

/** What begins with a word: an aggregation, a call, a selector. */
function parseNamed(parser: Parser, name: Token): Expr {
  const follows = parser.peek().kind
  const aggregator = aggregatorOf(name.kind)
  if (aggregator !== null && (follows === '(' || follows === 'by' || follows === 'without')) {
    return parseAggregation(parser, name, aggregator)
  }
  if (follows === '(' && isFunctionName(name)) return parseCall(parser, name)
  return parseSelector(parser, name)
}

const functionWords: ReadonlySet<Token['kind']> = new Set<Token['kind']>([
  'identifier',
  'start',
  'end',
  'step',
  'range',
  'max_of',
  'min_of',
])

function isFunctionName(name: Token): boolean {
  return functionWords.has(name.kind)
}

function numberOf(parser: Parser, token: Token): NumberLiteral {
  const { seconds: value, isDuration, span } = literalOf(parser, token)
  return { kind: 'number', type: 'scalar', value, isDuration, span }
}

function stringOf(parser: Parser, token: Token): Expr {
  const value = parser.unquote(token)
  return { kind: 'string', type: 'string', value, span: { from: token.from, to: token.to } }
}

function parseParen(parser: Parser): Expr {
  const open = parser.next()
  parser.depth.enter(open)
  const expr = parser.expression()
  parser.depth.leave()
  const close = parser.expect(')')
  return { kind: 'paren', type: expr.type, expr, span: { from: open.from, to: close.to } }
}
