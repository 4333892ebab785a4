/**
 * Identity as OTLP has it: what a stream is. The canonical bytes of a stream are a protobuf message
 * of ours that holds OTLP messages, with attributes sorted by key, so that equal streams have equal
 * bytes whatever order a client wrote them in:
 *
 *   1 resource     opentelemetry.proto.resource.v1.Resource (attributes sorted; entity_refs kept)
 *   2 resourceUrl  text, the schema URL of the resource
 *   3 scope        opentelemetry.proto.common.v1.InstrumentationScope (attributes sorted)
 *   4 scopeUrl     text, the schema URL of the scope
 *   5 descriptor   metrics only: 1 name, 2 type (varint, `metricType`), 3 unit, 4 temporality (varint), 5 monotonic (varint)
 *   6 attributes   metrics only: repeated KeyValue, sorted by key
 *
 * Absent and empty fields are left out. `identity-codec.ts` makes and reads these bytes.
 */
import type { Attribute } from './attribute.ts'

/** The kind of a metric: the number of its field in the OTLP `Metric` message's `data`. */
export const metricType = {
  none: 0,
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponentialHistogram: 10,
  summary: 11,
} as const

/** OTLP's AggregationTemporality. */
export const temporality = { unspecified: 0, delta: 1, cumulative: 2 } as const

export interface Resource {
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

export interface Descriptor {
  readonly name: string
  /** One of `metricType`. */
  readonly type: number
  readonly unit: string
  /** One of `temporality`. */
  readonly temporality: number
  readonly monotonic: boolean
}

/** What a stream is, decoded from its canonical bytes. `descriptor` is null and `attributes` empty but for metrics. */
export interface StreamIdentity {
  readonly resource: Resource
  readonly scope: Scope
  readonly descriptor: Descriptor | null
  readonly attributes: readonly Attribute[]
}

/**
 * The streams a batch's rows belong to. `bytes` are canonical; `identity` decodes them once and
 * keeps the result. Ids are places in this list and mean nothing outside of it; across lists streams
 * are the same when their bytes are.
 */
export interface StreamList {
  readonly count: number
  bytes(id: number): Uint8Array
  identity(id: number): StreamIdentity
  /** 64-bit fingerprint of the bytes as 16 hex digits, for joining lists. */
  fingerprint(id: number): string
}
