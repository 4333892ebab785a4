/**
 * OTLP requests for the benches, from a seed: gzip bodies as SDKs and Collectors send them.
 *
 * logs     logfmt lines of about 270 bytes with a random 128-bit id in the body, six attributes, 128 pods,
 *          four pods a request
 * metrics  counters and gauges of 100 targets × 500 series, one scrape of one target a request
 * spans    ten spans a trace over ten services, eleven attributes, one service a request
 */
import { gzipSync } from 'node:zlib'
import { randomHex, seededRandom, type Random } from '#base/random.ts'
import { Message, podResource } from './message.ts'

export interface GeneratedRequest {
  readonly path: '/v1/logs' | '/v1/metrics' | '/v1/traces'
  readonly body: Uint8Array
  readonly rows: number
  /** Bytes of the log lines; of the plain protobuf for the others. */
  readonly rawBytes: number
}

export interface GenerateOptions {
  readonly seed: number
  readonly rows: number
  readonly rowsPerRequest: number
  /** Time of the first row, ns. */
  readonly startNs: bigint
}

function request(
  path: GeneratedRequest['path'],
  message: Message,
  facts: { rows: number; rawBytes: number | null },
): GeneratedRequest {
  const plain = message.take()
  return {
    path,
    body: gzipSync(plain, { level: 6 }),
    rows: facts.rows,
    rawBytes: facts.rawBytes ?? plain.length,
  }
}

const levels = [
  'info',
  'info',
  'info',
  'info',
  'info',
  'info',
  'info',
  'info',
  'debug',
  'debug',
  'warn',
  'error',
]
const severities: Readonly<Record<string, number>> = { debug: 5, info: 9, warn: 13, error: 17 }

function logLine(random: Random, timeNs: bigint, level: string): string {
  const iso = new Date(Number(timeNs / 1_000_000n)).toISOString()
  const status = [200, 200, 200, 200, 201, 404, 500, 503][random.below(8)]
  return `ts=${iso} level=${level} caller=handler.go:${100 + random.below(40) * 17} traceID=${randomHex(random, 16)} user=user-${10_000 + random.below(50_000)} method=GET path=/api/v1/orders/${1e6 + random.below(1e6)}/items status=${status} duration=${(random.below(1e6) / 1000).toFixed(3)}ms bytes=${random.below(20_000)} msg="request completed"`
}

/** Requests of log records. */
export function* logRequests(options: GenerateOptions): Generator<GeneratedRequest> {
  const random = seededRandom(options.seed)
  const message = new Message()
  let timeNs = options.startNs
  for (
    let rows = 0, agent = 0;
    rows < options.rows;
    rows += options.rowsPerRequest, agent = (agent + 7) % 32
  ) {
    let rawBytes = 0
    const groups = options.rowsPerRequest >= 100 ? 4 : 1
    for (let group = 0; group < groups; group++) {
      message.nested(1, () => {
        podResource(message, 1, agent * 4 + group)
        message.nested(2, () => {
          message.nested(1, () => message.text(1, 'io.example.instrumentation'))
          for (let i = 0; i < options.rowsPerRequest / groups; i++) {
            timeNs += BigInt(random.below(200_000))
            const level = levels[random.below(levels.length)] ?? 'info'
            const line = logLine(random, timeNs, level)
            rawBytes += line.length
            message.nested(2, () => {
              message.fixed64(1, timeNs)
              message.varint(2, severities[level] ?? 9)
              message.text(3, level.toUpperCase())
              message.nested(5, () => message.text(1, line))
              message.attribute(6, 'log.iostream', random.below(10) < 9 ? 'stdout' : 'stderr')
              message.attribute(6, 'log.file.path', `/var/log/pods/prod_${agent}/0.log`)
              message.attribute(6, 'logtag', 'F')
              message.attribute(6, 'thread.id', random.below(64))
              message.attribute(
                6,
                'code.function.name',
                `com.example.orders.Handler.create${random.below(40)}`,
              )
              message.attribute(6, 'k8s.container.restart_count', agent % 3)
              message.fixed64(11, timeNs + BigInt(random.below(50_000_000)))
            })
          }
        })
      })
    }
    yield request('/v1/logs', message, { rows: options.rowsPerRequest, rawBytes })
  }
}

