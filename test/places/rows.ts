/**
 * Random rows of the three signals, by request and group (a resource and a scope): few keys with many
 * kinds of values, empty ones among them, names that become one, times that meet and lie at the ends of
 * slices and windows. Every log row has a number of its own, `n`, and every span an id, to know them again.
 */
import type { Chance } from './chance.ts'

export interface Pair {
  readonly key: string
  readonly value: Value
}

/** An OTLP value as JSON has it; one without a field is empty. */
export interface Value {
  readonly stringValue?: string
  readonly intValue?: string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly bytesValue?: string
  readonly arrayValue?: { readonly values: readonly Value[] }
  readonly kvlistValue?: { readonly values: readonly Pair[] }
}

export interface LogRow {
  readonly timeUnixNano: string
  readonly severityNumber?: number
  readonly severityText?: string
  readonly body?: Value
  readonly traceId?: string
  readonly attributes: readonly Pair[]
}

export interface SpanRow {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Pair[]
  readonly status: { readonly code?: number; readonly message?: string }
  readonly events: readonly { readonly name: string; readonly attributes: readonly Pair[] }[]
}

export interface MetricRow {
  readonly name: string
  readonly [kind: string]: unknown
}

export interface Group<R> {
  readonly resource: readonly Pair[]
  readonly scope: string
  readonly rows: readonly R[]
}

/** Each signal's requests, a list of groups each, and the times that rows have, ns. */
export interface Rows {
  readonly logs: readonly (readonly Group<LogRow>[])[]
  readonly metrics: readonly (readonly Group<MetricRow>[])[]
  readonly traces: readonly (readonly Group<SpanRow>[])[]
  readonly times: readonly bigint[]
}

/** A midnight. */
export const baseNs = 1_767_225_600_000_000_000n

export const texts = [
  '',
  'x',
  'y',
  'xx',
  'X y',
  '10',
  '1.5',
  '15ms',
  '2s',
  'error',
  'ü',
  'longer-abcdefghij',
]
export const keys = ['a', 'b', 'k.x', 'k_x', 'status', 'level', 'é', '']
export const names = ['GET', 'POST /x', 'db', '', 'ü']
export const services = ['cart', 'pay', 'ü']
export const words = [
  'error',
  'timeout',
  'user',
  'GET',
  'ok',
  'warn',
  'x',
  'ü',
  'refused',
  'a=1',
  'took=15ms',
]
export const traceIds = Array.from({ length: 6 }, (_, i) =>
  `${i % 2 === 0 ? '' : 'c'.repeat(20)}${i + 1}`.padStart(32, '0'),
)
export const metricNames = ['m', 'req.count', 'é.x', 'lat']

function valueOf(chance: Chance, depth: number): Value {
  const some = () => chance.list(0, 2, () => valueOf(chance, depth + 1))
  switch (chance.below(depth > 1 ? 8 : 10)) {
    case 0:
      return { intValue: chance.pick(['1', '10', '-3', '0', '9007199254740993', '15000000']) }
    case 1:
      return { doubleValue: chance.pick([1.5, 10, 0, -0.5]) }
    case 2:
      return { boolValue: chance.is(0.5) }
    case 3:
      return { bytesValue: chance.pick(['', 'YWI=']) }
    case 8:
      return { arrayValue: { values: some() } }
    case 9:
      return { kvlistValue: { values: some().map((value, i) => ({ key: 'ab'[i] ?? '', value })) } }
    default:
      return { stringValue: chance.pick(texts) }
  }
}

function pairs(chance: Chance, among: readonly string[], probability: number): Pair[] {
  return chance.some(among, probability).map((key) => ({ key, value: valueOf(chance, 0) }))
}

function text(key: string, value: string): Pair {
  return { key, value: { stringValue: value } }
}

/** An attribute of an event, whose values are compared like those of an array. */
function scalar(chance: Chance, key: string): Pair {
  return chance.is(0.3)
    ? { key, value: { intValue: chance.pick(['1', '10']) } }
    : text(key, chance.pick(texts))
}

function timesOf(chance: Chance): bigint[] {
  const unit = chance.pick([1_000_000n, 1_000_000_000n, 60_000_000_000n, 3_600_000_000_000n])
  return chance.list(3, 12, () => {
    const time = baseNs + BigInt(chance.below(30)) * unit
    return time + chance.pick([0n, 0n, 250_000_000n, 1n, -1n])
  })
}

function groups<R>(chance: Chance, others: readonly string[], rows: () => R[]): Group<R>[] {
  return chance.list(1, 3, () => ({
    resource: [
      ...chance.some(['cart'], 0.85).map(() => text('service.name', chance.pick(services))),
      ...pairs(chance, others, 0.2),
    ],
    scope: chance.pick(['', 'lib']),
    rows: rows(),
  }))
}

function bodyOf(chance: Chance): Value {
  if (chance.is(0.15)) return valueOf(chance, 0)
  const parts = chance.list(0, 4, () => chance.pick(words))
  if (chance.is(0.6)) parts.push(`id=${Buffer.from(chance.random.bytes(6)).toString('hex')}`)
  return { stringValue: parts.join(' ') }
}

