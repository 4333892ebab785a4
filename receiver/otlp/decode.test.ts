import * as fc from 'fast-check'
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { AppError } from '#base/errors.ts'
import { seededRandom } from '#base/random.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { decodeAnyValue, encodeAnyValue } from '#schemas/value-codec.ts'
import type { AttributeValue } from '#schemas/attribute.ts'
import { arbitraryMessage, completedRequest } from '#test/otlp/arbitrary.ts'
import { flattenLogs, flattenPoints, flattenSpans } from '#test/otlp/flatten.ts'
import { encodeOdd } from '#test/otlp/odd.ts'
import { decodeReference, encodeReference, type Plain } from '#test/otlp/reference.ts'
import { unfold } from '#test/otlp/unfold.ts'
import { decodePlain } from './decode.ts'

const limits = { maxBodyBytes: 1 << 24, maxRows: 10_000, maxAttributes: 100_000 }

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  metrics: createIntake('metrics'),
  traces: createIntake('traces'),
}

const requests = {
  logs: { name: 'ExportLogsServiceRequest', flatten: flattenLogs },
  metrics: { name: 'ExportMetricsServiceRequest', flatten: flattenPoints },
  traces: { name: 'ExportTraceServiceRequest', flatten: flattenSpans },
} as const

const signals = ['logs', 'metrics', 'traces'] as const

function decode(signal: SignalName, bytes: Uint8Array) {
  const plain = new ByteWriter()
  plain.raw(bytes)
  const rejects = decodePlain(plain, intakes[signal], limits)
  return { rows: unfold(intakes[signal]), rejects }
}

for (const signal of signals) {
  const { name, flatten } = requests[signal]

  test(`${signal}: every field of random requests is what the reference decodes`, (t) => {
    fc.assert(
      fc.property(arbitraryMessage(name), (request) => {
        const bytes = encodeReference(name, request)
        const { rows } = decode(signal, bytes)
        t.assert.deepEqual(rows, flatten(decodeReference(name, bytes)))
      }),
      { numRuns: 150 },
    )
  })

  test(`${signal}: every encoding that protobuf allows says the same`, (t) => {
    fc.assert(
      fc.property(completedRequest(name), fc.nat(), (request, seed) => {
        const bytes = encodeReference(name, request)
        const plain = decodeReference(name, bytes)
        const random = seededRandom(seed)
        const draw = (count: number) => random.below(count)
        const { rows, rejects } = decode(signal, encodeOdd(name, plain, { draw, foreign: true }))
        t.assert.deepEqual(rows, flatten(plain))
        t.assert.deepEqual(rejects, decode(signal, bytes).rejects)
      }),
      { numRuns: 60 },
    )
  })

  test(`${signal}: any bytes decode or throw an AppError of kind invalid`, () => {
    const tries = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .tuple(arbitraryMessage(name), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
        .map(([request, edits]) => {
          const bytes = encodeReference(name, request).slice()
          for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte
          return bytes
        }),
    )
    fc.assert(
      fc.property(tries, fc.nat(), (bytes, cut) => {
        try {
          decode(signal, cut % 3 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes)
          return true
        } catch (error) {
          if (error instanceof AppError && error.kind === 'invalid') return true
          throw error
        }
      }),
      { numRuns: 200 },
    )
  })
}

