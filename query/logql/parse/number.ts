/**
 * The value of a number token: decimal with underscores, or a hexadecimal float. Integers with a
 * base prefix and numbers out of range have none; the reason is worded as Go's strconv does.
 */
import { parseGoFloat } from '#query/text/numbers.ts'
import { quoteGo } from '#query/text/strings.ts'

/** `invalid` is the text again when it is no float, and the value NaN. */
export interface ParsedNumber {
  readonly value: number
  readonly invalid: string | null
}

export function parseNumberText(text: string): ParsedNumber {
  const value = parseGoFloat(isPrefixed(text) ? text : text.replaceAll('_', ''))
  return value === null ? { value: Number.NaN, invalid: text } : { value, invalid: null }
}

function isPrefixed(text: string): boolean {
  return /^0[xbo]/i.test(text)
}

/** Why a text that `parseNumberText` finds invalid is no float. */
export function numberProblem(text: string): string {
  const outOfRange = !isPrefixed(text) || /p/i.test(text)
  const reason = outOfRange ? 'value out of range' : 'invalid syntax'
  return `strconv.ParseFloat: parsing ${quoteGo(text)}: ${reason}`
}
