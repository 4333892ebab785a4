/**
 * The Nezha data set (a real run of a microservice shop, two minutes of traces and logs, 20 hours of pod
 * metrics) as rows, times kept.
 *
 * The two minutes stand in a file each, and the files overlap: 973 spans and 1,076 log rows stand in
 * both, equal in every field. Both copies are sent. Two spans of one trace id, span id and kind are one
 * span, so a query must give one of them. Log rows are told apart by the file they came from, as a
 * collector that reads files does (`log.file.name`), so a query must give both.
 */
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { column, readCsv } from './csv.ts'

export interface SpanRow {
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentId: string
  readonly pod: string
  readonly name: string
  readonly startNs: string
  readonly endNs: string
}

export interface LogRow {
  readonly timeNs: string
  readonly node: string
  readonly pod: string
  readonly traceId: string
  readonly spanId: string
  readonly line: string
  readonly severity: string
  readonly file: string
}

/** The points of one column of one pod. */
export interface PodSeries {
  readonly pod: string
  readonly metric: PodMetric
  readonly points: readonly { readonly timeNs: string; readonly value: number }[]
}

/** A column of the files of pods, the OTLP metric it is sent as, and the name PromQL must give it. */
export interface PodMetric {
  readonly column: string
  readonly name: string
  readonly unit: string
  readonly prometheus: string
}

export interface Nezha {
  readonly spans: readonly SpanRow[]
  readonly logs: readonly LogRow[]
  readonly series: readonly PodSeries[]
}

const metric = (column: string, name: string, unit: string, prometheus: string): PodMetric => ({
  column,
  name,
  unit,
  prometheus,
})

export const podMetrics: readonly PodMetric[] = [
  metric('CpuUsage(m)', 'pod.cpu.usage.millicores', '', 'pod_cpu_usage_millicores'),
  metric('CpuUsageRate(%)', 'pod.cpu.usage_rate', '%', 'pod_cpu_usage_rate_percent'),
  metric('MemoryUsage(Mi)', 'pod.memory.usage', 'MiBy', 'pod_memory_usage_mebibytes'),
  metric('MemoryUsageRate(%)', 'pod.memory.usage_rate', '%', 'pod_memory_usage_rate_percent'),
  metric('SyscallRead', 'pod.syscall.read', '', 'pod_syscall_read'),
  metric('SyscallWrite', 'pod.syscall.write', '', 'pod_syscall_write'),
  metric('NetworkReceiveBytes', 'pod.network.receive', 'By', 'pod_network_receive_bytes'),
  metric('NetworkTransmitBytes', 'pod.network.transmit', 'By', 'pod_network_transmit_bytes'),
  metric('PodClientLatencyP90(s)', 'pod.client.latency.p90', 's', 'pod_client_latency_p90_seconds'),
  metric('PodServerLatencyP90(s)', 'pod.server.latency.p90', 's', 'pod_server_latency_p90_seconds'),
  metric('PodClientLatencyP95(s)', 'pod.client.latency.p95', 's', 'pod_client_latency_p95_seconds'),
  metric('PodServerLatencyP95(s)', 'pod.server.latency.p95', 's', 'pod_server_latency_p95_seconds'),
  metric('PodClientLatencyP99(s)', 'pod.client.latency.p99', 's', 'pod_client_latency_p99_seconds'),
  metric('PodServerLatencyP99(s)', 'pod.server.latency.p99', 's', 'pod_server_latency_p99_seconds'),
  metric('PodWorkload(Ops)', 'pod.workload', '{operation}', 'pod_workload'),
  metric('PodSuccessRate(%)', 'pod.success_rate', '%', 'pod_success_rate_percent'),
  metric('NodeCpuUsageRate(%)', 'node.cpu.usage_rate', '%', 'node_cpu_usage_rate_percent'),
  metric('NodeMemoryUsageRate(%)', 'node.memory.usage_rate', '%', 'node_memory_usage_rate_percent'),
  metric('NodeNetworkReceiveBytes', 'node.network.receive', 'By', 'node_network_receive_bytes'),
]

/** The service of a pod: its name without the hashes of replica set and pod. */
export function serviceOf(pod: string): string {
  return pod.split('-').slice(0, -2).join('-')
}

/** All rows of the data set in this folder, in the order of the files. */
export function readNezha(folder: string): Nezha {
  const files = (pattern: string): string[] =>
    globSync(`**/${pattern}`, { cwd: folder })
      .toSorted()
      .map((file) => join(folder, file))
  return {
    spans: files('*_trace.csv.gz').flatMap(readSpans),
    logs: files('*_log.csv.gz').flatMap(readLogs),
    series: files('*_metric.csv.gz').flatMap(readSeries),
  }
}

function readSpans(path: string): SpanRow[] {
  const table = readCsv(path)
  const at = (name: string): number => column(table, name)
  const [traceId, spanId, parentId] = [at('TraceID'), at('SpanID'), at('ParentID')]
  const [pod, name, start, end] = [
    at('PodName'),
    at('OperationName'),
    at('StartTimeUnixNano'),
    at('EndTimeUnixNano'),
  ]
  return table.rows.map((row) => ({
    traceId: row[traceId] ?? '',
    spanId: row[spanId] ?? '',
    parentId: row[parentId] === 'root' ? '' : (row[parentId] ?? ''),
    pod: row[pod] ?? '',
    name: row[name] ?? '',
    startNs: row[start] ?? '',
    endNs: row[end] ?? '',
  }))
}

function readLogs(path: string): LogRow[] {
  const table = readCsv(path)
  const at = (name: string): number => column(table, name)
  const [time, node, pod] = [at('TimeUnixNano'), at('Node'), at('PodName')]
  const [traceId, spanId, log] = [at('TraceID'), at('SpanID'), at('Log')]
  return table.rows.map((row) => ({
    timeNs: row[time] ?? '',
    node: row[node] ?? '',
    pod: row[pod] ?? '',
    traceId: row[traceId] ?? '',
    spanId: row[spanId] ?? '',
    ...lineOf(row[log] ?? ''),
    file: basename(path, '.gz'),
  }))
}

/** The line that a container wrote, out of the container runtime's JSON; the severity out of the line's. */
function lineOf(text: string): { line: string; severity: string } {
  const { log } = JSON.parse(text) as { log: string } // the runtime's own format
  const line = log.trimEnd()
  const severity = /"severity": ?"(\w+)"/.exec(line)?.[1] ?? ''
  return { line, severity }
}

function readSeries(path: string): PodSeries[] {
  const table = readCsv(path)
  const time = column(table, 'Time')
  const pod = table.rows[0]?.[column(table, 'PodName')] ?? ''
  return podMetrics.map((metric) => {
    const value = column(table, metric.column)
    const points = table.rows.map((row) => ({
      timeNs: timeOf(row[time] ?? ''),
      value: Number(row[value]),
    }))
    return { pod, metric, points }
  })
}

/** "2022-08-22 03:51:19.607158889 +0000 UTC m=+0.1" as ns since the epoch. */
function timeOf(text: string): string {
  const match = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? \+0000 UTC/.exec(text)
  if (match === null) throw new Error(`no time: ${text}`)
  const [, day = '', time = '', fraction = ''] = match
  return `${Date.parse(`${day}T${time}Z`) / 1000}${fraction.padEnd(9, '0')}`
}