/** A field as protobuf writes it, for messages no encoder would make. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  const out = new ByteWriter()
  out.varint((number << 3) | 2)
  out.varint(bytes.length)
  out.raw(bytes)
  return out.copy()
}

test('fields may come in any order and apart', (t) => {
  const key = (text: string) => field(1, Buffer.from(text))
  const event = (text: string) => field(11, field(2, Buffer.from(text)))
  const id = (number: number, length: number) => field(number, new Uint8Array(length).fill(7))
  const start = Uint8Array.of(57, 1, 0, 0, 0, 0, 0, 0, 0)
  const span = Buffer.concat([
    event('one'),
    id(2, 8),
    event('two'),
    field(9, key('a')),
    event('three'),
    id(1, 16),
    start,
    event('four'),
    field(5, Buffer.from('first')),
    field(5, Buffer.from('last')),
  ])
  const scopeSpans = Buffer.concat([
    field(2, span),
    field(1, field(1, Buffer.from('scope'))),
    field(3, Buffer.from('url')),
    field(1, field(2, Buffer.from('v1'))),
  ])
  const resourceSpans = Buffer.concat([
    field(1, field(1, key('r1'))),
    field(2, scopeSpans),
    field(1, field(1, key('r2'))),
  ])
  const { rows } = decode('traces', field(1, resourceSpans))
  t.assert.equal(rows.length, 1)
  const { events, name, scope, scopeUrl, resource } = rows[0] ?? {}
  t.assert.deepEqual(
    events,
    ['one', 'two', 'three', 'four'].map((text) => ({ name: text })),
  )
  t.assert.equal(name, 'last')
  t.assert.deepEqual(scope, { name: 'scope', version: 'v1' })
  t.assert.equal(scopeUrl, 'url')
  t.assert.deepEqual(resource, { attributes: [{ key: 'r1' }, { key: 'r2' }] })
})

test('of two kinds of data in one metric the last wins', (t) => {
  const point = (time: number) => field(1, Uint8Array.of(25, time, 0, 0, 0, 0, 0, 0, 0))
  const metric = Buffer.concat([
    field(7, Buffer.concat([point(1), Uint8Array.of(16, 2, 24, 1)])),
    field(5, point(2)),
    field(5, point(3)),
    field(1, Buffer.from('m')),
  ])
  const { rows } = decode('metrics', field(1, field(2, field(2, metric))))
  const seen = rows.map((row) => [
    row['data'],
    row['timeUnixNano'],
    row['temporality'],
    row['monotonic'],
  ])
  t.assert.deepEqual(seen, [
    ['gauge', '2', 0, false],
    ['gauge', '3', 0, false],
  ])
})

test('points of one series in a row share a stream', (t) => {
  const point = (label: string, time: string) => ({
    timeUnixNano: time,
    asInt: '1',
    attributes: [{ key: 'l', value: { stringValue: label } }],
  })
  const dataPoints = [point('a', '1'), point('a', '2'), point('b', '3'), point('b', '4')]
  const request = (name: string) => ({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name, gauge: { dataPoints } },
              { name: 'n', gauge: { dataPoints } },
            ],
          },
        ],
      },
    ],
  })
  const { rows } = decode('metrics', encodeReference(requests.metrics.name, request('m')))
  t.assert.equal(rows.length, 8)
  t.assert.equal(intakes.metrics.streams.rows, 4)
})

test('rows that cannot be are refused one by one', (t) => {
  const good = {
    traceId: 'AQEBAQEBAQEBAQEBAQEBAQ==',
    spanId: 'AgICAgICAgI=',
    startTimeUnixNano: '5',
  }
  const check = (span: Plain, code: string, message: RegExp) => {
    const request = { resourceSpans: [{ scopeSpans: [{ spans: [good, span, good] }] }] }
    const { rows, rejects } = decode('traces', encodeReference(requests.traces.name, request))
    t.assert.equal(rows.length, 2)
    t.assert.equal(rejects.length, 1)
    t.assert.equal(rejects[0]?.code, code)
    t.assert.equal(rejects[0]?.rows, 1)
    t.assert.match(rejects[0]?.message ?? '', message)
  }
  check({ ...good, traceId: '' }, 'span-trace-id', /span 2 .* trace id has 0 bytes, not 16/)
  check({ ...good, traceId: 'AQEB' }, 'span-trace-id', /has 3 bytes, not 16/)
  check({ ...good, traceId: 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'span-trace-id', /all zero/)
  check({ ...good, spanId: 'AQEB' }, 'span-id', /span id has 3 bytes, not 8/)
  check({ ...good, spanId: 'AAAAAAAAAAA=' }, 'span-id', /span id is all zero/)
  check({ ...good, parentSpanId: 'AQEB' }, 'span-id', /parent span id has 3 bytes/)
  check({ ...good, startTimeUnixNano: '0' }, 'span-without-start', /no start time/)
})

test('points of a metric without a name and broken histograms are refused', (t) => {
  const histogram = {
    dataPoints: [{ bucketCounts: ['1', '2'], explicitBounds: [1, 2] }, { count: '3' }],
  }
  const metrics = [{ gauge: { dataPoints: [{}, {}] } }, { name: 'h', histogram }]
  const request = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }
  const { rows, rejects } = decode('metrics', encodeReference(requests.metrics.name, request))
  t.assert.equal(rows.length, 1)
  t.assert.deepEqual(
    rejects.map(({ code, rows: refused }) => [code, refused]),
    [
      ['metric-without-name', 2],
      ['histogram-buckets', 1],
    ],
  )
})

test('a whole request is refused for what would spoil it all', (t) => {
  const log = (record: Uint8Array) => field(1, field(2, field(2, record)))
  const check = (bytes: Uint8Array, code: string, message: RegExp) =>
    t.assert.throws(
      () => decode('logs', bytes),
      (error) => error instanceof AppError && error.code === code && message.test(error.message),
    )
  check(
    log(field(3, Uint8Array.of(0xff))),
    'text-invalid',
    /LogRecord.severityText at byte \d+ is not UTF-8/,
  )
  check(log(field(6, field(1, Uint8Array.of(0xc3)))), 'text-invalid', /KeyValue.key/)
  check(log(Uint8Array.of(8, 1)), 'field-mistyped', /LogRecord.timeUnixNano has wire type 0/)
  check(
    field(1, field(1, Uint8Array.of(16, 1, 8, 1))),
    'field-mistyped',
    /Resource.attributes has wire type 0/,
  )
  check(Uint8Array.of(10, 5, 1), 'wire-invalid', /5 bytes where 1 are left/)
})

test('a value may nest as deep as the limit and no deeper', (t) => {
  const nested = (levels: number): AttributeValue =>
    levels === 0
      ? { type: 'int', value: 1 }
      : { type: 'map', value: [{ key: 'k', value: nested(levels - 1) }] }
  const request = (levels: number) => {
    const body = new ByteWriter()
    encodeAnyValue(nested(levels), body)
    return field(1, field(2, field(2, field(5, body.view()))))
  }
  const plain = new ByteWriter()
  plain.raw(request(32))
  const intake = createIntake('logs')
  decodePlain(plain, intake, limits)
  const from = intake.rows.columns.bodyA[0] ?? 0
  const to = from + (intake.rows.columns.bodyB[0] ?? 0)
  t.assert.deepEqual(decodeAnyValue(intake.bytes, from, to), nested(32))
  t.assert.throws(
    () => decode('logs', request(33)),
    (error) => error instanceof AppError && error.code === 'value-too-deep',
  )
})

test('more rows or attributes than the limit are refused before memory is taken', (t) => {
  const check = (bytes: Uint8Array, signal: SignalName, code: string) =>
    t.assert.throws(
      () => decode(signal, bytes),
      (error) => error instanceof AppError && error.code === code && error.kind === 'too-large',
    )
  const rows = (scopes: string, name: string, row: Plain) => ({
    [`resource${scopes}`]: [
      { [`scope${scopes}`]: [{ [name]: Array.from({ length: 10_001 }, () => row) }] },
    ],
  })
  check(encodeReference(requests.logs.name, rows('Logs', 'logRecords', {})), 'logs', 'request-rows')
  check(encodeReference(requests.traces.name, rows('Spans', 'spans', {})), 'traces', 'request-rows')
  const dataPoints = Array.from({ length: 10_001 }, () => ({}))
  const metrics = {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints } }] }] }],
  }
  check(encodeReference(requests.metrics.name, metrics), 'metrics', 'request-rows')
  const attributes = Array.from({ length: 100_001 }, () => ({ key: 'k' }))
  const wide = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes }] }] }] }
  check(encodeReference(requests.logs.name, wide), 'logs', 'request-attributes')
})
