/**
 * The stream selector and the log query: which streams, then the stages every entry runs through.
 */
import type { Span } from '#query/text/position.ts'
import type { Matcher } from './matcher.ts'
import type { Stage } from './stage.ts'

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
