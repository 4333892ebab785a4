/**
 * Text → tokens, on demand, one pass. The reference scans with Go's scanner for Go's own tokens; the
 * oddities that follow from it are kept: `//` and block comments, Go's number and string rules, a
 * line number that is lost (printed as 0) for every token that was read past the scanner: ranges,
 * durations, sizes, flags and two-character operators.
 *
 * Not kept: a character that the scanner does not classify is no identifier here, so `{@="x"}` is a
 * syntax error.
 */
import {
  Cursor,
  isAlnum,
  isDigit,
  isGoDigit,
  isGoLetter,
  isLetter,
  isSpace,
} from '#query/text/lex.ts'
import { parsePromDuration } from '#query/text/durations.ts'
import { endOfPlainInteger } from '#query/text/plain-number.ts'
import type { Span } from '#query/text/position.ts'
import { unquoteProm } from '#query/text/strings.ts'
import { positionedError } from './error.ts'
import { readNumber } from './lex-number.ts'
import { functionWords, reservedWords, symbols, type TokenKind, variantWords } from './tokens.ts'

export interface Token {
  readonly kind: TokenKind
  readonly span: Span
  /** The name, the number, flag or size as written, or the value of a string. */
  readonly text: string
  /** Nanoseconds of a duration. */
  readonly ns: bigint
  /** Milliseconds of a range, bytes of a size. */
  readonly amount: number
  readonly lineLost: boolean
}

export interface LexOptions {
  /** Whether `variants` and `of` are keywords. */
  readonly variants: boolean
}

const flags = new Set(['--strict', '--keep-empty'])

const byteOrderMark = '\ufeff'

/** Reads tokens from the front of the text; after the end every token is `$end`. */
export class Lexer {
  readonly text: string
  readonly #cursor: Cursor
  readonly #options: LexOptions

  constructor(text: string, options: LexOptions) {
    this.text = text
    this.#cursor = new Cursor(text)
    this.#options = options
    if (text.startsWith(byteOrderMark)) this.#cursor.at = byteOrderMark.length
  }

  /** The next token. Throws QueryError where the text is no token. */
  next(): Token {
    const cursor = this.#cursor
    this.#skipTrivia()
    const from = cursor.at
    const code = cursor.peek()
    if (code === -1) return this.#token('$end', from, '')
    if (isLetter(code) || code === 95) return this.#word(from)
    if (code >= 128 && isGoLetter(this.#pointAt(from))) return this.#word(from)
    if (isDigit(code) || (code === 46 && isDigit(cursor.peek(1)))) return this.#number(from)
    if (code === 34 || code === 96) return this.#string(from, code)
    if (code === 39) throw this.#error('invalid char literal', from)
    if (code === 0) throw this.#error('invalid character NUL', from)
    if (code === 91) return this.#range(from)
    if (code === 45) {
      if (isDigit(cursor.peek(1))) return this.#signed(from)
      const flag = cursor.peek(1) === 45 ? this.#flag(from) : null
      if (flag !== null) return flag
    }
    return this.#symbol(from)
  }

  #token(kind: TokenKind, from: number, text: string, lineLost = false): Token {
    return { kind, span: { from, to: this.#cursor.at }, text, ns: 0n, amount: 0, lineLost }
  }

  #error(message: string, from: number, lineLost = false): Error {
    return positionedError(
      this.text,
      message,
      { from, to: Math.max(from, this.#cursor.at) },
      lineLost,
    )
  }

  #pointAt(at: number): number {
    return this.text.codePointAt(at) ?? -1
  }

  #skipTrivia(): void {
    const cursor = this.#cursor
    for (;;) {
      cursor.skipWhile(isSpace)
      const code = cursor.peek()
      if (code === 35 || (code === 47 && cursor.peek(1) === 47)) this.#skipTo('\n')
      else if (code === 47 && cursor.peek(1) === 42) this.#skipBlockComment()
      else return
    }
  }

  #skipTo(end: string): void {
    const found = this.text.indexOf(end, this.#cursor.at)
    this.#cursor.at = found === -1 ? this.text.length : found
  }

  #skipBlockComment(): void {
    const from = this.#cursor.at
    const end = this.text.indexOf('*/', from + 2)
    if (end === -1) throw this.#error('comment not terminated', from)
    this.#cursor.at = end + 2
  }

  /** Past the letters and digits that stand here; whether all of them are ASCII. */
  #skipName(): boolean {
    const cursor = this.#cursor
    let ascii = true
    for (;;) {
      const code = cursor.peek()
      if (code < 128) {
        if (!isAlnum(code) && code !== 95) return ascii
        cursor.at++
        continue
      }
      const point = this.#pointAt(cursor.at)
      if (!isGoLetter(point) && !isGoDigit(point)) return ascii
      ascii = false
      cursor.at += point > 0xffff ? 2 : 1
    }
  }

