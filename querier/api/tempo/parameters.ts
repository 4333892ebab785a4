/** Parameters that the endpoints share: ids and times, with Tempo's messages. An empty value counts as absent. */
import type { NeededRange, QueryRequest } from '../../endpoint.ts'
import { traces } from '#schemas/signals/traces.ts'
import { parameterInvalid } from './errors.ts'

/** Ends of the times that can be stored, ns. */
export const minTimeNs = 0n
export const maxTimeNs = 2n ** 63n - 1n

/** The value of a parameter, null when absent or empty. The first counts. */
export function parameter(request: QueryRequest, name: string): string | null {
  const value = request.parameters.get(name)
  return value === null || value === '' ? null : value
}

/** A trace id of the path as 32 hex digits. */
export function traceIdOf(text: string): string {
  const wrong = /[^0-9a-fA-F]/.exec(text)
  if (wrong !== null) {
    const found = `invalid character '${wrong[0]}' at position ${wrong.index + 1}`
    throw parameterInvalid.make(`trace IDs can only contain hex characters: ${found}`)
  }
  if (text.length > 32) throw parameterInvalid.make("trace IDs can't be larger than 128 bits")
  return text.toLowerCase().padStart(32, '0')
}

/** Whole seconds, null when absent. */
export function secondsOf(request: QueryRequest, name: string): number | null {
  const text = parameter(request, name)
  if (text === null) return null
  const value = Number(text)
  if (!/^[+-]?[0-9]+$/.test(text) || Math.abs(value) > maxSeconds) {
    throw parameterInvalid.make(`invalid ${name}: ${text} is not a time in whole seconds`)
  }
  return value
}

/** 2262-04-11, beyond which nanoseconds leave int64. */
const maxSeconds = 9_223_372_036

/** A range of starts of spans, ns: from inclusive, to exclusive. */
export interface TimeRange {
  readonly from: bigint
  readonly to: bigint
}

export function needTraces({ from, to }: TimeRange): NeededRange[] {
  return [{ signal: traces.name, from, to }]
}

const nsPerSecond = 1_000_000_000n

/** `start` and `end` of a request that may leave them out: then everything. */
export function optionalRange(request: QueryRequest): TimeRange {
  const start = secondsOf(request, 'start')
  const end = secondsOf(request, 'end')
  checkOrder(start ?? 0, end ?? maxSeconds)
  return {
    from: start === null ? minTimeNs : BigInt(start) * nsPerSecond,
    to: end === null ? maxTimeNs : (BigInt(end) + 1n) * nsPerSecond,
  }
}

export function checkOrder(start: number, end: number): void {
  if (start < end) return
  throw parameterInvalid.make(
    `http parameter start must be before end. received start=${start} end=${end}`,
  )
}

/** The window of a search that names none, seconds: Tempo's. */
const defaultWindow = 900

/** `start` and `end` of a search, both or neither; the default is the last 15 minutes, up to now. */
export function searchRange(request: QueryRequest): TimeRange {
  const start = secondsOf(request, 'start') ?? 0
  const end = secondsOf(request, 'end') ?? 0
  if (start === 0 && end === 0) {
    const now = BigInt(Math.ceil(request.nowMs / 1000))
    return { from: (now - BigInt(defaultWindow)) * nsPerSecond, to: (now + 1n) * nsPerSecond }
  }
  checkOrder(start, end)
  // The end is inclusive, as a trace that begins in its second still overlaps.
  return { from: BigInt(start) * nsPerSecond, to: (BigInt(end) + 1n) * nsPerSecond }
}

/** A bound on the length of a list; 0 when absent. */
export function limitOf(request: QueryRequest): number {
  const text = parameter(request, 'limit')
  if (text === null) return 0
  if (!/^[0-9]{1,9}$/.test(text)) {
    throw parameterInvalid.make('invalid limit: must be a non-negative number')
  }
  return Number(text)
}
