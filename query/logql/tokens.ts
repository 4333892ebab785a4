/**
 * The tokens of LogQL and how messages name them: punctuation and keywords by their text, functions
 * and classes of literals by an upper-case name. Messages list the expected tokens in the order of
 * this file, which is the order in which the reference declares them.
 */
import { WordTable } from '#query/text/words.ts'
import { conversions, rangeOperators, vectorOperators } from './nodes/metric.ts'

const literals = [
  'IDENTIFIER',
  'STRING',
  'NUMBER',
  'PARSER_FLAG',
  'BYTES',
  'DURATION',
  'RANGE',
] as const

const punctuation = [
  '=',
  '=~',
  '!~',
  '!>',
  '{',
  '}',
  '[',
  ']',
  ',',
  '.',
  '|~',
  '|=',
  '|>',
  '(',
  ')',
] as const

const keywords = [
  'by',
  'without',
  'bool',
  'json',
  'regexp',
  'logfmt',
  '|',
  'line_format',
  'label_format',
  'unwrap',
  'label_replace',
  'unpack',
  'offset',
  'pattern',
  'ip',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'decolorize',
  'drop',
  'keep',
  'variants',
  'of',
] as const

const operators = [
  'or',
  'and',
  'unless',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
] as const

/** Names that are functions only where an argument list can follow; identifiers elsewhere. */
export const functionNames = [
  ...rangeOperators,
  ...vectorOperators,
  ...conversions,
  'vector',
  'ip',
] as const
export type FunctionName = Exclude<(typeof functionNames)[number], 'ip'>

export type TokenKind =
  | (typeof literals)[number]
  | (typeof punctuation)[number]
  | (typeof keywords)[number]
  | (typeof operators)[number]
  | FunctionName
  | 'unknown'
  | '$end'

/** Words that are never label names. `ip` is a function and `variants`, `of` belong to a dialect. */
export const reservedWords = new WordTable<TokenKind>(
  [...keywords, ...operators].filter(
    (word) => /^[a-z]/.test(word) && !/^(ip|variants|of)$/.test(word),
  ),
)

/** Reserved too where `variants` are spoken. */
export const variantWords = new WordTable<TokenKind>(['variants', 'of'])

export const functionWords = new WordTable<TokenKind>(functionNames)

export const symbols = new WordTable<TokenKind>([...punctuation, ...operators, '|'])

const order = new Map<string, number>(
  [...literals, ...punctuation, ...keywords, ...functionNames, ...operators].map((kind, i) => [
    kind,
    i,
  ]),
)

const upper: ReadonlySet<string> = new Set<string>(functionNames.filter((name) => name !== 'ip'))
const conversionNames: ReadonlySet<string> = new Set<string>(conversions)

/** The name of a kind of token in a message. */
export function tokenName(kind: TokenKind): string {
  if (conversionNames.has(kind)) return `${kind.toUpperCase()}_CONV`
  return upper.has(kind) ? kind.toUpperCase() : kind
}

/** More alternatives than this are not listed at all, as goyacc does. */
const maxExpected = 4

/** `, expecting A or B` in the reference's order; nothing when there are too many or none. */
export function expecting(kinds: readonly TokenKind[]): string {
  if (kinds.length === 0 || kinds.length > maxExpected) return ''
  const sorted = [...kinds].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
  return `, expecting ${sorted.map(tokenName).join(' or ')}`
}
