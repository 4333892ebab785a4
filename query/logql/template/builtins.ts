/**
 * The functions that Go's text/template has by itself, and `default` and `fromJson`. `and` and `or`
 * stop early and are evaluated by `evaluate.ts`; here they only take their place in the table.
 */
import { maxDepth } from '#query/text/depth.ts'
import { TemplateError } from './error.ts'
import {
  checkLength,
  type FunctionTable,
  ofTexts,
  type TemplateFunction,
  textAt,
} from './function.ts'
import { sprint, sprintf, sprintln } from './printf.ts'
import { queryEscape } from './text-functions.ts'
import { isLabels, isList, isMap, isTrue, typeName, type Value } from './values.ts'

type Kind = 'bool' | 'int' | 'float' | 'string' | 'nil'

function kindOf(value: Value): Kind {
  if (value === null) return 'nil'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'string'
  throw new TemplateError('invalid type for comparison')
}

function equal(a: Value, b: Value): boolean {
  const [kindA, kindB] = [kindOf(a), kindOf(b)]
  if (kindA === 'nil' || kindB === 'nil') return kindA === kindB
  if (kindA !== kindB) throw new TemplateError('incompatible types for comparison')
  return a === b
}

function less(a: Value, b: Value): boolean {
  const [kindA, kindB] = [kindOf(a), kindOf(b)]
  if (kindA !== kindB) throw new TemplateError('incompatible types for comparison')
  if (kindA === 'bool' || kindA === 'nil') throw new TemplateError('invalid type for comparison')
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
  }
  return a !== null && b !== null && a < b
}

function comparison(call: (a: Value, b: Value) => boolean): TemplateFunction {
  return { takes: ['any', 'any'], call: ([a = null, b = null]) => call(a, b) }
}

/** `eq a b c`: a equals b or c. */
function equalsAny([first = null, ...others]: readonly Value[]): boolean {
  if (others.length === 0) throw new TemplateError('missing argument for comparison')
  return others.some((other) => equal(first, other))
}

function lengthOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
  if (value !== null && isList(value)) return BigInt(value.length)
  if (value !== null && isMap(value)) return BigInt(value.size)
  if (value !== null && isLabels(value)) return BigInt(value.labels.size)
  if (value === null) throw new TemplateError('len of nil pointer')
  throw new TemplateError(`len of type ${typeName(value)}`)
}

function indexOf([item = null, ...keys]: readonly Value[]): Value {
  if (item === null) throw new TemplateError('index of untyped nil')
  return keys.reduce<Value>(indexOne, item)
}

function indexOne(item: Value, key: Value): Value {
  if (item === null) throw new TemplateError('index of nil pointer')
  if (isMap(item) || isLabels(item)) {
    if (typeof key !== 'string') {
      throw new TemplateError(`value has type ${typeName(key)}; should be string`)
    }
    return isMap(item) ? (item.get(key) ?? null) : (item.labels.get(key) ?? '')
  }
  if (!isList(item) && typeof item !== 'string') {
    throw new TemplateError(`can't index item of type ${typeName(item)}`)
  }
  if (isList(item)) return item[indexWithin(key, item.length - 1)] ?? null
  const bytes = Buffer.from(item)
  return BigInt(bytes[indexWithin(key, bytes.length - 1)] ?? 0)
}

function indexWithin(key: Value, most: number): number {
  if (typeof key !== 'bigint') {
    throw new TemplateError(`cannot index slice/array with type ${typeName(key)}`)
  }
  if (key < 0n || key > BigInt(most)) throw new TemplateError(`index out of range: ${key}`)
  return Number(key)
}

function sliceOf([item = null, first, last]: readonly Value[]): Value {
  if (item === null) throw new TemplateError('slice of untyped nil')
  if (typeof item !== 'string' && !isList(item)) {
    throw new TemplateError(`can't slice item of type ${typeName(item)}`)
  }
  const whole = typeof item === 'string' ? Buffer.from(item) : item
  const from = first === undefined ? 0 : indexWithin(first, whole.length)
  const to = last === undefined ? whole.length : indexWithin(last, whole.length)
  if (from > to) throw new TemplateError(`invalid slice index: ${from} > ${to}`)
  return Buffer.isBuffer(whole) ? whole.subarray(from, to).toString() : whole.slice(from, to)
}

