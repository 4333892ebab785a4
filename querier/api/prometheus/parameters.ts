/** Parameters of the Prometheus API as it reads them (promql.md §13.2), refused in its words. */
import { parsePromDuration } from '#query/text/durations.ts'
import { parseGoFloat } from '#query/text/numbers.ts'
import { parseSeriesSelector } from '#query/promql/parse.ts'
import { passesEmpty } from '#query/text/regex.ts'
import { QueryError } from '#query/text/position.ts'
import type { Matcher } from '#query/plan/column.ts'
import { badParameter } from './errors.ts'

/** Times that Prometheus takes for the ends of all time, ms; here the ends of what int64 ns can hold. */
export const minTimeMs = -9_223_372_036_854
export const maxTimeMs = 9_223_372_036_854

/** Most selectors of one request: a browser asks for a handful. */
const maxSelectors = 100

export function invalid(name: string, problem: string): Error {
  return badParameter.make(`invalid parameter "${name}": ${problem}`)
}

/** A time in ms: float Unix seconds, rounded to ms, or RFC 3339; `missing` without the parameter. */
export function timeOf(parameters: URLSearchParams, name: string, missing: number): number {
  const text = parameters.get(name) ?? ''
  if (text === '') return missing
  const seconds = parseGoFloat(text)
  if (seconds !== null && !Number.isNaN(seconds)) {
    return Math.max(-(2 ** 53), Math.min(2 ** 53, Math.round(seconds * 1000)))
  }
  const ms = rfc3339.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms))
    throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`)
  return ms
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

/** A duration in ms: float seconds or Prometheus' form; null without the parameter. */
export function durationOf(parameters: URLSearchParams, name: string): number | null {
  const text = parameters.get(name) ?? ''
  if (text === '') return null
  const seconds = parseGoFloat(text)
  if (seconds !== null && !Number.isNaN(seconds)) {
    if (Math.abs(seconds) * 1e9 > 2 ** 63) {
      throw invalid(
        name,
        `cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`,
      )
    }
    return Math.trunc(seconds * 1000)
  }
  const read = parsePromDuration(text)
  if ('error' in read)
    throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid duration`)
  return read.ms
}

/** A limit on what is listed; 0 is none. */
export function limitOf(parameters: URLSearchParams, name = 'limit'): number {
  const text = parameters.get(name) ?? ''
  if (text === '') return 0
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw invalid(name, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  const limit = Number(text)
  if (limit < 0) throw invalid(name, 'limit must be non-negative')
  return limit
}

/** The selectors of `match[]`. */
export function selectorsOf(parameters: URLSearchParams): readonly (readonly Matcher[])[] {
  const texts = parameters.getAll('match[]')
  if (texts.length > maxSelectors) {
    throw invalid('match[]', `${texts.length} selectors, at most ${maxSelectors} are read`)
  }
  return texts.map(selectorOf)
}

function selectorOf(text: string): readonly Matcher[] {
  try {
    const matchers = parseSeriesSelector(text).map(
      ({ name: label, op: operator, value }): Matcher => ({ label, operator, value }),
    )
    if (matchers.every(({ operator, value }) => passesEmpty(operator, value))) {
      throw invalid('match[]', 'match[] must contain at least one non-empty matcher')
    }
    return matchers
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw invalid('match[]', error.message)
  }
}
