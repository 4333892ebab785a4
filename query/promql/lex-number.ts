/**
 * Where a number or a duration ends in the text. A number is decimal or hexadecimal digits with at
 * most one dot and one exponent, with single underscores between digits; a duration is digits with
 * units. What is accepted here is not yet valid: `number.ts` and the kit's duration parser judge the
 * value. On a mistake the cursor stops where Prometheus' lexer stops, since the message quotes the
 * text up to there.
 */
import { isDigit, isHexDigit, isLetter, type Cursor } from '../text/lex.ts'

const dot = 0x2e
const underscore = 0x5f

function isExponent(code: number): boolean {
  return code === 0x65 || code === 0x45
}

function isAlphaNumeric(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === underscore
}

/** Moves past the character when it is one that may not follow; whether it was. */
function consumeForbidden(cursor: Cursor, exponentToo: boolean): boolean {
  const code = cursor.peek()
  const forbidden = code === dot || code === underscore || (exponentToo && isExponent(code))
  if (forbidden) cursor.at++
  return forbidden
}

/**
 * What may begin a number: `0x`, or a 0, then a dot and a digit. Prometheus takes that dot without
 * counting it; a second one is then the first it counts.
 */
function scanStart(cursor: Cursor, isHex: boolean): void {
  if (isHex) cursor.at += cursor.peek(2) === underscore ? 3 : 2
  else if (cursor.peek() === 0x30) cursor.at++
  if (cursor.peek() === dot) cursor.at++
  if (isHex ? isHexDigit(cursor.peek()) : isDigit(cursor.peek())) cursor.at++
}

/** Whether a digit may stand next: false after an underscore or exponent that nothing follows. */
function mayGoOn(cursor: Cursor): boolean {
  return !consumeForbidden(cursor, true) && cursor.peek() !== -1
}

/** Moves past a number; false where it is none, or goes on with letters (a duration perhaps). */
export function scanNumber(cursor: Cursor): boolean {
  const isHex = cursor.peek() === 0x30 && (cursor.peek(1) | 0x20) === 0x78
  const digits = isHex ? isHexDigit : isDigit
  scanStart(cursor, isHex)
  let sawDot = false
  let sawExponent = false
  for (;;) {
    const code = cursor.peek()
    if (code === dot) {
      cursor.at++
      if (sawDot || consumeForbidden(cursor, false) || isHex) return false
      sawDot = true
    } else if (isExponent(code)) {
      // Asked before digits, as Prometheus does: an `e` inside a hexadecimal number is an exponent.
      cursor.at++
      if (sawExponent) return false
      sawExponent = true
      if (cursor.peek() === 0x2b || cursor.peek() === 0x2d) cursor.at++
      if (!mayGoOn(cursor)) return false
    } else if (code === underscore) {
      cursor.at++
      if (!mayGoOn(cursor)) return false
    } else if (digits(code)) {
      cursor.skipWhile(digits)
    } else {
      return !isAlphaNumeric(code)
    }
  }
}

const firstUnits = 'smhdwy'
const laterUnits = 'smhdw'

/** Moves past one of `units` and the `s` of `ms`; which other pairs are units is judged later. */
function consumeUnit(cursor: Cursor, units: string): boolean {
  const code = cursor.peek()
  if (code === -1 || !units.includes(String.fromCharCode(code))) return false
  cursor.at++
  if (cursor.peek() === 0x73) cursor.at++
  return true
}

/** The rest of a duration, after the digits that `scanNumber` read. */
export function scanDurationRest(cursor: Cursor): boolean {
  if (!consumeUnit(cursor, firstUnits)) return false
  while (isDigit(cursor.peek())) {
    cursor.skipWhile(isDigit)
    if (!consumeUnit(cursor, laterUnits)) return false
  }
  if (!isAlphaNumeric(cursor.peek())) return true
  cursor.at++
  return false
}
