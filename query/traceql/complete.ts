/**
 * Completion: a text and a cursor to what may follow there. Only the text before the cursor counts; it
 * is read with the lexer of the language, so names, quotes and operators end where they really end.
 * The answer has words of the language, and says which names or values of the data would fit; those
 * are the caller's to look up. Never throws, whatever the text.
 */
import { maxQueryBytes } from '#query/text/depth.ts'
import { lenientTokens } from './conditions.ts'
import {
  intrinsicNames,
  scopedIntrinsics,
  type IntrinsicName,
  type Scope,
} from './nodes/attribute.ts'
import { metricsFunctionNames } from './nodes/metrics.ts'
import { aggregateNames } from './nodes/pipeline.ts'
import { spanKinds, statuses } from './nodes/static.ts'
import { isBinaryOperator, isComparison, isSpansetOperator } from './operators.ts'
import { isAttributePrefix, tokenKinds, type Token, type TokenKind } from './token.ts'
import { intrinsicTypes } from './types.ts'

/** What the data could add to the words: names of attributes in a scope, or values of a field as written. */
export type Wanted =
  | { readonly kind: 'names'; readonly scope: Scope }
  | { readonly kind: 'values'; readonly field: string }

export interface Completion {
  /** The range of the text that a chosen word replaces; `to` is the cursor. */
  readonly from: number
  readonly to: number
  /** Words that begin with what is in the range, in the order of the language's own tables. */
  readonly words: readonly string[]
  readonly wanted: Wanted | null
}

/** Where the cursor is: in which bracket, behind which tokens of it. */
interface Place {
  /** The word before the bracket, '{' for braces, '(' for plain brackets, '' outside all. */
  readonly bracket: string
  readonly inField: boolean
  /** The tokens of this bracket before the cursor, without the word being typed. */
  readonly before: readonly Token[]
  /** Whether a metrics function came before in this bracket. */
  readonly inMetrics: boolean
}

/** What may follow at `cursor`, an offset in UTF-16 units; one outside the text counts as its nearest end. */
export function complete(text: string, cursor: number): Completion {
  const to = Math.max(0, Math.min(cursor, text.length))
  if (to > maxQueryBytes) return { from: to, to, words: [], wanted: null }
  const lexed = lenientTokens(text.slice(0, to))
  const tokens = lexed.tokens.filter((token) => token.kind !== 'END_ATTRIBUTE')
  if (lexed.brokenAt !== null) {
    // The cursor is inside a literal, or behind what is none: words of the language have no place there.
    const { wanted } = suggest(placeOf(tokens))
    return {
      from: lexed.brokenAt,
      to,
      words: [],
      wanted: wanted?.kind === 'values' ? wanted : null,
    }
  }
  const typed = typedToken(tokens, to)
  const from = typed?.from ?? to
  const place = placeOf(typed === null ? tokens : tokens.slice(0, -1))
  const prefix = text.slice(from, to)
  const { words, wanted } = suggest(place)
  return { from, to, words: words.filter((word) => word.startsWith(prefix)), wanted }
}

/** The last token if it is a word that the cursor touches, so that more of it may come. */
function typedToken(tokens: readonly Token[], cursor: number): Token | null {
  const last = tokens.at(-1)
  if (last === undefined || last.to !== cursor) return null
  return last.kind === 'IDENTIFIER' || /^[a-zA-Z_]+$/.test(last.text) ? last : null
}

const fieldBrackets = new Set<string>([
  '{',
  'by',
  'select',
  ...aggregateNames,
  ...metricsFunctionNames,
])

function placeOf(tokens: readonly Token[]): Place {
  const open: number[] = []
  tokens.forEach(({ kind }, index) => {
    if (kind === '{' || kind === '(') open.push(index)
    else if (kind === '}' || kind === ')') open.pop()
  })
  const start = open.at(-1)
  const before = start === undefined ? tokens : tokens.slice(start + 1)
  const brackets = open.map((index) => bracketName(tokens, index))
  return {
    bracket: brackets.at(-1) ?? '',
    inField: brackets.some((name) => fieldBrackets.has(name)),
    before,
    inMetrics: before.some(({ kind }) => isMetricsWord(kind)),
  }
}

function bracketName(tokens: readonly Token[], index: number): string {
  if (tokens[index]?.kind === '{') return '{'
  const word = tokens[index - 1]?.kind ?? ''
  return /^[a-z_]+$/.test(word) ? word : '('
}

function isMetricsWord(kind: TokenKind): boolean {
  return kind === 'compare' || metricsFunctionNames.some((name) => name === kind)
}

interface Suggestion {
  readonly words: readonly string[]
  readonly wanted: Wanted | null
}

const nothing: Suggestion = { words: [], wanted: null }

function suggest(place: Place): Suggestion {
  const last = place.before.at(-1)
  if (place.bracket === 'with') return suggestHint(last)
  if (place.bracket === 'compare' && last === undefined) return words(['{'])
  if (place.bracket === 'topk' || place.bracket === 'bottomk') return nothing
  if (place.inField) return suggestField(place, last)
  return last === undefined || last.kind === '|' || isSpansetOperator(last.kind)
    ? suggestStage(place, last)
    : suggestAfterStage(place, last)
}

