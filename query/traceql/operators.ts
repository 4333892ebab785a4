/**
 * The operators: which tokens they are, how tightly they bind, and which types they take. The levels
 * are Tempo's and unlike those of most languages: `&&` and `||` share one level, unary minus binds
 * like binary minus and looser than `*`, and `!` between the two.
 */
import type { ArithmeticOperator, BinaryOperator, Comparison } from './nodes/field.ts'
import type { SpansetOperator } from './nodes/pipeline.ts'
import type { TokenKind } from './token.ts'

/** How tightly each operator binds; higher is tighter. `^` alone groups to the right. */
const levels = {
  '&&': 2,
  '||': 2,
  '=': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '=~': 3,
  '!~': 3,
  '>>': 3,
  '<<': 3,
  '~': 3,
  '!>': 3,
  '!<': 3,
  '!>>': 3,
  '!<<': 3,
  '&>': 3,
  '&<': 3,
  '&>>': 3,
  '&<<': 3,
  '&~': 3,
  '+': 4,
  '-': 4,
  '*': 6,
  '/': 6,
  '%': 6,
  '^': 7,
} as const satisfies { readonly [K in BinaryOperator | SpansetOperator]: number }

/** The least level that the operand of a prefix operator may have. */
export const prefixLevels = { '-': 5, '!': 6 } as const

/** The operand of `nil =` ends before the next comparison. */
export const aboveComparison = 4

const comparisons = new Set<TokenKind>(['=', '!=', '<', '<=', '>', '>='])
const arithmeticOperators = new Set<TokenKind>(['+', '-', '*', '/', '%', '^'])
const otherThanSpanset = new Set<TokenKind>([...arithmeticOperators, '=', '!=', '<=', '>=', '=~'])

export function isBinaryOperator(kind: TokenKind): kind is BinaryOperator {
  switch (kind) {
    case '&&':
    case '||':
    case '=':
    case '!=':
    case '=~':
    case '!~':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
      return true
    default:
      return false
  }
}

export function isComparison(kind: TokenKind): kind is Comparison {
  return comparisons.has(kind)
}

export function isArithmetic(kind: TokenKind): kind is ArithmeticOperator {
  return arithmeticOperators.has(kind)
}

export function isSpansetOperator(kind: TokenKind): kind is SpansetOperator {
  return kind in levels && !otherThanSpanset.has(kind)
}

export function levelOf(op: BinaryOperator | SpansetOperator): number {
  return levels[op]
}

/** The least level of what may stand right of the operator. */
export function rightLevelOf(op: BinaryOperator | SpansetOperator): number {
  return op === '^' ? levels[op] : levels[op] + 1
}
