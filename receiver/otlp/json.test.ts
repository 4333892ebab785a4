import * as fc from 'fast-check'
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { AppError } from '#base/errors.ts'
import { logsRequest } from '#schemas/otlp/logs.ts'
import { metricsRequest } from '#schemas/otlp/metrics.ts'
import { tracesRequest } from '#schemas/otlp/traces.ts'
import { arbitraryMessage } from '#test/otlp/arbitrary.ts'
import { decodeReference, encodeReference, type Plain } from '#test/otlp/reference.ts'
import { transcode } from './json.ts'

const requests = [
  ['ExportLogsServiceRequest', logsRequest],
  ['ExportMetricsServiceRequest', metricsRequest],
  ['ExportTraceServiceRequest', tracesRequest],
] as const

function bytesOf(json: string | Uint8Array, message = logsRequest): Uint8Array {
  const out = new ByteWriter()
  transcode(typeof json === 'string' ? Buffer.from(json) : json, message, out, 1 << 20)
  return out.copy()
}

const ids = new Set(['traceId', 'spanId', 'parentSpanId'])

/** What `decodeReference` gives, as OTLP JSON: ids in hex, doubles that JSON lacks as texts. */
function otlpJson(value: Plain, numbers: 'text' | 'bare'): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (ids.has(key)) return Buffer.from(String(inner), 'base64').toString('hex')
    if (typeof inner !== 'number') return inner
    if (Object.is(inner, -0) || !Number.isFinite(inner))
      return Object.is(inner, -0) ? '-0' : String(inner)
    return numbers === 'text' ? String(inner) : inner
  })
}

for (const [name, message] of requests) {
  test(`${name}: random requests become the same message`, (t) => {
    fc.assert(
      fc.property(arbitraryMessage(name), fc.constantFrom('text', 'bare'), (request, numbers) => {
        const want = decodeReference(name, encodeReference(name, request))
        t.assert.deepEqual(decodeReference(name, bytesOf(otlpJson(want, numbers), message)), want)
      }),
      { numRuns: 60 },
    )
  })
}

test('any bytes transcode or throw an AppError of kind invalid', () => {
  const text = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"',
          '\\',
          '1',
          'e',
          '-',
          'null',
          ' ',
          '"resourceLogs"',
        ),
      )
      .map((parts) => parts.join('')),
    fc
      .tuple(arbitraryMessage('ExportLogsServiceRequest'), fc.nat(), fc.string())
      .map(([request, at, edit]) => {
        const json = JSON.stringify(request)
        const place = at % (json.length + 1)
        return json.slice(0, place) + edit + json.slice(place + 1)
      }),
  )
  const bytes = fc.oneof(
    text.map((value) => Buffer.from(value)),
    fc.uint8Array({ maxLength: 30 }),
  )
  fc.assert(
    fc.property(bytes, (json) => {
      try {
        bytesOf(json)
        return true
      } catch (error) {
        if (error instanceof AppError && error.kind === 'invalid') return true
        throw error
      }
    }),
    { numRuns: 200 },
  )
})

/** A log request whose one record is `record`. */
const withRecord = (record: string) =>
  `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`

function recordOf(record: string): unknown {
  const request = decodeReference('ExportLogsServiceRequest', bytesOf(withRecord(record)))
  const first = (message: Plain, name: string): Plain => {
    const list = message[name] as Plain[] // a repeated message of the reference
    return list[0] ?? {}
  }
  return first(first(first(request, 'resourceLogs'), 'scopeLogs'), 'logRecords')
}

test('each type takes every form that the protocol allows', (t) => {
  const check = (record: string, want: unknown) => t.assert.deepEqual(recordOf(record), want)
  check('{"timeUnixNano":"18446744073709551615"}', { timeUnixNano: '18446744073709551615' })
  check('{"timeUnixNano":1700000000123456789}', { timeUnixNano: '1700000000123456789' })
  check('{"timeUnixNano":1e3}', { timeUnixNano: '1000' })
  check('{"severityNumber":9}', { severityNumber: 9 })
  check('{"severityNumber":"SEVERITY_NUMBER_INFO2"}', { severityNumber: 10 })
  check('{"severityNumber":"9"}', { severityNumber: 9 })
  check('{"flags":"1"}', { flags: 1 })
  check('{"traceId":"5B8EFFF798038103D269B633813FC60C"}', { traceId: 'W47/95gDgQPSabYzgT/GDA==' })
  check('{"severityText":"a\\u00e9\\n\\ud83d\\ude00"}', { severityText: 'aé\n😀' })
  check('{"severityText":null,"body":null}', {})
  check('{ "unknown" : [1,{"a":[true,false,null]}] , "eventName" : "e" }', { eventName: 'e' })
  check('{"severity_text":"no"}', {})
  const bodies = [
    ['{"stringValue":""}', { stringValue: '' }],
    ['{"intValue":"-9223372036854775808"}', { intValue: '-9223372036854775808' }],
    ['{"intValue":9007199254740993}', { intValue: '9007199254740993' }],
    ['{"doubleValue":"-Infinity"}', { doubleValue: Number.NEGATIVE_INFINITY }],
    ['{"doubleValue":0.1}', { doubleValue: 0.1 }],
    ['{"boolValue":false}', { boolValue: false }],
    ['{"doubleValue":1.7976931348623157e308}', { doubleValue: Number.MAX_VALUE }],
    ['{"doubleValue":1e-400}', { doubleValue: 0 }],
    ['{"bytesValue":"-_8="}', { bytesValue: '+/8=' }],
    ['{"bytesValue":"-_8"}', { bytesValue: '+/8=' }],
    ['{"bytesValue":"-w"}', { bytesValue: '+w==' }],
    ['{"arrayValue":{"values":[]}}', { arrayValue: {} }],
  ] as const
  for (const [body, want] of bodies) check(`{"body":${body}}`, { body: want })
  const large = Buffer.alloc(8 << 20, 7).toString('base64')
  const read = JSON.stringify(recordOf(`{"body":{"bytesValue":"${large}"}}`))
  t.assert.equal(read === JSON.stringify({ body: { bytesValue: large } }), true)
})

