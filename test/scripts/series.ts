/**
 * Series lines of test scripts: a metric and its values, such as `up{job="a"} 1 2+1x3 _x2 stale` or
 * `h {{sum:1 count:2 buckets:[2]}}x3`. Repetitions are expanded; a histogram that grows is kept as
 * base, increment and number of additions, since adding histograms is the engine's work.
 */
import { parseSeriesSelector } from '#query/promql/parse.ts'
import { readHistogram, type HistogramLiteral } from './histogram.ts'
import { readNumberItem } from './number.ts'

/** A script that cannot be read; `line` counts from 1. */
export class ScriptError extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`)
    this.name = 'ScriptError'
    this.line = line
  }
}

/** One value of a series; `omitted` leaves its time without a sample. */
export type SeriesValue =
  | { readonly kind: 'omitted' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'float'; readonly value: number }
  | {
      readonly kind: 'histogram'
      readonly base: HistogramLiteral
      /** Added to (or, with sign -1, subtracted from) the base `times` times, one after another. */
      readonly increment: HistogramLiteral | null
      readonly sign: 1 | -1
      readonly times: number
    }

export interface SeriesLine {
  readonly line: number
  /** Label → value; the metric name under `__name__`. */
  readonly labels: ReadonlyMap<string, string>
  readonly values: readonly SeriesValue[]
}

/** More repetitions than any script has; a typo must not fill the memory. */
const maxRepeats = 100_000

/** Metric and the rest of the line. The metric ends at the first blank outside braces and strings. */
export function splitMetric(text: string): { metric: string; rest: string } {
  const match =
    /^(?:[a-zA-Z_:][a-zA-Z0-9_:]*)?(?:\{(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[^}"'`])*\})?/.exec(
      text,
    )
  const metric = match?.[0] ?? ''
  return { metric, rest: text.slice(metric.length) }
}

/** The labels of a metric as written in a script. */
export function readMetric(metric: string, line: number): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  if (metric === '') return labels
  for (const matcher of parseSeriesSelector(metric)) {
    if (matcher.op !== '=') throw new ScriptError(line, `no metric: ${metric}`)
    labels.set(matcher.name, matcher.value)
  }
  return labels
}

/** A whole series line. */
export function readSeries(text: string, line: number): SeriesLine {
  const { metric, rest } = splitMetric(text)
  return { line, labels: readMetric(metric, line), values: readValues(rest.trim(), line) }
}

const number = String.raw`(?:(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|nan)`
const duration = '[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdw]))*'
const floatItem = new RegExp(
  `^([+-]?(?:${duration}|${number})|stale)(?:([+-])(${duration}|${number}))?(?:x([0-9]+))?$`,
  'i',
)
const omittedItem = /^_(?:x([0-9]+))?$/
const histogramItem = /^(\{\{.*?\}\})(?:([+-])(\{\{.*?\}\}))?(?:x([0-9]+))?$/

function readValues(text: string, line: number): SeriesValue[] {
  const items = text.match(/(?:\{\{.*?\}\}|[^\s{])+/g) ?? []
  return items.flatMap((item) => readItem(item, line))
}

function readItem(item: string, line: number): SeriesValue[] {
  const omitted = omittedItem.exec(item)
  if (omitted !== null) {
    return repeat(readCount(omitted[1] ?? '1', line), () => ({ kind: 'omitted' }))
  }
  const histogram = histogramItem.exec(item)
  if (histogram !== null) return readHistogramItem(histogram, line)
  const float = floatItem.exec(item)
  if (float === null) throw new ScriptError(line, `no value: ${item}`)
  const [, first = '', sign, step, times] = float
  const count = times === undefined ? 1 : readCount(times, line) + 1
  if (first === 'stale') return repeat(count, () => ({ kind: 'stale' }))
  const increment = step === undefined ? 0 : numberOf(step, line) * (sign === '-' ? -1 : 1)
  let value = numberOf(first, line)
  return repeat(count, (index) => {
    if (index > 0 && step !== undefined) value += increment
    return { kind: 'float', value }
  })
}

function readHistogramItem(match: RegExpExecArray, line: number): SeriesValue[] {
  const [, first = '', sign, step, times] = match
  const base = histogramOf(first, line)
  const increment = step === undefined ? null : histogramOf(step, line)
  if (increment !== null && base.schema > increment.schema) {
    throw new ScriptError(line, 'the base histogram is finer than its increment')
  }
  const count = times === undefined ? 1 : readCount(times, line) + 1
  return repeat(count, (index) => ({
    kind: 'histogram',
    base,
    increment,
    sign: sign === '-' ? -1 : 1,
    times: increment === null ? 0 : index,
  }))
}

function histogramOf(text: string, line: number): HistogramLiteral {
  const read = readHistogram(text.slice(2, -2))
  if (typeof read === 'string') throw new ScriptError(line, `${read} in ${text}`)
  return read
}

function readCount(text: string, line: number): number {
  const count = Number(text)
  if (count > maxRepeats) throw new ScriptError(line, `more than ${maxRepeats} repetitions`)
  return count
}

function repeat(count: number, make: (index: number) => SeriesValue): SeriesValue[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function numberOf(text: string, line: number): number {
  const value = readNumberItem(text)
  if (value === null) throw new ScriptError(line, `no number: ${text}`)
  return value
}
