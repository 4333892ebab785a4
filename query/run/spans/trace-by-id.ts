/**
 * One trace, whole, from any number of pieces: every span of the id over all sources, encoded as OTLP,
 * duplicates by (span id, kind) dropped (the later write wins), grouped by resource and scope as they
 * came, sorted by start. The result is a TracesData message; what is too large is left out and said.
 */
import { ByteWriter } from '#base/bytes/writer.ts'
import { Wire } from '#base/bytes/wire.ts'
import type { Predicate } from '#schemas/predicate.ts'
import { columnOf, type Batch } from '#schemas/batch.ts'
import { idText } from '#schemas/names/tempo.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'
import type { Source } from '../source.ts'
import { SpanEncoder } from './encode.ts'
import { traceIdPredicate } from './trace-ids.ts'
import { chosenRows } from './row-time.ts'
import { rangeOf } from './vectors.ts'

export interface TraceRequest {
  readonly id: Uint8Array
  /** Spans that start in [from, to) ns. */
  readonly from: bigint
  readonly to: bigint
  /** Most bytes of encoded spans; those beyond are left out. */
  readonly maxBytes: number
}

export interface WholeTrace {
  /** An OTLP TracesData message: field 1, repeated ResourceSpans. Empty when no span was found. */
  readonly message: Uint8Array
  readonly spans: number
  /** Rows that were looked at, with duplicates. */
  readonly rows: number
  /** True when spans were left out because of `maxBytes`. */
  readonly partial: boolean
}

interface FoundSpan {
  readonly group: Group
  readonly start: bigint
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A stream of the trace: its canonical bytes name resource, scope and their schema URLs. */
interface Group {
  readonly stream: Uint8Array
}

/** Reads the trace from all sources (one per tenant). */
export async function readTrace(
  sources: readonly Source[],
  request: TraceRequest,
): Promise<WholeTrace> {
  const found = new Found(request.maxBytes)
  const predicates: Predicate[] = [traceIdPredicate([request.id])]
  for (const source of sources) {
    const { from, to } = request
    const scan = source.scan({
      signal: traces.name,
      from,
      to,
      predicates,
      columns: 'all',
      order: 'any',
    })
    for await (const batch of scan) {
      source.control.check()
      source.control.hold(found.add(batch))
    }
  }
  return found.end()
}

class Found {
  readonly #maxBytes: number
  readonly #spans = new Map<string, FoundSpan>()
  readonly #groups = new Map<string, Group>()
  readonly #out = new ByteWriter()
  #bytes = 0
  #rows = 0
  #partial = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes the chosen rows; returns the bytes it keeps of them. */
  add(batch: Batch): number {
    const encoder = new SpanEncoder(batch)
    const before = this.#bytes
    for (const row of chosenRows(batch)) {
      this.#rows++
      this.#out.reset()
      const { start, kind } = encoder.encode(row, this.#out)
      const key = `${spanIdOf(batch, row)}${kind}`
      const known = this.#spans.get(key)
      if (known !== undefined && known.offset >= batch.offset) continue
      if (this.#bytes + this.#out.length > this.#maxBytes) {
        this.#partial = true
        continue
      }
      this.#bytes += this.#out.length
      const group = this.#group(batch, batch.stream[row] ?? 0)
      this.#spans.set(key, { group, start, offset: batch.offset, bytes: this.#out.copy() })
    }
    return this.#bytes - before
  }

  #group({ streams }: Batch, stream: number): Group {
    const key = streams.fingerprint(stream)
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { stream: streams.bytes(stream).slice() }
      this.#groups.set(key, group)
    }
    return group
  }

