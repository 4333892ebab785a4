/**
 * What plans say about columns: their names, literals to compare them with, matchers and conditions.
 * Whoever runs the plan compiles them to the `Scan` and `Predicate` of schemas/, which storage
 * takes; a name may stand for several typed columns there. All data here and in the other node
 * files is plain and read-only: it crosses threads by structured clone and prints as JSON.
 */
import type { Dialect } from './time.ts'

/**
 * Where a column is looked for.
 *
 * - `label`: the stream's labels as the dialect names them (`schemas/names` computes them from the
 *   identity): Prometheus labels with `__name__`, Loki stream labels.
 * - `pipeline`: LogQL after the selector: the label of that name at this stage, be it parsed, structured
 *   metadata or stream label, in this precedence.
 * - `row`: a fixed column of the row: `time`, `body` and, for metrics, `value`.
 * - `intrinsic`: a TraceQL intrinsic under the name it prints with: `duration`, `name`, `status`,
 *   `traceDuration`, `nestedSetLeft`, `span:id`, `event:name` …
 * - `resource`, `instrumentation`, `span`, `event`, `link`: the attribute in that scope.
 * - `any`: an unscoped TraceQL attribute: span, resource, event, link, instrumentation, first hit.
 */
export type NameScope =
  | 'label'
  | 'pipeline'
  | 'row'
  | 'intrinsic'
  | 'resource'
  | 'instrumentation'
  | 'span'
  | 'event'
  | 'link'
  | 'any'

/** A column as a query names it. */
export interface ColumnName {
  readonly scope: NameScope
  readonly key: string
}

/**
 * A typed constant. An int is decimal text, since 64-bit values do not fit a number; a duration is
 * nanoseconds (whole milliseconds are exact up to 18 years); bytes are a count. `status` and `kind`
 * are TraceQL's words. An array holds literals of one type.
 */
export type Literal =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'int'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'duration'; readonly value: number }
  | { readonly type: 'bytes'; readonly value: number }
  | { readonly type: 'status'; readonly value: string }
  | { readonly type: 'kind'; readonly value: string }
  | { readonly type: 'nil'; readonly value: null }
  | { readonly type: 'array'; readonly value: readonly Literal[] }

export type MatchOperator = '=' | '!=' | '=~' | '!~'

/**
 * A label matcher of a selector. A missing label matches as the empty string; a regular expression
 * is RE2 and anchored on both ends, its dot matches a newline.
 */
export interface Matcher {
  readonly label: string
  readonly operator: MatchOperator
  readonly value: string
}

export type CompareOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~'

/**
 * A condition pushed to storage. It is *necessary*, never sufficient: a row that fails it cannot
 * take part in the answer (of traces, whose rows are whole traces: one of which no span passes), a row that passes may still be refused by the node that asked, which stays
 * in the plan. So storage may test it on dictionaries, filters or page summaries, or not at all.
 *
 * `compare` is false for a missing column, except where `missing` is `empty`, which reads a missing
 * column as the empty string (Prometheus, Loki). `line` tests the log line as stored: `text` is bytes to
 * find (`contains`), an unanchored RE2 (`matches`), Loki's `<_>` pattern, or an address range (`ip`).
 */
export type Condition =
  | {
      readonly kind: 'compare'
      readonly dialect: Dialect
      readonly column: ColumnName
      readonly operator: CompareOperator
      readonly value: Literal
      readonly missing: 'empty' | 'false'
    }
  | { readonly kind: 'present'; readonly column: ColumnName }
  | { readonly kind: 'line'; readonly test: LineTest; readonly negated: boolean }
  | { readonly kind: 'and'; readonly operands: readonly Condition[] }
  | { readonly kind: 'or'; readonly operands: readonly Condition[] }

export interface LineTest {
  readonly test: 'contains' | 'matches' | 'pattern' | 'ip'
  readonly text: string
}

/**
 * The columns a selection must deliver besides time: every one, or these; a key `*` is every column of
 * its scope. It says which values the answer needs: streams stay apart whatever is delivered, and the
 * labels of an error message are looked up from the stream.
 */
export type NeededColumns = 'all' | readonly ColumnName[]
