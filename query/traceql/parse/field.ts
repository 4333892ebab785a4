/** Reads field expressions, by precedence climbing, and the names and literals in them. */
import type { QueryError } from '#query/text/position.ts'
import { foldBinary, foldExistence, foldUnary } from '../fold.ts'
import {
  attributeNode,
  intrinsicNames,
  intrinsicNode,
  scopedIntrinsics,
  type Field,
  type IntrinsicName,
  type Scope,
} from '../nodes/attribute.ts'
import type { FieldExpression } from '../nodes/field.ts'
import {
  maxInt,
  minInt,
  spanKinds,
  staticNode,
  statuses,
  type Static,
  type StaticValue,
} from '../nodes/static.ts'
import { aboveComparison, isBinaryOperator, levelOf, prefixLevels } from '../operators.ts'
import type { Token, TokenKind } from '../token.ts'
import type { Tokens } from './tokens.ts'

/** A field expression whose operators bind at least as tightly as `level`. */
export function readField(tokens: Tokens, level = 0): FieldExpression {
  let left = readOperand(tokens)
  for (;;) {
    const token = tokens.peek()
    const op = token.kind
    if (!isBinaryOperator(op)) return left
    const own = levelOf(op)
    if (own < level) return left
    tokens.take()
    if ((op === '=' || op === '!=') && tokens.accept('nil')) {
      left = foldExistence(op === '!=', left, tokens.since(left.span.from))
      continue
    }
    tokens.operators.enter(token)
    left = foldBinary(op, left, readField(tokens, op === '^' ? own : own + 1))
    tokens.operators.leave()
  }
}

function readOperand(tokens: Tokens): FieldExpression {
  const token = tokens.peek()
  switch (token.kind) {
    case '(': {
      tokens.brackets.enter(tokens.take())
      const inner = readField(tokens)
      if (!tokens.is(')')) throw tokens.unexpected()
      tokens.take()
      tokens.brackets.leave()
      return inner
    }
    case '-':
    case '!': {
      tokens.operators.enter(tokens.take())
      const operand = readField(tokens, prefixLevels[token.kind])
      tokens.operators.leave()
      return foldUnary(token.kind, operand, tokens.since(token.from))
    }
    case 'nil':
      return readNilFirst(tokens)
    default: {
      const value = tryStatic(tokens) ?? tryField(tokens)
      if (value === null) throw tokens.unexpected()
      return value
    }
  }
}

/** `nil = x` and `nil != x`; between two nils both are false. */
function readNilFirst(tokens: Tokens): FieldExpression {
  const { from } = tokens.take()
  const op = tokens.peek().kind
  if (op !== '=' && op !== '!=') throw tokens.unexpected(['=', '!='])
  tokens.take()
  if (tokens.accept('nil')) {
    // In `nil = nil = x` the pair is read first, so this second nil can never begin another check.
    return staticNode({ type: 'bool', value: false }, tokens.since(from))
  }
  tokens.operators.enter(tokens.peek())
  const operand = readField(tokens, aboveComparison)
  tokens.operators.leave()
  return foldExistence(op === '!=', operand, tokens.since(from))
}

const words = new Map<TokenKind, StaticValue>([
  ['true', { type: 'bool', value: true }],
  ['false', { type: 'bool', value: false }],
  ...statuses.map((value): [TokenKind, StaticValue] => [value, { type: 'status', value }]),
  ...spanKinds.map((value): [TokenKind, StaticValue] => [value, { type: 'kind', value }]),
])

/** A literal, or null and nothing taken. */
export function tryStatic(tokens: Tokens): Static | null {
  const token = tokens.peek()
  const value = valueOf(tokens, token)
  if (value === null) return null
  tokens.take()
  return staticNode(value, spanOf(token))
}

function valueOf(tokens: Tokens, token: Token): StaticValue | null {
  switch (token.kind) {
    case 'STRING':
      return { type: 'string', value: token.text }
    case 'INTEGER':
      return { type: 'int', value: BigInt(token.number) }
    case 'FLOAT':
      return { type: 'float', value: Number(token.number) }
    case 'DURATION':
      return { type: 'duration', value: BigInt(token.number) }
    case 'IDENTIFIER':
      if (token.text === 'minInt') return { type: 'int', value: minInt }
      if (token.text === 'maxInt') return { type: 'int', value: maxInt }
      throw tokens.error(`unknown identifier: ${token.text}`, token)
    default:
      return words.get(token.kind) ?? null
  }
}

const plainIntrinsics = new Map<TokenKind, IntrinsicName>(
  intrinsicNames.flatMap((name): [TokenKind, IntrinsicName][] =>
    name.includes(':') ? [] : [[name as TokenKind & IntrinsicName, name]],
  ),
)

/** The scope of an attribute behind this prefix, null for other tokens. */
function scopeOf(kind: TokenKind): Scope | null {
  switch (kind) {
    case '.':
      return 'any'
    case 'span.':
      return 'span'
    case 'resource.':
      return 'resource'
    case 'event.':
      return 'event'
    case 'link.':
      return 'link'
    case 'instrumentation.':
      return 'instrumentation'
    default:
      return null
  }
}

/** An attribute or intrinsic. */
export function readFieldName(tokens: Tokens): Field {
  const field = tryField(tokens)
  if (field === null) throw tokens.unexpected()
  return field
}

/** An attribute or intrinsic, or null and nothing taken. */
function tryField(tokens: Tokens): Field | null {
  const token = tokens.peek()
  const scope = scopeOf(token.kind)
  if (scope !== null) {
    tokens.take()
    return readAttribute(tokens, token, scope, false)
  }
  const plain = plainIntrinsics.get(token.kind)
  if (plain !== undefined) {
    tokens.take()
    return intrinsicNode(plain, spanOf(token))
  }
  if (token.kind === 'parent.') return readParentAttribute(tokens)
  const scoped = scopedIntrinsics[token.kind]
  if (scoped === undefined) return null
  tokens.take()
  const name = Object.hasOwn(scoped, tokens.peek().kind) ? scoped[tokens.peek().kind] : undefined
  if (name === undefined) throw wrongIntrinsic(tokens, scoped)
  tokens.take()
  return intrinsicNode(name, tokens.since(token.from))
}

function readParentAttribute(tokens: Tokens): Field {
  const first = tokens.take()
  const inner = tokens.peek().kind
  if (inner === 'span.' || inner === 'resource.') {
    tokens.take()
    return readAttribute(tokens, first, inner === 'span.' ? 'span' : 'resource', true)
  }
  if (inner !== 'IDENTIFIER') throw tokens.unexpected(['IDENTIFIER', 'resource.', 'span.'])
  return readAttribute(tokens, first, 'any', true)
}

function readAttribute(tokens: Tokens, first: Token, scope: Scope, parent: boolean): Field {
  const name = tokens.expect('IDENTIFIER').text
  const span = tokens.since(first.from)
  tokens.expect('END_ATTRIBUTE')
  return attributeNode({ scope, parent, name, span })
}

function wrongIntrinsic(tokens: Tokens, scoped: { readonly [word: string]: string }): QueryError {
  // The words of the table are spelled as their tokens are named.
  const words = Object.keys(scoped) as TokenKind[]
  return tokens.unexpected(words.length <= 4 ? words : [])
}

function spanOf(token: Token): { from: number; to: number } {
  return { from: token.from, to: token.to }
}
