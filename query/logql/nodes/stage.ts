/**
 * The stages of a pipeline: line filters, parsers, label filters, formatters, drop and keep. Texts
 * (patterns, templates, paths) stand here as written; `check.ts` proves that they compile.
 */
import type { Span } from '#query/text/position.ts'
import type { LabelFilter } from './label-filter.ts'
import type { Matcher } from './matcher.ts'

export type LineOperator = '|=' | '!=' | '|~' | '!~' | '|>' | '!>'

/** One argument of a line filter: a text, expression or pattern, or the argument of `ip()`. */
export interface LineTest {
  readonly kind: 'line-test'
  readonly span: Span
  readonly ip: boolean
  readonly value: string
}

/** `|= "a" or "b"`. With a negative operator no alternative may hold, with a positive one any must. */
export interface LineFilter {
  readonly kind: 'line-filter'
  readonly span: Span
  readonly op: LineOperator
  readonly alternatives: readonly LineTest[]
}

/** `name="path"` of json and logfmt; a bare `name` has the path `name`. */
export interface Extraction {
  readonly kind: 'extraction'
  readonly span: Span
  readonly name: string
  readonly path: string
}

/** `| json`, or `| json a="path"` when there are extractions. */
export interface JsonParser {
  readonly kind: 'json'
  readonly span: Span
  readonly extractions: readonly Extraction[]
}

export interface LogfmtParser {
  readonly kind: 'logfmt'
  readonly span: Span
  readonly strict: boolean
  readonly keepEmpty: boolean
  readonly extractions: readonly Extraction[]
}

export interface RegexpParser {
  readonly kind: 'regexp'
  readonly span: Span
  readonly pattern: string
}

export interface PatternParser {
  readonly kind: 'pattern'
  readonly span: Span
  readonly pattern: string
}

export interface UnpackParser {
  readonly kind: 'unpack'
  readonly span: Span
}

/** `| filter`: entries for which it does not hold are dropped. */
export interface LabelFilterStage {
  readonly kind: 'label-filter'
  readonly span: Span
  readonly filter: LabelFilter
}

export interface LineFormat {
  readonly kind: 'line-format'
  readonly span: Span
  readonly template: string
}

/** `target=source` renames; `target="template"` sets. Exactly one of the two is not null. */
export interface Assignment {
  readonly kind: 'assignment'
  readonly span: Span
  readonly target: string
  readonly source: string | null
  readonly template: string | null
}

/** All assignments see the labels as they were when the stage began. */
export interface LabelFormat {
  readonly kind: 'label-format'
  readonly span: Span
  readonly assignments: readonly Assignment[]
}

export interface Decolorize {
  readonly kind: 'decolorize'
  readonly span: Span
}

/** A label of drop or keep, always or only when the matcher holds. */
export interface LabelTarget {
  readonly kind: 'label-target'
  readonly span: Span
  readonly name: string
  readonly matcher: Matcher | null
}

export interface DropLabels {
  readonly kind: 'drop'
  readonly span: Span
  readonly targets: readonly LabelTarget[]
}

export interface KeepLabels {
  readonly kind: 'keep'
  readonly span: Span
  readonly targets: readonly LabelTarget[]
}

export type Stage =
  | LineFilter
  | JsonParser
  | LogfmtParser
  | RegexpParser
  | PatternParser
  | UnpackParser
  | LabelFilterStage
  | LineFormat
  | LabelFormat
  | Decolorize
  | DropLabels
  | KeepLabels
