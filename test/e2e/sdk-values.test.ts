/**
 * The values that are not plain, end to end: bodies that are no text, arrays and maps as attributes,
 * exponential histograms, exemplars, descriptions and units. The SDK's own exporters send them over
 * gRPC, HTTP/protobuf and HTTP/JSON; exemplars, which the JS SDK does not make, are put into what it
 * serialised. They are read back through the APIs; the fields of an exponential histogram, which no
 * query evaluates yet, from the block.
 */
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { SpanKind, ROOT_CONTEXT, type AttributeValue } from '@opentelemetry/api'
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { LogRecordExporter, LoggerProvider } from '@opentelemetry/sdk-logs'
import {
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { columnOf, type Batch } from '#schemas/batch.ts'
import { metrics as metricsSignal, pointKind } from '#schemas/signals/metrics.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { openBlock } from '#storage/block/open.ts'
import { bytesSource } from '#storage/block/source.ts'
import { decodeReference, encodeReference, type Plain } from '#test/otlp/reference.ts'
import { logExporters, sendLogs, sendSpans, spanExporters } from '#test/sdk.ts'
import { getJson, startSignalbox, type Started } from '#test/signalbox.ts'

const dir = mkdtempSync(join(tmpdir(), 'signalbox-sdk-values-'))
let program: Started
before(async () => {
  program = await startSignalbox(dir, ['--log-level=warn'])
})
after(async () => {
  await program.end('SIGKILL')
  rmSync(dir, { recursive: true })
})

const http = (path: string) => ({ url: `http://127.0.0.1:${program.ports.http}/v1/${path}` })
const resource = (name: string) =>
  resourceFromAttributes({ 'service.name': `shop-${name}`, 'service.instance.id': 'one' })

/** A minute ago: a whole ms, so that no clock stands between what is sent and what is read. */
const at = systemClock.nowMs() - 60_000
const ns = (ms: number) => `${ms}000000`

type Json = Readonly<Record<string, unknown>>

type Body = Parameters<ReturnType<LoggerProvider['getLogger']>['emit']>[0]['body']

/** A body and the line it is read as: text as it is, everything else as the OTel collector prints it. */
const bodies: readonly [body: Body, line: string][] = [
  ['plain', 'plain'],
  [17, '17'],
  [0.5, '0.5'],
  [true, 'true'],
  [Uint8Array.of(0, 1, 254, 255), 'AAH+/w=='],
  [['a', 1, false, null], '["a",1,false,null]'],
  [
    { user: { id: 7, roles: ['x', 'y'] }, ok: true },
    '{"ok":true,"user":{"id":7,"roles":["x","y"]}}',
  ],
  [{}, '{}'],
  [[], '[]'],
]

test('bodies that are no text and attributes that are no scalars are read back', async (t) => {
  const check = async (name: string, exporter: LogRecordExporter) => {
    await sendLogs(exporter, resource(name), (provider) => {
      const logger = provider.getLogger('cart')
      for (const [i, [body]] of bodies.entries()) {
        logger.emit({
          timestamp: at + i,
          body,
          attributes: {
            list: ['a', 'b'],
            numbers: [1, 2.5],
            deep: { inner: { leaf: 'x' }, list: [true] },
            raw: Uint8Array.of(1, 2, 3),
          },
        })
      }
    })
    const query = new URLSearchParams({
      query: `{service_name="shop-${name}"}`,
      start: ns(at),
      end: ns(at + 1000),
      direction: 'forward',
    })
    const answer = await getJson(program.ports.loki, `/loki/api/v1/query_range?${query.toString()}`)
    const { data } = answer as {
      data: { result: { stream: Json; values: [string, string][] }[] } // Loki's contract
    }
    const lines = data.result
      .flatMap(({ values }) => values)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
    t.assert.deepEqual(
      lines,
      bodies.map(([, line], i) => [ns(at + i), line]),
      name,
    )
    t.assert.partialDeepStrictEqual(
      data.result[0]?.stream,
      {
        list: '["a","b"]',
        numbers: '[1,2.5]',
        deep_inner_leaf: 'x',
        deep_list: '[true]',
        raw: 'AQID',
      },
      name,
    )
  }
  for (const [name, exporter] of logExporters(program.ports)) await check(name, exporter)
})

/** An attribute as the OTLP JSON of a trace shows it. */
const arrays: readonly [key: string, value: AttributeValue, shown: Json][] = [
  ['flags', [true, false], { arrayValue: { values: [{ boolValue: true }, { boolValue: false }] } }],
  ['numbers', [1, 2], { arrayValue: { values: [{ intValue: '1' }, { intValue: '2' }] } }],
  ['ratios', [0.5], { arrayValue: { values: [{ doubleValue: 0.5 }] } }],
  ['texts', ['a', 'b'], { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } }],
]

