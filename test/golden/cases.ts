/**
 * The rows of the golden blocks, format 1. What they hold never changes while the format does not:
 * a new case is a new file beside the others.
 */
import type { Batch } from '#schemas/batch.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { batchOf, sorted, streamOf, streamsOf, type Row } from './rows.ts'

export interface GoldenCase {
  readonly name: string
  readonly signal: SignalName
  readonly level: number
  /** Rows by tenant, in final order. */
  readonly sections: readonly { readonly tenant: string; readonly batches: readonly Batch[] }[]
}

const base = 1_700_000_000_000_000_000n
const id = (seed: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => (seed * 37 + i * 11 + 1) & 255)
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

const web = streamsOf([streamOf('web'), streamOf('pay')])

const logRows: Row[] = Array.from({ length: 40 }, (_, i) => ({
  stream: i % 2,
  timeNs: base + BigInt(i) * 1_500_000_000n,
  values: {
    'r:text:body': `served /cart in ${i * 3} ms, request ${Buffer.from(id(i, 16)).toString('hex')}`,
    'r:time:observedTime': base + BigInt(i) * 1_500_000_000n + 7n,
    'r:u32:severityNumber': i % 4 === 0 ? 17 : 9,
    'r:text:severityText': i % 4 === 0 ? 'ERROR' : 'INFO',
    'r:u32:flags': 1,
    ...(i % 3 === 0 ? { 'r:id16:traceId': id(i, 16), 'r:id8:spanId': id(i, 8) } : {}),
    ...(i === 5 ? { 'r:otlp:bodyValue': bytes(0x2a, 0x03, 0x0a, 0x01, 0x31) } : {}),
    'a:text:http.route': '/cart',
    'a:bool:cached': i % 2,
    'a:double:load': i / 8,
  },
}))

/** One key with every type, an empty key, and empty values. */
const mixedRows: Row[] = [
  { 'a:text:k': 'text' },
  { 'a:int:k': -(2n ** 63n) },
  { 'a:int:k': 2n ** 63n - 1n },
  { 'a:double:k': -0 },
  { 'a:double:k': Number.NaN },
  { 'a:bool:k': 1 },
  { 'a:bytes:k': bytes(0, 255) },
  { 'a:otlp:k': bytes(0x2a, 0) },
  { 'a:text:': 'empty key' },
  { 'a:text:k': '' },
  {},
].map((values, i) => ({ stream: 0, timeNs: base + BigInt(i), values }))

/** Ten thousand keys, ten a row, in batches of a hundred rows: most of them stand in the rest. */
const manyKeys: Batch[] = Array.from({ length: 10 }, (_, part) => {
  const rows: Row[] = Array.from({ length: 100 }, (_, i) => {
    const row = part * 100 + i
    const values = Array.from({ length: 10 }, (_, k) => [`a:int:key.${row * 10 + k}`, BigInt(row % 100)] as const)
    return { stream: 0, timeNs: base + BigInt(row) * 1000n, values: Object.fromEntries(values) }
  })
  return batchOf('logs', streamsOf([streamOf('web')]), rows)
})

const spanRows: Row[] = Array.from({ length: 60 }, (_, i) => ({
  stream: i % 2,
  timeNs: base + BigInt(Math.floor(i / 6)) * 70_000_000_000n + BigInt(i % 6) * 1_000_000n,
  values: {
    'r:int:duration': i === 8 ? -5n : BigInt(i) * 12_345n,
    'r:id16:traceId': id(Math.floor(i / 6), 16),
    'r:id8:spanId': id(i + 1000, 8),
    ...(i % 6 === 0 ? {} : { 'r:id8:parentSpanId': id(Math.floor(i / 6) * 6 + 1000, 8) }),
    'r:text:name': `GET /${i % 3}`,
    'r:u32:kind': (i % 5) + 1,
    'r:u32:statusCode': i % 7 === 0 ? 2 : 0,
    ...(i % 7 === 0 ? { 'r:text:statusMessage': 'timeout' } : {}),
    'r:text:traceState': 'a=1',
    // Span.events (field 11) with a name, Span.links (field 13) with a trace id.
    ...(i % 4 === 0 ? { 'r:otlp:events': bytes(0x5a, 0x03, 0x12, 0x01, 0x65) } : {}),
    ...(i === 9 ? { 'r:otlp:links': Buffer.concat([bytes(0x6a, 0x12, 0x0a, 0x10), id(3, 16)]) } : {}),
    'r:u32:droppedEventsCount': 0,
    'a:int:http.response.status_code': 200n + BigInt(i % 3) * 100n,
  },
}))

