/** Rows of the data set as OTLP/JSON requests, and their way into the program. */
import { serviceOf, type LogRow, type PodSeries, type SpanRow } from './nezha-rows.ts'

export interface OtlpRequest {
  readonly path: '/v1/logs' | '/v1/metrics' | '/v1/traces'
  readonly rows: number
  readonly body: string
}

/** Rows of a request: what a Collector's batch processor sends by default is of this order. */
const rowsPerRequest = 1000

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })

const resource = (pod: string) => ({
  attributes: [
    text('service.name', serviceOf(pod)),
    text('service.instance.id', pod),
    text('k8s.pod.name', pod),
  ],
})

const scope = { name: 'nezha', version: '2022-08-22' }

export function* spanRequests(spans: readonly SpanRow[]): Generator<OtlpRequest> {
  for (const rows of chunks(spans)) {
    const resourceSpans = byPod(rows).map(([pod, of]) => ({
      resource: resource(pod),
      scopeSpans: [{ scope, spans: of.map(span) }],
    }))
    yield { path: '/v1/traces', rows: rows.length, body: JSON.stringify({ resourceSpans }) }
  }
}

function span(row: SpanRow): object {
  const { traceId, spanId, parentId, name, startNs, endNs } = row
  return {
    traceId,
    spanId,
    ...(parentId === '' ? {} : { parentSpanId: parentId }),
    name,
    startTimeUnixNano: startNs,
    endTimeUnixNano: endNs,
  }
}

const severities: Readonly<Record<string, number>> = { debug: 5, info: 9, warning: 13, error: 17 }

export function* logRequests(logs: readonly LogRow[]): Generator<OtlpRequest> {
  for (const rows of chunks(logs)) {
    const resourceLogs = byPod(rows).map(([pod, of]) => ({
      resource: resource(pod),
      scopeLogs: [{ scope, logRecords: of.map(logRecord) }],
    }))
    yield { path: '/v1/logs', rows: rows.length, body: JSON.stringify({ resourceLogs }) }
  }
}

function logRecord({ timeNs, severity, line, ...row }: LogRow): object {
  return {
    timeUnixNano: timeNs,
    severityNumber: severities[severity.toLowerCase()] ?? 0,
    severityText: severity,
    body: { stringValue: line },
    attributes: [text('log.file.name', row.file), text('node', row.node)],
    traceId: row.traceId,
    spanId: row.spanId,
  }
}

export function* metricRequests(series: readonly PodSeries[]): Generator<OtlpRequest> {
  for (const { pod, metric, points } of series) {
    const dataPoints = points.map(({ timeNs, value }) => ({
      timeUnixNano: timeNs,
      asDouble: Number.isNaN(value) ? 'NaN' : value,
    }))
    const metrics = [{ name: metric.name, unit: metric.unit, gauge: { dataPoints } }]
    const resourceMetrics = [{ resource: resource(pod), scopeMetrics: [{ scope, metrics }] }]
    const body = JSON.stringify({ resourceMetrics })
    yield { path: '/v1/metrics', rows: points.length, body }
  }
}

function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += rowsPerRequest) yield rows.slice(at, at + rowsPerRequest)
}

function byPod<Row extends { readonly pod: string }>(rows: readonly Row[]): [string, Row[]][] {
  return [...Map.groupBy(rows, ({ pod }) => pod)]
}

/** Posts all requests, one after the other; the number of rows acknowledged. Throws when any row was refused. */
export async function send(port: number, requests: Iterable<OtlpRequest>): Promise<number> {
  let acknowledged = 0
  for (const { path, rows, body } of requests) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const answer = await response.text()
    if (response.status !== 200 || answer !== '{}')
      throw new Error(`${path} with ${rows} rows got ${response.status} ${answer.slice(0, 500)}`)
    acknowledged += rows
  }
  return acknowledged
}
