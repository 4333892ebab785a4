/**
 * The lexer: text in, one token per call of `next`. It reads on demand, since inside an attribute the
 * rules differ: behind `.`, `span.` and their like everything up to white space or a stop character is
 * one name. Operators are joined greedily.
 *
 * Positions in messages follow Tempo's lexer: a token is placed at its first character; where the lexer
 * read on past its first part (operators of several characters, durations, scope prefixes, attributes)
 * Tempo has lost the line and prints 0, and so do we.
 */
import { isAlnum, isDigit, isGoDigit, isGoLetter, isSpace } from '#query/text/lex.ts'
import { QueryError, toLineColumn } from '#query/text/position.ts'
import { unquoteGo } from '#query/text/strings.ts'
import { codeAt, isNameCode, readName } from './names.ts'
import { readNumber } from './numbers.ts'
import { isAttributePrefix, spelledTokens, type Token, type TokenKind } from './token.ts'

/** A place in the text as messages show it. */
type Shown = Pick<Token, 'shownAt' | 'lineKnown'>

/** Reads one text, forward only. */
export class Lexer {
  readonly text: string
  #at = 0
  /** Where the last token outside attributes began. */
  #shownAt = 0
  #lineKnown = true
  #inAttribute = false
  #afterParent = false

  constructor(text: string) {
    this.text = text
  }

  /** The next token; `$end` at the end of the text, as often as asked. Throws a QueryError. */
  next(): Token {
    return this.#inAttribute ? this.#attributeToken() : this.#plainToken()
  }

  /** The message in Tempo's form, with line and column where it gives them. */
  error(message: string, shown: Shown, to: number): QueryError {
    const { line, column } = toLineColumn(this.text, shown.shownAt)
    const at = this.text === '' ? '' : ` at line ${shown.lineKnown ? line : 0}, col ${column}`
    const separator = at === '' ? ' : ' : ': '
    const span = { from: shown.shownAt, to: Math.max(to, shown.shownAt) }
    return new QueryError(`parse error${at}${separator}${message}`, span)
  }

  #attributeToken(): Token {
    const from = this.#at
    if (!isNameCode(codeAt(this.text, from))) {
      this.#inAttribute = false
      return this.#token('END_ATTRIBUTE', from, '')
    }
    this.#lineKnown = false
    if (this.#afterParent) {
      this.#afterParent = false
      for (const scope of ['span.', 'resource.'] as const) {
        if (!this.text.startsWith(scope, from)) continue
        this.#at = from + scope.length
        return this.#token(scope, from, scope)
      }
    }
    const name = readName(this.text, from)
    if ('error' in name) {
      const shown = { shownAt: this.#shownAt, lineKnown: this.#lineKnown }
      throw this.error(name.error, shown, this.text.length)
    }
    this.#at = name.to
    return this.#token('IDENTIFIER', from, name.name)
  }

  #plainToken(): Token {
    this.#skipBlank()
    const from = this.#at
    this.#shownAt = from
    this.#lineKnown = true
    const code = codeAt(this.text, from)
    if (code === -1) return this.#token('$end', from, '')
    if (isDigit(code) || (code === 46 && isDigit(codeAt(this.text, from + 1)))) {
      return this.#number(from)
    }
    if (code === 34 || code === 39 || code === 96) return this.#quoted(from, code)
    return this.#word(from)
  }

  /** Blanks and comments. */
  #skipBlank(): void {
    const { text } = this
    for (;;) {
      while (isSpace(codeAt(text, this.#at))) this.#at++
      if (codeAt(text, this.#at) !== 47) return
      const next = codeAt(text, this.#at + 1)
      if (next === 47) {
        const end = text.indexOf('\n', this.#at)
        this.#at = end === -1 ? text.length : end + 1
      } else if (next === 42) {
        const end = text.indexOf('*/', this.#at + 2)
        if (end === -1) throw this.#literalError('comment not terminated', this.#at)
        this.#at = end + 2
      } else {
        return
      }
    }
  }

  #number(from: number): Token {
    const number = readNumber(this.text, from)
    if ('error' in number) throw this.#literalError(number.error, from)
    this.#at = number.to
    if (number.kind === 'DURATION') this.#lineKnown = false
    return this.#token(number.kind, from, this.text.slice(from, number.to), number.value)
  }

  #quoted(from: number, quote: number): Token {
    const to = this.#endOfQuoted(from, quote)
    this.#at = to
    const unquoted = unquoteGo(this.text.slice(from, to))
    // Tempo has no use for Go's character literals and takes them for a word nobody knows.
    if (quote === 39) {
      if ('error' in unquoted) throw this.#literalError('invalid char literal', from)
      return this.#token('IDENTIFIER', from, this.text.slice(from, to))
    }
    if ('error' in unquoted) throw this.#literalError(unquoted.error, from)
    return this.#token('STRING', from, unquoted.value)
  }

  /** The offset behind the closing quote. */
  #endOfQuoted(from: number, quote: number): number {
    const { text } = this
    let at = from + 1
    while (at < text.length) {
      const code = text.charCodeAt(at)
      if (code === quote) return at + 1
      if (quote !== 96) {
        if (code === 10) break
        if (code === 92) {
          escape.lastIndex = at
          const length = escape.exec(text)?.[0].length ?? 0
          if (length === 0 && text.charCodeAt(at + 1) !== quote) {
            throw this.#literalError('invalid char escape', from)
          }
          at += Math.max(length, 2) - 1
        }
      }
      at++
    }
    throw this.#literalError('literal not terminated', from)
  }

  /** Words and operators, extended as long as the longer text is a token too. */
  #word(from: number): Token {
    const { text } = this
    let to = endOfWord(text, from)
    let kind = spelledTokens.find(text, from, to)
    while (canExtend(codeAt(text, to))) {
      const longer = spelledTokens.find(text, from, to + 1)
      if (longer === null) break
      kind = longer
      to++
      this.#lineKnown = false
    }
    this.#at = to
    if (kind === null) return this.#token('IDENTIFIER', from, text.slice(from, to))
    this.#inAttribute = isAttributePrefix(kind)
    this.#afterParent = kind === 'parent.'
    return this.#token(kind, from, kind)
  }

  #literalError(message: string, from: number): QueryError {
    return this.error(message, { shownAt: from, lineKnown: true }, this.text.length)
  }

  #token(kind: TokenKind, from: number, text: string, number: bigint | number = 0): Token {
    const shownAt = this.#shownAt
    return { kind, text, number, from, to: this.#at, shownAt, lineKnown: this.#lineKnown }
  }
}

const escape = /\\(?:[abfnrtv\\]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y

/** 1 for the characters by which a token can grow into a longer one: of scopes and of operators. */
const extensions = new Uint8Array(128)
for (const char of '.:=~<>&|') extensions[char.charCodeAt(0)] = 1

function canExtend(code: number): boolean {
  return code > 0 && extensions[code] === 1
}

/** The end of the word that begins here, or of the one character that is no word. */
function endOfWord(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = codeAt(text, at)
    if (code === 95 || isAlnum(code)) {
      at++
      continue
    }
    const point = code < 128 ? -1 : (text.codePointAt(at) ?? -1)
    if (point === -1 || !(isGoLetter(point) || (at > from && isGoDigit(point)))) break
    at += point > 0xffff ? 2 : 1
  }
  if (at > from) return at
  return from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1)
}
