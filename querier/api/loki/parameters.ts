/**
 * Parameters of the Loki API with Loki's formats, defaults and messages (logql.md §18, §19). An empty
 * value counts as absent.
 */
import { formatGoDuration, formatPromDuration, parsePromDuration } from '#query/text/durations.ts'
import { quoteGo } from '#query/text/strings.ts'
import type { QueryRequest } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'

/** [from, to) in ns; times of storage, int64. */
export interface TimeRange {
  readonly from: bigint
  readonly to: bigint
}

export const nsPerMs = 1_000_000n
const nsPerSecond = 1_000_000_000n
const maxNs = 2n ** 63n - 1n

/** The value of a parameter, null when absent or empty. The first counts. */
export function parameter({ parameters }: QueryRequest, name: string): string | null {
  const value = parameters.get(name)
  return value === null || value === '' ? null : value
}

/** Loki's limits that a client meets; its defaults. */
export const limits = {
  maxEntries: 5000,
  maxSeries: 500,
  maxPoints: 11_000,
  maxLengthMs: 721 * 3_600_000,
  maxMatchers: 1000,
} as const

const defaultRangeNs = 3600n * nsPerSecond

/** A time: whole numbers of up to ten digits are seconds, longer ones ns; decimals are seconds; RFC 3339. */
export function timeOf(request: QueryRequest, name: string): bigint | null {
  const text = parameter(request, name)
  if (text === null) return null
  const ns = parseTime(text)
  if (ns === null || ns > maxNs || ns < -maxNs) {
    throw parameterInvalid.make(
      `could not parse '${name}' parameter: cannot parse ${quoteGo(text)} as a time`,
    )
  }
  return ns
}

function parseTime(text: string): bigint | null {
  if (/^[+-]?[0-9]+$/.test(text)) {
    if (text.length > 20) return null
    return text.length <= 10 ? BigInt(text) * nsPerSecond : BigInt(text)
  }
  if (/^[+-]?[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?$/.test(text) && /[0-9]/.test(text)) {
    return secondsToNs(Number(text))
  }
  return parseRfc3339(text)
}

function secondsToNs(seconds: number): bigint | null {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 1e10) return null
  const whole = Math.floor(seconds)
  return BigInt(whole) * nsPerSecond + BigInt(Math.round((seconds - whole) * 1e9))
}

const rfc3339 = /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/

function parseRfc3339(text: string): bigint | null {
  const match = rfc3339.exec(text)
  if (match === null) return null
  const ms = Date.parse(`${(match[1] ?? '').replace(/[t ]/, 'T')}${(match[3] ?? '').toUpperCase()}`)
  if (Number.isNaN(ms)) return null
  return BigInt(ms) * nsPerMs + BigInt((match[2] ?? '').padEnd(9, '0'))
}

/** `start`, `end` and `since`: by default the hour up to now. */
export function rangeOf(request: QueryRequest): TimeRange {
  const now = BigInt(request.nowMs) * nsPerMs
  const to = timeOf(request, 'end') ?? now
  const since = durationOf(request, 'since')
  const before = since === null ? defaultRangeNs : BigInt(Math.round(since * 1e6))
  // An end in the future does not move the default start.
  const from = timeOf(request, 'start') ?? (to > now ? now : to) - before
  return { from, to }
}

/** A range that holds something and is not longer than the limit. */
export function checkRange({ from, to }: TimeRange): void {
  if (to <= from) {
    throw parameterInvalid.make('end timestamp must not be before or equal to start time')
  }
  if (to - from > BigInt(limits.maxLengthMs) * nsPerMs) {
    throw parameterInvalid.make(
      `the query time range exceeds the limit (query length: ${formatGoDuration(to - from)}, limit: ${formatPromDuration(limits.maxLengthMs)})`,
    )
  }
}

/** A duration in ms: seconds as a number, or with units. Null when absent. */
export function durationOf(request: QueryRequest, name: string): number | null {
  const text = parameter(request, name)
  if (text === null) return null
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) {
    const ms = Number(text) * 1000
    if (Math.abs(ms) <= Number(maxNs) / 1e6) return ms
  } else {
    const parsed = parsePromDuration(text)
    if ('ms' in parsed) return parsed.ms
  }
  throw parameterInvalid.make(`cannot parse ${quoteGo(text)} to a valid duration`)
}

/** The step of a range query in whole ms; by default 250 steps, of a second at least. */
export function stepOf(request: QueryRequest, { from, to }: TimeRange): number {
  const given = durationOf(request, 'step')
  const seconds = Number((to - from) / nsPerSecond)
  const stepMs = given === null ? Math.max(Math.floor(seconds / 250), 1) * 1000 : Math.round(given)
  if (stepMs <= 0) {
    throw parameterInvalid.make(
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    )
  }
  if (Number((to - from) / nsPerMs) / stepMs > limits.maxPoints) {
    throw parameterInvalid.make(
      'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
    )
  }
  return stepMs
}

const defaultLimit = 100

/** How many entries are wanted, 1 to the limit. */
export function limitOf(request: QueryRequest): number {
  const text = parameter(request, 'limit')
  if (text === null) return defaultLimit
  const limit = Number(text)
  if (!/^[+-]?[0-9]+$/.test(text) || !Number.isSafeInteger(limit)) {
    throw parameterInvalid.make(`could not parse 'limit' parameter: ${quoteGo(text)}`)
  }
  if (limit <= 0) throw parameterInvalid.make('limit must be a positive value')
  if (limit > limits.maxEntries) {
    throw parameterInvalid.make(
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${limits.maxEntries})`,
    )
  }
  return limit
}

export function directionOf(request: QueryRequest): 'newest' | 'oldest' {
  const text = parameter(request, 'direction')
  const lower = text?.toLowerCase() ?? 'backward'
  if (lower === 'backward') return 'newest'
  if (lower === 'forward') return 'oldest'
  throw parameterInvalid.make(`invalid direction '${text ?? ''}'`)
}

/** Whether the client reads labels by category. */
export function categorizes({ headers }: QueryRequest): boolean {
  const flags = headers['x-loki-response-encoding-flags'] ?? ''
  return flags.split(',').some((flag) => flag.trim() === 'categorize-labels')
}