  end(): WholeTrace {
    const spans = [...this.#spans.values()].toSorted(byStart)
    const message = new ByteWriter()
    writeTrace(spans, message)
    return {
      message: message.view(),
      spans: spans.length,
      rows: this.#rows,
      partial: this.#partial,
    }
  }
}

function byStart(a: FoundSpan, b: FoundSpan): number {
  return a.start < b.start ? -1 : Number(a.start > b.start)
}

const spanIdColumn = rowColumn(traces, 'spanId')

function spanIdOf(batch: Batch, row: number): string {
  const vector = columnOf(batch, spanIdColumn)
  if (vector === null) return ''
  const { bytes, from } = rangeOf(vector, row)
  return idText(bytes, from, 8)
}

/** The parts of a stream's canonical bytes; see `schemas/identity.ts`. */
interface StreamParts {
  readonly resource: Uint8Array
  readonly resourceUrl: Uint8Array
  readonly scope: Uint8Array
  readonly scopeUrl: Uint8Array
}

const nothing = new Uint8Array(0)

function partsOf(stream: Uint8Array): StreamParts {
  const parts: Uint8Array[] = []
  const wire = new Wire(stream)
  while (wire.at < stream.length) {
    const tag = wire.tag(stream.length)
    const field = tag >>> 3
    if ((tag & 7) !== 2 || field > 4) {
      wire.skip(tag, stream.length)
      continue
    }
    const length = wire.length(stream.length)
    parts[field] = stream.subarray(wire.at, wire.at + length)
    wire.at += length
  }
  const [, resource = nothing, resourceUrl = nothing, scope = nothing, scopeUrl = nothing] = parts
  return { resource, resourceUrl, scope, scopeUrl }
}

/** Groups in the order of their first span; streams of one resource share a ResourceSpans. */
function writeTrace(spans: readonly FoundSpan[], out: ByteWriter): void {
  const byStream = Map.groupBy(spans, (span) => span.group)
  const scopes = [...byStream].map(([group, members]) => ({ ...partsOf(group.stream), members }))
  const byResource = Map.groupBy(scopes, ({ resource, resourceUrl }) =>
    [resource, resourceUrl].map((bytes) => latin1.decode(bytes)).join('\u0000'),
  )
  const [resourceSpans, scopeSpans] = [new ByteWriter(), new ByteWriter()]
  for (const [first, ...rest] of byResource.values()) {
    if (first === undefined) continue
    resourceSpans.reset()
    writeBytes(10, shownResource(first.resource), resourceSpans)
    for (const { scope, scopeUrl, members } of [first, ...rest]) {
      scopeSpans.reset()
      writeBytes(10, scope, scopeSpans)
      for (const { bytes } of members) writeBytes(18, bytes, scopeSpans)
      if (scopeUrl.length > 0) writeBytes(26, scopeUrl, scopeSpans)
      writeBytes(18, scopeSpans.view(), resourceSpans)
    }
    if (first.resourceUrl.length > 0) writeBytes(26, first.resourceUrl, resourceSpans)
    writeBytes(10, resourceSpans.view(), out)
  }
}

const latin1 = new TextDecoder('latin1')

/** The attribute service.name="unknown_service", as a field of a Resource. */
const unknownService = Uint8Array.of(
  10,
  33,
  10,
  12,
  ...new TextEncoder().encode('service.name'),
  18,
  17,
  10,
  15,
  ...new TextEncoder().encode('unknown_service'),
)

/**
 * The resource as it is shown. Grafana drops every span of a resource without attributes and says nothing,
 * so such a one gets the name that OpenTelemetry prescribes for a service without a name.
 */
function shownResource(resource: Uint8Array): Uint8Array {
  const wire = new Wire(resource)
  while (wire.at < resource.length) {
    const tag = wire.tag(resource.length)
    if (tag === 10) return resource
    wire.skip(tag, resource.length)
  }
  const shown = new Uint8Array(unknownService.length + resource.length)
  shown.set(unknownService)
  shown.set(resource, unknownService.length)
  return shown
}

function writeBytes(tag: number, bytes: Uint8Array, out: ByteWriter): void {
  out.varint(tag)
  out.varint(bytes.length)
  out.raw(bytes)
}
