/**
 * The OpenTelemetry JS SDK as a sender: its exporters for each signal and each of OTLP's three ways, and
 * providers that live for one sending.
 */
import { OTLPLogExporter as LogsGrpc } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as LogsProto } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as MetricsGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as MetricsJson } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as MetricsProto } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as TracesGrpc } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as TracesJson } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as TracesProto } from '@opentelemetry/exporter-trace-otlp-proto'
import type { Resource } from '@opentelemetry/resources'
import {
  LoggerProvider,
  SimpleLogRecordProcessor,
  type LogRecordExporter,
} from '@opentelemetry/sdk-logs'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { SimpleSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'

/** Ports of this machine. */
export interface Doors {
  readonly grpc: number
  readonly http: number
}

export type Way = 'grpc' | 'protobuf' | 'json'

/** Exporters by their way. */
export type Exporters<E> = readonly (readonly [way: Way, exporter: E])[]

type Settings = NonNullable<ConstructorParameters<typeof LogsProto>[0]>

/** Where an exporter sends to, and whether it compresses. */
function settings(doors: Doors, gzip: readonly Way[]) {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the value of an enum that the exporters do not export
  const packed = { compression: 'gzip' } as Settings
  return (way: Way, path: string): Settings => ({
    url:
      way === 'grpc' ? `http://127.0.0.1:${doors.grpc}` : `http://127.0.0.1:${doors.http}${path}`,
    ...(gzip.includes(way) ? packed : {}),
  })
}

/** `gzip`: the ways whose bodies are compressed. */
export function logExporters(
  doors: Doors,
  gzip: readonly Way[] = [],
): Exporters<LogRecordExporter> {
  const to = settings(doors, gzip)
  return [
    ['grpc', new LogsGrpc(to('grpc', ''))],
    ['protobuf', new LogsProto(to('protobuf', '/v1/logs'))],
    ['json', new LogsJson(to('json', '/v1/logs'))],
  ]
}

export function spanExporters(doors: Doors, gzip: readonly Way[] = []): Exporters<SpanExporter> {
  const to = settings(doors, gzip)
  return [
    ['grpc', new TracesGrpc(to('grpc', ''))],
    ['protobuf', new TracesProto(to('protobuf', '/v1/traces'))],
    ['json', new TracesJson(to('json', '/v1/traces'))],
  ]
}

export function metricExporters(
  doors: Doors,
  gzip: readonly Way[] = [],
): Exporters<PushMetricExporter> {
  const to = settings(doors, gzip)
  return [
    ['grpc', new MetricsGrpc(to('grpc', ''))],
    ['protobuf', new MetricsProto(to('protobuf', '/v1/metrics'))],
    ['json', new MetricsJson(to('json', '/v1/metrics'))],
  ]
}

/** Resolves when everything that `emit` emitted was exported. */
export async function sendLogs(
  exporter: LogRecordExporter,
  resource: Resource,
  emit: (provider: LoggerProvider) => void,
): Promise<void> {
  const processors = [new SimpleLogRecordProcessor({ exporter })]
  const provider = new LoggerProvider({ resource, processors })
  emit(provider)
  await provider.forceFlush()
  await provider.shutdown()
}

/** Resolves when the spans that `record` ended were exported, with what it returned. */
export async function sendSpans<T>(
  exporter: SpanExporter,
  resource: Resource,
  record: (provider: TracerProvider) => T,
): Promise<T> {
  const spanProcessors = [new SimpleSpanProcessor({ exporter })]
  const provider = new TracerProvider({ resource, spanProcessors })
  const recorded = record(provider)
  await provider.forceFlush()
  await provider.shutdown()
  return recorded
}

/** Resolves when what `record` recorded was exported. */
export async function sendMetrics(
  exporter: PushMetricExporter,
  { resource, views = [] }: { readonly resource: Resource; readonly views?: ViewOptions[] },
  record: (provider: MeterProvider) => void,
): Promise<void> {
  // Exported by the flush below, not by the clock.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 100_000 })
  const provider = new MeterProvider({ resource, readers: [reader], views })
  record(provider)
  await provider.forceFlush()
  await provider.shutdown()
}