function words(list: readonly string[]): Suggestion {
  return { words: list, wanted: null }
}

const hintNames = ['most_recent', 'exemplars', 'sample', 'span_sample', 'trace_sample']

function suggestHint(last: Token | undefined): Suggestion {
  if (last === undefined || last.kind === ',') return words(hintNames)
  if (last.kind === '=') return words(['true', 'false'])
  return last.kind === 'IDENTIFIER' ? words(['=']) : words([',', ')'])
}

const scopeWords = ['span.', 'resource.', 'event.', 'link.', 'instrumentation.', '.']

const scopedWords = Object.entries(scopedIntrinsics).flatMap(([prefix, table]) =>
  Object.keys(table).map((word) => prefix + word),
)

const plainWords = intrinsicNames.filter((name) => !name.includes(':') && name !== 'parent')

const fieldWords = [...scopeWords, ...plainWords, ...scopedWords]

const fieldOperators = tokenKinds.filter((kind) => isBinaryOperator(kind))

function suggestField({ before, bracket }: Place, last: Token | undefined): Suggestion {
  if (last !== undefined && isAttributePrefix(last.kind)) {
    return { words: [], wanted: { kind: 'names', scope: scopeOf(last.kind) } }
  }
  const scoped = last === undefined ? undefined : scopedIntrinsics[last.kind]
  if (scoped !== undefined) return words(Object.keys(scoped))
  if (last !== undefined && isComparisonLike(last.kind)) return suggestValue(before)
  const operand = last === undefined || last.kind === ',' || last.kind === '!' || isOperator(last)
  if (operand) {
    const more = bracket === '{' || bracket === '(' ? ['true', 'false', '!', '(', '-'] : []
    return { words: [...fieldWords, ...more], wanted: { kind: 'names', scope: 'any' } }
  }
  return words([...fieldOperators, bracket === '{' ? '}' : ')'])
}

function isOperator({ kind }: Token): boolean {
  return isBinaryOperator(kind)
}

function isComparisonLike(kind: TokenKind): boolean {
  return isComparison(kind) || kind === '=~' || kind === '!~'
}

function scopeOf(prefix: TokenKind): Scope {
  const names: { readonly [prefix: string]: Scope } = {
    'span.': 'span',
    'resource.': 'resource',
    'event.': 'event',
    'link.': 'link',
    'instrumentation.': 'instrumentation',
  }
  return names[prefix] ?? 'any'
}

/** Behind a comparison: the words that are values of the field left of it, and its values in the data. */
function suggestValue(before: readonly Token[]): Suggestion {
  const operator = before.at(-1)?.kind
  const nil = operator === '=' || operator === '!=' ? ['nil'] : []
  const name = before.at(-2)
  const prefix = before.at(-3)
  if (name === undefined) return words(nil)
  if (name.kind === 'IDENTIFIER' && prefix !== undefined && isAttributePrefix(prefix.kind)) {
    const wanted = { kind: 'values', field: prefix.text + name.text } as const
    return { words: ['true', 'false', ...nil], wanted }
  }
  const scoped = prefix === undefined ? undefined : scopedIntrinsics[prefix.kind]
  const intrinsic = scoped?.[name.kind] ?? intrinsicNames.find((known) => known === name.kind)
  return intrinsic === undefined ? words(nil) : suggestIntrinsicValue(intrinsic, nil)
}

function suggestIntrinsicValue(name: IntrinsicName, nil: readonly string[]): Suggestion {
  const type = intrinsicTypes[name]
  if (type === 'status') return words(statuses)
  if (type === 'kind') return words(spanKinds)
  return { words: nil, wanted: { kind: 'values', field: name } }
}

const stageWords = ['{', '(', ...aggregateNames, 'by', 'select']

function suggestStage({ before, inMetrics }: Place, last: Token | undefined): Suggestion {
  if (inMetrics) return words(['topk', 'bottomk'])
  if (last !== undefined && last.kind !== '|') return words(['{', '('])
  if (before.length === 0 || last === undefined) return words(stageWords)
  return words([...stageWords, 'coalesce', ...metricsFunctionNames, 'compare'])
}

const spansetOperators = tokenKinds.filter((kind) => isSpansetOperator(kind))
const comparisons = tokenKinds.filter((kind) => isComparison(kind))

function suggestAfterStage({ bracket, inMetrics }: Place, last: Token): Suggestion {
  if (/^[a-z_]+$/.test(last.kind)) return words(['('])
  const end = bracket === '' ? 'with' : ')'
  if (inMetrics) return words(['by', '|', ...comparisons, end])
  if (last.kind === '}') return words(['|', ...spansetOperators, end])
  if (last.kind === ')') return words(['|', ...comparisons, ...spansetOperators, end])
  return words(['|', end])
}
