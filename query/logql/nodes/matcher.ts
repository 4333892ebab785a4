/**
 * The test of one label by a text or an expression, which selectors, label filters, drop and keep share.
 */
import type { Span } from '#query/text/position.ts'

export type MatchOperator = '=' | '!=' | '=~' | '!~'

/** One test of a label; regular expressions are anchored on both ends. */
export interface Matcher {
  readonly kind: 'matcher'
  readonly span: Span
  readonly name: string
  readonly op: MatchOperator
  readonly value: string
}
