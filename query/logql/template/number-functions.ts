/**
 * Functions of numbers: 64-bit integers that wrap, floats in decimal arithmetic, sizes and
 * durations. Arguments of any type are converted; what cannot be converted is 0.
 */
import { parseBytes } from '#query/text/bytes.ts'
import { parseGoDuration } from '#query/text/durations.ts'
import { parseGoFloat, parseGoInt } from '#query/text/numbers.ts'
import { quoteGo } from '#query/text/strings.ts'
import { decimalOperation, type DecimalOperator } from './decimal.ts'
import { TemplateError } from './error.ts'
import { type FunctionTable, intAt, ofTexts, type TemplateFunction } from './function.ts'
import type { Value } from './values.ts'

/** As spf13/cast: text by its number, a fraction cut off, true is 1. */
export function toInt(value: Value | undefined): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'string') return parseGoInt(value, 0) ?? floatToInt(parseGoFloat(value) ?? 0)
  return typeof value === 'number' ? floatToInt(value) : 0n
}

function floatToInt(value: number): bigint {
  return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : -(2n ** 63n)
}

export function toFloat(value: Value | undefined): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'string' ? (parseGoFloat(value) ?? 0) : 0
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

type IntOperation = (a: bigint, b: bigint) => bigint

function intFold(operation: IntOperation, needed: number): TemplateFunction {
  return {
    takes: Array<'any'>(needed).fill('any'),
    rest: 'any',
    call: (args) => args.map(toInt).reduce((a, b) => wrap(operation(a, b))),
  }
}

function intPair(operation: IntOperation): TemplateFunction {
  return { takes: ['any', 'any'], call: ([a, b]) => wrap(operation(toInt(a), toInt(b))) }
}

function nonZero(operation: IntOperation): IntOperation {
  return (a, b) => {
    if (b === 0n) throw new TemplateError('runtime error: integer divide by zero')
    return operation(a, b)
  }
}

function floatFold(operation: (a: number, b: number) => number): TemplateFunction {
  return { takes: ['any'], rest: 'any', call: (args) => args.map(toFloat).reduce(operation) }
}

function decimalFold(op: DecimalOperator): TemplateFunction {
  return floatFold((a, b) => {
    const result = decimalOperation(op, a, b)
    if (result === null) throw new TemplateError('decimal division by 0')
    return result
  })
}

function ofFloat(call: (value: number) => number): TemplateFunction {
  return { takes: ['any'], call: ([value]) => call(toFloat(value)) }
}

const halfUp = 0.5

/** A fraction at or above `roundOn` of the last place goes up, also for negative numbers. */
function round(args: readonly Value[]): number {
  const power = 10 ** intAt(args, 1)
  const shifted = power * toFloat(args[0])
  const roundOn = args.length > 2 ? toFloat(args[2]) : halfUp
  const fraction = shifted - Math.trunc(shifted)
  return (fraction >= roundOn ? Math.ceil(shifted) : Math.floor(shifted)) / power
}

function seconds(text: string): number {
  const ns = parseGoDuration(text)
  if (ns === null) throw new TemplateError(`time: invalid duration ${quoteGo(text)}`)
  return Number(ns) / 1e9
}

function size(text: string): number {
  const bytes = parseBytes(text)
  if (bytes !== null) return bytes
  const number = /^[0-9.,]*/.exec(text)?.[0] ?? ''
  if (parseGoFloat(number.replaceAll(',', '')) !== null) {
    throw new TemplateError(
      `unhandled size name: ${text.slice(number.length).trim().toLowerCase()}`,
    )
  }
  throw new TemplateError(`strconv.ParseFloat: parsing ${quoteGo(number)}: invalid syntax`)
}

export const numberFunctions: FunctionTable = [
  [
    'add',
    {
      takes: [],
      rest: 'any',
      call: (args) => args.reduce<bigint>((a, b) => wrap(a + toInt(b)), 0n),
    },
  ],
  ['sub', intPair((a, b) => a - b)],
  ['mul', intFold((a, b) => a * b, 1)],
  ['div', intPair(nonZero((a, b) => a / b))],
  ['mod', intPair(nonZero((a, b) => a % b))],
  ['max', intFold((a, b) => (b > a ? b : a), 1)],
  ['min', intFold((a, b) => (b < a ? b : a), 1)],
  ['int', { takes: ['any'], call: ([value]) => toInt(value) }],
  ['float64', ofFloat((value) => value)],
  [
    'addf',
    {
      takes: [],
      rest: 'any',
      call: (args) => args.map(toFloat).reduce((a, b) => decimalOperation('+', a, b) ?? 0, 0),
    },
  ],
  ['subf', decimalFold('-')],
  ['mulf', decimalFold('*')],
  ['divf', decimalFold('/')],
  ['maxf', floatFold((a, b) => Math.max(a, b))],
  ['minf', floatFold((a, b) => Math.min(a, b))],
  ['ceil', ofFloat(Math.ceil)],
  ['floor', ofFloat(Math.floor)],
  ['round', { takes: ['any', 'int'], rest: 'float', call: round }],
  ['bytes', ofTexts(1, (s = '') => size(s))],
  ['duration', ofTexts(1, (s = '') => seconds(s))],
  ['duration_seconds', ofTexts(1, (s = '') => seconds(s))],
]
