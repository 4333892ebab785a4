/**
 * The OpenTelemetry JS SDK end to end: its exporters over gRPC, HTTP/protobuf and HTTP/JSON send one log
 * record, span and set of metrics each into the real program; every field is read back through the Loki,
 * Tempo and Prometheus APIs.
 */
import {
  ROOT_CONTEXT,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { LogRecordExporter } from '@opentelemetry/sdk-logs'
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import {
  logExporters,
  metricExporters,
  sendLogs,
  sendMetrics,
  sendSpans,
  spanExporters,
} from '#test/sdk.ts'
import { getJson, startSignalbox, type Started } from '#test/signalbox.ts'

const dir = mkdtempSync(join(tmpdir(), 'signalbox-sdk-'))
let program: Started
before(async () => {
  program = await startSignalbox(dir, ['--log-level=warn'])
})
after(async () => {
  await program.end('SIGKILL')
  rmSync(dir, { recursive: true })
})

const resource = (name: string) =>
  resourceFromAttributes({ 'service.name': `shop-${name}`, 'service.instance.id': 'one' })

/** A minute ago: a whole ms, so that no clock stands between what is sent and what is read. */
const at = systemClock.nowMs() - 60_000
const ns = (ms: number) => `${ms}000000`
const traceId = '5b8efff798038103d269b633813fc60c'
const spanId = 'eee19b7ec3c1b174'
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')

type Json = Readonly<Record<string, unknown>>

test('log records are read back with every field', async (t) => {
  const check = async (name: string, exporter: LogRecordExporter) => {
    await sendLogs(exporter, resource(name), (provider) => {
      const spanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
      provider.getLogger('cart', '1.2').emit({
        timestamp: at,
        observedTimestamp: at + 1,
        severityNumber: SeverityNumber.WARN,
        severityText: 'WARN',
        body: `cart of ${name} is full`,
        attributes: { user: 'ada', count: 7, ratio: 0.5, flag: false },
        context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
      })
    })
    const query = new URLSearchParams({
      query: `{service_name="shop-${name}"}`,
      start: ns(at),
      end: ns(at + 1),
    })
    const path = `/loki/api/v1/query_range?${query.toString()}`
    const { data } = (await getJson(program.ports.loki, path)) as {
      data: { result: { stream: Json; values: unknown }[] } // Loki's contract
    }
    t.assert.equal(data.result.length, 1, name)
    t.assert.deepEqual(data.result[0]?.values, [[ns(at), `cart of ${name} is full`]], name)
    t.assert.partialDeepStrictEqual(
      data.result[0]?.stream,
      {
        service_name: `shop-${name}`,
        trace_id: traceId,
        span_id: spanId,
        severity_text: 'WARN',
        severity_number: '13',
        detected_level: 'warn',
        observed_timestamp: ns(at + 1),
        user: 'ada',
        count: '7',
        ratio: '0.5',
        flag: 'false',
      },
      name,
    )
  }
  for (const [name, exporter] of logExporters(program.ports)) await check(name, exporter)
})

test('spans are read back with every field', async (t) => {
  const check = async (name: string, exporter: SpanExporter) => {
    const own = await sendSpans(exporter, resource(name), (provider) => {
      const span = provider.getTracer('cart', '1.2').startSpan(
        'charge',
        {
          kind: SpanKind.CLIENT,
          startTime: at,
          root: true,
          attributes: { amount: 12, card: 'visa' },
          links: [{ context: { traceId, spanId, traceFlags: 0 }, attributes: { why: 'retry' } }],
        },
        ROOT_CONTEXT,
      )
      span.addEvent('declined', { code: 51 }, at + 5)
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'no money' })
      span.end(at + 20)
      return span.spanContext()
    })
    const answer = await getJson(program.ports.tempo, `/api/traces/${own.traceId}`)
    const { batches } = answer as {
      batches: { resource: Json; scopeSpans: { scope: Json; spans: Json[] }[] }[] // Tempo's contract
    }
    t.assert.equal(batches.length, 1, name)
    t.assert.partialDeepStrictEqual(
      batches[0]?.resource['attributes'],
      [
        { key: 'service.instance.id', value: { stringValue: 'one' } },
        { key: 'service.name', value: { stringValue: `shop-${name}` } },
      ],
      name,
    )
    const [group] = batches[0]?.scopeSpans ?? []
    t.assert.partialDeepStrictEqual(group?.scope, { name: 'cart', version: '1.2' }, name)
    t.assert.equal(group?.spans.length, 1, name)
    t.assert.partialDeepStrictEqual(
      group?.spans[0],
      {
        traceId: base64(own.traceId),
        spanId: base64(own.spanId),
        name: 'charge',
        kind: 'SPAN_KIND_CLIENT',
        startTimeUnixNano: ns(at),
        endTimeUnixNano: ns(at + 20),
        attributes: [
          { key: 'amount', value: { intValue: '12' } },
          { key: 'card', value: { stringValue: 'visa' } },
        ],
        events: [
          {
            timeUnixNano: ns(at + 5),
            name: 'declined',
            attributes: [{ key: 'code', value: { intValue: '51' } }],
          },
        ],
        links: [
          {
            traceId: base64(traceId),
            spanId: base64(spanId),
            attributes: [{ key: 'why', value: { stringValue: 'retry' } }],
          },
        ],
        status: { code: 'STATUS_CODE_ERROR', message: 'no money' },
      },
      name,
    )
  }
  for (const [name, exporter] of spanExporters(program.ports)) await check(name, exporter)
})

