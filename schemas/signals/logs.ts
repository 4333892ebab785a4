/** Logs: one row is one LogRecord. A body that is text stands in `body`; any other AnyValue in `bodyValue`. */
import type { Signal } from './signal.ts'

export const logs = {
  name: 'logs',
  id: 1,
  columns: [
    { key: 'time', type: 'time', optional: false },
    { key: 'observedTime', type: 'time', optional: true },
    { key: 'severityNumber', type: 'u32', optional: true },
    { key: 'severityText', type: 'text', optional: true },
    { key: 'body', type: 'text', optional: true },
    { key: 'bodyValue', type: 'otlp', optional: true },
    { key: 'traceId', type: 'id16', optional: true },
    { key: 'spanId', type: 'id8', optional: true },
    { key: 'flags', type: 'u32', optional: true },
    { key: 'eventName', type: 'text', optional: true },
    { key: 'droppedAttributesCount', type: 'u32', optional: true },
  ],
  streamBy: 'scope',
  orderBy: 'stream-time',
  // All of it but when it was observed: a line that is sent again says the same of its trace and event.
  sameWhen: [
    'time',
    'severityNumber',
    'severityText',
    'body',
    'bodyValue',
    'traceId',
    'spanId',
    'flags',
    'eventName',
    'droppedAttributesCount',
    'attributes',
  ],
  sliceNs: 3_600_000_000_000n,
} as const satisfies Signal
