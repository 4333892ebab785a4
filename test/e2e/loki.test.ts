/**
 * Logs through the real program: OTLP JSON and the OpenTelemetry JS SDK in, by stream, line, trace id
 * and count out, before and after a flush, before and after SIGKILL. Grafana's first calls with
 * their exact shapes (grafana-api-contract.md §2.6, §2.12).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api'
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtoExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  LoggerProvider,
  SimpleLogRecordProcessor,
  type LogRecordExporter,
} from '@opentelemetry/sdk-logs'
import { systemClock } from '#base/clock.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

function requestOf(baseNs: bigint): unknown {
  const text = (key: string, value: string): unknown => ({ key, value: { stringValue: value } })
  const record = {
    timeUnixNano: String(baseNs + 1n),
    observedTimeUnixNano: String(baseNs + 2n),
    severityNumber: 17,
    severityText: 'ERROR',
    body: { stringValue: 'card 4711 refused' },
    attributes: [
      text('http.route', '/pay'),
      { key: 'http.status', value: { intValue: '503' } },
      { key: 'retry', value: { boolValue: true } },
      { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } } },
      { key: 'user', value: { kvlistValue: { values: [text('id', 'u1')] } } },
    ],
    droppedAttributesCount: 2,
    flags: 1,
    traceId,
    spanId,
  }
  const structured = {
    timeUnixNano: String(baseNs + 1_000_000_000n),
    severityNumber: 9,
    body: { kvlistValue: { values: [text('event', 'cart'), text('action', 'added')] } },
  }
  const plain = {
    timeUnixNano: String(baseNs + 2_000_000_000n),
    severityNumber: 9,
    body: { stringValue: 'item added' },
  }
  const resource = {
    attributes: [text('service.name', 'shop'), text('k8s.pod.name', 'shop-1'), text('team', 'red')],
  }
  const scopeLogs = [
    { scope: { name: 'lib', version: '1.2' }, logRecords: [record, structured, plain] },
  ]
  return { resourceLogs: [{ resource, scopeLogs }] }
}

const stream = { k8s_pod_name: 'shop-1', service_name: 'shop' }
const ofStream = { scope_name: 'lib', scope_version: '1.2', team: 'red' }

/** What must come back of the record with everything. */
function wantedOf(baseNs: bigint): unknown {
  const structuredMetadata = {
    detected_level: 'error',
    dropped_attributes_count: '2',
    flags: '1',
    http_route: '/pay',
    http_status: '503',
    observed_timestamp: String(baseNs + 2n),
    retry: 'true',
    ...ofStream,
    severity_number: '17',
    severity_text: 'ERROR',
    span_id: spanId,
    tags: '["a",1]',
    trace_id: traceId,
    user_id: 'u1',
  }
  return [{ stream, values: [[String(baseNs + 1n), 'card 4711 refused', { structuredMetadata }]] }]
}

interface Answer {
  readonly status: string
  readonly data: { readonly resultType: string; readonly result: unknown; readonly stats: object }
}

class Client {
  readonly #port: number
  readonly #range: Record<string, string>

  constructor({ ports }: Started, baseNs: bigint) {
    this.#port = ports.loki
    this.#range = { start: String(baseNs), end: String(baseNs + 60_000_000_000n) }
  }

