/**
 * The lexer: text → one token per call of `next`, comments left out. It has three modes, as
 * Prometheus' has, because what a character means depends on where it stands: outside, inside `{}`
 * (only names, strings and matching operators) and directly behind `[` (a duration expression; after
 * its first number the lexer falls back to the outer mode and remembers the open bracket). It also
 * counts parentheses, so an unclosed one is reported here and not by the grammar.
 *
 * Linear: it never looks at a character more than a constant number of times, except `fill`, which
 * looks over blanks to see whether a parenthesis follows. Throws only positioned QueryErrors.
 */
import { Cursor, isDigit, isLetter, isSpace } from '../text/lex.ts'
import { quoteGo } from '../text/strings.ts'
import { parseError } from './fail.ts'
import { scanDurationRest, scanNumber } from './lex-number.ts'
import { scanString } from './lex-string.ts'
import { describeRune } from './rune.ts'
import { keywordAt, type Token, type TokenKind } from './tokens.ts'

const durationWords: ReadonlySet<TokenKind> = new Set(['step', 'range', 'max_of', 'min_of'])
const fillWords: ReadonlySet<TokenKind> = new Set(['fill', 'fill_left', 'fill_right'])

/** A letter or an underscore: what names begin with. */
function isAlpha(code: number): boolean {
  return isLetter(code) || code === 0x5f
}

/** Tokens of one character that mean the same outside and in a duration expression. */
const arithmetic: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ['+', '+'],
  ['-', '-'],
  ['*', '*'],
  ['/', '/'],
  ['%', '%'],
  ['^', '^'],
  [',', ','],
])

export class Lexer {
  readonly #cursor: Cursor
  #from = 0
  #parens = 0
  #inBraces = false
  #inBrackets = false
  #inDuration = false
  #sawColon = false
  #sawDuration = false

  constructor(text: string) {
    this.#cursor = new Cursor(text)
  }

  /** The next token; at the end of the text the same `end of input` again and again. */
  next(): Token {
    this.#skipBlanks()
    this.#from = this.#cursor.at
    if (this.#inBraces) return this.#inBraceMode()
    return this.#inDuration ? this.#inDurationMode() : this.#inOuterMode()
  }

  /** Blanks everywhere; comments too, except in a duration expression, where `#` is a mistake. */
  #skipBlanks(): void {
    const cursor = this.#cursor
    cursor.skipSpace()
    while (!this.#inDuration && cursor.peek() === 0x23) {
      cursor.skipWhile((code) => code !== 0x0a && code !== 0x0d)
      cursor.skipSpace()
    }
  }

  #emit(kind: TokenKind, length = 0): Token {
    this.#cursor.at += length
    return { kind, from: this.#from, to: this.#cursor.at }
  }

