/**
 * Functions of time. Text that cannot be read gives Go's zero time; an unknown zone is UTC.
 */
import { TemplateError } from './error.ts'
import { type FunctionTable, ofTexts, type TemplateFunction, textAt, timeAt } from './function.ts'
import { toInt } from './number-functions.ts'
import { parseTime } from './time-parse.ts'
import { formatTime, type TimeValue, utcTime, zeroTime } from './time.ts'
import type { Value } from './values.ts'
import { isTime } from './values.ts'

const nsPerSecond = 1_000_000_000n

function epoch(nsPerUnit: bigint): TemplateFunction {
  return {
    takes: ['time'],
    call: (args) => {
      const { ns } = timeAt(args, 0) ?? zeroTime
      const floored = ns - (((ns % nsPerUnit) + nsPerUnit) % nsPerUnit)
      return String(floored / nsPerUnit)
    },
  }
}

/** By the number of digits: days, seconds, milliseconds, microseconds, nanoseconds. */
const unitNs = new Map([
  [5, 86_400n * nsPerSecond],
  [10, nsPerSecond],
  [13, 1_000_000n],
  [16, 1000n],
  [19, 1n],
])

function fromEpoch(text: string): TimeValue {
  const unit = unitNs.get(text.length)
  if (unit === undefined || !/^[0-9]+$/.test(text)) {
    throw new TemplateError(`unable to parse time '${text}'`)
  }
  return utcTime(BigInt(text) * unit)
}

/** Seconds as a number stand for a time too; anything else is now. */
function instantOf(value: Value | undefined, nowNs: bigint): TimeValue {
  if (value !== undefined && isTime(value)) return value
  return utcTime(typeof value === 'bigint' ? toInt(value) * nsPerSecond : nowNs)
}

export const timeFunctions: FunctionTable = [
  ['now', { takes: [], call: (_, { nowNs }) => utcTime(nowNs) }],
  ['unixEpoch', epoch(nsPerSecond)],
  ['unixEpochMillis', epoch(1_000_000n)],
  ['unixEpochNanos', epoch(1n)],
  [
    'date',
    {
      takes: ['string', 'any'],
      call: (args, { nowNs }) => formatTime(instantOf(args[1], nowNs), textAt(args, 0)),
    },
  ],
  ['toDate', ofTexts(2, (layout = '', text = '') => parseTime(layout, text, 'UTC') ?? zeroTime)],
  [
    'toDateInZone',
    ofTexts(3, (layout = '', zone = '', text = '') => parseTime(layout, text, zone) ?? zeroTime),
  ],
  ['unixToTime', ofTexts(1, (text = '') => fromEpoch(text))],
]
