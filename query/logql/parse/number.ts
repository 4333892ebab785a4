/**
 * The value of a number token: decimal with underscores, or a hexadecimal float. Integers with a
 * base prefix and numbers out of range have none; the reason is worded as Go's strconv does.
 */
import { parseGoFloat } from '#query/text/numbers.ts'
import { quoteGo } from '#query/text/strings.ts'

/** NaN and a reason when the text is no float. */
export function parseNumberText(text: string): { value: number; invalid: string | null } {
  const prefixed = /^0[xbo]/i.test(text)
  const value = parseGoFloat(prefixed ? text : text.replaceAll('_', ''))
  if (value !== null) return { value, invalid: null }
  const outOfRange = !prefixed || /p/i.test(text)
  const reason = outOfRange ? 'value out of range' : 'invalid syntax'
  return { value: Number.NaN, invalid: `strconv.ParseFloat: parsing ${quoteGo(text)}: ${reason}` }
}
