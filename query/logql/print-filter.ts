/**
 * Label filters and matchers → text. Loki prints the regular expression of a label filter in
 * backquotes when it could not turn it into substring tests, and in double quotes when it could.
 */
import { formatBytes } from '#query/text/bytes.ts'
import { formatGoDuration } from '#query/text/durations.ts'
import { formatFloat } from '#query/text/numbers.ts'
import { quoteGo } from '#query/text/strings.ts'
import type { LabelFilter, Matcher } from './nodes.ts'
import { printName } from './names.ts'
import { isSubstringTest } from './substring-test.ts'

export function printMatcher({ name, op, value }: Matcher): string {
  return `${printName(name)}${op}${quoteGo(value)}`
}

/** `canonical` prints sizes as Loki does, else they are printed as they were written. */
export function printFilter(filter: LabelFilter, canonical: boolean): string {
  switch (filter.kind) {
    case 'string-test':
      return printStringTest(filter.matcher)
    case 'number-test':
      return `${printName(filter.name)}${filter.op}${filter.invalid ?? formatFloat(filter.value, 'f')}`
    case 'duration-test':
      return `${printName(filter.name)}${filter.op}${formatGoDuration(filter.ns)}`
    case 'bytes-test': {
      const size = canonical ? formatBytes(filter.bytes).replace(' ', '') : filter.text
      return `${printName(filter.name)}${filter.op}${size}`
    }
    case 'ip-test':
      return `${printName(filter.name)}${filter.op}ip(${quoteGo(filter.value)})`
    case 'and':
    case 'or': {
      const joint = filter.kind === 'and' ? ',' : 'or'
      return `( ${printFilter(filter.left, canonical)} ${joint} ${printFilter(filter.right, canonical)} )`
    }
  }
}

function printStringTest(matcher: Matcher): string {
  const { name, op, value } = matcher
  const regex = op === '=~' || op === '!~'
  if (!regex || value.includes('`') || isSubstringTest(value)) return printMatcher(matcher)
  return `${printName(name)}${op}\`${value}\``
}