/** Requests of data points: scrapes of 100 targets in turn, 15 s apart. */
export function* metricRequests(options: GenerateOptions): Generator<GeneratedRequest> {
  const random = seededRandom(options.seed)
  const message = new Message()
  const targets = 100
  const series = options.rowsPerRequest
  const values = Array.from({ length: targets }, () => new Float64Array(series))
  for (let rows = 0, n = 0; rows < options.rows; rows += series, n++) {
    const target = n % targets
    const timeNs =
      options.startNs +
      BigInt(Math.floor(n / targets)) * 15_000_000_000n +
      BigInt(target * 1_000_000)
    const counts = values[target] ?? new Float64Array(series)
    message.nested(1, () => {
      podResource(message, 1, target)
      message.nested(2, () => {
        message.nested(1, () => message.text(1, 'io.example.meter'))
        for (let metric = 0; metric < series / 50; metric++)
          writeMetric(message, { metric, timeNs, counts, random, startNs: options.startNs })
      })
    })
    yield request('/v1/metrics', message, { rows: series, rawBytes: null })
  }
}

interface MetricFacts {
  readonly metric: number
  readonly timeNs: bigint
  readonly startNs: bigint
  readonly counts: Float64Array
  readonly random: Random
}

/** One metric of 50 points: even ones are counters, odd ones gauges. */
function writeMetric(
  message: Message,
  { metric, timeNs, startNs, counts, random }: MetricFacts,
): void {
  const counter = metric % 2 === 0
  message.nested(2, () => {
    message.text(1, counter ? `http_requests_${metric}` : `queue_bytes_${metric}`)
    message.text(2, 'Something that is measured.')
    message.text(3, counter ? '1' : 'By')
    message.nested(counter ? 7 : 5, () => {
      for (let i = 0; i < 50; i++) {
        const at = metric * 50 + i
        counts[at] = counter
          ? (counts[at] ?? 0) + random.below(1300) / 100
          : random.below(1e6) * 4096
        message.nested(1, () => {
          if (counter) message.fixed64(2, startNs)
          message.fixed64(3, timeNs)
          message.double(4, counts[at] ?? 0)
          message.attribute(7, 'http.route', `/api/v1/route/${i % 10}`)
          message.attribute(7, 'mode', ['user', 'system', 'idle', 'iowait', 'steal'][i % 5] ?? '')
          message.attribute(7, 'cpu', String(Math.floor(i / 10)))
        })
      }
      if (counter) {
        message.varint(2, 2)
        message.varint(3, 1)
      }
    })
  })
}

/** Requests of spans: traces of ten spans, one per service, sent by each service on its own. */
export function* spanRequests(options: GenerateOptions): Generator<GeneratedRequest> {
  const random = seededRandom(options.seed)
  const message = new Message()
  const perRequest = options.rowsPerRequest
  for (let rows = 0; rows < options.rows; rows += perRequest * 10) {
    const traces = Array.from({ length: perRequest }, (_, i) => ({
      id: random.bytes(16),
      spans: Array.from({ length: 10 }, () => random.bytes(8)),
      startNs: options.startNs + BigInt(rows + i * 10) * 350_000n,
    }))
    for (let service = 0; service < 10; service++) {
      message.nested(1, () => {
        podResource(message, 1, service)
        message.nested(2, () => {
          message.nested(1, () => message.text(1, 'io.example.tracer'))
          for (const trace of traces) writeSpan(message, { trace, service, random })
        })
      })
      yield request('/v1/traces', message, { rows: perRequest, rawBytes: null })
    }
  }
}

interface SpanFacts {
  readonly trace: {
    readonly id: Uint8Array
    readonly spans: readonly Uint8Array[]
    readonly startNs: bigint
  }
  readonly service: number
  readonly random: Random
}

function writeSpan(message: Message, { trace, service, random }: SpanFacts): void {
  const startNs = trace.startNs + BigInt(service * 1_000_000 + random.below(900_000))
  message.nested(2, () => {
    message.bytes(1, trace.id)
    message.bytes(2, trace.spans[service] ?? new Uint8Array(8))
    if (service > 0) message.bytes(4, trace.spans[service - 1] ?? new Uint8Array(8))
    message.text(5, `operation-${service}`)
    message.varint(6, service === 0 ? 2 : 3)
    message.fixed64(7, startNs)
    message.fixed64(8, startNs + BigInt(1_000_000 + random.below(50_000_000)))
    for (let i = 0; i < 10; i++)
      message.attribute(9, `key.${(service * 10 + i) % 97}`, `value-${random.below(1000)}`)
    message.attribute(9, 'http.response.status_code', random.below(50) === 0 ? 500 : 200)
    if (random.below(50) === 0) message.nested(15, () => message.varint(3, 2))
  })
}
