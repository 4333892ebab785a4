/**
 * The tokens of one query, one ahead and read on demand, and the syntax errors. Messages are those of
 * Tempo's generated parser: "unexpected X" and, where at most four tokens could follow, "expecting A or B".
 */
import { Depth } from '#query/text/depth.ts'
import type { QueryError, Span } from '#query/text/position.ts'
import { Lexer } from '../lex.ts'
import type { Changes } from '../release.ts'
import { tokenKinds, type Token, type TokenKind } from '../token.ts'

export class Tokens {
  readonly changes: Changes
  /**
   * Brackets and operators are counted apart: printing puts every operand in brackets, and what was
   * allowed to nest by operators alone must still be allowed then.
   */
  readonly brackets = new Depth()
  readonly operators = new Depth()
  readonly #lexer: Lexer
  #ahead: Token | null = null
  #last: Token | null = null
  /** How many tokens were taken. */
  taken = 0

  constructor(text: string, changes: Changes) {
    this.#lexer = new Lexer(text)
    this.changes = changes
  }

  /** The next token, which stays the next one. */
  peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  is(kind: TokenKind): boolean {
    return this.peek().kind === kind
  }

  /** Takes the next token. */
  take(): Token {
    const token = this.peek()
    this.#ahead = null
    this.#last = token
    this.taken++
    return token
  }

  /** Takes the next token if it is of this kind. */
  accept(kind: TokenKind): boolean {
    if (!this.is(kind)) return false
    this.take()
    return true
  }

  /** Takes a token of this kind; `alternatives` could stand here as well and are named in the message. */
  expect(kind: TokenKind, alternatives: readonly TokenKind[] = []): Token {
    if (!this.is(kind)) throw this.unexpected([kind, ...alternatives])
    return this.take()
  }

  /** The range from a token's start to the end of the last token taken. */
  since(from: number): Span {
    return { from, to: Math.max(from, this.#last?.to ?? from) }
  }

  /** The error for the next token; without `expected` where more than four tokens could follow. */
  unexpected(expected: readonly TokenKind[] = []): QueryError {
    const list = expected.toSorted((a, b) => tokenKinds.indexOf(a) - tokenKinds.indexOf(b))
    const tail = list.length === 0 ? '' : `, expecting ${list.join(' or ')}`
    const token = this.peek()
    return this.error(`syntax error: unexpected ${token.kind}${tail}`, token)
  }

  /** A message of our own or of Tempo's, placed at a token. */
  error(message: string, token: Token): QueryError {
    return this.#lexer.error(message, token, token.to)
  }

  /**
   * A message about arithmetic that cannot be done. Nothing binds tighter than `*` and `/` there, so
   * Tempo's parser finds out before it has read on; behind `+` and `-` it has seen one token more.
   */
  arithmeticError(message: string, op: TokenKind): QueryError {
    const readOn = op === '+' || op === '-'
    return this.error(message, readOn ? this.peek() : (this.#last ?? this.peek()))
  }
}
