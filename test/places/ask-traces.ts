/**
 * Random span filters, each with which spans it must match by traceql.md §5: attributes of every scope and
 * intrinsics, compared, matched and looked for, joined by "and", "or" and "not".
 */
import type { Chance } from './chance.ts'
import {
  keys,
  names,
  texts,
  type Group,
  type Pair,
  type Rows,
  type SpanRow,
  type Value,
} from './rows.ts'

type Scalar = string | bigint | number | boolean

export interface SeenSpan {
  readonly group: Group<SpanRow>
  readonly row: SpanRow
}

export interface Condition {
  readonly text: string
  matches(span: SeenSpan): boolean
}

export function seenSpans({ traces }: Rows): SeenSpan[] {
  return traces.flat().flatMap((group) => group.rows.map((row) => ({ group, row })))
}

/** Of what may not be compared with anything. */
const shown = Symbol('shown')

function seen(value: Value | undefined): Scalar | readonly Scalar[] | typeof shown | null {
  if (value === undefined || Object.keys(value).length === 0) return null
  const { stringValue, intValue, doubleValue, boolValue, arrayValue } = value
  if (intValue !== undefined) return BigInt(intValue)
  const scalar = stringValue ?? doubleValue ?? boolValue
  if (scalar !== undefined) return scalar
  const list = arrayValue?.values.map(seen) ?? [shown]
  const scalars = list.filter(
    (one): one is Scalar => one !== null && typeof one !== 'object' && one !== shown,
  )
  const types = new Set(scalars.map((one) => typeof one))
  return scalars.length === list.length && types.size < 2 ? scalars : shown
}

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~'

function holds(operator: Operator, sign: number): boolean {
  const about = { '=': sign === 0, '<': sign < 0, '<=': sign <= 0, '>': sign > 0, '>=': sign >= 0 }
  return operator === '!=' ? sign !== 0 : operator in about && about[operator as keyof typeof about]
}

function compared(operator: Operator, a: Scalar, b: Scalar): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    if (operator.endsWith('~'))
      return new RegExp(`^(?:${b})$`, 'su').test(a) === (operator === '=~')
    return holds(operator, Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }
  const isNumber = (one: Scalar): boolean => typeof one === 'bigint' || typeof one === 'number'
  if (isNumber(a) && isNumber(b)) {
    // A number without a fraction and an integer compare as doubles, two integers exactly.
    const [x, y] = typeof a === typeof b ? [a, b] : [Number(a), Number(b)]
    return holds(operator, x < y ? -1 : Number(x > y))
  }
  if (typeof a !== 'boolean' || typeof b !== 'boolean') return false
  return operator === '=' ? a === b : operator === '!=' && a !== b
}

type Getter = (span: SeenSpan) => ReturnType<typeof seen>

function passes(operator: Operator, value: ReturnType<Getter>, literal: Scalar): boolean {
  if (value === null || value === shown) return false
  if (typeof value !== 'object') return compared(operator, value, literal)
  const test = (one: Scalar): boolean => compared(operator, one, literal)
  return operator.startsWith('!') ? value.every(test) : value.some(test)
}

function find(pairs: readonly Pair[], key: string): ReturnType<Getter> {
  return seen(pairs.find((pair) => pair.key === key)?.value)
}

/** Of several events all the values; one stands for itself. */
function together(values: readonly ReturnType<Getter>[]): ReturnType<Getter> {
  const found = values.filter(
    (one): one is Scalar => one !== null && typeof one !== 'object' && one !== shown,
  )
  return found.length <= 1 ? (found[0] ?? null) : found
}

const scopes: Readonly<Record<string, (key: string) => Getter>> = {
  'span.': (key) => (span) => find(span.row.attributes, key),
  'resource.': (key) => (span) => find(span.group.resource, key),
  'event.': (key) => (span) =>
    together(span.row.events.map((event) => find(event.attributes, key))),
}