  #word(from: number): Token {
    const kind = this.#skipName()
      ? this.#kindOf(this.text, from, this.#cursor.at)
      : this.#kindOfLower(this.#cursor.slice(from).toLowerCase())
    return this.#token(kind ?? 'IDENTIFIER', from, kind ?? this.#cursor.slice(from))
  }

  /** A word with other letters than those of ASCII, some of which are ASCII in lower case. */
  #kindOfLower(word: string): TokenKind | null {
    return this.#kindOf(word, 0, word.length)
  }

  /** The kind of the word that is this part of a text, behind which the cursor stands; null for a name. */
  #kindOf(text: string, from: number, to: number): TokenKind | null {
    const reserved = reservedWords.findLower(text, from, to)
    if (reserved !== null) return reserved
    if (this.#options.variants) {
      const variant = variantWords.findLower(text, from, to)
      if (variant !== null) return variant
    }
    const name = functionWords.findLower(text, from, to)
    return name !== null && this.#callFollows() ? name : null
  }

  /** Whether `(` follows, or a grouping and then `(`. Leaves the cursor where it was. */
  #callFollows(): boolean {
    const cursor = this.#cursor
    if (cursor.peek() === 40) return true
    const { at } = cursor
    try {
      this.#skipTrivia()
      if (cursor.peek() === 40) return true
      const from = cursor.at
      if (!isLetter(cursor.peek())) return false
      this.#skipName()
      const word = cursor.slice(from).toLowerCase()
      if (word !== 'by' && word !== 'without') return false
      this.#skipTrivia()
      return cursor.peek() === 40
    } finally {
      cursor.at = at
    }
  }

  #number(from: number): Token {
    const cursor = this.#cursor
    const end = endOfPlainInteger(this.text, from)
    if (end !== -1) {
      cursor.at = end
      return this.#token('NUMBER', from, cursor.slice(from))
    }
    const number = readNumber(cursor)
    if ('error' in number) throw this.#error(number.error, from)
    const { kind, ns, amount } = number
    const span = { from, to: cursor.at }
    return { kind, span, text: cursor.slice(from), ns, amount, lineLost: kind !== 'NUMBER' }
  }

  /** `-5s` is one token, `-5` is a sign and a number. */
  #signed(from: number): Token {
    const cursor = this.#cursor
    cursor.at = from + 1
    const number = readNumber(cursor)
    if (!('error' in number) && number.kind === 'DURATION') {
      const token = this.#token('DURATION', from, cursor.slice(from), true)
      return { ...token, ns: -number.ns }
    }
    cursor.at = from + 1
    return this.#token('-', from, '-')
  }

  #string(from: number, quote: number): Token {
    const cursor = this.#cursor
    cursor.at++
    const end = endOfPlain(this.text, cursor.at, quote)
    if (end !== -1) {
      cursor.at = end + 1
      return this.#token('STRING', from, this.text.slice(from + 1, end))
    }
    if (quote === 96) this.#skipTo('`')
    else this.#skipString(from)
    if (cursor.peek() !== quote) throw this.#error('literal not terminated', from)
    cursor.at++
    const raw = cursor.slice(from)
    if (!raw.isWellFormed()) throw this.#error('invalid UTF-8 rune', from)
    if (raw.includes('\0')) throw this.#error('invalid character NUL', from)
    const unquoted = unquoteProm(raw)
    if ('error' in unquoted) throw this.#error(unquoted.error, from)
    return this.#token('STRING', from, unquoted.value)
  }

  /** To the closing quote, a newline or the end; throws on an escape that Go does not have. */
  #skipString(from: number): void {
    const cursor = this.#cursor
    for (;;) {
      cursor.skipWhile((code) => code !== 34 && code !== 92 && code !== 10)
      if (cursor.peek() !== 92) return
      const rest = this.text.slice(cursor.at, cursor.at + 10)
      const escape =
        /^\\(?:[abfnrtv\\"]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/.exec(rest)
      if (escape === null) throw this.#error('invalid char escape', from)
      cursor.at += escape[0].length
    }
  }

  #range(from: number): Token {
    const cursor = this.#cursor
    this.#skipTo(']')
    if (cursor.peek() !== 93) throw this.#error("missing closing ']' in duration", from, true)
    const raw = this.text.slice(from + 1, cursor.at)
    cursor.at++
    const duration = parsePromDuration(raw)
    if ('error' in duration) throw this.#error(duration.error, from, true)
    const span = { from, to: cursor.at }
    return { kind: 'RANGE', span, text: raw, ns: 0n, amount: duration.ms, lineLost: true }
  }

  #flag(from: number): Token | null {
    const cursor = this.#cursor
    cursor.skipWhile((code) => code === 45 || isLetter(code))
    const text = cursor.slice(from)
    if (flags.has(text)) return this.#token('PARSER_FLAG', from, text, true)
    cursor.at = from
    return null
  }

  #symbol(from: number): Token {
    const cursor = this.#cursor
    if (endsPair(cursor.peek(1))) {
      const pair = symbols.find(this.text, from, from + 2)
      if (pair !== null) {
        cursor.at = from + 2
        return this.#token(pair, from, pair, true)
      }
    }
    const kind = symbols.find(this.text, from, from + 1)
    const text = kind ?? String.fromCodePoint(this.#pointAt(from))
    cursor.at = from + text.length
    return this.#token(kind ?? 'unknown', from, text)
  }
}

/** The offset of the closing quote where nothing needs a second look before it: no escape, line end, NUL or surrogate; else -1. */
function endOfPlain(text: string, from: number, quote: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code === 92 || code < 32 || (code >= 0xd800 && code <= 0xdfff)) return -1
  }
  return -1
}

/** Whether an operator of two characters may end so: in `=`, `>` or `~`. */
function endsPair(code: number): boolean {
  return code === 61 || code === 62 || code === 126
}