test('escapes of any text become what JSON.parse makes of them', (t) => {
  const unit = fc.oneof(
    fc.nat(0x7f),
    fc.nat(0x7ff),
    fc.nat(0xffff),
    fc.integer({ min: 0xd700, max: 0xe0ff }),
  )
  const escaped = (code: number, always: boolean) =>
    always
      ? `\\u${code.toString(16).padStart(4, '0')}`
      : JSON.stringify(String.fromCharCode(code)).slice(1, -1)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(unit, fc.boolean()), { minLength: 1, maxLength: 20 }),
      (units) => {
        const text = `"${units.map(([code, always]) => escaped(code, always)).join('')}"`
        const want = Buffer.from(String(JSON.parse(text))).toString()
        t.assert.deepEqual(recordOf(`{"severityText":${text}}`), { severityText: want })
      },
    ),
  )
  t.assert.deepEqual(recordOf('{"eventName":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041"}'), {
    eventName: '"\\/\b\f\n\r\tA',
  })
  const long = 'x"'.repeat(5000)
  t.assert.deepEqual(recordOf(`{"eventName":${JSON.stringify(long)}}`), { eventName: long })
})

test('errors name the path', (t) => {
  const check = (json: string | Uint8Array, message: RegExp) =>
    t.assert.throws(
      () => bytesOf(json),
      (error) =>
        error instanceof AppError && error.kind === 'invalid' && message.test(error.message),
    )
  check('', /at the body, byte 0: expected an object/)
  check('[]', /at the body, byte 0: expected an object/)
  check('{} x', /something follows the request/)
  check('{"resourceLogs":{}}', /at resourceLogs, byte 16: expected an array/)
  check(
    withRecord('{"timeUnixNano":"1.5"}'),
    /at resourceLogs\[0\]\.scopeLogs\[0\]\.logRecords\[0\]\.timeUnixNano, .*"1.5" is no whole number/,
  )
  check(withRecord('{"timeUnixNano":-1}'), /"-1" is not between 0 and/)
  check(withRecord('{"timeUnixNano":"18446744073709551616"}'), /is not between/)
  check(withRecord('{"flags":true}'), /expected a number/)
  check(withRecord('{"traceId":"xyz"}'), /traceId is not hex/)
  check(withRecord('{"traceId":"abc"}'), /traceId is not hex/)
  check(withRecord('{"severityNumber":"LOUD"}'), /"LOUD" is no value of severityNumber/)
  check(withRecord('{"severityText":5}'), /expected a string/)
  check(withRecord('{"severityText":"\\x"}'), /broken escape/)
  check(withRecord('{"severityText":"\\u12g4"}'), /broken escape/)
  check(withRecord('{"severityText":"\\u12"}'), /broken escape/)
  check(withRecord('{"severityText":"\n"}'), /control character/)
  check(withRecord('{"body":{"bytesValue":"*"}}'), /bytesValue is not base64/)
  // One digit is six bits of a byte.
  check(withRecord('{"body":{"bytesValue":"A"}}'), /bytesValue is not base64/)
  check(withRecord('{"body":{"bytesValue":"AP8_A==="}}'), /bytesValue is not base64/)
  check(withRecord('{"body":{"bytesValue":"AP8_A"}}'), /bytesValue is not base64/)
  check(withRecord('{"body":{"doubleValue":1e309}}'), /"1e309" is larger than a double can be/)
  check(withRecord('{"body":{"doubleValue":"-1e309"}}'), /"-1e309" is larger than a double can be/)
  check(withRecord('{"body":{"boolValue":1}}'), /expected true or false/)
  check(withRecord('{"flags":01}'), /"01" is no number/)
  check('{"a":1,}', /expected a key/)
  check('{"a" 1}', /expected a colon/)
  check('{"a":tru}', /expected true/)
  check(Uint8Array.of(0x7b, 0x22, 0xff, 0x22), /not UTF-8/)
  check(`{"a":${'['.repeat(500)}`, /nested deeper than 160 levels/)
  check(
    withRecord(`{"body":${'{"arrayValue":{"values":['.repeat(40)}`),
    /nested deeper than 32 levels/,
  )
})

test('a request that grows beyond the limit as protobuf is refused', (t) => {
  const zeros = Array.from({ length: 300_000 }, () => '0').join(',')
  const json = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[${zeros}]}]}}]}]}]}`
  t.assert.throws(
    () => bytesOf(json, metricsRequest),
    (error) => error instanceof AppError && error.kind === 'too-large',
  )
})
