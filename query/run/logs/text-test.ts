/** Tests of a text by the operators of matchers and filters, for strings that stand once per column. */
import { compile } from '#base/regex/match.ts'
import type { MatchOperator } from '../../plan/column.ts'

/** Whether a text passes. The empty text is a missing label. Throws `regex-invalid`. */
export function textTest(operator: MatchOperator, value: string): (text: string) => boolean {
  switch (operator) {
    case '=':
      return (text) => text === value
    case '!=':
      return (text) => text !== value
    case '=~': {
      const matcher = compile(value, { anchored: true })
      return (text) => matcher.testText(text)
    }
    case '!~': {
      const matcher = compile(value, { anchored: true })
      return (text) => !matcher.testText(text)
    }
  }
}
