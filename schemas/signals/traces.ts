/**
 * Traces: one row is one span. The duration is end minus start in ns and may be negative when a
 * clock stepped. Events and links are the repeated OTLP messages of the span, one after the other,
 * each with its field tag, as they stand in a Span.
 */
import type { Signal } from './signal.ts'

export const traces = {
  name: 'traces',
  id: 3,
  columns: [
    { key: 'time', type: 'time', optional: false },
    { key: 'duration', type: 'int', optional: false },
    { key: 'traceId', type: 'id16', optional: false },
    { key: 'spanId', type: 'id8', optional: false },
    { key: 'parentSpanId', type: 'id8', optional: true },
    { key: 'name', type: 'text', optional: true },
    { key: 'kind', type: 'u32', optional: true },
    { key: 'statusCode', type: 'u32', optional: true },
    { key: 'statusMessage', type: 'text', optional: true },
    { key: 'traceState', type: 'text', optional: true },
    { key: 'flags', type: 'u32', optional: true },
    { key: 'events', type: 'otlp', optional: true },
    { key: 'links', type: 'otlp', optional: true },
    { key: 'droppedAttributesCount', type: 'u32', optional: true },
    { key: 'droppedEventsCount', type: 'u32', optional: true },
    { key: 'droppedLinksCount', type: 'u32', optional: true },
  ],
  streamBy: 'scope',
  orderBy: 'trace',
  sameWhen: ['traceId', 'spanId', 'kind'],
  sliceNs: 300_000_000_000n,
} as const satisfies Signal
