/**
 * Numbers of LogQL at the cursor: what Go's scanner reads as a number and, glued to it, the units of
 * a duration (Prometheus' spelling first, then Go's) or of a size. A number that is none of Go's
 * (`0x10` as a float) is still one token here; whoever needs its value refuses it.
 */
import { type Cursor, isDigit, isHexDigit } from '#query/text/lex.ts'
import { parseBytes } from '#query/text/bytes.ts'
import { parseEitherDuration } from '#query/text/durations.ts'
import { endOfPlainDuration } from '#query/text/plain-number.ts'

export interface NumberToken {
  readonly kind: 'NUMBER' | 'DURATION' | 'BYTES'
  readonly ns: bigint
  readonly amount: number
}

/** Reads one number at a digit or a point; the cursor stands behind it. `error` has Go's words. */
export function readNumber(cursor: Cursor): NumberToken | { error: string } {
  const from = cursor.at
  const end = endOfPlainDuration(cursor.text, from)
  if (end !== -1) {
    const duration = durationToken(cursor.text.slice(from, end))
    if (duration !== null) {
      cursor.at = end
      return duration
    }
  }
  const error = skipGoNumber(cursor)
  if (error !== null) return { error }
  return (
    readDuration(cursor, from) ?? readSize(cursor, from) ?? { kind: 'NUMBER', ns: 0n, amount: 0 }
  )
}

const prefixes = new Map([
  [120, { name: 'hexadecimal literal', digit: isHexDigit }],
  [98, { name: 'binary literal', digit: (code: number) => code === 48 || code === 49 }],
  [111, { name: 'octal literal', digit: isOctal }],
])

function isOctal(code: number): boolean {
  return code >= 48 && code <= 55
}

function skipGoNumber(cursor: Cursor): string | null {
  const from = cursor.at
  const prefix = cursor.peek() === 48 ? prefixes.get(cursor.peek(1) | 32) : undefined
  const hex = prefix?.digit === isHexDigit
  const digit = hex ? isHexDigit : isDigit
  if (prefix !== undefined) cursor.at += 2
  const digitsFrom = cursor.at
  cursor.skipWhile((code) => digit(code) || code === 95)
  const whole = cursor.slice(digitsFrom)
  const point = cursor.peek() === 46
  if (point) {
    if (prefix !== undefined && !hex) return `invalid radix point in ${prefix.name}`
    cursor.at++
    cursor.skipWhile((code) => digit(code) || code === 95)
  }
  // The reference speaks of a decimal literal here, `0B` being read as a size with no digits.
  if (!/[0-9a-f]/i.test(cursor.slice(digitsFrom))) {
    return `${hex ? 'hexadecimal' : 'decimal'} literal has no digits`
  }
  const exponent = skipExponent(cursor, prefix !== undefined, hex)
  if (exponent === 'bad') return 'exponent has no digits'
  if (hex && point && exponent === 'none') return "hexadecimal mantissa requires a 'p' exponent"
  if (!point && exponent === 'none') {
    const wrong = wrongDigit(whole, prefix)
    if (wrong !== null) return wrong
  }
  return separatorsOk(cursor.slice(from)) ? null : "'_' must separate successive digits"
}

function wrongDigit(
  digits: string,
  prefix: { name: string; digit: (code: number) => boolean } | undefined,
): string | null {
  const octal = prefix === undefined && digits.length > 1 && digits.startsWith('0')
  const test = octal ? isOctal : prefix?.digit
  if (test === undefined) return null
  for (const char of digits) {
    if (char !== '_' && !test(char.charCodeAt(0))) {
      return `invalid digit '${char}' in ${prefix?.name ?? 'octal literal'}`
    }
  }
  return null
}

function skipExponent(cursor: Cursor, prefixed: boolean, hex: boolean): 'none' | 'read' | 'bad' {
  const letter = cursor.peek() | 32
  if (hex ? letter !== 112 : letter !== 101 || prefixed) return 'none'
  cursor.at++
  if (cursor.peek() === 43 || cursor.peek() === 45) cursor.at++
  const from = cursor.at
  cursor.skipWhile((code) => isDigit(code) || code === 95)
  return /[0-9]/.test(cursor.slice(from)) ? 'read' : 'bad'
}

/** Go's rule: an underscore only between digits, or between a base prefix and a digit. */
function separatorsOk(text: string): boolean {
  if (!text.includes('_')) return true
  const hex = /^0x/i.test(text)
  const body = text.replace(/^0[xbo]/i, '0')
  return hex ? !/_(?![0-9a-f])|(?<![0-9a-f])_/i.test(body) : !/_(?![0-9])|(?<![0-9])_/.test(body)
}

const durationLetters = new Set('nuµmshdwy')
const sizeLetters = new Set('BikKMGTP')

function readDuration(cursor: Cursor, from: number): NumberToken | null {
  const text = glued(cursor, from, durationLetters)
  if (text === null) return null
  const token = durationToken(text)
  if (token !== null) cursor.at = from + text.length
  return token
}

function durationToken(text: string): NumberToken | null {
  const ns = parseEitherDuration(text)
  return ns === null ? null : { kind: 'DURATION', ns, amount: 0 }
}

function readSize(cursor: Cursor, from: number): NumberToken | null {
  const text = glued(cursor, from, sizeLetters)
  if (text === null) return null
  const amount = parseBytes(text)
  if (amount === null) return null
  cursor.at = from + text.length
  return { kind: 'BYTES', ns: 0n, amount }
}

/** No duration or size that can be read is longer; without a bound `1.1.1.…` would be read again for every point. */
const maxLiteralLength = 128

/** The number with the digits, points and unit letters behind it; null when no unit follows. */
function glued(cursor: Cursor, from: number, letters: ReadonlySet<string>): string | null {
  const { text } = cursor
  const end = Math.min(text.length, from + maxLiteralLength)
  let at = cursor.at
  while (at < end && isPart(text, at, letters)) at++
  return at <= cursor.at ? null : text.slice(from, at)
}

function isPart(text: string, at: number, letters: ReadonlySet<string>): boolean {
  const code = text.charCodeAt(at)
  return isDigit(code) || code === 46 || letters.has(text.charAt(at))
}