const literals: readonly (readonly [text: string, value: Scalar])[] = [
  ...texts.map((text) => [JSON.stringify(text), text] as const),
  ['1', 1n],
  ['10', 10n],
  ['-3', -3n],
  ['1.5', 1.5],
  ['10.0', 10],
  ['true', true],
  ['9007199254740993', 9_007_199_254_740_993n],
  ['15ms', 15_000_000n],
]

const orders: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=']
const patterns = ['.*', '.+', 'x|y', 'x.*', '', '[a-z]+', '.*r.*', 'ü']

/** A text against a text or a pattern. */
function ofText(chance: Chance, name: string, get: Getter, among: readonly string[]): Condition {
  const operator = chance.pick(['=', '!=', '=~', '!~'] as const)
  const value = chance.pick(operator.endsWith('~') ? patterns : among)
  return {
    text: `${name} ${operator} ${JSON.stringify(value)}`,
    matches: (span) => passes(operator, get(span), value),
  }
}

function ofAttribute(chance: Chance): Condition {
  const scope = chance.pick(['span.', 'span.', 'resource.', 'event.'])
  const key = chance.pick([...keys.filter((one) => /^[a-z]/.test(one)), 'msg', 'team', 'none'])
  const get = scopes[scope]?.(key) ?? (() => null)
  const name = scope + key
  const kind = chance.below(4)
  if (kind === 0) return ofText(chance, name, get, texts)
  if (kind === 1) {
    const equal = chance.is(0.5)
    return {
      text: `${name} ${equal ? '=' : '!='} nil`,
      matches: (span) => (get(span) === null) === equal,
    }
  }
  const [text, value] = chance.pick(literals)
  const operator = chance.pick(typeof value === 'boolean' ? orders.slice(0, 2) : orders)
  return {
    text: `${name} ${operator} ${text}`,
    matches: (span) => passes(operator, get(span), value),
  }
}

const statuses = ['unset', 'ok', 'error']
const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

function ofWord(
  chance: Chance,
  name: string,
  among: readonly string[],
  get: (row: SpanRow) => number,
): Condition {
  const [wanted, equal] = [chance.below(among.length), chance.is(0.5)]
  const stored = (row: SpanRow): number => (get(row) < among.length ? get(row) : 0)
  return {
    text: `${name} ${equal ? '=' : '!='} ${among[wanted]}`,
    matches: ({ row }) => (stored(row) === wanted) === equal,
  }
}

function ofIntrinsic(chance: Chance): Condition {
  switch (chance.below(5)) {
    case 0:
      return ofText(chance, 'name', ({ row }) => row.name, names)
    case 1:
      return ofText(chance, 'statusMessage', ({ row }) => row.status.message ?? '', ['', 'bad'])
    case 2:
      return ofWord(chance, 'status', statuses, ({ status }) => status.code ?? 0)
    case 3:
      return ofWord(chance, 'kind', kinds, ({ kind }) => kind)
    default: {
      const operator = chance.pick(orders)
      const [text, value] = chance.pick([
        ['0s', 0n],
        ['1ns', 1n],
        ['15ms', 15_000_000n],
      ] as const)
      const length = ({ row }: SeenSpan): bigint =>
        BigInt(row.endTimeUnixNano) - BigInt(row.startTimeUnixNano)
      return {
        text: `duration ${operator} ${text}`,
        matches: (span) => passes(operator, length(span), value),
      }
    }
  }
}

export function randomCondition(chance: Chance, depth = 0): Condition {
  if (depth < 3 && chance.is(0.4)) {
    const [a, b] = [randomCondition(chance, depth + 1), randomCondition(chance, depth + 1)]
    return chance.is(0.5)
      ? { text: `(${a.text} && ${b.text})`, matches: (span) => a.matches(span) && b.matches(span) }
      : { text: `(${a.text} || ${b.text})`, matches: (span) => a.matches(span) || b.matches(span) }
  }
  if (depth < 3 && chance.is(0.1)) {
    const inner = randomCondition(chance, depth + 1)
    return { text: `!(${inner.text})`, matches: (span) => !inner.matches(span) }
  }
  return chance.is(0.6) ? ofAttribute(chance) : ofIntrinsic(chance)
}
