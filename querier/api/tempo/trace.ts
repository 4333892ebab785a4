/**
 * `GET /api/traces/{id}` and `GET /api/v2/traces/{id}`: one trace, whole. Protobuf when `Accept` asks for it,
 * else Tempo's JSON. Version 1 answers 404 for an unknown trace, version 2 an empty one; version 2 answers
 * a trace that is too large with a part of it.
 */
import { Buffer } from 'node:buffer'
import { ByteWriter } from '#base/bytes/writer.ts'
import { Wire } from '#base/bytes/wire.ts'
import { readTrace, type WholeTrace } from '#query/run/spans/trace-by-id.ts'
import { tracesRequest } from '#schemas/otlp/traces.ts'
import type { Endpoint, QueryRequest, World } from '../../endpoint.ts'
import { traceNotFound, traceTooLarge } from './errors.ts'
import { needTraces, optionalRange, traceIdOf, type TimeRange } from './parameters.ts'
import { protoJson } from './proto-json.ts'

/** Most bytes of a trace in an answer: what a browser can still draw, and well below what one query may hold. */
const maxTraceBytes = 50_000_000

const protobuf = 'application/protobuf'
const json = 'application/json'

interface TraceParameters {
  readonly id: string
  readonly range: TimeRange
  readonly form: 'protobuf' | 'json'
}

function parse(request: QueryRequest): TraceParameters {
  const accepts = request.headers['accept'] ?? ''
  return {
    id: traceIdOf(request.path['id'] ?? ''),
    range: optionalRange(request),
    form: accepts.includes(protobuf) ? 'protobuf' : 'json',
  }
}

function read({ id, range }: TraceParameters, { sources }: World): Promise<WholeTrace> {
  const bytes = Buffer.from(id, 'hex')
  return readTrace(sources, { id: bytes, ...range, maxBytes: maxTraceBytes })
}

const shared = {
  methods: ['GET'],
  contentType: json,
  parse,
  needs: ({ range }: TraceParameters) => needTraces(range),
  contentTypeOf: ({ form }: TraceParameters) => (form === 'protobuf' ? protobuf : json),
} as const

export const traceById: Endpoint<TraceParameters> = {
  ...shared,
  name: 'tempo.trace',
  route: '/api/traces/:id',
  async *answer(parameters, world) {
    const trace = await read(parameters, world)
    if (trace.partial) {
      throw traceTooLarge.make(`trace exceeds max size (max bytes: ${maxTraceBytes})`)
    }
    if (trace.spans === 0) throw traceNotFound.make(`trace ${parameters.id} was not found`)
    if (parameters.form === 'protobuf') yield trace.message
    else yield* jsonOf(trace, '{"batches":[', ']}')
  },
}

export const traceByIdV2: Endpoint<TraceParameters> = {
  ...shared,
  name: 'tempo.trace.v2',
  route: '/api/v2/traces/:id',
  async *answer(parameters, world) {
    const trace = await read(parameters, world)
    if (parameters.form === 'protobuf') {
      yield response(trace)
      return
    }
    const status = trace.partial
      ? `,"status":"PARTIAL","message":${JSON.stringify(partialMessage)}`
      : ''
    if (trace.spans === 0) yield utf8.encode(`{"trace":{},"metrics":{}${status}}`)
    else yield* jsonOf(trace, '{"trace":{"resourceSpans":[', `]},"metrics":{}${status}}`)
  },
}

const utf8 = new TextEncoder()

const partialMessage = `Trace exceeds maximum size of ${maxTraceBytes} bytes, a partial trace is returned`

/** TraceByIDResponse: 1 trace, 2 metrics, 3 status (1: partial), 4 message. The first two are there even if empty. */
function response({ message, partial }: WholeTrace): Uint8Array {
  const out = new ByteWriter(message.length + 128)
  out.u8(10)
  out.varint(message.length)
  out.raw(message)
  out.u8(18)
  out.u8(0)
  if (partial) {
    out.u8(24)
    out.u8(1)
    out.u8(34)
    out.text(partialMessage)
  }
  return out.copy()
}

/** A chunk per ResourceSpans, so that no string holds the whole trace. */
function* jsonOf({ message }: WholeTrace, open: string, close: string): Generator<Uint8Array> {
  const table = tracesRequest.byNumber[1]?.type
  // The request's field 1 is the table of ResourceSpans, the same that a TracesData holds.
  if (typeof table !== 'function') throw new RangeError('the traces request has no resource spans')
  const wire = new Wire(message)
  let before = open
  while (wire.at < message.length) {
    wire.tag(message.length)
    const length = wire.length(message.length)
    const from = wire.at
    wire.at += length
    yield utf8.encode(before + protoJson(table(), message, from, wire.at))
    before = ','
  }
  yield utf8.encode(close)
}
