/**
 * The stream selector and the log query: which streams, then the stages every entry runs through.
 */
import type { Span } from '#query/text/position.ts'
import type { Stage } from './stage.ts'

export type MatchOperator = '=' | '!=' | '=~' | '!~'

/** One test of a label; regular expressions are anchored on both ends. */
export interface Matcher {
  readonly kind: 'matcher'
  readonly span: Span
  readonly name: string
  readonly op: MatchOperator
  readonly value: string
}

/** `{a="b", c=~"d"}`: a stream is taken when every matcher holds. */
export interface Selector {
  readonly kind: 'selector'
  readonly span: Span
  readonly matchers: readonly Matcher[]
}

/** A selector and its stages in the order they were written. */
export interface LogQuery {
  readonly kind: 'log-query'
  readonly span: Span
  readonly selector: Selector
  readonly stages: readonly Stage[]
}
