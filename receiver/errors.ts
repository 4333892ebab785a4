/** What the receiver refuses: whole requests, and single rows (as Rejects under the same codes). */
import { defineError } from '#base/errors.ts'

export const fieldMistyped = defineError({
  code: 'field-mistyped',
  kind: 'invalid',
  help: 'A known field of an OTLP message has another wire type than the protocol gives it. The sender encodes another version or another message.',
})

export const jsonInvalid = defineError({
  code: 'json-invalid',
  kind: 'invalid',
  help: 'A JSON body is not JSON, not UTF-8, or does not have the shape of the OTLP request; the message names the place.',
})

export const requestRows = defineError({
  code: 'request-rows',
  kind: 'too-large',
  setting: 'receiver.maxRows',
  help: 'One request holds more rows (log records, data points, spans) than the server decodes at once. Send smaller batches.',
})

export const requestAttributes = defineError({
  code: 'request-attributes',
  kind: 'too-large',
  setting: 'receiver.maxAttributes',
  help: 'One request holds more attributes over all its rows than the server decodes at once. Send smaller batches.',
})

export const mediaType = defineError({
  code: 'media-type',
  kind: 'unsupported',
  help: 'OTLP over HTTP is application/x-protobuf or application/json; the request has another content type.',
})

export const contentEncoding = defineError({
  code: 'content-encoding',
  kind: 'invalid',
  help: 'A body may be sent plain, as gzip, as deflate or as zstd; the request names another content encoding.',
})

export const methodNotAllowed = defineError({
  code: 'method-not-allowed',
  kind: 'unsupported',
  help: 'OTLP over HTTP is POST only.',
})

export const pathUnknown = defineError({
  code: 'path-unknown',
  kind: 'not-found',
  help: 'OTLP over HTTP is served at /v1/logs, /v1/metrics and /v1/traces.',
})

export const writeUnavailable = defineError({
  code: 'write-unavailable',
  kind: 'unavailable',
  help: 'Something unexpected happened while a write was handled. The sender should try again: nothing was acknowledged. The server log has the cause.',
})

export const spanTraceId = defineError({
  code: 'span-trace-id',
  kind: 'invalid',
  help: 'A span was refused because its trace id is not 16 bytes or is all zero.',
})

export const spanId = defineError({
  code: 'span-id',
  kind: 'invalid',
  help: 'A span was refused because its span id, or its parent span id, is not 8 bytes, or its span id is all zero.',
})

export const spanWithoutStart = defineError({
  code: 'span-without-start',
  kind: 'invalid',
  help: 'A span was refused because it has no start time.',
})

export const metricWithoutName = defineError({
  code: 'metric-without-name',
  kind: 'invalid',
  help: 'Data points were refused because their metric has no name.',
})

export const histogramBuckets = defineError({
  code: 'histogram-buckets',
  kind: 'invalid',
  help: 'A histogram data point was refused because it does not have one bucket count more than it has bounds.',
})
