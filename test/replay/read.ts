/** Reads everything of the data set back through the three query APIs, as plain rows. */
import { getJson, type Started } from '#test/signalbox.ts'
import type { LogRow, PodSeries, SpanRow } from './nezha-rows.ts'

/** The two minutes of spans and logs, widened to whole minutes: seconds since the epoch. */
export const fromSeconds = Date.parse('2022-08-22T05:18:00Z') / 1000
export const toSeconds = Date.parse('2022-08-22T05:22:00Z') / 1000
/** Past the last point of the pods' metrics. */
const metricsEndSeconds = Date.parse('2022-08-23T00:00:00Z') / 1000

type Ports = Started['ports']

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface TraceAnswer {
  readonly batches: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly SpanAnswer[] }[]
  }[]
}

interface SpanAnswer {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')

/** All spans of a trace. */
export async function readTrace({ tempo }: Ports, traceId: string): Promise<SpanRow[]> {
  const answer = (await getJson(tempo, `/api/traces/${traceId}`)) as TraceAnswer // Tempo's contract
  return answer.batches.flatMap(({ resource, scopeSpans }) => {
    const pod = resource.attributes.find(({ key }) => key === 'k8s.pod.name')?.value.stringValue
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentId: hex(span.parentSpanId ?? ''),
        pod: pod ?? '',
        name: span.name,
        startNs: span.startTimeUnixNano,
        endNs: span.endTimeUnixNano,
      })),
    )
  })
}

/** Ids of all traces that a search over the whole time finds. */
export async function searchTraces({ tempo }: Ports): Promise<string[]> {
  const query = new URLSearchParams({
    q: '{}',
    limit: '1000',
    start: String(fromSeconds),
    end: String(toSeconds),
  })
  const answer = (await getJson(tempo, `/api/search?${query.toString()}`)) as {
    traces: readonly { traceID: string }[] // Tempo's contract
  }
  return answer.traces.map(({ traceID }) => traceID.padStart(32, '0'))
}

interface SampleAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

/** The number of log rows by an aggregation over the whole time. */
export async function countLogs({ loki }: Ports): Promise<number> {
  const seconds = toSeconds - fromSeconds
  const query = new URLSearchParams({
    query: `sum(count_over_time({service_name=~".+"}[${seconds}s]))`,
    time: `${toSeconds}000000000`,
  })
  const answer = (await getJson(loki, `/loki/api/v1/query?${query.toString()}`)) as SampleAnswer // Loki's contract
  return Number(answer.data.result[0]?.value[1] ?? 0)
}

interface StreamsAnswer {
  readonly data: {
    readonly result: readonly {
      readonly stream: Readonly<Record<string, string>>
      readonly values: readonly (readonly [string, string])[]
    }[]
  }
}

/** Seconds of a page: at 90 rows a second far below the limit. */
const pageSeconds = 10
const pageRows = 5000

/** All log rows, page by page. Throws when a page is full, because rows may lie behind it then. */
export async function readLogs(ports: Ports): Promise<LogRow[]> {
  const rows: LogRow[] = []
  for (let from = fromSeconds; from < toSeconds; from += pageSeconds) {
    const page = await readLogPage(ports, '{service_name=~".+"}', from)
    if (page.length >= pageRows) throw new Error(`${page.length} rows from ${from} on`)
    rows.push(...page)
  }
  return rows
}

async function readLogPage({ loki }: Ports, query: string, from: number): Promise<LogRow[]> {
  const parameters = new URLSearchParams({
    query,
    start: `${from}000000000`,
    end: `${from + pageSeconds}000000000`,
    limit: String(pageRows),
    direction: 'forward',
  })
  const answer = await getJson(loki, `/loki/api/v1/query_range?${parameters.toString()}`)
  const { data } = answer as StreamsAnswer // Loki's contract
  return data.result.flatMap(({ stream, values }) =>
    values.map(([timeNs, line]) => ({
      timeNs,
      line,
      node: stream['node'] ?? '',
      pod: stream['k8s_pod_name'] ?? '',
      traceId: stream['trace_id'] ?? '',
      spanId: stream['span_id'] ?? '',
      severity: stream['severity_text'] ?? '',
      file: stream['log_file_name'] ?? '',
    })),
  )
}

interface MatrixAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>
      readonly values: readonly (readonly [number, string])[]
    }[]
  }
}

/** Every point of a metric as stored, by pod: times in ms. */
export async function readMetric(
  { prometheus }: Ports,
  { metric }: Pick<PodSeries, 'metric'>,
): Promise<Map<string, { timeMs: number; value: number }[]>> {
  const query = new URLSearchParams({
    query: `${metric.prometheus}[21h]`,
    time: String(metricsEndSeconds),
  })
  const answer = await getJson(prometheus, `/api/v1/query?${query.toString()}`)
  const { data } = answer as MatrixAnswer // Prometheus' contract
  return new Map(
    data.result.map(({ metric, values }) => [
      metric['instance'] ?? '',
      values.map(([seconds, value]) => ({
        timeMs: Math.round(seconds * 1000),
        value: Number(value),
      })),
    ]),
  )
}
