/**
 * Completion: what may follow at a cursor. Words of the language come from here; names and values of
 * labels are data, so the answer only says that they are wanted. The caller matches words with what
 * is written and replaces the text from `from` to the cursor.
 */
import { type Place, placeAt } from './complete-place.ts'
import { rangeOperators, vectorOperators } from './nodes/metric.ts'
import { templateFunctionNames } from './template/functions.ts'

export interface CompletionWord {
  readonly text: string
  readonly kind: 'function' | 'aggregator' | 'keyword' | 'operator' | 'duration'
}

/** Data the caller may offer besides the words. */
export type CompletionSource =
  | { readonly kind: 'stream-label-names' }
  | { readonly kind: 'label-names' }
  | { readonly kind: 'label-values'; readonly label: string; readonly stream: boolean }

export interface Completion {
  readonly from: number
  readonly words: readonly CompletionWord[]
  readonly sources: readonly CompletionSource[]
}

/** What may stand at `cursor` of `text`; nothing behind it is looked at. Never throws. */
export function complete(text: string, cursor: number): Completion {
  const { place, from, label, inRange } = placeAt(text.slice(0, cursor))
  return { from, words: wordsAt[place](inRange), sources: sourcesAt(place, label) }
}

const labelPlaces: ReadonlySet<Place> = new Set<Place>(['stage', 'unwrap', 'label', 'template'])

function sourcesAt(place: Place, label: string | null): CompletionSource[] {
  if (place === 'matcher-label') return [{ kind: 'stream-label-names' }]
  if (labelPlaces.has(place)) return [{ kind: 'label-names' }]
  if (label === null) return []
  return [{ kind: 'label-values', label, stream: place === 'matcher-value' }]
}

function all(kind: CompletionWord['kind'], texts: string): CompletionWord[] {
  return texts.split(' ').map((text) => ({ text, kind }))
}

const functions: readonly CompletionWord[] = [
  ...rangeOperators.map((text) => ({ text, kind: 'function' as const })),
  ...vectorOperators.map((text) => ({ text, kind: 'aggregator' as const })),
  ...all('function', 'label_replace vector'),
  ...all('operator', '{ ('),
]

const templateWords: readonly CompletionWord[] = [
  ...templateFunctionNames().map((text) => ({ text, kind: 'function' as const })),
  ...all('keyword', 'if else end range with define template block break continue'),
]

const stages = all(
  'keyword',
  'json logfmt regexp pattern unpack line_format label_format decolorize drop keep',
)
const afterStage = all('operator', '|= != |~ !~ |> !> | and or ,')
const binary = all('operator', '+ - * / % ^ == != < <= > >= and or unless')

type Words = (inRange: boolean) => readonly CompletionWord[]

const nothing: Words = () => []

const wordsAt: Readonly<Record<Place, Words>> = {
  query: () => functions,
  'range-argument': () => all('operator', '{ ('),
  'matcher-label': nothing,
  'match-operator': () => all('operator', '= != =~ !~'),
  'matcher-value': nothing,
  'after-matcher': () => all('operator', ', }'),
  'after-stage': (inRange) =>
    inRange ? [...afterStage, ...all('operator', '['), ...all('keyword', 'offset')] : afterStage,
  stage: (inRange) => (inRange ? [...stages, ...all('keyword', 'unwrap')] : stages),
  'line-filter-value': () => all('function', 'ip'),
  'filter-operator': () => all('operator', '= == != =~ !~ > >= < <='),
  'filter-value': () => all('function', 'ip'),
  unwrap: () => all('function', 'bytes duration duration_seconds'),
  label: nothing,
  'after-label': () => [...all('operator', ', = )'), ...afterStage],
  'after-metric': () => [...binary, ...all('keyword', 'by without')],
  'after-binary': () => [...all('keyword', 'bool on ignoring'), ...functions],
  text: nothing,
  template: () => templateWords,
  range: () => all('duration', '1m 5m 10m 30m 1h 6h 1d 1w'),
  offset: () => all('duration', '1m 5m 10m 30m 1h 6h 1d 1w'),
  nowhere: nothing,
}
