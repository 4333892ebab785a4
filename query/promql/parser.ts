/**
 * What the parts of the parser share: the tokens with one of look-ahead, the switches, the guard of
 * nesting, and how a syntax error is worded. The grammar is spread over `parse-*.ts` by family; each
 * part consumes its tokens from here and asks for operands through `expression`, which `parse.ts`
 * hands in, so the parts need not import one another in a circle.
 *
 * A token is read only when the grammar needs to see it. That fixes which of two mistakes is
 * reported: the one Prometheus' parser meets first.
 */
import { Depth } from '../text/depth.ts'
import type { QueryError, Span } from '../text/position.ts'
import { unquoteProm } from '../text/strings.ts'
import { parseError } from './fail.ts'
import { Lexer } from './lex.ts'
import type { Expr } from './nodes.ts'
import type { PromqlOptions } from './options.ts'
import { describeToken, type Token, type TokenKind } from './tokens.ts'

/** Where a syntax error happened and what could have stood there; both may be empty. */
export interface Expectation {
  readonly context: string
  readonly expected: string
}

export class Parser {
  readonly text: string
  readonly options: PromqlOptions
  readonly depth = new Depth()
  /** How many unfinished aggregations are open here: errors without a context name them. */
  aggregations = 0
  /** Where the last consumed token ended. */
  lastTo = 0
  /** How many tokens were consumed. */
  taken = 0
  readonly #lexer: Lexer
  readonly #expression: (parser: Parser) => Expr
  #ahead: Token | null = null

  constructor(text: string, options: PromqlOptions, expression: (parser: Parser) => Expr) {
    this.text = text
    this.options = options
    this.#lexer = new Lexer(text)
    this.#expression = expression
  }

  /** A whole expression, of any precedence. */
  expression(): Expr {
    return this.#expression(this)
  }

  peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  next(): Token {
    const token = this.peek()
    this.#ahead = null
    this.lastTo = token.to
    this.taken++
    return token
  }

  /** The next token when it is of this kind, else null and nothing is consumed. */
  take(kind: TokenKind): Token | null {
    return this.peek().kind === kind ? this.next() : null
  }

  /** The next token, which must be of this kind. */
  expect(kind: TokenKind, expectation?: Expectation): Token {
    return this.take(kind) ?? this.unexpected(expectation)
  }

  wordOf(token: Token): string {
    return this.text.slice(token.from, token.to)
  }

  /** The value of a string token. The lexer let through only what can be unquoted. */
  unquote(token: Token): string {
    const word = this.wordOf(token)
    const unquoted = unquoteProm(word)
    if ('value' in unquoted) return unquoted.value
    throw this.error(token, `error unquoting string ${word}: ${unquoted.error}`)
  }

  error(span: Span, message: string): QueryError {
    return parseError(this.text, { from: span.from, to: span.to }, message)
  }

  /** Refuses the next token. */
  unexpected(expectation?: Expectation): never {
    const token = this.peek()
    let message = `unexpected ${describeToken(this.text, token)}`
    const context = expectation?.context ?? (this.aggregations > 0 ? 'aggregation' : '')
    if (context !== '') message += ` in ${context}`
    if (expectation !== undefined && expectation.expected !== '') {
      message += `, expected ${expectation.expected}`
    }
    throw this.error(token, message)
  }
}
