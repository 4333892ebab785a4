/**
 * Strings in the text: where one ends and whether its escapes are legal. The value is read later by
 * `unquoteProm`. Single and double quotes take Go's escapes and may not span lines; back quotes take
 * none and may. U+FFFD is refused everywhere: it is what invalid UTF-8 was decoded to.
 */
import type { Cursor } from '../text/lex.ts'
import { describeCodePoint } from './rune.ts'

export interface StringProblem {
  readonly message: string
  /** Where Prometheus places it: the beginning of the string. */
  readonly from: number
}

const simpleEscapes = 'abfnrtv\\'
const unterminated = 'escape sequence not terminated'

/** Moves past the string that begins at the cursor; what is wrong with it, or null. */
export function scanString(cursor: Cursor): StringProblem | null {
  const from = cursor.at
  const message = cursor.peek() === 0x60 ? scanRaw(cursor) : scanQuoted(cursor)
  return message === null ? null : { message, from }
}

function scanRaw(cursor: Cursor): string | null {
  for (cursor.at++; ; cursor.at++) {
    const code = cursor.peek()
    if (code === -1) return 'unterminated raw string'
    if (code === 0xfffd) return 'invalid UTF-8 rune'
    if (code === 0x60) break
  }
  cursor.at++
  return null
}

function scanQuoted(cursor: Cursor): string | null {
  const quote = cursor.peek()
  for (cursor.at++; cursor.peek() !== quote;) {
    const code = cursor.peek()
    if (code === -1 || code === 0x0a) return 'unterminated quoted string'
    if (code === 0xfffd) return 'invalid UTF-8 rune'
    cursor.at++
    if (code !== 0x5c) continue
    const problem = scanEscape(cursor, quote)
    if (problem !== null) return problem
  }
  cursor.at++
  return null
}

/** Moves past one escape; the backslash has been read. */
function scanEscape(cursor: Cursor, quote: number): string | null {
  const rune = cursor.text.codePointAt(cursor.at)
  if (rune === undefined) return unterminated
  const char = String.fromCodePoint(rune)
  if (rune === quote || simpleEscapes.includes(char)) {
    cursor.at++
    return null
  }
  if (char >= '0' && char <= '7') return scanDigits(cursor, { count: 3, base: 8, max: 255 })
  if (!'xuU'.includes(char)) return `unknown escape sequence ${describeCodePoint(rune)}`
  cursor.at++
  if (char === 'x') return scanDigits(cursor, { count: 2, base: 16, max: 255 })
  return scanDigits(cursor, { count: char === 'u' ? 4 : 8, base: 16, max: 0x10ffff })
}

interface EscapeDigits {
  readonly count: number
  readonly base: number
  readonly max: number
}

function scanDigits(cursor: Cursor, { count, base, max }: EscapeDigits): string | null {
  let value = 0
  for (let left = count; left > 0; left--) {
    const rune = cursor.text.codePointAt(cursor.at)
    if (rune === undefined) return unterminated
    const digit = digitOf(rune)
    if (digit >= base) return `illegal character ${describeCodePoint(rune)} in escape sequence`
    value = value * base + digit
    cursor.at++
  }
  const surrogate = value >= 0xd800 && value < 0xe000
  return value > max || surrogate ? 'escape sequence is an invalid Unicode code point' : null
}

/** The value of a hexadecimal digit; 16, which no base allows, for anything else. */
function digitOf(rune: number): number {
  if (rune >= 0x30 && rune <= 0x39) return rune - 0x30
  const lower = rune | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 16
}