  async get(path: string, parameters: Record<string, string> = {}): Promise<Response> {
    const query = new URLSearchParams({ ...this.#range, ...parameters })
    return fetch(`http://127.0.0.1:${this.#port}${path}?${query.toString()}`, {
      headers: { 'x-loki-response-encoding-flags': 'categorize-labels' },
    })
  }

  async range(query: string, parameters: Record<string, string> = {}): Promise<Answer['data']> {
    const response = await this.get('/loki/api/v1/query_range', { query, ...parameters })
    const body = await response.text()
    if (!response.ok) throw new Error(`${query}: ${response.status} ${body}`)
    return (JSON.parse(body) as Answer).data
  }

  /** Lines in the order of the answer. */
  async lines(query: string, parameters: Record<string, string> = {}): Promise<string[]> {
    const { result } = await this.range(query, parameters)
    const values = (result as { values: [string, string][] }[]).flatMap((one) => one.values)
    return values.map(([, line]) => line)
  }

  async data(path: string, parameters: Record<string, string> = {}): Promise<unknown> {
    const response = await this.get(path, parameters)
    return ((await response.json()) as Answer).data
  }
}

/** Everything that must hold however often the data moved. */
async function checkReads(t: TestContext, started: Started, baseNs: bigint): Promise<void> {
  const client = new Client(started, baseNs)
  const check = async (query: string, ...want: string[]) =>
    t.assert.deepEqual(await client.lines(query), want, query)
  const card = 'card 4711 refused'
  const cart = '{"action":"added","event":"cart"}'
  await check('{service_name="shop"}', 'item added', cart, card)
  await check('{k8s_pod_name=~"shop-[0-9]", team!="blue"}', 'item added', cart, card)
  await check('{"team"="red"} |= "added"', 'item added', cart)
  await check('{team="red"} != "added"', card)
  await check('{team="red"} |~ "card [0-9]+"', card)
  await check('{service_name="shop"} !~ "(card|cart)"', 'item added')
  await check('{http_status="503"}', card)
  await check('{service_name=~".+"} | http_status > 500', card)
  await check(`{service_name=~".+"} | trace_id="${traceId}"`, card)
  await check(`{service_name=~".+"} | trace_id="${traceId.replace('0', '1')}"`)
  await check('{service_name="shop"} | detected_level="info"', 'item added', cart)
  await check('{service_name="else"}')
  t.assert.deepEqual(
    (await client.range('{service_name="shop"} |= "card"')).result,
    wantedOf(baseNs),
  )
  t.assert.deepEqual(await client.lines('{service_name="shop"}', { limit: '1' }), ['item added'])
  t.assert.deepEqual(
    await client.lines('{service_name="shop"}', { limit: '2', direction: 'forward' }),
    [card, cart],
  )
  await checkCounts(t, client, baseNs)
  t.assert.deepEqual(await client.data('/loki/api/v1/labels'), ['k8s_pod_name', 'service_name'])
  t.assert.deepEqual(await client.data('/loki/api/v1/label/team/values'), ['red'])
  t.assert.deepEqual(
    await client.data('/loki/api/v1/series', { 'match[]': '{service_name="shop"}' }),
    [stream],
  )
}

async function checkCounts(t: TestContext, client: Client, baseNs: bigint): Promise<void> {
  // One step that has everything in its window, at the first full minute behind the rows.
  const step = { step: '60s', end: String(baseNs + 30_000_000_000n) }
  const total = async (query: string): Promise<unknown> => {
    const { result } = await client.range(query, step)
    return (result as { metric: object; values: [number, string][] }[]).map(
      ({ metric, values }) => [metric, values.at(-1)?.[1]],
    )
  }
  const histogram =
    'sum by (level, detected_level) (count_over_time({service_name="shop"} | drop __error__[5m]))'
  t.assert.deepEqual(await total(histogram), [
    [{ detected_level: 'error' }, '1'],
    [{ detected_level: 'info' }, '2'],
  ])
  t.assert.deepEqual(await total('sum(rate({service_name="shop"} |= "added" [5m])) * 300'), [
    [{}, '2'],
  ])
  // 17 + 33 + 10 bytes.
  t.assert.deepEqual(await total('sum by (team) (bytes_over_time({service_name="shop"}[5m]))'), [
    [{ team: 'red' }, '60'],
  ])
  t.assert.deepEqual(await total('topk(1, count_over_time({team="red"} | keep team [5m]))'), [
    [{ team: 'red' }, '3'],
  ])
}

async function send(started: Started, body: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${started.ports.http}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

/** A whole minute two minutes ago, so that everything lies in the past and in one window. */
function recentNs(): bigint {
  return (systemClock.nowNs() / 60_000_000_000n - 2n) * 60_000_000_000n
}

test('logs in and out, across a flush and a crash', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'signalbox-loki-'))
  let started = await startSignalbox(dir)
  try {
    const baseNs = recentNs()
    await send(started, requestOf(baseNs))
    await checkReads(t, started, baseNs)
    await started.end('SIGKILL')
    started = await startSignalbox(dir)
    await checkReads(t, started, baseNs)
    await fetch(`http://127.0.0.1:${started.ports.admin}/flush`, { method: 'POST' })
    await checkReads(t, started, baseNs)
    await started.end('SIGKILL')
    started = await startSignalbox(dir)
    await checkReads(t, started, baseNs)
    await checkFirstCalls(t, started)
    await checkRefusals(t, started)
  } finally {
    await started.end('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
})

async function checkFirstCalls(t: TestContext, { ports }: Started): Promise<void> {
  const get = async (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${ports.loki}${path}`)
  const health = await get('/loki/api/v1/query?query=vector(1)%2Bvector(1)&time=4000000000')
  t.assert.equal(health.headers.get('content-type'), 'application/json; charset=UTF-8')
  const { data } = (await health.json()) as Answer
  t.assert.deepEqual(
    [data.resultType, data.result],
    ['vector', [{ metric: {}, value: [4_000_000_000, '2'] }]],
  )
  t.assert.deepEqual(Object.keys(data), ['resultType', 'result', 'stats'])
  t.assert.equal(await (await get('/ready')).text(), 'ready\n')
  const info = (await (await get('/loki/api/v1/status/buildinfo')).json()) as { version: string }
  t.assert.equal(info.version, '3.6.0')
}

async function checkRefusals(t: TestContext, { ports }: Started): Promise<void> {
  const check = async (path: string, status: number, text: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${ports.loki}${path}`, { method })
    t.assert.deepEqual([response.status, await response.text()], [status, text])
    t.assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
  }
  await check(
    '/loki/api/v1/query_range?query=%7Ba',
    400,
    'parse error at line 1, col 3: syntax error: unexpected $end, expecting = or =~ or !~ or !=\n',
  )
  await check(
    '/loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D%20%7C%20unpack',
    501,
    'the stage unpack is not supported yet\n',
  )
  await check(
    '/loki/api/v1/push',
    501,
    'the Loki push API is not served yet: send logs by OTLP (ports 4317 and 4318)\n',
    'POST',
  )
}

test('the JS SDK sends over gRPC, protobuf and JSON', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'signalbox-loki-'))
  const started = await startSignalbox(dir)
  try {
    const { grpc, http } = started.ports
    const baseNs = recentNs()
    const url = `http://127.0.0.1:${http}/v1/logs`
    await emit('grpc', new GrpcExporter({ url: `http://127.0.0.1:${grpc}` }), baseNs)
    await emit('proto', new ProtoExporter({ url }), baseNs)
    await emit('json', new JsonExporter({ url }), baseNs)
    const client = new Client(started, baseNs)
    for (const service of ['grpc', 'proto', 'json']) {
      const { result } = await client.range(`{service_name="${service}"}`)
      const [found] = result as { values: [string, string, { structuredMetadata: object }][] }[]
      const [ns, line, { structuredMetadata }] = found?.values[0] ?? [
        '',
        '',
        { structuredMetadata: {} },
      ]
      t.assert.deepEqual([ns, line], [String(baseNs), `from ${service}`])
      t.assert.partialDeepStrictEqual(structuredMetadata, {
        detected_level: 'warn',
        severity_number: '13',
        severity_text: 'WARN',
        order_id: '42',
        price: '9.5',
        scope_name: 'shop',
        span_id: spanId,
        trace_id: traceId,
      })
    }
  } finally {
    await started.end('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
})

/** Sends one record as a service of the exporter's name. */
async function emit(service: string, exporter: LogRecordExporter, ns: bigint): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  })
  const time: [number, number] = [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)]
  provider.getLogger('shop').emit({
    timestamp: time,
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    body: `from ${service}`,
    attributes: { 'order.id': 42, price: 9.5 },
    context: trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 }),
  })
  await provider.forceFlush()
  await provider.shutdown()
}
