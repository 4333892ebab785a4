/**
 * The OpenTelemetry JS SDK as a client: its own exporters over gRPC, HTTP/protobuf and HTTP/JSON send
 * one log record, span and set of metrics each; every field they set is what the decoder got.
 */
import {
  SeverityNumber,
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { LogRecordExporter } from '@opentelemetry/sdk-logs'
import {
  AggregationType,
  InstrumentType,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { after, before, test } from 'node:test'
import { run, type Running } from '#base/part.ts'
import { receiverConfig } from '#receiver/config.ts'
import { createReceiver, type Receiver } from '#receiver/index.ts'
import {
  logExporters,
  metricExporters,
  sendLogs,
  sendMetrics,
  sendSpans,
  spanExporters,
} from '#test/sdk.ts'
import { testDeps } from './doors.ts'
import type { Plain } from './reference.ts'

const host = '127.0.0.1'
const deps = testDeps()
let receiver: Receiver
let running: Running

before(async () => {
  receiver = createReceiver(receiverConfig.parse({ grpcPort: 0, httpPort: 0 }), host, deps)
  running = await run(receiver.parts)
})

after(() => running.end(AbortSignal.timeout(2000)))

const resource = resourceFromAttributes({ 'service.name': 'shop', replicas: 3 })
const group = {
  resource: {
    attributes: [
      { key: 'service.name', value: { stringValue: 'shop' } },
      { key: 'replicas', value: { intValue: '3' } },
    ],
  },
  resourceUrl: '',
  scope: { name: 'cart', version: '1.2' },
  scopeUrl: '',
}

/** The rows of the requests that came while `send` ran. */
async function received(send: () => Promise<void>): Promise<Plain[]> {
  const from = deps.taken.length
  await send()
  return deps.taken.slice(from).flatMap(({ rows }) => rows.map(tidy))
}

/** Some exporters spell out counts of zero in resource and scope, some do not. */
function tidy(row: Plain): Plain {
  const without = (message: unknown) => {
    const { droppedAttributesCount, ...rest } = message as { droppedAttributesCount?: number } // by the schema
    return (droppedAttributesCount ?? 0) === 0 ? rest : message
  }
  return { ...row, resource: without(row['resource']), scope: without(row['scope']) }
}

const ns = (ms: number) => String(BigInt(ms) * 1_000_000n)
const at = 1_800_000_000_123
const traceId = '5b8efff798038103d269b633813fc60c'
const spanId = 'eee19b7ec3c1b174'
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')

test('log records arrive with every field', async (t) => {
  const check = async (name: string, exporter: LogRecordExporter) => {
    const rows = await received(async () => {
      await sendLogs(exporter, resource, (provider) => {
        const spanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
        provider.getLogger('cart', '1.2').emit({
          timestamp: at,
          observedTimestamp: at + 1,
          severityNumber: SeverityNumber.WARN,
          severityText: 'WARN',
          eventName: 'cart.full',
          body: { items: [1, 2.5, 'three', null], deep: { yes: true } },
          // Told apart, since equal bodies are one request whatever door they come to.
          attributes: { user: name, count: 7, ratio: 0.5, flag: false, tags: ['a', 'b'] },
          context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
        })
      })
    })
    const items = [{ intValue: '1' }, { doubleValue: 2.5 }, { stringValue: 'three' }, {}]
    t.assert.deepEqual(
      rows,
      [
        {
          ...group,
          timeUnixNano: ns(at),
          observedTimeUnixNano: ns(at + 1),
          severityNumber: 13,
          severityText: 'WARN',
          body: {
            kvlistValue: {
              values: [
                { key: 'items', value: { arrayValue: { values: items } } },
                {
                  key: 'deep',
                  value: { kvlistValue: { values: [{ key: 'yes', value: { boolValue: true } }] } },
                },
              ],
            },
          },
          attributes: [
            { key: 'user', value: { stringValue: name } },
            { key: 'count', value: { intValue: '7' } },
            { key: 'ratio', value: { doubleValue: 0.5 } },
            { key: 'flag', value: { boolValue: false } },
            {
              key: 'tags',
              value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } },
            },
          ],
          droppedAttributesCount: 0,
          flags: 1,
          traceId: base64(traceId),
          spanId: base64(spanId),
          eventName: 'cart.full',
        },
      ],
      name,
    )
  }
  for (const [name, exporter] of logExporters(receiver.ports(), ['grpc', 'protobuf']))
    await check(name, exporter)
})

