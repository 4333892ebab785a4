/**
 * The OpenTelemetry SDK of one service of the shop, set up as an application would: spans and HTTP metrics come
 * from the automatic HTTP instrumentation, logs carry the ids of the span they are written in, and
 * histograms get exemplars (`exemplars.ts`).
 */
import {
  context,
  isSpanContextValid,
  logs,
  metrics,
  propagation,
  SeverityNumber,
  trace,
  type Attributes,
  type TextMapPropagator,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createRequire } from 'node:module'
import { ExemplarExporter, ExemplarReservoir } from './exemplars.ts'

/** How often metrics are sent. */
const metricsEveryMs = 5000

/** W3C trace context, the part that a shop needs: `traceparent` of version 00. */
const traceContext: TextMapPropagator = {
  fields: () => ['traceparent'],
  inject(active, carrier, setter) {
    const span = trace.getSpanContext(active)
    if (span === undefined || !isSpanContextValid(span)) return
    const flags = span.traceFlags.toString(16).padStart(2, '0')
    setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-${flags}`)
  },
  extract(active, carrier, getter) {
    const header = getter.get(carrier, 'traceparent')
    const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(String(header))
    const [, traceId = '', spanId = '', flags = ''] = match ?? []
    const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
    return isSpanContextValid(span) ? trace.setSpanContext(active, span) : active
  },
}

export interface Telemetry {
  /** Sends what is left and stops. */
  end(): Promise<void>
}

/** Registers the global providers of this process. `url` is the OTLP/HTTP endpoint, without a path. */
export function startTelemetry(service: string, url: string): Telemetry {
  const resource = resourceFromAttributes({
    'service.name': service,
    'service.version': '1.0.0',
    'service.instance.id': `${service}-1`,
    'deployment.environment.name': 'demo',
  })
  const reservoir = new ExemplarReservoir()
  const tracers = new TracerProvider({
    resource,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${url}/v1/traces` }),
        scheduledDelayMillis: 1000,
      }),
      reservoir,
    ],
  })
  const loggers = new LoggerProvider({
    resource,
    processors: [
      new BatchLogRecordProcessor({
        exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }),
        scheduledDelayMillis: 1000,
      }),
    ],
  })
  const reader = new PeriodicExportingMetricReader({
    exporter: new ExemplarExporter(`${url}/v1/metrics`, reservoir),
    exportIntervalMillis: metricsEveryMs,
    exportTimeoutMillis: metricsEveryMs,
  })
  const meters = new MeterProvider({ resource, readers: [reader] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(traceContext)
  trace.setGlobalTracerProvider(tracers)
  metrics.setGlobalMeterProvider(meters)
  logs.setGlobalLoggerProvider(loggers)
  registerInstrumentations({
    tracerProvider: tracers,
    meterProvider: meters,
    instrumentations: [
      new HttpInstrumentation({
        // The exporters' own requests are no part of the shop.
        ignoreOutgoingRequestHook: ({ path }) => path?.startsWith('/v1/') === true,
      }),
    ],
  })
  // The instrumentation changes the module when it is required; an import alone would not tell it.
  createRequire(import.meta.url)('node:http')
  return {
    async end() {
      await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()])
    },
  }
}

const severities = {
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const

/** Writes a log record; it carries the ids of the active span. */
export function log(
  level: keyof typeof severities,
  body: string,
  attributes: Attributes = {},
): void {
  logs.getLogger('shop').emit({
    severityNumber: severities[level],
    severityText: level.toUpperCase(),
    body,
    attributes,
  })
}
