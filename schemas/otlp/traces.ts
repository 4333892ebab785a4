/** opentelemetry.proto.trace.v1 and its collector request as tables (OTLP 1.10). */
import { keyValue, resource, scope } from './common.ts'
import { message } from './message.ts'

export const spanEvent = message('Span.Event', [
  [1, 'timeUnixNano', 'fixed64'],
  [2, 'name', 'text'],
  [3, 'attributes', () => keyValue, 'repeated'],
  [4, 'droppedAttributesCount', 'uint32'],
])

export const spanLink = message('Span.Link', [
  [1, 'traceId', 'id'],
  [2, 'spanId', 'id'],
  [3, 'traceState', 'text'],
  [4, 'attributes', () => keyValue, 'repeated'],
  [5, 'droppedAttributesCount', 'uint32'],
  [6, 'flags', 'fixed32'],
])

const status = message('Status', [
  [2, 'message', 'text'],
  [3, 'code', 'enum', ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']],
])

const spanKinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']

export const span = message('Span', [
  [1, 'traceId', 'id'],
  [2, 'spanId', 'id'],
  [3, 'traceState', 'text'],
  [4, 'parentSpanId', 'id'],
  [5, 'name', 'text'],
  [6, 'kind', 'enum', spanKinds.map((kind) => `SPAN_KIND_${kind}`)],
  [7, 'startTimeUnixNano', 'fixed64'],
  [8, 'endTimeUnixNano', 'fixed64'],
  [9, 'attributes', () => keyValue, 'repeated'],
  [10, 'droppedAttributesCount', 'uint32'],
  [11, 'events', () => spanEvent, 'repeated'],
  [12, 'droppedEventsCount', 'uint32'],
  [13, 'links', () => spanLink, 'repeated'],
  [14, 'droppedLinksCount', 'uint32'],
  [15, 'status', () => status],
  [16, 'flags', 'fixed32'],
])

const scopeSpans = message('ScopeSpans', [
  [1, 'scope', () => scope],
  [2, 'spans', () => span, 'repeated'],
  [3, 'schemaUrl', 'text'],
])

const resourceSpans = message('ResourceSpans', [
  [1, 'resource', () => resource],
  [2, 'scopeSpans', () => scopeSpans, 'repeated'],
  [3, 'schemaUrl', 'text'],
])

export const tracesRequest = message('ExportTraceServiceRequest', [
  [1, 'resourceSpans', () => resourceSpans, 'repeated'],
])
