/**
 * Label matchers: checked when they are parsed (a pattern must be RE2), and asked whether they match
 * the empty value, which is what an absent label has.
 */
import type { Matcher } from './nodes.ts'
import { checkPattern, matchesEmpty } from './pattern.ts'

/** Go's message for a matcher whose pattern is no RE2; null when the matcher is fine. */
export function problemOf(matcher: Matcher): string | null {
  return matcher.op === '=~' || matcher.op === '!~' ? checkPattern(matcher.value) : null
}

/** Whether a series without the label passes the matcher. */
export function passesAbsent(matcher: Matcher): boolean {
  switch (matcher.op) {
    case '=':
      return matcher.value === ''
    case '!=':
      return matcher.value !== ''
    case '=~':
      return matchesEmpty(matcher.value)
    case '!~':
      return !matchesEmpty(matcher.value)
  }
}
