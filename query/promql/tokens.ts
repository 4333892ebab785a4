/**
 * The tokens of PromQL: their kinds, the words that are keywords, which tokens may stand where a name
 * is wanted, and how messages name a token. A keyword's kind is the word itself in lower case.
 */
import { quoteGo } from '../text/strings.ts'
import { WordTable } from '../text/words.ts'
import type { Aggregator, BinaryOperator } from './nodes.ts'

/** Words that are not operators or aggregators; printed as `<by>` in messages. */
type ModifierWord =
  | 'offset'
  | 'smoothed'
  | 'anchored'
  | 'by'
  | 'without'
  | 'on'
  | 'ignoring'
  | 'group_left'
  | 'group_right'
  | 'fill'
  | 'fill_left'
  | 'fill_right'
  | 'bool'

/** Words that are functions of the query's own times, or of two durations. */
export type PreprocessorWord = 'start' | 'end' | 'step' | 'range' | 'max_of' | 'min_of'

export type TokenKind =
  | BinaryOperator
  | Aggregator
  | ModifierWord
  | PreprocessorWord
  | '@'
  | '='
  | '=~'
  | '!~'
  | '('
  | ')'
  | '{'
  | '}'
  | '['
  | ']'
  | ','
  | ':'
  | 'identifier'
  | 'metric identifier'
  | 'string'
  | 'number'
  | 'duration'
  | 'end of input'

export interface Token {
  readonly kind: TokenKind
  readonly from: number
  readonly to: number
}

const aggregatorList: readonly Aggregator[] = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]
export const aggregators: ReadonlySet<TokenKind> = new Set(aggregatorList)

const modifiers: ReadonlySet<TokenKind> = new Set<ModifierWord>([
  'offset',
  'smoothed',
  'anchored',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
])

export const preprocessors: ReadonlySet<TokenKind> = new Set<PreprocessorWord>([
  'start',
  'end',
  'step',
  'range',
  'max_of',
  'min_of',
])

/** How tightly a binary operator binds; more is tighter. Unary plus and minus bind like `*`. */
const precedenceList: readonly (readonly [BinaryOperator, number])[] = [
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ['==', 3],
  ['!=', 3],
  ['<', 3],
  ['<=', 3],
  ['>', 3],
  ['>=', 3],
  ['</', 3],
  ['>/', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['atan2', 5],
  ['^', 6],
]
export const precedences: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>(
  precedenceList,
)
export const powerPrecedence = 6

/** Every keyword in lower case; `inf` and `nan` are numbers. */
const keywords = new WordTable<TokenKind | 'inf' | 'nan'>([
  ...aggregators,
  ...modifiers,
  ...preprocessors,
  'and',
  'or',
  'unless',
  'atan2',
  'inf',
  'nan',
])

/** The kind of the keyword that is the text's part from `from` up to `to`, in any case; null if none is. */
export function keywordAt(text: string, from: number, to: number): TokenKind | null {
  const word = keywords.findLower(text, from, to)
  return word === 'inf' || word === 'nan' ? 'number' : word
}

/** Tokens that a metric may be called by, outside braces. */
export const metricNames: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ...aggregators,
  ...preprocessors,
  'and',
  'or',
  'unless',
  'by',
  'without',
  'offset',
  'anchored',
  'smoothed',
  'fill',
  'fill_left',
  'fill_right',
  'identifier',
  'metric identifier',
])

/** Tokens that may stand unquoted in a list of labels; `without` is missing in Prometheus too. */
export const groupingLabels: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ...[...metricNames].filter((kind) => kind !== 'without'),
  'bool',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'atan2',
])

/** Tokens an expression may begin with. */
export const expressionStarts: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ...metricNames,
  'number',
  'duration',
  'string',
  '(',
  '{',
  '+',
  '-',
])

const operatorTokens: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ...precedences.keys(),
  '@',
  '=~',
  '!~',
])

/** How a message names the token: `identifier "foo"`, `<op:*>`, `"}"`, `end of input`. */
export function describeToken(text: string, token: Token): string {
  const word = text.slice(token.from, token.to)
  const { kind } = token
  if (kind === 'end of input') return kind
  if (modifiers.has(kind)) return `<${word}>`
  if (aggregators.has(kind)) return `<aggr:${word}>`
  if (operatorTokens.has(kind)) return `<op:${word}>`
  if (kind === 'identifier' || kind === 'metric identifier') return `${kind} ${quoteGo(word)}`
  if (kind === 'string' || kind === 'number' || kind === 'duration') {
    return `${kind} ${shorten(word)}`
  }
  return shorten(word)
}

/** Longer words are cut after ten characters, as Go's `%.10q...` does; the length is counted in bytes. */
function shorten(word: string): string {
  if (Buffer.byteLength(word) <= 10) return quoteGo(word)
  return `${quoteGo(Array.from(word).slice(0, 10).join(''))}...`
}

const aggregatorsByKind = new Map<TokenKind, Aggregator>(aggregatorList.map((op) => [op, op]))
const operatorsByKind = new Map<TokenKind, BinaryOperator>(precedenceList.map(([op]) => [op, op]))

/** The aggregator a token stands for, null for other tokens. */
export function aggregatorOf(kind: TokenKind): Aggregator | null {
  return aggregatorsByKind.get(kind) ?? null
}

/** The binary operator a token stands for, null for other tokens. */
export function binaryOperatorOf(kind: TokenKind): BinaryOperator | null {
  return operatorsByKind.get(kind) ?? null
}