const htmlEscapes = new Map([
  ["'", '&#39;'],
  ['"', '&#34;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['\0', '\ufffd'],
])

const jsEscapes = new Map([
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
  ['<', '\\u003C'],
  ['>', '\\u003E'],
  ['&', '\\u0026'],
  ['=', '\\u003D'],
])

function jsEscape(text: string): string {
  let escaped = ''
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    const control = `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
    escaped += jsEscapes.get(char) ?? (code < 32 ? control : char)
  }
  return escaped
}

function printing(print: (args: readonly Value[]) => string): TemplateFunction {
  return {
    takes: [],
    rest: 'any',
    call: (args) => {
      const text = print(args)
      checkLength(text.length)
      return text
    },
  }
}

/** Invalid text is nil, which prints as `<no value>`. Numbers become floats, as in Go. */
function fromJson(text: string): Value {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  return valueOf(parsed, 0)
}

function valueOf(parsed: unknown, depth: number): Value {
  if (depth > maxDepth) throw new TemplateError('exceeded max depth')
  if (Array.isArray(parsed)) return parsed.map((item) => valueOf(item, depth + 1))
  if (typeof parsed === 'object' && parsed !== null) {
    return new Map(Object.entries(parsed).map(([key, item]) => [key, valueOf(item, depth + 1)]))
  }
  const simple =
    typeof parsed === 'string' || typeof parsed === 'number' || typeof parsed === 'boolean'
  return simple ? parsed : null
}

function escaping(escape: (text: string) => string): TemplateFunction {
  return printing((args) => escape(sprint(args)))
}

export const builtins: FunctionTable = [
  ['and', { takes: ['any'], rest: 'any', call: (args) => args.at(-1) ?? null }],
  ['or', { takes: ['any'], rest: 'any', call: (args) => args.at(-1) ?? null }],
  ['not', { takes: ['any'], call: ([value = null]) => !isTrue(value) }],
  ['eq', { takes: ['any'], rest: 'any', call: equalsAny }],
  ['ne', comparison((a, b) => !equal(a, b))],
  ['lt', comparison(less)],
  ['le', comparison((a, b) => less(a, b) || equal(a, b))],
  ['gt', comparison((a, b) => !less(a, b) && !equal(a, b))],
  ['ge', comparison((a, b) => !less(a, b))],
  ['len', { takes: ['any'], call: ([value = null]) => lengthOf(value) }],
  ['index', { takes: ['any'], rest: 'any', call: indexOf }],
  ['slice', { takes: ['any'], rest: 'any', call: sliceOf }],
  ['print', printing(sprint)],
  ['println', printing(sprintln)],
  ['printf', { takes: ['string'], rest: 'any', call: (args) => printfBounded(args) }],
  ['html', escaping((text) => text.replace(/['"&<>\0]/g, (char) => htmlEscapes.get(char) ?? char))],
  ['js', escaping(jsEscape)],
  ['urlquery', escaping(queryEscape)],
  [
    'call',
    {
      takes: ['any'],
      rest: 'any',
      call: ([value = null]) => {
        throw new TemplateError(`non-function of type ${typeName(value)}`)
      },
    },
  ],
  [
    'default',
    {
      takes: ['any'],
      rest: 'any',
      call: ([fallback = null, given = null]) => (isTrue(given) ? given : fallback),
    },
  ],
  ['fromJson', ofTexts(1, (text = '') => fromJson(text))],
  ['__line__', { takes: [], call: (_, { line }) => line }],
]

function printfBounded(args: readonly Value[]): string {
  const text = sprintf(textAt(args, 0), args.slice(1))
  checkLength(text.length)
  return text
}
