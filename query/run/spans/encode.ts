/**
 * A row of a batch as the OTLP Span it was: every field that was stored, in the order of the field
 * numbers, defaults left out. Attributes come in the order of the batch's columns, since columns do
 * not keep the order of the keys; events and links are the client's own bytes.
 *
 * `status` is always written, if empty with length 0: Grafana's reader fails on a span without one.
 */
import { ByteWriter } from '#base/bytes/writer.ts'
import { writeVarint64 } from '#base/bytes/varint.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId, type Vector } from '#schemas/column.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'
import { startOf } from './row-time.ts'
import { isPresent, rangeOf } from './vectors.ts'

const utf8 = new TextEncoder()

type Key = (typeof traces)['columns'][number]['key']

interface AttributeColumn {
  readonly key: Uint8Array
  readonly vector: Vector
}

/** The values of an encoded row that decide its place. */
export interface SpanPlace {
  readonly start: bigint
  readonly kind: number
}

/** Writes the spans of one batch; the columns are looked up once. */
export class SpanEncoder {
  readonly #batch: Batch
  readonly #rowColumns = new Map<Key, Vector>()
  readonly #attributes: AttributeColumn[] = []
  readonly #value = new ByteWriter(256)
  readonly #pair = new ByteWriter(256)

  constructor(batch: Batch) {
    this.#batch = batch
    for (const { key } of traces.columns) {
      const vector = batch.columns.get(columnId(rowColumn(traces, key)))
      if (vector !== undefined) this.#rowColumns.set(key, vector)
    }
    for (const [id, vector] of batch.columns) {
      if (!id.startsWith('a:')) continue
      this.#attributes.push({ key: utf8.encode(id.slice(id.indexOf(':', 2) + 1)), vector })
    }
  }

  /** Appends the fields of the span in this row. */
  encode(row: number, out: ByteWriter): SpanPlace {
    const start = startOf(this.#batch, row)
    const kind = this.#number('kind', row)
    this.#bytes(10, 'traceId', row, out)
    this.#bytes(18, 'spanId', row, out)
    this.#bytes(26, 'traceState', row, out)
    this.#bytes(34, 'parentSpanId', row, out)
    this.#bytes(42, 'name', row, out)
    this.#varint(48, 'kind', row, out)
    fixed64(57, start, out)
    fixed64(65, start + this.#duration(row), out)
    this.#writeAttributes(row, out)
    this.#varint(80, 'droppedAttributesCount', row, out)
    this.#raw('events', row, out)
    this.#varint(96, 'droppedEventsCount', row, out)
    this.#raw('links', row, out)
    this.#varint(112, 'droppedLinksCount', row, out)
    this.#status(row, out)
    const flags = this.#number('flags', row)
    if (flags !== 0) {
      out.varint(133)
      out.u32(flags)
    }
    return { start, kind }
  }

  #number(key: Key, row: number): number {
    const vector = this.#rowColumns.get(key)
    return vector?.kind === 'words' && isPresent(vector, row) ? (vector.values[row] ?? 0) : 0
  }

  #duration(row: number): bigint {
    const vector = this.#rowColumns.get('duration')
    if (vector?.kind !== 'longs') return 0n
    return (BigInt(vector.hi[row] ?? 0) << 32n) | BigInt(vector.lo[row] ?? 0)
  }

  #varint(tag: number, key: Key, row: number, out: ByteWriter): void {
    const value = this.#number(key, row)
    if (value === 0) return
    out.varint(tag)
    out.varint(value)
  }

  #bytes(tag: number, key: Key, row: number, out: ByteWriter): void {
    const vector = this.#rowColumns.get(key)
    if (vector === undefined || !isPresent(vector, row)) return
    const { bytes, from, to } = rangeOf(vector, row)
    if (to === from) return
    out.varint(tag)
    out.varint(to - from)
    out.raw(bytes, from, to)
  }

  #raw(key: 'events' | 'links', row: number, out: ByteWriter): void {
    const vector = this.#rowColumns.get(key)
    if (vector === undefined || !isPresent(vector, row)) return
    const { bytes, from, to } = rangeOf(vector, row)
    out.raw(bytes, from, to)
  }

  #status(row: number, out: ByteWriter): void {
    this.#value.reset()
    this.#bytes(18, 'statusMessage', row, this.#value)
    this.#varint(24, 'statusCode', row, this.#value)
    out.varint(122)
    out.varint(this.#value.length)
    out.raw(this.#value.bytes, 0, this.#value.length)
  }

  #writeAttributes(row: number, out: ByteWriter): void {
    for (const { key, vector } of this.#attributes) {
      if (!isPresent(vector, row)) continue
      const [value, pair] = [this.#value, this.#pair]
      value.reset()
      pair.reset()
      writeAnyValue(vector, row, value)
      if (key.length > 0) writeField(10, key, 0, key.length, pair)
      writeField(18, value.bytes, 0, value.length, pair)
      writeField(74, pair.bytes, 0, pair.length, out)
    }
  }
}

// oxlint-disable-next-line max-params -- a field is its tag and a range
function writeField(
  tag: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  out: ByteWriter,
): void {
  out.varint(tag)
  out.varint(to - from)
  out.raw(bytes, from, to)
}

function fixed64(tag: number, value: bigint, out: ByteWriter): void {
  if (value === 0n) return
  out.varint(tag)
  out.u64(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn))
}

const textTags = { text: 10, bytes: 58 } as const

function writeAnyValue(vector: Vector, row: number, out: ByteWriter): void {
  switch (vector.kind) {
    case 'longs':
      out.u8(24)
      out.reserve(10)
      out.length = writeVarint64(
        out.bytes,
        out.length,
        vector.lo[row] ?? 0,
        (vector.hi[row] ?? 0) >>> 0,
      )
      return
    case 'doubles':
      if (vector.type === 'bool') {
        out.u8(16)
        out.u8(vector.values[row] ?? 0)
      } else {
        out.u8(33)
        out.f64(vector.values[row] ?? 0)
      }
      return
    case 'dictionary':
    case 'texts': {
      const { bytes, from, to } = rangeOf(vector, row)
      // Arrays and maps are stored as the AnyValue message itself.
      if (vector.type === 'otlp') out.raw(bytes, from, to)
      else writeField(textTags[vector.type === 'text' ? 'text' : 'bytes'], bytes, from, to, out)
      return
    }
    case 'fixed':
    case 'words':
  }
}
