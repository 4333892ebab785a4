/**
 * Durations in the two spellings of the reference products: Go's (`1h2m3.5s`, nanoseconds, LogQL
 * and TraceQL) and Prometheus' (`1d2h`, whole units from the biggest to the smallest, milliseconds,
 * PromQL). Both directions, with Go's rounding of fractions and overflow rules.
 */
import { isDigit } from './lex.ts'
import { quoteGo } from './strings.ts'

const maxDurationNs = 2n ** 63n - 1n

const goUnits = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['\u00b5s', 1000n],
  ['\u03bcs', 1000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

const goPart = /([0-9]*)(\.[0-9]*)?([^0-9.]*)/y

/** time.ParseDuration: nanoseconds, or null for bad syntax, an unknown unit or overflow of int64. */
export function parseGoDuration(text: string): bigint | null {
  const negative = text.startsWith('-')
  const body = negative || text.startsWith('+') ? text.slice(1) : text
  if (body === '0') return 0n
  if (body === '') return null
  let total = 0n
  let at = 0
  while (at < body.length) {
    goPart.lastIndex = at
    const [part = '', whole = '', fraction = '', unit = ''] = goPart.exec(body) ?? []
    const unitNs = goUnits.get(unit)
    if (unitNs === undefined || (whole === '' && fraction.length < 2)) return null
    const wholeNs = boundedInt(whole)
    if (wholeNs === null) return null
    total += wholeNs * unitNs + fractionNs(fraction, unitNs)
    if (total > maxDurationNs + 1n) return null
    at += part.length
  }
  if (negative) return -total
  return total > maxDurationNs ? null : total
}

function boundedInt(digits: string): bigint | null {
  const significant = digits.replace(/^0+/, '')
  return significant.length > 19 ? null : BigInt(significant)
}

/** As Go: the digits as a float times the unit, cut off, so 0.1µs is 100 ns and 0.0000000001s is 0. */
function fractionNs(fraction: string, unitNs: bigint): bigint {
  if (fraction.length < 2) return 0n
  const zeros = /^[.]0*/.exec(fraction)?.[0].length ?? 1
  // time.ParseDuration ignores the digits from the first that would leave int64.
  let digits = fraction.slice(1, zeros + 19)
  if (BigInt(digits) > maxDurationNs + 1n) digits = digits.slice(0, -1)
  return BigInt(Math.trunc(Number(digits) * (Number(unitNs) / 10 ** digits.length)))
}

/** time.Duration.String(): `1h2m3.5s`, `1.5µs`, `0s`. */
export function formatGoDuration(ns: bigint): string {
  if (ns === 0n) return '0s'
  const sign = ns < 0n ? '-' : ''
  const size = ns < 0n ? -ns : ns
  if (size < 1000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${decimal(size, 1000n)}µs`
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`
  const minutes = size / 60_000_000_000n
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`
  if (minutes === 0n) return sign + seconds
  const hours = minutes / 60n
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${seconds}`
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit).toString().padStart(unit.toString().length - 1, '0')
  const digits = fraction.replace(/0+$/, '')
  return `${value / unit}${digits === '' ? '' : `.${digits}`}`
}

interface PromUnit {
  readonly name: string
  readonly ms: number
  /** Years and weeks print only when nothing is left over: 90d reads better than 12w6d. */
  readonly exact: boolean
}

const promUnits: readonly PromUnit[] = [
  { name: 'y', ms: 31_536_000_000, exact: true },
  { name: 'w', ms: 604_800_000, exact: true },
  { name: 'd', ms: 86_400_000, exact: false },
  { name: 'h', ms: 3_600_000, exact: false },
  { name: 'm', ms: 60_000, exact: false },
  { name: 's', ms: 1000, exact: false },
  { name: 'ms', ms: 1, exact: false },
]

/** What time.Duration holds: 2^63 - 1 ns. */
const maxPromMs = 9_223_372_036_854

/** model.ParseDuration; the errors are its words. */
export function parsePromDuration(text: string): { ms: number } | { error: string } {
  if (text === '0') return { ms: 0 }
  if (text === '') return { error: 'empty duration string' }
  let total = 0
  let lastUnit = -1
  let at = 0
  while (at < text.length) {
    const from = at
    while (isDigit(text.charCodeAt(at))) at++
    const unitFrom = at
    while (at < text.length && !isDigit(text.charCodeAt(at))) at++
    const digits = text.slice(from, unitFrom)
    if (from === unitFrom || unitFrom === at || exceedsUint64(digits)) return invalidDuration(text)
    const index = promUnitAt(text, unitFrom, at)
    const unit = promUnits[index]
    if (unit === undefined) {
      const name = text.slice(unitFrom, at)
      return { error: `unknown unit ${quoteGo(name)} in duration ${quoteGo(text)}` }
    }
    if (index <= lastUnit) return invalidDuration(text)
    lastUnit = index
    total += Number(digits) * unit.ms
    if (total > maxPromMs) return { error: 'duration out of range' }
  }
  return { ms: total }
}

/** Prometheus' spelling, then Go's, as LogQL and TraceQL read durations: nanoseconds, null for neither. */
export function parseEitherDuration(text: string): bigint | null {
  const read = parsePromDuration(text)
  return 'ms' in read ? BigInt(read.ms) * 1_000_000n : parseGoDuration(text)
}

function invalidDuration(text: string): { error: string } {
  return { error: `not a valid duration string: ${quoteGo(text)}` }
}

/** The index in `promUnits` of the text's part from `from` up to `to`, -1 if it is no unit. */
function promUnitAt(text: string, from: number, to: number): number {
  if (to - from === 1) return 'ywdhms'.indexOf(text.charAt(from))
  return to - from === 2 && text.startsWith('ms', from) ? 6 : -1
}

function exceedsUint64(digits: string): boolean {
  if (digits.length < 20) return false
  const significant = digits.replace(/^0+/, '')
  return significant.length > 20 || (significant !== '' && BigInt(significant) > 2n ** 64n - 1n)
}

/** model.Duration.String() of whole milliseconds: `1h30m`, `90d`, `1w`, `0s`; a minus sign when negative. */
export function formatPromDuration(ms: number): string {
  let left = Math.trunc(Math.abs(ms))
  if (left === 0) return '0s'
  let text = ms < 0 ? '-' : ''
  for (const unit of promUnits) {
    if (unit.exact && left % unit.ms !== 0) continue
    const count = Math.floor(left / unit.ms)
    if (count === 0) continue
    text += `${count}${unit.name}`
    left -= count * unit.ms
  }
  return text
}