test('spans arrive with every field', async (t) => {
  const check = async (name: string, exporter: SpanExporter) => {
    let own = { traceId: '', spanId: '' }
    const rows = await received(async () => {
      own = await sendSpans(exporter, resource, (provider) => {
        const parent = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true }
        const span = provider.getTracer('cart', '1.2').startSpan(
          'charge',
          {
            kind: SpanKind.CLIENT,
            startTime: at,
            attributes: { amount: 12 },
            links: [{ context: { traceId, spanId, traceFlags: 0 }, attributes: { why: 'retry' } }],
          },
          trace.setSpanContext(context.active(), parent),
        )
        span.addEvent('declined', { code: 51 }, at + 5)
        span.setStatus({ code: SpanStatusCode.ERROR, message: 'no money' })
        span.end(at + 20)
        return span.spanContext()
      })
    })
    const [row = {}] = rows
    t.assert.equal(rows.length, 1, name)
    const { flags, links, events, ...rest } = row
    t.assert.deepEqual(rest, {
      ...group,
      traceId: base64(traceId),
      spanId: base64(own.spanId),
      traceState: '',
      parentSpanId: base64(spanId),
      name: 'charge',
      kind: 3,
      startTimeUnixNano: ns(at),
      endTimeUnixNano: ns(at + 20),
      attributes: [{ key: 'amount', value: { intValue: '12' } }],
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
      status: { message: 'no money', code: 2 },
    })
    // Bits 0 to 7 are the W3C flags; 8 and 9 say that the parent is known to be remote.
    t.assert.equal(flags, 0x301)
    t.assert.partialDeepStrictEqual(events, [
      {
        timeUnixNano: ns(at + 5),
        name: 'declined',
        attributes: [{ key: 'code', value: { intValue: '51' } }],
      },
    ])
    t.assert.partialDeepStrictEqual(links, [
      {
        traceId: base64(traceId),
        spanId: base64(spanId),
        attributes: [{ key: 'why', value: { stringValue: 'retry' } }],
      },
    ])
  }
  for (const [name, exporter] of spanExporters(receiver.ports(), ['protobuf', 'json']))
    await check(name, exporter)
})

test('metrics of every kind arrive with every field', async (t) => {
  const check = async (name: string, exporter: PushMetricExporter) => {
    const rows = await received(async () => {
      const views = [
        {
          instrumentName: 'wide',
          instrumentType: InstrumentType.HISTOGRAM,
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
        },
      ]
      await sendMetrics(exporter, { resource, views }, (provider) => {
        const meter = provider.getMeter('cart', '1.2')
        meter
          .createCounter('orders', { unit: '{order}', description: 'Orders' })
          .add(5, { kind: 'a' })
        meter.createUpDownCounter('open').add(-2)
        meter.createGauge('load').record(0.25)
        const narrow = { advice: { explicitBucketBoundaries: [1, 10] } }
        const times = meter.createHistogram('time', { unit: 's', ...narrow })
        for (const value of [0.5, 5, 50]) times.record(value)
        meter.createHistogram('wide').record(8)
      })
    })
    const found = (metric: string): Plain => {
      const row = rows.find((candidate) => candidate['name'] === metric)
      if (row === undefined) throw new Error(`${name} has no ${metric}`)
      return row
    }
    const expect = (metric: string, want: Plain) =>
      t.assert.partialDeepStrictEqual(found(metric), { ...group, ...want }, `${name} ${metric}`)
    expect('orders', {
      unit: '{order}',
      description: 'Orders',
      data: 'sum',
      temporality: 2,
      monotonic: true,
      attributes: [{ key: 'kind', value: { stringValue: 'a' } }],
      flags: 0,
      exemplars: [],
    })
    expect('open', { data: 'sum', temporality: 2, monotonic: false, attributes: [] })
    expect('load', { data: 'gauge', temporality: 0, point: { asDouble: 0.25 } })
    const number = (metric: string) => {
      const { asInt, asDouble } = found(metric)['point'] as { asInt?: string; asDouble?: number } // by the schema
      return Number(asInt ?? asDouble)
    }
    t.assert.deepEqual([number('orders'), number('open')], [5, -2])
    expect('time', {
      unit: 's',
      data: 'histogram',
      temporality: 2,
      point: {
        count: '3',
        sum: 55.5,
        min: 0.5,
        max: 50,
        explicitBounds: [1, 10],
        bucketCounts: ['1', '1', '1'],
      },
    })
    expect('wide', {
      data: 'exponentialHistogram',
      temporality: 2,
      point: {
        count: '1',
        sum: 8,
        min: 8,
        max: 8,
        scale: 20,
        positive: { offset: 3_145_727, bucketCounts: ['1'] },
      },
    })
    for (const metric of ['orders', 'time', 'wide']) {
      const { startTimeUnixNano, timeUnixNano } = found(metric)
      t.assert.equal(BigInt(String(startTimeUnixNano)) > 0n, true)
      t.assert.equal(BigInt(String(timeUnixNano)) >= BigInt(String(startTimeUnixNano)), true)
    }
  }
  for (const [name, exporter] of metricExporters(receiver.ports(), ['grpc', 'json']))
    await check(name, exporter)
})
