/**
 * Reads numbers beside aggregates and series. In release 3.0 that is a literal with an optional minus;
 * on main it is arithmetic that is computed at once.
 */
import { foldScalars, negateScalar } from '../fold.ts'
import type { MetricsOperator } from '../nodes/metrics.ts'
import { isNumeric, staticNode, toFloat, type Static } from '../nodes/static.ts'
import { levelOf, rightLevelOf } from '../operators.ts'
import type { TokenKind } from '../token.ts'
import type { Tokens } from './tokens.ts'

const literals = ['INTEGER', 'FLOAT', 'DURATION'] as const

/** Whether a number can begin with this token. */
export function startsConstant(kind: TokenKind): boolean {
  return kind === '-' || (literals as readonly TokenKind[]).includes(kind)
}

/** The number of a threshold, where only a number can stand. */
export function readConstant(tokens: Tokens): Static {
  if (tokens.changes.constantScalars) return climb(tokens, readUnit(tokens), 0)
  if (startsConstant(tokens.peek().kind)) return readLiteral(tokens)
  throw tokens.unexpected([...literals, '-'])
}

/** A literal with its sign; on main also a constant in brackets behind the sign. */
export function readLiteral(tokens: Tokens): Static {
  const token = tokens.take()
  if (token.kind === '-') {
    tokens.operators.enter(token)
    const operand = readNegated(tokens)
    tokens.operators.leave()
    return negateScalar(operand, tokens.since(token.from))
  }
  const span = { from: token.from, to: token.to }
  if (token.kind === 'FLOAT')
    return staticNode({ type: 'float', value: Number(token.number) }, span)
  const type = token.kind === 'INTEGER' ? 'int' : 'duration'
  return staticNode({ type, value: BigInt(token.number) }, span)
}

function readNegated(tokens: Tokens): Static {
  if (tokens.changes.constantScalars) return readUnit(tokens)
  if ((literals as readonly TokenKind[]).includes(tokens.peek().kind)) return readLiteral(tokens)
  throw tokens.unexpected(literals)
}

/** One operand of constant arithmetic on main. */
function readUnit(tokens: Tokens): Static {
  const token = tokens.peek()
  if (startsConstant(token.kind)) return readLiteral(tokens)
  if (token.kind !== '(') throw tokens.unexpected()
  tokens.brackets.enter(tokens.take())
  const value = climb(tokens, readUnit(tokens), 0)
  if (!tokens.is(')')) throw tokens.unexpected()
  tokens.take()
  tokens.brackets.leave()
  return value
}

function climb(tokens: Tokens, first: Static, level: number): Static {
  let left = first
  for (;;) {
    const op = tokens.peek().kind
    if (!isConstantOperator(op) || levelOf(op) < level) return left
    tokens.take()
    const right = climb(tokens, readUnit(tokens), rightLevelOf(op))
    const value = foldScalars(op, left, right)
    if (typeof value === 'string') throw tokens.arithmeticError(value, op)
    left = value
  }
}

/** The arithmetic that constants and series take. */
export function isConstantOperator(kind: TokenKind): kind is MetricsOperator {
  return kind === '+' || kind === '-' || kind === '*' || kind === '/'
}

/** A number of a metrics query; durations count in seconds there. */
export function secondsOf(value: Static): number {
  if (!isNumeric(value)) return Number.NaN
  return value.type === 'duration' ? toFloat(value) / 1e9 : toFloat(value)
}
