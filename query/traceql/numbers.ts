/**
 * Numbers and durations as the lexer of Tempo reads them: Go's number syntax decides where a number
 * ends, then only decimal integers and floats are accepted; digits followed at once by unit letters are
 * a duration if they read as one, first in Prometheus' spelling (`1d`, `1y`), then in Go's (`1h30m`, `1.5s`).
 */
import { parseEitherDuration } from '#query/text/durations.ts'
import { parseGoFloat } from '#query/text/numbers.ts'
import { endOfPlainDuration, endOfPlainInteger } from '#query/text/plain-number.ts'
import { maxInt } from './nodes/static.ts'

/**
 * The longest text tried as a duration. Longer ones are digits without meaning; the bound keeps a text
 * such as `1.1.1.1…` from being read again at every dot.
 */
const maxDurationLength = 128

export type NumberToken =
  | { readonly kind: 'INTEGER' | 'DURATION'; readonly value: bigint; readonly to: number }
  | { readonly kind: 'FLOAT'; readonly value: number; readonly to: number }
  | { readonly error: string }

const numberSyntax =
  /(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[bBoO][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eEpP][+-]?[0-9_]*)?|\.[0-9][0-9_]*(?:[eEpP][+-]?[0-9_]*)?)/y
const looseUnderscore = /(?<![0-9a-fA-FxXbBoO])_|_(?![0-9a-fA-F])/
const durationChar = /[\p{N}.nsumhdwyµ]{0,128}/uy

/** Reads the number at `from`, where a digit, or a dot and a digit, stands. */
export function readNumber(text: string, from: number): NumberToken {
  return readPlain(text, from) ?? readAny(text, from)
}

/** The plain ones, which need no pattern. */
function readPlain(text: string, from: number): NumberToken | null {
  const to = endOfPlainInteger(text, from)
  if (to !== -1) return { kind: 'INTEGER', value: BigInt(Number(text.slice(from, to))), to }
  const end = endOfPlainDuration(text, from)
  if (end === -1) return null
  const value = parseEitherDuration(text.slice(from, end))
  return value === null ? null : { kind: 'DURATION', value, to: end }
}

function readAny(text: string, from: number): NumberToken {
  const number = matchAt(numberSyntax, text, from)
  const error = wrongSyntax(number)
  if (error !== null) return { error }
  const rest = matchAt(durationChar, text, from + number.length)
  if (rest !== '' && number.length + rest.length <= maxDurationLength) {
    const value = parseEitherDuration(number + rest)
    if (value !== null) return { kind: 'DURATION', value, to: from + number.length + rest.length }
  }
  const to = from + number.length
  return /^[0-9_]+$|^0[xXbBoO][^.pP]*$/.test(number)
    ? readInteger(number, to)
    : readFloat(number, to)
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** What Go's scanner says of a number, before it is converted. */
function wrongSyntax(number: string): string | null {
  const exponent = /^[^xX]*([pP])/.exec(number)?.[1]
  if (exponent !== undefined) return `'${exponent}' exponent requires hexadecimal mantissa`
  if (/[eEpP][+-]?_*$/.test(number) && !/^0[xX][^pP]*$/.test(number))
    return 'exponent has no digits'
  if (/^0[xX]_*\.?_*(?:[pP]|$)/.test(number)) return 'hexadecimal literal has no digits'
  if (/^0[bB]_*$/.test(number)) return 'binary literal has no digits'
  if (/^0[oO]_*$/.test(number)) return 'octal literal has no digits'
  if (/^0[xX][^pP]*\.[^pP]*$/.test(number)) return "hexadecimal mantissa requires a 'p' exponent"
  const digit = /^0[oO]?[0-7_]*([89])[0-9_]*$/.exec(number)?.[1]
  if (digit !== undefined) return `invalid digit '${digit}' in octal literal`
  return looseUnderscore.test(number) ? "'_' must separate successive digits" : null
}

function readInteger(number: string, to: number): NumberToken {
  if (!/^[0-9]+$/.test(number)) {
    return { error: `strconv.Atoi: parsing "${number}": invalid syntax` }
  }
  const significant = number.replace(/^0+(?=.)/, '')
  const value = significant.length > 19 ? maxInt + 1n : BigInt(significant)
  if (value > maxInt) return { error: `strconv.Atoi: parsing "${number}": value out of range` }
  return { kind: 'INTEGER', value, to }
}

function readFloat(number: string, to: number): NumberToken {
  const value = parseGoFloat(number.replaceAll('_', ''))
  if (value !== null) return { kind: 'FLOAT', value, to }
  return { error: `strconv.ParseFloat: parsing "${number}": value out of range` }
}