test('metrics are read back with names, labels and values', async (t) => {
  const check = async (name: string, exporter: PushMetricExporter) => {
    await sendMetrics(exporter, { resource: resource(name) }, (provider) => {
      const meter = provider.getMeter('cart', '1.2')
      meter.createCounter('orders', { unit: '{order}' }).add(5, { kind: 'a' })
      meter.createUpDownCounter('open').add(-2)
      meter.createGauge('load', { unit: '1' }).record(0.25)
      const advice = { explicitBucketBoundaries: [1, 10] }
      const times = meter.createHistogram('time', { unit: 's', advice })
      for (const value of [0.5, 5, 50]) times.record(value)
    })
    const expect = async (query: string, want: Json) => {
      const parameters = new URLSearchParams({ query })
      const path = `/api/v1/query?${parameters.toString()}`
      const { data } = (await getJson(program.ports.prometheus, path)) as {
        data: { result: { metric: Json; value: [number, string] }[] } // Prometheus' contract
      }
      const found = data.result.map(({ metric, value }) => ({ ...metric, value: value[1] }))
      t.assert.deepEqual(found, [want], `${name} ${query}`)
    }
    const target = { job: `shop-${name}`, instance: 'one' }
    const of = (metric: string, more = '') => `${metric}{job="shop-${name}"${more}}`
    const series = (metric: string, value: string, labels: Json = {}) => ({
      __name__: metric,
      ...target,
      ...labels,
      value,
    })
    await expect(of('orders_total'), series('orders_total', '5', { kind: 'a' }))
    await expect(of('open'), series('open', '-2'))
    await expect(of('load_ratio'), series('load_ratio', '0.25'))
    await expect(of('time_seconds_sum'), series('time_seconds_sum', '55.5'))
    await expect(of('time_seconds_count'), series('time_seconds_count', '3'))
    for (const [le, value] of [
      ['1', '1'],
      ['10', '2'],
      ['+Inf', '3'],
    ] as const) {
      const bucket = 'time_seconds_bucket'
      await expect(of(bucket, `,le="${le}"`), series(bucket, value, { le }))
    }
  }
  for (const [name, exporter] of metricExporters(program.ports)) await check(name, exporter)
})
