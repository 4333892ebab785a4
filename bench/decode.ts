/**
 * `npm run bench -- decode`: OTLP requests to intakes, one thread, CPU time: protobuf plain and gzip,
 * and JSON, of fixed requests of 500 log records, 500 spans, 500 data points with shapes as SDKs send
 * them. Figures per MB (10^6 bytes) of the plain request and per row; rates are printed beside them.
 */
import zlib from 'node:zlib'
import { seededRandom, randomHex } from '#base/random.ts'
import { decodeRequest, type RawRequest } from '#receiver/otlp/decode.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { encodeReference, decodeReference, type Plain } from '#test/otlp/reference.ts'
import { report, type Figure } from './report.ts'

const rows = 500
const start = 1_800_000_000_000_000_000n
const random = seededRandom(1)
const pick = (list: readonly string[]) => list[random.below(list.length)] ?? ''
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const int = (key: string, value: number) => ({ key, value: { intValue: String(value) } })
const base64 = (bytes: number) => Buffer.from(randomHex(random, bytes), 'hex').toString('base64')
const paths = Array.from({ length: 40 }, (_, i) => `/api/v1/carts/${i}/items`)

const resource = {
  attributes: [
    text('service.name', 'checkout'),
    text('service.instance.id', '627cc493-f310-47de-96bd-71410b7dec09'),
    text('k8s.pod.name', 'checkout-5d9c7b6f4-x2x9k'),
    text('deployment.environment.name', 'production'),
  ],
}
const scope = { name: 'io.opentelemetry.http', version: '2.1.0' }

function logs(): Plain {
  const logRecords = Array.from({ length: rows }, (_, i) => ({
    timeUnixNano: String(start + BigInt(i) * 1_000_000n),
    observedTimeUnixNano: String(start + BigInt(i) * 1_000_000n + 5n),
    severityNumber: 9,
    severityText: 'INFO',
    traceId: base64(16),
    spanId: base64(8),
    flags: 1,
    body: {
      stringValue: `level=info msg="request served" user=u${random.below(50_000)} path=${pick(paths)} status=200 bytes=${random.below(100_000)} duration=${random.below(900)}ms upstream=10.0.${random.below(255)}.${random.below(255)}:8080 agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" request_id=${randomHex(random, 16)}`,
    },
    attributes: [
      text('http.request.method', 'GET'),
      text('url.path', pick(paths)),
      int('http.response.status_code', 200),
      text('thread.name', `worker-${random.below(8)}`),
    ],
  }))
  return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }
}

function traces(): Plain {
  const spans = Array.from({ length: rows }, (_, i) => ({
    traceId: base64(16),
    spanId: base64(8),
    parentSpanId: base64(8),
    name: `GET ${pick(paths)}`,
    kind: 2,
    startTimeUnixNano: String(start + BigInt(i) * 1_000_000n),
    endTimeUnixNano: String(start + BigInt(i) * 1_000_000n + 2_000_000n),
    flags: 0x101,
    attributes: [
      text('http.request.method', 'GET'),
      text('url.path', pick(paths)),
      text('network.peer.address', `10.0.${random.below(255)}.${random.below(255)}`),
      int('http.response.status_code', 200),
      int('server.port', 8080),
      text('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64)'),
    ],
    events:
      i % 10 === 0
        ? [
            {
              timeUnixNano: String(start),
              name: 'exception',
              attributes: [text('exception.type', 'Timeout')],
            },
          ]
        : [],
  }))
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }
}

function metrics(): Plain {
  const points = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      startTimeUnixNano: String(start),
      timeUnixNano: String(start + 15_000_000_000n),
      asDouble: random.below(1_000_000) / 100,
      attributes: [
        text('http.route', paths[i % 40] ?? ''),
        text('http.request.method', pick(['GET', 'PUT'])),
        int('http.response.status_code', 200 + i),
      ],
    }))
  const all = Array.from({ length: 10 }, (_, i) => ({
    name: `http.server.requests.${i}`,
    unit: '{request}',
    sum: { dataPoints: points(rows / 10), aggregationTemporality: 2, isMonotonic: true },
  }))
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: all }] }] }
}

const hexIds = new Set(['traceId', 'spanId', 'parentSpanId'])

function asJson(name: string, bytes: Uint8Array): Buffer {
  const plain = decodeReference(name, bytes)
  const json = JSON.stringify(plain, (key, value: unknown) =>
    hexIds.has(key) ? Buffer.from(String(value), 'base64').toString('hex') : value,
  )
  return Buffer.from(json)
}

const rules = {
  maxBodyBytes: 1 << 26,
  maxRows: 1_000_000,
  maxAttributes: 10_000_000,
  check: () => ({ keep: new Uint8Array(0), rejects: [] }),
}

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  traces: createIntake('traces'),
  metrics: createIntake('metrics'),
}

/** CPU ms of the thread per decoded request: the median of several repetitions of at least 100 ms. */
function measure(request: RawRequest): number {
  const intake = intakes[request.signal]
  const once = () => decodeRequest(request, intake, rules)
  for (let i = 0; i < 300; i++) once()
  const times: number[] = []
  for (let repetition = 0; repetition < 7; repetition++) {
    const before = process.cpuUsage()
    let runs = 0
    let used = 0
    while (used < 100) {
      for (let i = 0; i < 50; i++) once()
      runs += 50
      const { user, system } = process.cpuUsage(before)
      used = (user + system) / 1000
    }
    times.push(used / runs)
  }
  return times.toSorted((a, b) => a - b)[3] ?? 0
}

const figures: Figure[] = []
const signals: readonly [SignalName, string, Plain][] = [
  ['logs', 'ExportLogsServiceRequest', logs()],
  ['traces', 'ExportTraceServiceRequest', traces()],
  ['metrics', 'ExportMetricsServiceRequest', metrics()],
]
for (const [signal, name, request] of signals) {
  const bytes = encodeReference(name, request)
  const json = asJson(name, bytes)
  const forms: readonly [
    string,
    Uint8Array,
    Pick<RawRequest, 'encoding' | 'compression' | 'body'>,
  ][] = [
    ['protobuf', bytes, { encoding: 'protobuf', compression: 'identity', body: bytes }],
    [
      'gzip protobuf',
      bytes,
      { encoding: 'protobuf', compression: 'gzip', body: zlib.gzipSync(bytes) },
    ],
    [
      'zstd protobuf',
      bytes,
      { encoding: 'protobuf', compression: 'zstd', body: zlib.zstdCompressSync(bytes) },
    ],
    ['json', json, { encoding: 'json', compression: 'identity', body: json }],
  ]
  for (const [form, plain, body] of forms) {
    const ms = measure({ tenant: 't', signal, receivedNs: start, requestHash: '', ...body })
    const mb = plain.length / 1e6
    const rate = `${((mb / ms) * 1000).toFixed(0)} MB/s, ${(rows / ms / 1000).toFixed(2)} M rows/s, ${(plain.length / rows).toFixed(0)} B/row`
    console.log(`${signal} ${form}: ${rate}`)
    figures.push({ name: `${signal} ${form}`, value: (ms * 1e6) / rows, unit: 'ns/row' })
    figures.push({ name: `${signal} ${form}`, value: ms / mb, unit: 'ms/MB' })
  }
}
report('decode', figures)
