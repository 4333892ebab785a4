/**
 * Exemplars for the histograms of the HTTP instrumentation. The JS SDK has no exemplars yet, so they are
 * made here: every ended server or client span is a measurement of its duration, the newest per series
 * are kept, and the exporter writes them into the data points of the SDK's own OTLP/JSON.
 */
import { SpanKind } from '@opentelemetry/api'
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer'
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'

type ReadableSpan = Parameters<SpanProcessor['onEnd']>[0]

interface Exemplar {
  readonly timeUnixNano: string
  readonly asDouble: number
  readonly traceId: string
  readonly spanId: string
}

/** Exemplars of one data point in one export: a few, spread over slow and fast by keeping the newest and the slowest. */
const perPoint = 4

const metricOf: Readonly<Record<number, string>> = {
  [SpanKind.SERVER]: 'http.server.request.duration',
  [SpanKind.CLIENT]: 'http.client.request.duration',
}

/** What tells the series of one service apart in both, spans and data points. */
function seriesOf(metric: string, attribute: (key: string) => unknown): string {
  const keys = ['http.request.method', 'http.response.status_code']
  return `${metric} ${JSON.stringify(keys.map((key) => attribute(key) ?? null))}`
}

/** Keeps exemplars of ended spans until they are taken. */
export class ExemplarReservoir implements SpanProcessor {
  readonly #series = new Map<string, Exemplar[]>()

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const { kind, attributes, duration, endTime } = span
    const metric = metricOf[kind]
    if (metric === undefined) return
    const { traceId, spanId } = span.spanContext()
    const [seconds, nanos] = endTime
    const key = seriesOf(metric, (name) => attributes[name])
    const kept = this.#series.get(key) ?? []
    kept.push({
      timeUnixNano: `${seconds}${String(nanos).padStart(9, '0')}`,
      asDouble: duration[0] + duration[1] / 1e9,
      traceId,
      spanId,
    })
    // The fastest of the older ones goes: slow requests are what people look for.
    if (kept.length > perPoint) {
      const older = kept.slice(0, -1)
      const fastest = Math.min(...older.map(({ asDouble }) => asDouble))
      kept.splice(
        older.findIndex(({ asDouble }) => asDouble === fastest),
        1,
      )
    }
    this.#series.set(key, kept)
  }

  /** The exemplars of a series since the last call. */
  take(key: string): Exemplar[] {
    const kept = this.#series.get(key) ?? []
    this.#series.delete(key)
    return kept
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

interface DataPoint {
  readonly attributes: readonly { key: string; value: Readonly<Record<string, unknown>> }[]
  exemplars?: Exemplar[]
}

interface MetricsMessage {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string
        readonly histogram?: { readonly dataPoints: readonly DataPoint[] }
      }[]
    }[]
  }[]
}

type Batch = Parameters<PushMetricExporter['export']>[0]
type Done = Parameters<PushMetricExporter['export']>[1]

/** Sends the SDK's OTLP/JSON with exemplars in the data points of histograms. */
export class ExemplarExporter implements PushMetricExporter {
  readonly #url: string
  readonly #reservoir: ExemplarReservoir
  #sending: Promise<void> = Promise.resolve()

  constructor(url: string, reservoir: ExemplarReservoir) {
    this.#url = url
    this.#reservoir = reservoir
  }

  export(batch: Batch, done: Done): void {
    this.#sending = this.#tell(batch, done)
  }

  async #tell(batch: Batch, done: Done): Promise<void> {
    try {
      await this.#send(batch)
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- success, of an enum that is not exported here
      done({ code: 0 })
    } catch (error) {
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- failure, of an enum that is not exported here
      done({ code: 1, error: new Error(String(error)) })
    }
  }

  async #send(batch: Batch): Promise<void> {
    const bytes = JsonMetricsSerializer.serializeRequest(batch)
    if (bytes === undefined) return
    const message = JSON.parse(new TextDecoder().decode(bytes)) as MetricsMessage // the SDK's own
    this.#addExemplars(message)
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    })
    if (!response.ok) throw new Error(`metrics were refused: ${response.status}`)
    await response.arrayBuffer()
  }

  #addExemplars({ resourceMetrics }: MetricsMessage): void {
    const all = resourceMetrics.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) => metrics),
    )
    for (const { name, histogram } of all) {
      for (const point of histogram?.dataPoints ?? []) {
        const attribute = (key: string): unknown =>
          Object.values(point.attributes.find((one) => one.key === key)?.value ?? {})[0]
        const exemplars = this.#reservoir.take(seriesOf(name, attribute))
        if (exemplars.length > 0) point.exemplars = exemplars
      }
    }
  }

  forceFlush(): Promise<void> {
    return this.#sending
  }

  shutdown(): Promise<void> {
    return this.#sending
  }
}
