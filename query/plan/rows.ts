/**
 * Nodes that yield rows, and the stages of a log pipeline. Rows come from a selection; a pipeline
 * changes or drops them one by one, in the order in which its stages *run*: the lowering has already
 * moved line filters forward as Loki does (logql.md §4.1) and put `unwrap` behind the range's stages.
 */
import type { SignalName } from '#schemas/signals/signal.ts'
import type { LineTest, Matcher, NeededColumns, Condition } from './column.ts'
import type { Expression } from './expression.ts'
import type { Reach } from './time.ts'

/**
 * The rows of one signal whose stream passes all matchers. `conditions` narrow it further, see
 * `Condition`; the lowering leaves them empty and `columns` at 'all', the passes fill both in.
 */
export interface Select {
  readonly kind: 'select'
  readonly signal: SignalName
  readonly matchers: readonly Matcher[]
  readonly reach: Reach | null
  readonly conditions: readonly Condition[]
  readonly columns: NeededColumns
}

/**
 * Rows of `input`, a log selection, through the stages. Yields samples where a stage is `unwrap`.
 * `labels` are those that a stage or the answer reads: a parser need make no others, and need not run when
 * it makes none of them (Loki's hints, logql.md §13.3). The lowering says 'all', a pass narrows it.
 */
export interface Pipeline<N> {
  readonly kind: 'pipeline'
  readonly input: N
  readonly stages: readonly Stage[]
  readonly labels: 'all' | readonly string[]
}

/**
 * What a template reads, so that passes know without parsing it: label names, or 'all' when it uses the dot
 * whole; whether it reads the line.
 */
export interface Template {
  readonly text: string
  readonly labels: 'all' | readonly string[]
  readonly line: boolean
}

/** `label="path"` of a parser; the path of `json` is the text in quotes, of `logfmt` the key. */
export interface Extraction {
  readonly label: string
  readonly path: string
}

export type Stage =
  /** Keeps a line when any alternative holds; negated: when none does. */
  | {
      readonly kind: 'line-filter'
      readonly alternatives: readonly LineTest[]
      readonly negated: boolean
    }
  | { readonly kind: 'label-filter'; readonly condition: Expression }
  /** Without extractions: every field. */
  | { readonly kind: 'json'; readonly extractions: readonly Extraction[] }
  | {
      readonly kind: 'logfmt'
      readonly strict: boolean
      readonly keepEmpty: boolean
      readonly extractions: readonly Extraction[]
    }
  | { readonly kind: 'regexp'; readonly pattern: string; readonly labels: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly labels: readonly string[] }
  | { readonly kind: 'unpack' }
  | { readonly kind: 'line-format'; readonly template: Template }
  /** All assignments see the labels as they were before the stage. `from` renames. */
  | { readonly kind: 'label-format'; readonly assignments: readonly Assignment[] }
  | { readonly kind: 'decolorize' }
  /** A target without matcher (null) goes whatever its value is. */
  | { readonly kind: 'drop'; readonly targets: readonly DropTarget[] }
  | { readonly kind: 'keep'; readonly targets: readonly DropTarget[] }
  /** The row's sample value from a label, which leaves the labels. Only label filters follow. */
  | {
      readonly kind: 'unwrap'
      readonly label: string
      readonly convert: 'number' | 'bytes' | 'duration'
    }

export type Assignment =
  | { readonly label: string; readonly from: string }
  | { readonly label: string; readonly template: Template }

export interface DropTarget {
  readonly label: string
  readonly matcher: Matcher | null
}

/** The first `count` of the answer: log rows over all streams, or traces. See `PlanOptions`. */
export interface Limit<N> {
  readonly kind: 'limit'
  readonly input: N
  readonly count: number
  readonly order: 'newest' | 'oldest' | 'any'
  readonly intervalMs: number
  readonly spansPerSpanset: number
}
