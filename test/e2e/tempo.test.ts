/**
 * Traces through the real program: OTLP JSON in, by id and by search out, before and after a flush, before
 * and after SIGKILL. Grafana's calls: health check, search, trace view.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { getJson, startSignalbox, type Started } from '#test/signalbox.ts'
import { tracesRequest as requestTable } from '#schemas/otlp/traces.ts'
import { protoJson } from '#querier/api/tempo/proto-json.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'

function requestOf(startNs: bigint): unknown {
  const span = {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceState: 'k=v',
    name: 'GET /cart',
    kind: 2,
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + 120_000_000n),
    attributes: [
      { key: 'big', value: { intValue: '9007199254740993' } },
      { key: 'http.route', value: { stringValue: '/cart' } },
      { key: 'ratio', value: { doubleValue: 0.25 } },
      { key: 'raw', value: { bytesValue: 'AAEC' } },
      { key: 'retry', value: { boolValue: false } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } } },
    ],
    droppedAttributesCount: 1,
    events: [
      {
        timeUnixNano: String(startNs + 5n),
        name: 'exception',
        attributes: [{ key: 'exception.type', value: { stringValue: 'Broken' } }],
        droppedAttributesCount: 2,
      },
    ],
    droppedEventsCount: 3,
    links: [
      {
        traceId: '00000000000000000000000000000abc',
        spanId: '00000000000000ab',
        traceState: 'l=1',
      },
    ],
    droppedLinksCount: 4,
    status: { message: 'no stock', code: 2 },
    flags: 257,
  }
  const child = {
    traceId,
    spanId: '00000000000000c1',
    parentSpanId: 'b7ad6b7169203331',
    name: 'SELECT',
    kind: 3,
    startTimeUnixNano: String(startNs + 1_000_000n),
    endTimeUnixNano: String(startNs + 2_000_000n),
  }
  const resource = {
    attributes: [{ key: 'service.name', value: { stringValue: 'web' } }],
    droppedAttributesCount: 5,
  }
  const scopeSpans = [
    {
      scope: { name: 'lib', version: '1.2' },
      spans: [span, child],
      schemaUrl: 'https://example.org/scope',
    },
  ]
  return { resourceSpans: [{ resource, scopeSpans, schemaUrl: 'https://example.org/resource' }] }
}

/** What the trace view must show of it: the same request, ids in base64, enums by name, status everywhere. */
function wantedOf(startNs: bigint): unknown {
  const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')
  const text = JSON.stringify(requestOf(startNs), (key, value: unknown) => {
    if (key === 'traceId' || key === 'spanId' || key === 'parentSpanId') {
      return base64(String(value))
    }
    if (key === 'kind') return value === 2 ? 'SPAN_KIND_SERVER' : 'SPAN_KIND_CLIENT'
    if (key === 'code') return 'STATUS_CODE_ERROR'
    return value
  })
  return sorted(JSON.parse(text.replace(/("name":"SELECT".*?)\}/, '$1,"status":{}}')))
}

/** The same value with the keys of attributes in order, since columns do not keep theirs. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sorted)
    const keyed = items.every((item) => typeof item === 'object' && item !== null && 'key' in item)
    return keyed
      ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Everything that must hold however often the data moved. */
async function checkReads(t: TestContext, { ports }: Started, startNs: bigint): Promise<void> {
  const { tempo } = ports
  const wanted = wantedOf(startNs)
  const v2 = (await getJson(tempo, `/api/v2/traces/${traceId}`)) as { trace: unknown }
  t.assert.deepEqual(sorted(v2.trace), wanted)
  const v1 = (await getJson(tempo, `/api/traces/${traceId.slice(1)}`)) as { batches: unknown }
  t.assert.deepEqual(sorted({ resourceSpans: v1.batches }), wanted)
  t.assert.deepEqual(await protobufTrace(tempo), wanted)

  const q = encodeURIComponent('{ span.http.route = "/cart" && status = error && span.big > 1 }')
  const found = (await getJson(tempo, `/api/search?q=${q}`)) as { traces: unknown[] }
  t.assert.deepEqual(found.traces, [summaryOf(startNs)])
  const none = (await getJson(
    tempo,
    `/api/search?q=${encodeURIComponent('{ name = "x" }')}`,
  )) as object
  t.assert.equal('traces' in none && JSON.stringify(none.traces), '[]')
  const values = (await getJson(tempo, '/api/v2/search/tag/span.http.route/values')) as object
  t.assert.deepEqual('tagValues' in values && values.tagValues, [
    { type: 'string', value: '/cart' },
  ])
}

async function protobufTrace(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/api/traces/${traceId}`, {
    headers: { accept: 'application/protobuf' },
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return sorted(JSON.parse(protoJson(requestTable, bytes)))
}

function summaryOf(startNs: bigint): unknown {
  const attributes = [
    { key: 'http.route', value: { stringValue: '/cart' } },
    { key: 'status', value: { stringValue: 'error' } },
    { key: 'big', value: { intValue: '9007199254740993' } },
  ]
  const span = {
    spanID: 'b7ad6b7169203331',
    startTimeUnixNano: String(startNs),
    durationNanos: '120000000',
    attributes,
  }
  return {
    traceID: traceId.slice(1),
    rootServiceName: 'web',
    rootTraceName: 'GET /cart',
    startTimeUnixNano: String(startNs),
    durationMs: 120,
    spanSet: { spans: [span], matched: 1 },
    spanSets: [{ spans: [span], matched: 1 }],
    serviceStats: { web: { spanCount: 2, errorCount: 1 } },
  }
}

async function send({ ports }: Started, request: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${ports.http}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

async function flush({ ports }: Started): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${ports.admin}/flush`, { method: 'POST' })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

test('a trace is read back whole, before and after flush, SIGKILL and restart', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'signalbox-tempo-'))
  let started = await startSignalbox(dir)
  try {
    const startNs = (BigInt(Math.floor(systemClock.nowMs())) - 10_000n) * 1_000_000n
    const health = await fetch(`http://127.0.0.1:${started.ports.tempo}/api/echo`)
    t.assert.equal(`${health.status} ${await health.text()}`, '200 echo')
    await send(started, requestOf(startNs))
    await checkReads(t, started, startNs)
    await started.end('SIGKILL')
    started = await startSignalbox(dir)
    await checkReads(t, started, startNs)
    await flush(started)
    await checkReads(t, started, startNs)
    await started.end('SIGKILL')
    started = await startSignalbox(dir)
    await checkReads(t, started, startNs)
  } finally {
    await started.end('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
})
