/** Numbers of test scripts, which are PromQL's without hexadecimal ones. */
import { readNumber } from '#query/promql/number.ts'
import { parsePromDuration } from '#query/text/durations.ts'

/** A number or a duration in seconds, with or without a sign; null for anything else. */
export function readNumberItem(text: string): number | null {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = /^[+-]/.test(text) ? text.slice(1) : text
  if (digits === '' || /^[+-]/.test(digits)) return null
  const read = readNumber(digits)
  if ('value' in read) return sign * read.value
  const time = parsePromDuration(digits)
  return 'ms' in time ? (sign * time.ms) / 1000 : null
}