test('arrays as attributes of spans, events and links are read back', async (t) => {
  const attributes = Object.fromEntries(arrays.map(([key, value]) => [key, value]))
  const shown = arrays.map(([key, , value]) => ({ key, value }))
  const check = async (name: string, exporter: SpanExporter) => {
    const { traceId } = await sendSpans(exporter, resource(name), (provider) => {
      const other = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' }
      const span = provider.getTracer('cart').startSpan(
        'charge',
        {
          kind: SpanKind.SERVER,
          startTime: at,
          root: true,
          attributes,
          links: [{ context: { ...other, traceFlags: 0 }, attributes }],
        },
        ROOT_CONTEXT,
      )
      span.addEvent('declined', attributes, at + 5)
      span.end(at + 20)
      return span.spanContext()
    })
    const { batches } = (await getJson(program.ports.tempo, `/api/traces/${traceId}`)) as {
      batches: { scopeSpans: { spans: Json[] }[] }[] // Tempo's contract
    }
    const found = batches[0]?.scopeSpans[0]?.spans[0] as {
      attributes: { key: string }[]
      events: { attributes: { key: string }[] }[]
      links: { attributes: { key: string }[] }[]
    }
    const sorted = (list: readonly { key: string }[] | undefined) =>
      list?.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    t.assert.deepEqual(sorted(found.attributes), shown, name)
    t.assert.deepEqual(sorted(found.events[0]?.attributes), shown, name)
    t.assert.deepEqual(sorted(found.links[0]?.attributes), shown, name)
  }
  for (const [name, exporter] of spanExporters(program.ports)) await check(name, exporter)
})

type MetricsBatch = Parameters<PushMetricExporter['export']>[0]
type Done = Parameters<PushMetricExporter['export']>[1]
type Send = (batch: MetricsBatch, exemplars: Exemplars) => Promise<void>

const exemplarTrace = '0102030405060708090a0b0c0d0e0f10'
const exemplarSpan = '0102030405060708'

/** The exemplar of a data point, with ids as a format writes them. */
type Exemplars = (ids: 'hex' | 'base64') => Plain[]

function exemplarsOf(value: number): Exemplars {
  return (ids) => [
    {
      timeUnixNano: ns(at),
      asDouble: value,
      traceId: Buffer.from(exemplarTrace, 'hex').toString(ids),
      spanId: Buffer.from(exemplarSpan, 'hex').toString(ids),
      filteredAttributes: [{ key: 'user', value: { stringValue: 'ada' } }],
    },
  ]
}

/** Puts exemplars into every data point of a message. */
function addExemplars(value: unknown, exemplars: Plain[]): void {
  if (Array.isArray(value)) for (const one of value) addExemplars(one, exemplars)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key !== 'dataPoints') addExemplars(inner, exemplars)
      else for (const point of inner as Plain[]) Object.assign(point, { exemplars })
    }
  }
}

const request = 'ExportMetricsServiceRequest'

function protobufOf(batch: MetricsBatch, exemplars: Exemplars): Buffer {
  const message = decodeReference(request, ProtobufMetricsSerializer.serializeRequest(batch)!)
  addExemplars(message, exemplars('base64'))
  return Buffer.from(encodeReference(request, message))
}

async function postMetrics(type: string, body: Buffer): Promise<void> {
  const headers = { 'content-type': type }
  const answer = await fetch(http('metrics').url, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  if (answer.status !== 200) throw new Error(`metrics got ${answer.status}`)
}

const overGrpc: Send = (batch, exemplars) => {
  const client = new Client(`127.0.0.1:${program.ports.grpc}`, credentials.createInsecure())
  const asIs = (bytes: Buffer) => bytes
  const method = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
  const body = protobufOf(batch, exemplars)
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(method, asIs, asIs, body, new Metadata(), (error) => {
      client.close()
      if (error === null) resolve()
      else reject(error)
    })
  })
}

const overProtobuf: Send = (batch, exemplars) =>
  postMetrics('application/x-protobuf', protobufOf(batch, exemplars))

const overJson: Send = (batch, exemplars) => {
  const bytes = JsonMetricsSerializer.serializeRequest(batch)!
  const message: unknown = JSON.parse(Buffer.from(bytes).toString())
  addExemplars(message, exemplars('hex'))
  return postMetrics('application/json', Buffer.from(JSON.stringify(message)))
}

/** Collects once and hands the batch to `send`. */
async function collect(name: string, send: (batch: MetricsBatch) => Promise<void>): Promise<void> {
  let failure = ''
  let told = false
  const tell = async (batch: MetricsBatch, done: Done): Promise<void> => {
    // The end of the provider collects once more.
    if (!told) await send(batch).catch((error: unknown) => (failure = String(error)))
    told = true
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- success or failure, of an enum that is not exported here
    done({ code: failure === '' ? 0 : 1 })
  }
  const exporter: PushMetricExporter = {
    export: (batch, done) => void tell(batch, done),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 100_000 })
  const provider = new MeterProvider({
    resource: resource(name),
    readers: [reader],
    views: [
      {
        instrumentName: 'wide',
        instrumentType: InstrumentType.HISTOGRAM,
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 4 } },
      },
    ],
  })
  const meter = provider.getMeter('cart', '1.2')
  const orders = { unit: '{order}', description: 'Orders that were paid' }
  meter.createCounter('orders', orders).add(5, { kinds: ['a', 'b'] })
  const advice = { explicitBucketBoundaries: [1, 10] }
  const time = { unit: 's', description: 'Time of a request', advice }
  meter.createHistogram('time', time).record(5)
  const wide = meter.createHistogram('wide', { unit: 'By', description: 'Size of a request' })
  for (const value of [0, 1, 4, 4]) wide.record(value)
  await provider.forceFlush().catch(() => {})
  await provider.shutdown().catch(() => {})
  if (failure !== '') throw new Error(`${name}: ${failure}`)
}