  /** Prometheus places lexical errors from the token's beginning to the end of the text. */
  #fail(message: string, from = this.#from): never {
    const { text } = this.#cursor
    throw parseError(text, { from, to: text.length }, message)
  }

  #rune(at = this.#from): string {
    return describeRune(this.#cursor.text.codePointAt(at))
  }

  #inOuterMode(): Token {
    const cursor = this.#cursor
    const code = cursor.peek()
    if (code === -1) return this.#atEnd()
    if (isDigit(code) || (code === 0x2e && isDigit(cursor.peek(1)))) return this.#number()
    if (isAlpha(code) || code === 0x3a) {
      return this.#inBrackets ? this.#wordInBrackets(code) : this.#word()
    }
    const char = cursor.text[this.#from] ?? ''
    const operator = arithmetic.get(char)
    if (operator !== undefined && char !== '/') return this.#emit(operator, 1)
    if (char === '"' || char === "'" || char === '`') return this.#string()
    return this.#symbol(char)
  }

  #atEnd(): Token {
    if (this.#parens !== 0) this.#fail('unclosed left parenthesis')
    if (this.#inBrackets) this.#fail('unclosed left bracket')
    return this.#emit('end of input')
  }

  #symbol(char: string): Token {
    const next = this.#cursor.text[this.#from + 1]
    switch (char) {
      case '/':
        return this.#emit('/', 1)
      case '=':
        if (next === '~') this.#fail(`unexpected character after '=': '~'`)
        return next === '=' ? this.#emit('==', 2) : this.#emit('=', 1)
      case '!':
        if (next !== '=') {
          this.#fail(`unexpected character after '!': ${this.#rune(this.#from + 1)}`)
        }
        return this.#emit('!=', 2)
      case '<':
        if (next === '=') return this.#emit('<=', 2)
        return next === '/' ? this.#emit('</', 2) : this.#emit('<', 1)
      case '>':
        if (next === '=') return this.#emit('>=', 2)
        return next === '/' ? this.#emit('>/', 2) : this.#emit('>', 1)
      case '@':
        return this.#emit('@', 1)
      default:
        return this.#bracket(char)
    }
  }

  #bracket(char: string): Token {
    switch (char) {
      case '(':
        this.#parens++
        return this.#emit('(', 1)
      case ')':
        return this.#closeParen()
      case '{':
        this.#inBraces = true
        return this.#emit('{', 1)
      case '[':
        if (this.#inBrackets) this.#fail(`unexpected left bracket '['`)
        this.#inBrackets = true
        this.#inDuration = true
        this.#sawColon = false
        return this.#emit('[', 1)
      case ']':
        if (!this.#inBrackets) this.#fail(`unexpected right bracket ']'`)
        this.#inBrackets = false
        return this.#emit(']', 1)
      default:
        return this.#fail(`unexpected character: ${this.#rune()}`)
    }
  }

  #closeParen(): Token {
    this.#parens--
    if (this.#parens < 0) this.#fail(`unexpected right parenthesis ')'`, this.#from + 1)
    return this.#emit(')', 1)
  }

  #inBraceMode(): Token {
    const cursor = this.#cursor
    const code = cursor.peek()
    if (code === -1) this.#fail('unexpected end of input inside braces')
    if (isAlpha(code)) {
      cursor.skipName()
      return this.#emit('identifier')
    }
    const char = cursor.text[this.#from] ?? ''
    switch (char) {
      case ',':
        return this.#emit(',', 1)
      case '"':
      case "'":
      case '`':
        return this.#string()
      case '=':
        return cursor.peek(1) === 0x7e ? this.#emit('=~', 2) : this.#emit('=', 1)
      case '!':
        return this.#negatedMatch()
      case '{':
        return this.#fail(`unexpected left brace '{'`)
      case '}':
        this.#inBraces = false
        return this.#emit('}', 1)
      default:
        return this.#fail(`unexpected character inside braces: ${this.#rune()}`)
    }
  }

  #negatedMatch(): Token {
    const next = this.#cursor.peek(1)
    if (next === 0x7e) return this.#emit('!~', 2)
    if (next === 0x3d) return this.#emit('!=', 2)
    const rune = this.#rune(this.#from + 1)
    return this.#fail(`unexpected character after '!' inside braces: ${rune}`)
  }

  #inDurationMode(): Token {
    const cursor = this.#cursor
    const code = cursor.peek()
    if (code === -1) this.#fail('unexpected end of input in duration expression')
    if (isDigit(code) || (code === 0x2e && isDigit(cursor.peek(1)))) {
      this.#sawDuration = true
      this.#inDuration = false
      return this.#number()
    }
    const char = cursor.text[this.#from] ?? ''
    const operator = arithmetic.get(char)
    if (operator !== undefined) return this.#emit(operator, 1)
    if (char === '(') return this.#bracket(char)
    if (char === ')') return this.#closeParen()
    if (char === ':') return this.#colonOfDuration()
    if (char === ']') {
      this.#inBrackets = false
      this.#inDuration = false
      this.#sawColon = false
      return this.#emit(']', 1)
    }
    const word = this.#durationWord()
    if (word !== null) return word
    return this.#fail(`unexpected character in duration expression: ${this.#rune()}`)
  }

  #colonOfDuration(): Token {
    const after = this.#from + 1
    if (!this.#sawDuration) {
      this.#fail('unexpected colon before duration in duration expression', after)
    }
    if (this.#sawColon) this.#fail('unexpected repeated colon in duration expression', after)
    this.#sawColon = true
    return this.#emit(':', 1)
  }

  /** In brackets after the first number: a colon, or a word of duration expressions. */
  #wordInBrackets(code: number): Token {
    if (code === 0x3a) {
      if (this.#sawColon) this.#fail(`unexpected colon ':'`)
      this.#sawColon = true
      return this.#emit(':', 1)
    }
    const word = this.#durationWord()
    if (word !== null) return word
    return this.#fail(`unexpected character: ${this.#rune()}, expected ':'`)
  }

  /** step, range, max_of, min_of in any case; null, with nothing consumed, for any other word. */
  #durationWord(): Token | null {
    const cursor = this.#cursor
    cursor.skipWhile(isAlpha)
    const kind = keywordAt(cursor.text, this.#from, cursor.at)
    if (kind !== null && durationWords.has(kind)) return this.#emit(kind)
    cursor.at = this.#from
    return null
  }

  #word(): Token {
    const cursor = this.#cursor
    cursor.skipName()
    let hasColon = false
    for (; cursor.peek() === 0x3a; cursor.skipName()) {
      hasColon = true
      cursor.at++
    }
    if (hasColon) return this.#emit('metric identifier')
    const keyword = keywordAt(cursor.text, this.#from, cursor.at)
    if (keyword === null) return this.#emit('identifier')
    if (fillWords.has(keyword) && !this.#parenFollows()) return this.#emit('identifier')
    return this.#emit(keyword)
  }

  /** `fill` is a modifier only before a parenthesis, so that metrics of that name keep working. */
  #parenFollows(): boolean {
    let ahead = 0
    while (isSpace(this.#cursor.peek(ahead))) ahead++
    return this.#cursor.peek(ahead) === 0x28
  }

  #number(): Token {
    const cursor = this.#cursor
    const plain = scanNumber(cursor)
    if (plain) return this.#emit('number')
    if (scanDurationRest(cursor)) return this.#emit('duration')
    return this.#fail(`bad number or duration syntax: ${quoteGo(cursor.slice(this.#from))}`)
  }

  #string(): Token {
    const problem = scanString(this.#cursor)
    if (problem !== null) this.#fail(problem.message, problem.from)
    return this.#emit('string')
  }
}
