/**
 * Values of number literals as Prometheus reads them: first as a 64-bit integer with Go's base
 * prefixes (so `010` is 8), else as a float.
 */
import { endOfPlainInteger } from '../text/plain-number.ts'
import { parseGoFloat, parseGoInt } from '../text/numbers.ts'
import { quoteGo } from '../text/strings.ts'

const decimalSyntax = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/

/** The value, or the message of Go's strconv. */
export function readNumber(text: string): { value: number } | { error: string } {
  if (endOfPlainInteger(text, 0) === text.length) return { value: Number(text) }
  const integer = parseGoInt(text, 0)
  if (integer !== null) return { value: Number(integer) }
  // Go allows one underscore between digits of a float too.
  const asWritten = !text.includes('_') || /_(?![0-9])|(?<![0-9])_/.test(text)
  const digits = asWritten ? text : text.replaceAll('_', '')
  const value = parseGoFloat(digits)
  if (value !== null) return { value }
  const reason = decimalSyntax.test(digits) ? 'value out of range' : 'invalid syntax'
  return { error: `strconv.ParseFloat: parsing ${quoteGo(text)}: ${reason}` }
}
