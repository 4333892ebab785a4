/** opentelemetry.proto.logs.v1 and its collector request as tables (OTLP 1.10). */
import { anyValue, keyValue, resource, scope } from './common.ts'
import { message } from './message.ts'

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

const severityNumbers = [
  'SEVERITY_NUMBER_UNSPECIFIED',
  ...levels.flatMap((level) =>
    ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${level}${step}`),
  ),
]

export const logRecord = message('LogRecord', [
  [1, 'timeUnixNano', 'fixed64'],
  [2, 'severityNumber', 'enum', severityNumbers],
  [3, 'severityText', 'text'],
  [5, 'body', () => anyValue],
  [6, 'attributes', () => keyValue, 'repeated'],
  [7, 'droppedAttributesCount', 'uint32'],
  [8, 'flags', 'fixed32'],
  [9, 'traceId', 'id'],
  [10, 'spanId', 'id'],
  [11, 'observedTimeUnixNano', 'fixed64'],
  [12, 'eventName', 'text'],
])

const scopeLogs = message('ScopeLogs', [
  [1, 'scope', () => scope],
  [2, 'logRecords', () => logRecord, 'repeated'],
  [3, 'schemaUrl', 'text'],
])

const resourceLogs = message('ResourceLogs', [
  [1, 'resource', () => resource],
  [2, 'scopeLogs', () => scopeLogs, 'repeated'],
  [3, 'schemaUrl', 'text'],
])

export const logsRequest = message('ExportLogsServiceRequest', [
  [1, 'resourceLogs', () => resourceLogs, 'repeated'],
])
