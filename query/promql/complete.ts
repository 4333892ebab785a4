/**
 * Completion: what may follow at a cursor. Words of the language come from here, filtered by the
 * switches; names of metrics and labels and values of labels are data, so the answer only says which
 * of them are wanted, and the caller adds them. Matching the words with what was already written is
 * the caller's too: it replaces the text from `from` to the cursor.
 */
import { contextOf, type Place } from './complete-context.ts'
import { functions } from './functions.ts'
import { defaultOptions, type PromqlOptions } from './options.ts'
import { aggregators } from './tokens.ts'

export interface CompletionWord {
  readonly text: string
  readonly kind: 'function' | 'aggregator' | 'keyword' | 'operator' | 'duration' | 'number'
}

/** Data the caller may offer besides the words. */
export type CompletionSource =
  | { readonly kind: 'metric-names' }
  | { readonly kind: 'label-names'; readonly metric: string | null }
  | { readonly kind: 'label-values'; readonly metric: string | null; readonly label: string }

export interface Completion {
  readonly from: number
  readonly words: readonly CompletionWord[]
  readonly sources: readonly CompletionSource[]
}

/** What may stand at `cursor` of `text`; nothing after it is looked at. */
export function complete(
  text: string,
  cursor: number,
  options: PromqlOptions = defaultOptions,
): Completion {
  const { place, from, metric, label } = contextOf(text.slice(0, cursor))
  return { from, words: wordsAt[place](options), sources: sourcesAt(place, metric, label) }
}

function sourcesAt(place: Place, metric: string | null, label: string | null): CompletionSource[] {
  if (place === 'matcher-label' || place === 'grouping-label') {
    return [{ kind: 'label-names', metric }]
  }
  if (place === 'matcher-value') {
    return label === null ? [] : [{ kind: 'label-values', metric, label }]
  }
  return place.startsWith('operand') ? [{ kind: 'metric-names' }] : []
}

type Words = (options: PromqlOptions) => CompletionWord[]

const all = (kind: CompletionWord['kind'], texts: string): CompletionWord[] =>
  texts.split(' ').map((text) => ({ text, kind }))

const nothing: Words = () => []

const operands: Words = (options) => [
  ...[...functions]
    .filter(([, { experimental }]) => !experimental || options.experimentalFunctions)
    .filter(([, { nativeHistograms }]) => !nativeHistograms || options.nativeHistograms)
    .map(([text]) => ({ text, kind: 'function' }) as const),
  ...[...aggregators]
    .filter((text) => !text.startsWith('limit') || options.experimentalFunctions)
    .map((text) => ({ text, kind: 'aggregator' }) as const),
  ...all('number', 'Inf NaN'),
]

const fills: Words = ({ fillModifiers }) =>
  fillModifiers ? all('keyword', 'fill fill_left fill_right') : []

const afterOperand: Words = (options) => [
  ...all('operator', '+ - * / % ^ == != < <= > >= and or unless atan2'),
  ...(options.nativeHistograms ? all('operator', '</ >/') : []),
  ...all('keyword', 'offset'),
  ...(options.atModifier ? all('keyword', '@') : []),
  ...(options.extendedRangeSelectors ? all('keyword', 'anchored smoothed') : []),
]

const durationFunctions: Words = ({ durationExpressions }) =>
  durationExpressions ? all('function', 'step() range() min_of max_of') : []

const wordsAt: Readonly<Record<Place, Words>> = {
  operand: operands,
  'operand-after-operator': (options) => [
    ...all('keyword', 'bool on ignoring'),
    ...fills(options),
    ...operands(options),
  ],
  'operand-after-matching': (options) => [
    ...all('keyword', 'group_left group_right'),
    ...fills(options),
    ...operands(options),
  ],
  'after-operand': afterOperand,
  'after-aggregator': (options) => [...all('keyword', 'by without'), ...afterOperand(options)],
  'after-aggregation': (options) => [...all('keyword', 'by without'), ...afterOperand(options)],
  'grouping-label': nothing,
  'after-grouping-label': () => all('operator', ', )'),
  'matcher-label': nothing,
  'match-operator': () => all('operator', '= != =~ !~'),
  'matcher-value': nothing,
  'after-matcher': () => all('operator', ', }'),
  duration: (options) => [
    ...all('duration', '1m 5m 10m 30m 1h 6h 1d 1w'),
    ...durationFunctions(options),
  ],
  'after-duration': ({ durationExpressions }) => [
    ...all('operator', '] :'),
    ...(durationExpressions ? all('operator', '+ - * / % ^') : []),
  ],
  at: () => all('function', 'start() end()'),
  nowhere: nothing,
}
