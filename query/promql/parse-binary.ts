/**
 * The modifiers between a binary operator and its right operand: `bool`, vector matching, `fill`.
 * And the node itself, which needs to know whether both sides are vectors.
 */
import type { Binary, BinaryOperator, Cardinality, Expr, VectorMatching } from './nodes.ts'
import { literalOf } from './parse-duration.ts'
import { parseGroupingLabels } from './parse-grouping.ts'
import type { Parser } from './parser.ts'
import { expressionStarts } from './tokens.ts'

export interface BinaryModifiers {
  readonly returnBool: boolean
  readonly matching: VectorMatching
}

/** What stands behind the operator, up to the right operand. */
export function parseBinaryModifiers(parser: Parser): BinaryModifiers {
  const returnBool = parser.take('bool') !== null
  const matching = { ...parseMatching(parser), ...parseFills(parser) }
  return { returnBool, matching }
}

type Matching = Omit<VectorMatching, 'fillLeft' | 'fillRight'>

function parseMatching(parser: Parser): Matching {
  const token = parser.take('on') ?? parser.take('ignoring')
  if (token === null) return { cardinality: 'one-to-one', on: false, labels: [], include: [] }
  const on = token.kind === 'on'
  const labels = parseGroupingLabels(parser)
  const group = parser.take('group_left') ?? parser.take('group_right')
  if (group === null) return { cardinality: 'one-to-one', on, labels, include: [] }
  const cardinality = group.kind === 'group_left' ? 'many-to-one' : 'one-to-many'
  // A parenthesis here always begins the list, never the right operand.
  const { kind } = parser.peek()
  const isOperand = kind !== '(' && expressionStarts.has(kind)
  const include = isOperand ? [] : parseGroupingLabels(parser)
  return { cardinality, on, labels, include }
}

type Fills = Pick<VectorMatching, 'fillLeft' | 'fillRight'>

/** `fill (0)`, `fill_left (0)`, `fill_right (0)`, or one of each of the last two in any order. */
function parseFills(parser: Parser): Fills {
  if (parser.take('fill') !== null) {
    const value = parseFillValue(parser)
    return { fillLeft: value, fillRight: value }
  }
  const leftFirst = parseFill(parser, 'fill_left')
  const right = parseFill(parser, 'fill_right')
  const left = leftFirst ?? (right === null ? null : parseFill(parser, 'fill_left'))
  return { fillLeft: left, fillRight: right }
}

function parseFill(parser: Parser, kind: 'fill_left' | 'fill_right'): number | null {
  return parser.take(kind) === null ? null : parseFillValue(parser)
}

function parseFillValue(parser: Parser): number {
  parser.expect('(')
  const sign = parser.take('-') ?? parser.take('+')
  const token = parser.take('number') ?? parser.expect('duration')
  const { seconds } = literalOf(parser, token)
  parser.expect(')')
  return sign?.kind === '-' ? -seconds : seconds
}

interface BinaryParts {
  readonly op: BinaryOperator
  readonly left: Expr
  readonly right: Expr
  readonly modifiers: BinaryModifiers
}

/** The node of an operation. */
export function buildBinary(parser: Parser, { op, left, right, modifiers }: BinaryParts): Binary {
  const span = { from: left.span.from, to: right.span.to }
  const { matching, returnBool } = modifiers
  const fills = matching.fillLeft !== null || matching.fillRight !== null
  if (fills && !parser.options.fillModifiers) {
    throw parser.error(span, 'binop fill modifiers are experimental and not enabled')
  }
  if ((op === '</' || op === '>/') && !parser.options.nativeHistograms) {
    throw parser.error(span, `operator "${op}" is not enabled`)
  }
  const scalars = left.type === 'scalar' && right.type === 'scalar'
  const vectors = left.type === 'vector' && right.type === 'vector'
  const isNeeded = vectors || matching.labels.length > 0 || fills
  return {
    kind: 'binary',
    type: scalars ? 'scalar' : 'vector',
    op,
    returnBool,
    // What is not allowed with scalars is kept here for `check.ts` to refuse.
    matching: isNeeded ? { ...matching, cardinality: cardinalityOf(op, matching) } : null,
    left,
    right,
    span,
  }
}

function cardinalityOf(op: BinaryOperator, { cardinality }: VectorMatching): Cardinality {
  const isSet = op === 'and' || op === 'or' || op === 'unless'
  return isSet && cardinality === 'one-to-one' ? 'many-to-many' : cardinality
}