async function prometheus(path: string, parameters: Record<string, string>): Promise<unknown> {
  const query = new URLSearchParams(parameters).toString()
  const { data } = (await getJson(program.ports.prometheus, `${path}?${query}`)) as {
    data: unknown
  }
  return data
}

test('metadata, array labels, exemplars and exponential histograms are read back', async (t) => {
  const ways = { grpc: overGrpc, protobuf: overProtobuf, json: overJson }
  for (const [name, send] of Object.entries(ways)) {
    await collect(name, (batch) => send(batch, exemplarsOf(5)))
    const labels = { job: `shop-${name}`, instance: 'one' }
    const of = (metric: string) => `${metric}{job="shop-${name}"}`
    const counter = await prometheus('/api/v1/query', { query: of('orders_total') })
    t.assert.partialDeepStrictEqual(
      counter,
      { result: [{ metric: { ...labels, kinds: '["a","b"]' } }] },
      name,
    )
    const range = { start: String(at / 1000 - 60), end: String(at / 1000 + 60) }
    for (const metric of ['orders_total', 'time_seconds_bucket', 'wide_bytes']) {
      const found = await prometheus('/api/v1/query_exemplars', { query: of(metric), ...range })
      t.assert.partialDeepStrictEqual(
        found,
        [
          {
            seriesLabels: labels,
            exemplars: [
              {
                labels: { trace_id: exemplarTrace, span_id: exemplarSpan, user: 'ada' },
                value: '5',
                timestamp: at / 1000,
              },
            ],
          },
        ],
        `${name} ${metric}`,
      )
    }
    const series = await prometheus('/api/v1/series', { 'match[]': of('wide_bytes') })
    t.assert.deepEqual(series, [{ __name__: 'wide_bytes', ...labels }], name)
  }
  t.assert.deepEqual(await prometheus('/api/v1/metadata', {}), {
    orders_total: [{ type: 'counter', help: 'Orders that were paid', unit: '' }],
    time_seconds: [{ type: 'histogram', help: 'Time of a request', unit: 'seconds' }],
    wide_bytes: [{ type: 'histogram', help: 'Size of a request', unit: 'bytes' }],
  })
  await checkBlocks(t)
})

/** The exponential histogram from the blocks, by the reference's decoder; and what `inspect` prints. */
async function checkBlocks(t: TestContext): Promise<void> {
  const flush = `http://127.0.0.1:${program.ports.admin}/flush`
  t.assert.equal((await fetch(flush, { method: 'POST' })).ok, true)
  const files = globSync('objects/**/l0/metrics/**/*.sbx', { cwd: dir })
  const points: Plain[] = []
  for (const file of files) {
    const path = join(dir, file)
    const block = await openBlock(bytesSource(readFileSync(path)))
    for await (const batch of block.readSection('default')) points.push(...wideOf(batch))
    const main = join(import.meta.dirname, '../../cmd/main.js')
    const text = execFileSync(process.execPath, [main, 'inspect', path]).toString()
    t.assert.match(text, /signal metrics, level 0/)
    t.assert.match(text, /column \S*exemplars\S*: \d+ rows/)
  }
  t.assert.equal(points.length, 3)
  for (const point of points) {
    // 1 and 4 and no more than four buckets: scale 0, where (0.5, 1] is bucket -1 and (2, 4] is bucket 1.
    t.assert.partialDeepStrictEqual(point, {
      count: '4',
      sum: 9,
      zeroCount: '1',
      positive: { offset: -1, bucketCounts: ['1', '0', '2'] },
      min: 0,
      max: 4,
    })
    t.assert.equal(point['scale'] ?? 0, 0)
    const negative = point['negative'] as { bucketCounts?: unknown[] } | undefined // by the schema
    t.assert.deepEqual(negative?.bucketCounts ?? [], [])
  }
}

function wideOf(batch: Batch): Plain[] {
  const kinds = columnOf(batch, rowColumn(metricsSignal, 'kind'))
  const found = columnOf(batch, rowColumn(metricsSignal, 'point'))
  if (kinds?.kind !== 'words' || found === null) return []
  const wide: Plain[] = []
  for (let row = 0; row < batch.rows; row++) {
    if (kinds.values[row] !== pointKind.exponentialHistogram) continue
    if (found.kind !== 'texts' && found.kind !== 'dictionary') continue
    const place = found.kind === 'texts' ? row : (found.codes[row] ?? 0)
    const { offsets, bytes } = found.kind === 'texts' ? found.texts : found.values
    const point = bytes.subarray(offsets[place], offsets[place + 1])
    wide.push(decodeReference('ExponentialHistogramDataPoint', point))
  }
  return wide
}
