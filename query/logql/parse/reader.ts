/**
 * What all parts of the parser share: one token of look-ahead, the refusal of an unexpected token
 * with the tokens that could stand there, and the guard against deep nesting.
 *
 * A part names its alternatives where it reads a token, so the grammar itself is the source of the
 * "expecting" lists. Where a construct may also end, the caller reports what is unexpected, as the
 * reference's table-driven parser does after it has finished the construct.
 */
import { Depth } from '#query/text/depth.ts'
import type { QueryError, Span } from '#query/text/position.ts'
import { positionedError } from '../error.ts'
import { Lexer, type LexOptions, type Token } from '../lex.ts'
import { expecting, type TokenKind, tokenName } from '../tokens.ts'

export class Reader {
  readonly #lexer: Lexer
  readonly depth = new Depth()
  #ahead: Token | null = null
  /** The end of the last token taken. */
  #end = 0
  /** How many tokens were taken. */
  taken = 0

  constructor(text: string, options: LexOptions) {
    this.#lexer = new Lexer(text, options)
  }

  /** The next token, not taken. */
  peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  is(kind: TokenKind): boolean {
    return this.peek().kind === kind
  }

  /** Takes the next token, whatever it is. */
  take(): Token {
    const token = this.peek()
    this.#ahead = null
    this.#end = token.span.to
    this.taken++
    return token
  }

  /** Takes the next token when it is of this kind. */
  accept(kind: TokenKind): boolean {
    if (!this.is(kind)) return false
    this.take()
    return true
  }

  /** Takes a token of this kind. `others` are what else could stand here, for the message. */
  expect(kind: TokenKind, ...others: readonly TokenKind[]): Token {
    if (!this.is(kind)) throw this.unexpected(kind, ...others)
    return this.take()
  }

  /** Takes a label name, also a quoted one, which the reference does not have. */
  expectName(...others: readonly TokenKind[]): Token {
    return this.is('STRING') ? this.take() : this.expect('IDENTIFIER', ...others)
  }

  /** The error for the next token; no alternatives when there are too many to list. */
  unexpected(...expected: readonly TokenKind[]): QueryError {
    const token = this.peek()
    const named = token.kind === 'unknown' ? token.text : tokenName(token.kind)
    const message = `syntax error: unexpected ${named}${expecting(expected)}`
    return positionedError(this.#lexer.text, message, token.span, token.lineLost)
  }

  /** From an offset to the end of the last token taken. */
  spanFrom(from: number): Span {
    return { from, to: this.#end }
  }

  /** `item, item` with at least one item, frozen. */
  list<T>(item: () => T): readonly T[] {
    const items = [item()]
    while (this.accept(',')) items.push(item())
    return Object.freeze(items)
  }
}
