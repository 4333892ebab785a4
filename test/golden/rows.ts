/**
 * Batches from rows written out, and back: how tests of blocks say what goes in and what comes out.
 * A row names its columns as `columnId` does (`a:text:key`), with values as plain JavaScript.
 */
import type { Batch } from '#schemas/batch.ts'
import type { ColumnType, Vector } from '#schemas/column.ts'
import { encodeStream } from '#schemas/identity-codec.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import type { AttributeValue } from '#schemas/attribute.ts'
import { signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { Distinct } from '#storage/column/distinct.ts'
import { fixedWidth } from '#storage/column/vector.ts'
import { orderRows } from '#storage/block/row-order.ts'
import { gatherBatch, keysOfBatch, rankOf, sortedStreamOrder } from '#storage/block/sort.ts'
import { packTexts, streamListOfBytes } from '#storage/block/stream-table.ts'

export type Value = string | number | bigint | boolean | Uint8Array

export interface Row {
  readonly stream: number
  readonly timeNs: bigint
  readonly values: Readonly<Record<string, Value>>
}

const text = (value: string): AttributeValue => ({ type: 'text', value })

/** A stream of a service; metrics give a name and point attributes too. */
export function streamOf(
  service: string,
  metric: string | null = null,
  attributes: Readonly<Record<string, string>> = {},
): StreamIdentity {
  return {
    resource: {
      attributes: [
        { key: 'service.name', value: text(service) },
        { key: 'service.version', value: text('1.2.3') },
      ],
      droppedAttributesCount: 0,
      schemaUrl: '',
    },
    scope: { name: 'golden', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    descriptor:
      metric === null
        ? null
        : { name: metric, type: 7, unit: '1', temporality: 2, monotonic: true },
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: text(value) })),
  }
}

export function streamsOf(identities: readonly StreamIdentity[]): StreamList {
  return streamListOfBytes(identities.map(encodeStream))
}

/** Rows as a batch, in the order given. */
export function batchOf(signal: SignalName, streams: StreamList, rows: readonly Row[]): Batch {
  const timeBase = rows.reduce((least, row) => (row.timeNs < least ? row.timeNs : least), rows[0]?.timeNs ?? 0n)
  const ids = new Set(rows.flatMap((row) => Object.keys(row.values)))
  return {
    signal,
    rows: rows.length,
    streams,
    stream: Uint32Array.from(rows, (row) => row.stream),
    timeBase,
    time: Float64Array.from(rows, (row) => Number(row.timeNs - timeBase)),
    columns: new Map([...ids].map((id) => [id, vectorOf(id, rows)])),
    selection: null,
    offset: 0,
  }
}

function vectorOf(id: string, rows: readonly Row[]): Vector {
  // Ids are written by tests as `columnId` would.
  const type = id.split(':')[1] as ColumnType
  const given = rows.map((row) => row.values[id])
  const present = given.includes(undefined)
    ? Uint8Array.from(given, (value) => (value === undefined ? 0 : 1))
    : null
  if (type === 'text' || type === 'bytes' || type === 'otlp') return textVector(type, present, given)
  const width = fixedWidth(type)
  if (width > 0) {
    const bytes = new Uint8Array(width * rows.length)
    given.forEach((value, i) => value instanceof Uint8Array && bytes.set(value, i * width))
    return { type, present, kind: 'fixed', width, bytes }
  }
  if (type === 'u32') {
    return { type, present, kind: 'words', values: Uint32Array.from(given, (value) => Number(value ?? 0)) }
  }
  if (type === 'double' || type === 'bool') {
    return { type, present, kind: 'doubles', values: Float64Array.from(given, (value) => Number(value ?? 0)) }
  }
  const halves = new Uint32Array(BigInt64Array.from(given, (value) => (typeof value === "bigint" ? value : 0n)).buffer)
  return {
    type,
    present,
    kind: 'longs',
    lo: Uint32Array.from(given, (_, i) => halves[2 * i] ?? 0),
    hi: Int32Array.from(given, (_, i) => halves[2 * i + 1] ?? 0),
  }
}

/** Columns with few values come as dictionaries, others as texts, so that tests see both. */
function textVector(
  type: 'text' | 'bytes' | 'otlp',
  present: Uint8Array | null,
  given: readonly (Value | undefined)[],
): Vector {
  const bytes = given.map((value) => bytesOf(value ?? ''))
  const distinct = new Distinct()
  const codes = Uint32Array.from(bytes, (value) => distinct.add(value, 0, value.length))
  if (distinct.count * 2 <= given.length) {
    return { type, present, kind: 'dictionary', codes, values: distinct.texts() }
  }
  return { type, present, kind: 'texts', texts: packTexts(bytes) }
}

function bytesOf(value: Value): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(String(value))
}

/** A batch and its streams in final order. */
export function sorted(batch: Batch): Batch {
  const order = sortedStreamOrder(batch.streams)
  const rank = rankOf(order)
  const streams = streamListOfBytes([...order].map((id) => batch.streams.bytes(id)))
  const rows = orderRows(signals[batch.signal], keysOfBatch(batch, rank))
  const moved = gatherBatch(batch, rows)
  return { ...moved, streams, stream: moved.stream.map((id) => rank[id] ?? 0) }
}

/** Rows of a batch as text, selection applied: stream bytes, time and every value, for comparing. */
export function rowTexts(batch: Batch): string[] {
  const out: string[] = []
  const rows = batch.selection ?? Uint32Array.from({ length: batch.rows }, (_, i) => i)
  const ids = [...batch.columns.keys()].toSorted()
  for (const row of rows) {
    const stream = Buffer.from(batch.streams.bytes(batch.stream[row] ?? 0)).toString('latin1')
    const time = batch.timeBase + BigInt(batch.time[row] ?? 0)
    const values = ids.flatMap((id) => {
      const vector = batch.columns.get(id)
      const shown = vector === undefined ? null : valueText(vector, row)
      return shown === null ? [] : [`${id}=${shown}`]
    })
    out.push([JSON.stringify(stream), time.toString(), ...values].join(' '))
  }
  return out
}

/** One value as text, by its bits where it is a double; null when the row has none. */
export function valueText(vector: Vector, row: number): string | null {
  if (vector.present !== null && vector.present[row] === 0) return null
  switch (vector.kind) {
    case 'dictionary': {
      const { offsets, bytes } = vector.values
      const code = vector.codes[row] ?? 0
      return JSON.stringify(Buffer.from(bytes.subarray(offsets[code], offsets[code + 1])).toString('latin1'))
    }
    case 'texts': {
      const { offsets, bytes } = vector.texts
      return JSON.stringify(Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString('latin1'))
    }
    case 'fixed':
      return Buffer.from(vector.bytes.subarray(row * vector.width, (row + 1) * vector.width)).toString('hex')
    case 'doubles': {
      const bits = new BigUint64Array(vector.values.buffer.slice(vector.values.byteOffset + row * 8, vector.values.byteOffset + row * 8 + 8))
      return `${vector.values[row]} ${(bits[0] ?? 0n).toString(16)}`
    }
    case 'words':
      return String(vector.values[row])
    case 'longs':
      return ((BigInt(vector.hi[row] ?? 0) << 32n) + BigInt(vector.lo[row] ?? 0)).toString()
  }
}
