/**
 * Text → instant by a Go layout. Null when the text does not fit, for which the template functions
 * answer the zero time. As in Go, a fraction of a second is read behind the seconds also where the
 * layout has none, and a zone abbreviation that is unknown has offset zero.
 */
import { type Civil, daysInMonth, nsOf } from './calendar.ts'
import { layoutParts, months, weekdays } from './layout.ts'
import type { TimeValue } from './time.ts'
import { offsetIn } from './zone.ts'

/** What was read so far. */
interface Fields {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanosecond: number
  afternoon: boolean | null
  offset: number | null
  zone: string | null
}

/** time.ParseInLocation: without a zone in the text, the time is in `zone`. */
export function parseTime(layout: string, text: string, zone: string): TimeValue | null {
  const fields = newFields()
  let at = 0
  for (const part of layoutParts(layout)) {
    if (part.literal) {
      if (!text.startsWith(part.text, at)) return null
      at += part.text.length
      continue
    }
    const length = readElement(part.text, text.slice(at, at + maxElementLength), fields)
    if (length === null) return null
    at += length
  }
  return at === text.length ? timeOf(fields, zone) : null
}

/** No element, with the fraction behind seconds, is longer. */
const maxElementLength = 32

function newFields(): Fields {
  return {
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    afternoon: null,
    offset: null,
    zone: null,
  }
}

type NumberField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'

const numbers = new Map<string, readonly [field: NumberField, pattern: RegExp]>([
  ['2006', ['year', /^\d{4}/]],
  ['06', ['year', /^\d{2}/]],
  ['01', ['month', /^\d{2}/]],
  ['1', ['month', /^\d{1,2}/]],
  ['02', ['day', /^\d{2}/]],
  ['2', ['day', /^\d{1,2}/]],
  ['_2', ['day', /^ ?\d{1,2}/]],
  ['15', ['hour', /^\d{2}/]],
  ['03', ['hour', /^\d{2}/]],
  ['3', ['hour', /^\d{1,2}/]],
  ['04', ['minute', /^\d{2}/]],
  ['4', ['minute', /^\d{1,2}/]],
  ['05', ['second', /^\d{2}(?:[.,]\d+)?/]],
  ['5', ['second', /^\d{1,2}(?:[.,]\d+)?/]],
])

/** Reads one element at the start of the text; its length, null when it does not fit. */
function readElement(element: string, text: string, fields: Fields): number | null {
  const number = numbers.get(element)
  if (number !== undefined) return readNumber(element, number, text, fields)
  switch (element) {
    case 'January':
    case 'Jan':
      return readName(text, element === 'Jan', months, (index) => (fields.month = index + 1))
    case 'Monday':
    case 'Mon':
      return readName(text, element === 'Mon', weekdays, () => 0)
    case 'PM':
    case 'pm':
      return readHalf(text, element, fields)
    case 'MST':
      return readZone(text, fields)
    default:
      return /^[Z-]/.test(element) ? readOffset(element, text, fields) : readFraction(text, fields)
  }
}

function readNumber(
  element: string,
  [field, pattern]: readonly [NumberField, RegExp],
  text: string,
  fields: Fields,
): number | null {
  const match = pattern.exec(text)?.[0]
  if (match === undefined) return null
  const [whole = '', fraction = ''] = match.trimStart().split(/[.,]/)
  const value = Number(whole)
  fields[field] = element === '06' ? value + (value >= 69 ? 1900 : 2000) : value
  if (fraction !== '') fields.nanosecond = Number(fraction.slice(0, 9).padEnd(9, '0'))
  return match.length
}

function readName(
  text: string,
  short: boolean,
  names: readonly string[],
  found: (index: number) => number,
): number | null {
  const lower = text.toLowerCase()
  const shown = names.map((name) => (short ? name.slice(0, 3) : name).toLowerCase())
  const index = shown.findIndex((name) => lower.startsWith(name))
  if (index === -1) return null
  found(index)
  return shown[index]?.length ?? null
}

function readHalf(text: string, element: string, fields: Fields): number | null {
  const half = text.slice(0, 2)
  const [noon, morning] = element === 'PM' ? ['PM', 'AM'] : ['pm', 'am']
  if (half !== noon && half !== morning) return null
  fields.afternoon = half === noon
  return 2
}

function readZone(text: string, fields: Fields): number | null {
  const match = /^(?:[A-Z]{3,5}|[+-]\d{2})/.exec(text)
  if (match === null) return null
  fields.zone = match[0]
  fields.offset = 0
  return match[0].length
}

function readOffset(element: string, text: string, fields: Fields): number | null {
  if (element.startsWith('Z') && text.startsWith('Z')) {
    fields.offset = 0
    return 1
  }
  const shape = element.slice(1).replace(/00/g, '(\\d{2})').replace('07', '(\\d{2})')
  const match = new RegExp(`^([+-])${shape}`).exec(text)
  if (match === null) return null
  const [all, sign, hours = '0', minutes = '0', seconds = '0'] = match
  if (Number(hours) > 24 || Number(minutes) > 59) return null
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  fields.offset = sign === '-' ? -size : size
  return all.length
}

/** The fraction was read with the seconds if it stands there; `.999` may be absent. */
function readFraction(text: string, fields: Fields): number | null {
  const match = /^[.,](\d+)/.exec(text)
  if (match === null) return 0
  fields.nanosecond = Number((match[1] ?? '').slice(0, 9).padEnd(9, '0'))
  return match[0].length
}

function timeOf(fields: Fields, zone: string): TimeValue | null {
  const { year, month, day, minute, second, nanosecond, afternoon } = fields
  let { hour } = fields
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59 || (afternoon !== null && hour > 12)) return null
  if (afternoon === true && hour < 12) hour += 12
  else if (afternoon === false && hour === 12) hour = 0
  const civil: Civil = { year, month, day, hour, minute, second, nanosecond }
  const named = fields.offset === null ? zone : (fields.zone ?? (fields.offset === 0 ? 'UTC' : ''))
  const offset = fields.offset ?? offsetIn(zone, nsOf(civil, 0))
  return { kind: 'time', ns: nsOf(civil, offset), offset, zone: named }
}
