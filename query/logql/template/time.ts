/**
 * Instants with a zone, and their text by a Go layout.
 */
import { civilOf, type Civil, daysOf, weekdayOf } from './calendar.ts'
import { layoutParts, months, weekdays } from './layout.ts'

export interface TimeValue {
  readonly kind: 'time'
  /** Nanoseconds since 1970. */
  readonly ns: bigint
  /** Seconds east of UTC. */
  readonly offset: number
  readonly zone: string
}

/** Go's zero time, January 1 of year 1. */
export const zeroTime: TimeValue = {
  kind: 'time',
  ns: -62_135_596_800_000_000_000n,
  offset: 0,
  zone: 'UTC',
}

export function utcTime(ns: bigint): TimeValue {
  return { kind: 'time', ns, offset: 0, zone: 'UTC' }
}

/** The time as time.Format writes it. */
export function formatTime(time: TimeValue, layout: string): string {
  const civil = civilOf(time.ns, time.offset)
  let text = ''
  for (const part of layoutParts(layout)) {
    text += part.literal ? part.text : formatElement(part.text, civil, time)
  }
  return text
}

function pad(value: number, width: number, fill = '0'): string {
  return String(value).padStart(width, fill)
}

function dayOfYear({ year, month, day }: Civil): number {
  return daysOf(year, month, day) - daysOf(year, 1, 1) + 1
}

const elements = new Map<string, (civil: Civil) => string>([
  ['2006', ({ year }) => (year < 0 ? `-${pad(-year, 4)}` : pad(year, 4))],
  ['06', ({ year }) => pad(((year % 100) + 100) % 100, 2)],
  ['January', ({ month }) => months[month - 1] ?? ''],
  ['Jan', ({ month }) => (months[month - 1] ?? '').slice(0, 3)],
  ['01', ({ month }) => pad(month, 2)],
  ['1', ({ month }) => String(month)],
  ['02', ({ day }) => pad(day, 2)],
  ['_2', ({ day }) => pad(day, 2, ' ')],
  ['2', ({ day }) => String(day)],
  ['002', (civil) => pad(dayOfYear(civil), 3)],
  ['__2', (civil) => pad(dayOfYear(civil), 3, ' ')],
  ['Monday', ({ year, month, day }) => weekdays[weekdayOf(daysOf(year, month, day))] ?? ''],
  [
    'Mon',
    ({ year, month, day }) => (weekdays[weekdayOf(daysOf(year, month, day))] ?? '').slice(0, 3),
  ],
  ['15', ({ hour }) => pad(hour, 2)],
  ['03', ({ hour }) => pad(hour % 12 || 12, 2)],
  ['3', ({ hour }) => String(hour % 12 || 12)],
  ['04', ({ minute }) => pad(minute, 2)],
  ['4', ({ minute }) => String(minute)],
  ['05', ({ second }) => pad(second, 2)],
  ['5', ({ second }) => String(second)],
  ['PM', ({ hour }) => (hour >= 12 ? 'PM' : 'AM')],
  ['pm', ({ hour }) => (hour >= 12 ? 'pm' : 'am')],
])

function formatElement(element: string, civil: Civil, time: TimeValue): string {
  const format = elements.get(element)
  if (format !== undefined) return format(civil)
  if (element === 'MST') return time.zone
  if (/^[Z-]/.test(element)) return formatOffset(element, time.offset)
  const digits = pad(civil.nanosecond, 9).slice(0, element.length - 1)
  if (element.charAt(1) === '0') return element.charAt(0) + digits.padEnd(element.length - 1, '0')
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : element.charAt(0) + trimmed
}

function formatOffset(element: string, offset: number): string {
  if (element.startsWith('Z') && offset === 0) return 'Z'
  const size = Math.abs(offset)
  const colon = element.includes(':') ? ':' : ''
  const fields = element.replace(/[^0-9]/g, '').length / 2
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  const sign = offset < 0 ? '-' : '+'
  return (
    sign +
    parts
      .slice(0, fields)
      .map((part) => pad(part, 2))
      .join(colon)
  )
}
