/**
 * Label filters: a test whose kind follows from the literal on its right, and their `and` and `or`.
 * Comma and juxtaposition are `and` too; they only group differently when parsed.
 */
import type { Span } from '#query/text/position.ts'
import type { Matcher } from './matcher.ts'

/** `=` is read as `==`. */
export type CompareOperator = '==' | '!=' | '>' | '>=' | '<' | '<='

export interface StringTest {
  readonly kind: 'string-test'
  readonly span: Span
  readonly matcher: Matcher
}

/** `invalid` is the text of a literal that is no number, whose value is NaN; `check` reports it. */
export interface NumberTest {
  readonly kind: 'number-test'
  readonly span: Span
  readonly name: string
  readonly op: CompareOperator
  readonly value: number
  readonly invalid: string | null
}

export interface DurationTest {
  readonly kind: 'duration-test'
  readonly span: Span
  readonly name: string
  readonly op: CompareOperator
  readonly ns: bigint
}

/** `text` is the literal as written: the reference's canonical form of a size loses digits. */
export interface BytesTest {
  readonly kind: 'bytes-test'
  readonly span: Span
  readonly name: string
  readonly op: CompareOperator
  readonly bytes: number
  readonly text: string
}

export interface IpTest {
  readonly kind: 'ip-test'
  readonly span: Span
  readonly name: string
  readonly op: '=' | '!='
  readonly value: string
}

export interface AndFilter {
  readonly kind: 'and'
  readonly span: Span
  readonly left: LabelFilter
  readonly right: LabelFilter
}

export interface OrFilter {
  readonly kind: 'or'
  readonly span: Span
  readonly left: LabelFilter
  readonly right: LabelFilter
}

export type LabelFilter =
  | StringTest
  | NumberTest
  | DurationTest
  | BytesTest
  | IpTest
  | AndFilter
  | OrFilter
