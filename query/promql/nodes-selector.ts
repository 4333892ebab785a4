/** What a selector consists of besides its name: matchers, time modifiers, lengths of time. */
import type { Span } from '../text/position.ts'
import type { DurationExpr } from './nodes-duration.ts'

export type MatchOperator = '=' | '!=' | '=~' | '!~'

/** One label matcher. Patterns of `=~` and `!~` are RE2 and were compiled once to check them. */
export interface Matcher {
  readonly name: string
  readonly op: MatchOperator
  readonly value: string
  readonly span: Span
}

/** `@ 12.5` (whole milliseconds since 1970), `@ start()`, `@ end()`. */
export type At =
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }

export type Extended = 'anchored' | 'smoothed'

/**
 * A length of time: whole milliseconds (the engine's resolution; finer parts are cut off, but a range
 * below one keeps its fraction to print as it was), or a duration expression that `prepare.ts`
 * evaluates when step and range of the query are known.
 */
export type TimeShift =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'computed'; readonly expr: DurationExpr }