const metricStreams = streamsOf([
  ...Array.from({ length: 4 }, (_, i) => streamOf('web', 'http.requests', { route: `/${i}` })),
  streamOf('web', 'http.duration'),
  streamOf('web', 'queue.age'),
])
const specials = [0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 1e300, 1 / 3]
const metricRows: Row[] = Array.from({ length: 6 * 30 }, (_, i) => {
  const stream = i % 6
  const at = Math.floor(i / 6)
  const common = { 'r:time:startTime': base - 1n, 'r:u32:flags': 0 }
  const timeNs = base + BigInt(at) * 15_000_000_000n + BigInt(stream % 2) * 3_000_000n
  // HistogramDataPoint: count (fixed64), bucket_counts (packed fixed64).
  const point = bytes(0x21, at, 0, 0, 0, 0, 0, 0, 0, 0x32, 0x08, at, 0, 0, 0, 0, 0, 0, 0)
  if (stream === 4) return { stream, timeNs, values: { ...common, 'r:u32:kind': 3, 'r:otlp:point': point } }
  const value = stream === 5 ? (specials[at % 8] ?? 0) : at * (stream + 1) + at / 4
  return {
    stream,
    timeNs,
    values: {
      ...common,
      'r:u32:kind': 1,
      'r:double:value': value,
      ...(at === 3 ? { 'r:int:exactValue': 2n ** 60n + 1n, 'r:otlp:exemplars': bytes(0x2a, 0) } : {}),
    },
  }
})

/** Times of 1970 and 2262 beside one of today: pages are cut where 2^53 ns are passed. */
const farTimes: Batch[] = [0n, base, 2n ** 63n - 1n].map((timeNs) =>
  batchOf('logs', streamsOf([streamOf('web')]), [{ stream: 0, timeNs, values: { 'r:text:body': String(timeNs) } }]),
)

const whole = (signal: SignalName, streams: Batch['streams'], rows: readonly Row[]): Batch[] => [
  sorted(batchOf(signal, streams, rows)),
]
const one = (batches: readonly Batch[]) => [{ tenant: 'acme', batches }]

export const goldenCases: readonly GoldenCase[] = [
  { name: 'logs-l0', signal: 'logs', level: 0, sections: one(whole('logs', web, logRows)) },
  { name: 'logs-l1', signal: 'logs', level: 1, sections: one(whole('logs', web, logRows)) },
  { name: 'mixed-types', signal: 'logs', level: 0, sections: one(whole('logs', web, mixedRows)) },
  { name: 'many-keys', signal: 'logs', level: 0, sections: one(manyKeys) },
  { name: 'far-times', signal: 'logs', level: 0, sections: one(farTimes) },
  {
    name: 'two-tenants',
    signal: 'logs',
    level: 0,
    sections: ['acme', 'other'].map((tenant) => ({
      tenant,
      batches: whole('logs', streamsOf([streamOf(`web-of-${tenant}`)]), [
        { stream: 0, timeNs: base, values: { 'r:text:body': `of ${tenant}` } },
      ]),
    })),
  },
  { name: 'traces-l0', signal: 'traces', level: 0, sections: one(whole('traces', web, spanRows)) },
  { name: 'traces-l1', signal: 'traces', level: 1, sections: one(whole('traces', web, spanRows)) },
  { name: 'metrics-l0', signal: 'metrics', level: 0, sections: one(whole('metrics', metricStreams, metricRows)) },
  { name: 'metrics-l1', signal: 'metrics', level: 1, sections: one(whole('metrics', metricStreams, metricRows)) },
]