function logsOf(chance: Chance, times: readonly bigint[], next: () => number): Group<LogRow>[] {
  return groups(chance, ['a', 'k.x', 'level', 'team'], () =>
    chance.list(1, 12, () => ({
      timeUnixNano: String(chance.pick(times)),
      ...(chance.is(0.4) && { severityNumber: chance.pick([0, 1, 9, 17, 24]) }),
      ...(chance.is(0.3) && { severityText: chance.pick(['', 'ERROR', 'warn']) }),
      ...(chance.is(0.9) && { body: bodyOf(chance) }),
      ...(chance.is(0.3) && { traceId: chance.pick(traceIds) }),
      attributes: [
        ...pairs(chance, keys, 0.2),
        ...pairs(chance, [`rare.${chance.below(40)}`], 0.1),
        { key: 'n', value: { intValue: String(next()) } },
      ],
    })),
  )
}

function tracesOf(chance: Chance, times: readonly bigint[], next: () => number): Group<SpanRow>[] {
  return groups(chance, ['a', 'team'], () =>
    chance.list(1, 8, () => {
      const start = chance.pick(times)
      const length = chance.pick([0n, 1n, 1_000_000n, 15_000_000n, 2_000_000_000n])
      const number = next()
      const parent = chance.below(number)
      return {
        traceId: chance.pick(traceIds),
        spanId: number.toString(16).padStart(16, '0'),
        ...(parent > 0 && { parentSpanId: parent.toString(16).padStart(16, '0') }),
        name: chance.pick(names),
        kind: chance.below(7),
        startTimeUnixNano: String(start),
        endTimeUnixNano: String(start + length),
        attributes: pairs(chance, keys, 0.25),
        status: {
          ...(chance.is(0.6) && { code: chance.below(3) }),
          ...(chance.is(0.2) && { message: chance.pick(['', 'bad']) }),
        },
        events: chance.list(0, 2, () => ({
          name: chance.pick(['e', 'exception', '']),
          attributes: chance.some(['a', 'msg'], 0.3).map((key) => scalar(chance, key)),
        })),
      }
    }),
  )
}

/** Points of at most one per series and ms: of two only one counts. */
function metricsOf(
  chance: Chance,
  times: readonly bigint[],
  seen: Set<string>,
): Group<MetricRow>[] {
  return groups(chance, [], () => []).map(({ resource }) => {
    const rows = chance.list(1, 3, () => {
      const name = chance.pick(metricNames)
      const points = chance
        .list(1, 8, () => pointOf(chance, chance.pick(times)))
        .filter((point) => {
          const ms = BigInt(point.timeUnixNano) / 1_000_000n
          const place = JSON.stringify([resource, name, point.attributes, String(ms)])
          return !seen.has(place) && seen.add(place)
        })
      return metricOf(name, points)
    })
    return { resource: resource.slice(0, 1), scope: '', rows }
  })
}

interface Point {
  readonly timeUnixNano: string
  readonly attributes: readonly Pair[]
  readonly flags?: number
  readonly exemplars?: readonly { readonly timeUnixNano: string; readonly asDouble: number }[]
  readonly value: number
}

function pointOf(chance: Chance, time: bigint): Point {
  const attributes = chance.some(['a', 'b'], 0.4).map((key) => text(key, chance.pick(['x', 'y'])))
  const ended = chance.is(0.08) && { flags: 1 }
  const exemplar = { timeUnixNano: String(baseNs), asDouble: 2 }
  const seen = chance.is(0.3) && { exemplars: [exemplar] }
  return { timeUnixNano: String(time), attributes, ...ended, ...seen, value: chance.below(20) }
}

/** What a metric is goes by its name. */
function metricOf(name: string, points: readonly Point[]): MetricRow {
  const numbers = points.map(({ value, ...point }) => ({ ...point, asDouble: value / 2 }))
  if (name === 'm') return { name, gauge: { dataPoints: numbers } }
  const aggregationTemporality = 2
  if (name !== 'lat')
    return { name, sum: { aggregationTemporality, isMonotonic: true, dataPoints: numbers } }
  const histograms = points.map(({ value, flags, ...point }) => ({
    ...point,
    ...(flags === undefined
      ? { count: value + 1, sum: value, bucketCounts: [value, 1], explicitBounds: [5] }
      : { flags }),
  }))
  return { name, histogram: { aggregationTemporality, dataPoints: histograms } }
}

/** A data set. */
export function randomRows(chance: Chance): Rows {
  const times = timesOf(chance)
  const seen = new Set<string>()
  let number = 0
  const next = (): number => ++number
  const requests = 2 + chance.below(5)
  const each = <R>(make: () => R): R[] => Array.from({ length: requests }, make)
  return {
    logs: each(() => logsOf(chance, times, next)),
    metrics: each(() => metricsOf(chance, times, seen)),
    traces: each(() => tracesOf(chance, times, next)),
    times,
  }
}

const fields = {
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
} as const

/** The groups of a request as OTLP JSON. */
export function requestOf(
  signal: keyof typeof fields,
  request: readonly Group<unknown>[],
): unknown {
  const [byResource, byScope, rows] = fields[signal]
  return {
    [byResource]: request.map((group) => ({
      resource: { attributes: group.resource },
      [byScope]: [{ scope: { name: group.scope }, [rows]: group.rows }],
    })),
  }
}
