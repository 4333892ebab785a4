/**
 * The tokens of TraceQL. The kind of a token is the name that messages call it by: the text itself for
 * words and operators, a capitalised word for tokens with a value, `$end` for the end of the text.
 * The order of the list is the order in which "expecting A or B" names alternatives.
 */
import { WordTable } from '#query/text/words.ts'

export const tokenKinds = [
  'IDENTIFIER',
  'STRING',
  'INTEGER',
  'FLOAT',
  'DURATION',
  '.',
  '{',
  '}',
  '(',
  ')',
  ',',
  'nil',
  'true',
  'false',
  'error',
  'ok',
  'unset',
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
  'duration',
  'childCount',
  'name',
  'status',
  'statusMessage',
  'parent',
  'kind',
  'rootName',
  'rootServiceName',
  'rootService',
  'traceDuration',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
  'id',
  'traceID',
  'spanID',
  'parentID',
  'timeSinceStart',
  'version',
  'parent.',
  'resource.',
  'span.',
  'trace:',
  'span:',
  'event:',
  'event.',
  'link:',
  'link.',
  'instrumentation:',
  'instrumentation.',
  'count',
  'avg',
  'max',
  'min',
  'sum',
  'by',
  'coalesce',
  'select',
  'END_ATTRIBUTE',
  'rate',
  'count_over_time',
  'min_over_time',
  'max_over_time',
  'avg_over_time',
  'sum_over_time',
  'quantile_over_time',
  'histogram_over_time',
  'compare',
  'topk',
  'bottomk',
  'with',
  '|',
  '&&',
  '||',
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '!~',
  '=~',
  '>>',
  '<<',
  '~',
  '!>',
  '!<',
  '!>>',
  '!<<',
  '&>',
  '&<',
  '&>>',
  '&<<',
  '&~',
  '+',
  '-',
  '!',
  '*',
  '/',
  '%',
  '^',
  '$end',
] as const
export type TokenKind = (typeof tokenKinds)[number]

/** Kinds that are not spelled as they are named. */
const named = new Set<TokenKind>([
  'IDENTIFIER',
  'STRING',
  'INTEGER',
  'FLOAT',
  'DURATION',
  'END_ATTRIBUTE',
  '$end',
])

/** The tokens that are spelled as they are named. */
export const spelledTokens = new WordTable(tokenKinds.filter((kind) => !named.has(kind)))

/** Whether an attribute name follows the token at once. */
export function isAttributePrefix(kind: TokenKind): boolean {
  switch (kind) {
    case '.':
    case 'span.':
    case 'resource.':
    case 'event.':
    case 'link.':
    case 'instrumentation.':
    case 'parent.':
      return true
    default:
      return false
  }
}

/**
 * One token. `text` is the spelling, except: the name without quotes for the IDENTIFIER of an attribute
 * and the value for a STRING. `number` is the value of INTEGER and DURATION (nanoseconds) as bigint and
 * of FLOAT as number.
 */
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly number: bigint | number
  readonly from: number
  readonly to: number
  /** Where messages place the token: an offset, and whether Tempo still knows the line there. */
  readonly shownAt: number
  readonly lineKnown: boolean
}
