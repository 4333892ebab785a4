/** Random OTLP messages for property tests, made from the reference's own descriptors. */
import * as fc from 'fast-check'
import protobuf from 'protobufjs'
import { reference, type Plain } from './reference.ts'

const long = (min: bigint, max: bigint) =>
  fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min, max })).map(String)

const base64 = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString('base64'))

/** What a scalar field may hold, by its protobuf type. */
function scalar(field: protobuf.Field): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 8 })
    case 'bool':
      return fc.boolean()
    case 'double':
      return fc.double()
    case 'int64':
    case 'sfixed64':
      return long(-(2n ** 63n), 2n ** 63n - 1n)
    case 'uint64':
    case 'fixed64':
      return long(0n, 2n ** 64n - 1n)
    case 'uint32':
    case 'fixed32':
      return fc.nat(0xffffffff)
    case 'bytes':
      return field.name.startsWith('trace') ? base64(16) : base64(8)
    default:
      return fc.integer({ min: -5, max: 30 })
  }
}

/** Random messages of a type as plain data. Nesting ends at `depth`; of a oneof at most one member is set. */
export function arbitraryMessage(name: string, depth = 9): fc.Arbitrary<Plain> {
  const type = reference(name)
  const entries: fc.Arbitrary<Plain>[] = []
  for (const field of type.fieldsArray) {
    field.resolve()
    if (field.partOf !== null && !isOptional(field)) continue
    entries.push(member(field, depth))
  }
  for (const oneof of type.oneofsArray) {
    const members = oneof.fieldsArray.filter((field) => !isOptional(field))
    if (members.length > 0) {
      entries.push(fc.oneof(fc.constant({}), ...members.map((field) => member(field, depth))))
    }
  }
  return fc.tuple(...entries).map((parts) => Object.assign({}, ...parts) as Plain) // parts are objects
}

/** proto3 `optional` stands in a oneof of its own. */
function isOptional(field: protobuf.Field): boolean {
  return field.partOf?.name.startsWith('_') ?? false
}

function member(field: protobuf.Field, depth: number): fc.Arbitrary<Plain> {
  const nested = field.resolvedType instanceof protobuf.Type
  if (nested && depth <= 0) return fc.constant({})
  const one: fc.Arbitrary<unknown> = nested
    ? arbitraryMessage(field.resolvedType?.name ?? '', depth - 1)
    : scalar(field)
  // The outer layers are always there, so that requests have rows.
  const layer = field.repeated && nested && depth >= layersAbove
  if (layer) {
    return fc
      .array(one, { minLength: 1, maxLength: depth > layersAbove ? 2 : 3 })
      .map((value) => ({ [field.name]: value }))
  }
  const value = field.repeated ? fc.array(one, { maxLength: 2 }) : one
  return fc
    .option(value, { freq: 4 })
    .map((found) => (found === null ? {} : { [field.name]: found }))
}

/** Requests start at depth 9: resource, scope and row layers lie above this. */
const layersAbove = 6

export type RequestName =
  | 'ExportLogsServiceRequest'
  | 'ExportMetricsServiceRequest'
  | 'ExportTraceServiceRequest'

/** Random requests with what every exporter sends: names, ids, start times, as many buckets as bounds ask for. */
export function completedRequest(name: RequestName): fc.Arbitrary<Plain> {
  // A part of a request stays what it is.
  return arbitraryMessage(name).map((request) => completed(request) as Plain)
}

function completed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(completed)
  if (typeof value !== 'object' || value === null) return value
  const of = Object.fromEntries(Object.entries(value).map(([key, held]) => [key, completed(held)]))
  const list = (key: string): Plain[] => (Array.isArray(of[key]) ? (of[key] as Plain[]) : [])
  const metrics = list('metrics').map((metric, i) => ({ ...metric, name: `metric ${i}` }))
  const spans = list('spans').map((span) => ({
    traceId: 'AAECAwQFBgcICQoLDA0ODw==',
    spanId: 'AAECAwQFBgc=',
    startTimeUnixNano: '1',
    ...span,
  }))
  if (metrics.length > 0) return { ...of, metrics }
  if (spans.length > 0) return { ...of, spans }
  if (!('bucketCounts' in of) && !('explicitBounds' in of)) return of
  // Exponential buckets have no bounds.
  if ('offset' in of) return of
  return { ...of, bucketCounts: ['1', '2'], explicitBounds: [0.5] }
}
