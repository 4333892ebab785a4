/**
 * Rows as storage gives them in batches, and rows as the reference understood them (`flatten`), both as
 * lines of text that are equal when every field is. What storage does not promise is taken out of both:
 * the order of attributes by their key, which of two values of one key and type a row keeps (the first),
 * and the difference of fields that hold a default and fields that are not there.
 */
import type { Batch } from '#schemas/batch.ts'
import type { Texts, Vector } from '#schemas/column.ts'
import { metricType } from '#schemas/identity.ts'
import { pointKind } from '#schemas/signals/metrics.ts'
import { decodeReference, repeatedReference, type Plain } from './reference.ts'

const list = (value: unknown): Plain[] => (Array.isArray(value) ? value : []) // messages, by the schema
const message = (value: unknown): Plain =>
  typeof value === 'object' && value !== null ? { ...value } : {}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** JSON with sorted keys that keeps what JSON does not: -0, NaN and infinities. */
function lineOf(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (Array.isArray(value)) return `[${value.map(lineOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members
    .toSorted(([a], [b]) => byBytes(a, b))
    .map(([key, member]) => `${key}:${lineOf(member)}`)
    .join(',')}}`
}

/** Attributes of a stream: by key, equal keys in their order. */
function identityAttributes(value: unknown): Plain[] {
  return list(value)
    .map(({ key, value: inner }) => ({ key: text(key), value: message(inner) }))
    .toSorted((a, b) => byBytes(a.key, b.key))
}

/** Attributes of a row as a set. Lists and maps are one type, as is a value that is none. */
function rowAttributes(value: unknown): string[] {
  const found = new Map<string, string>()
  for (const { key, value: inner } of list(value)) {
    const [type = 'otlp'] = Object.keys(message(inner))
    const isList = type === 'arrayValue' || type === 'kvlistValue'
    const id = `${isList ? 'otlp' : type}:${text(key)}`
    if (!found.has(id)) found.set(id, `${id}=${lineOf(inner)}`)
  }
  return [...found.values()].toSorted(byBytes)
}

function groupOf({ resource, scope, resourceUrl, scopeUrl }: Plain): Plain {
  const [of, by] = [message(resource), message(scope)]
  return {
    resource: identityAttributes(of['attributes']),
    resourceDropped: of['droppedAttributesCount'] ?? 0,
    entities: list(of['entityRefs']).filter((entity) => Object.keys(entity).length > 0),
    resourceUrl: resourceUrl ?? '',
    scope: [by['name'] ?? '', by['version'] ?? '', by['droppedAttributesCount'] ?? 0],
    scopeAttributes: identityAttributes(by['attributes']),
    scopeUrl: scopeUrl ?? '',
  }
}

const u32 = (value: unknown): number => Number(value ?? 0) >>> 0

/** A row that `flatten` gives, as a line. */
export function sentLine(row: Plain): string {
  const { resource: _r, scope: _s, resourceUrl: _u, scopeUrl: _v, attributes, ...fields } = row
  const group = groupOf(row)
  if ('data' in row) {
    const { description: _d, metadata: _m, data, temporality, ...point } = fields
    const type = metricType[data as keyof typeof metricType] // a name of `flattenPoints`
    const labels = identityAttributes(attributes)
    return lineOf({ ...group, ...point, type, temporality: u32(temporality), attributes: labels })
  }
  const { kind, severityNumber, status, body, ...others } = fields
  const { message: statusMessage, code } = message(status)
  return lineOf({
    ...group,
    ...others,
    attributes: rowAttributes(attributes),
    ...('traceState' in row
      ? { kind: u32(kind), statusMessage, statusCode: u32(code) }
      : {
          severityNumber: u32(severityNumber),
          body: Object.keys(message(body)).length > 0 ? body : null,
        }),
  })
}

/** One row of a batch by column. */
class Cells {
  readonly #batch: Batch
  readonly #row: number

  constructor(batch: Batch, row: number) {
    this.#batch = batch
    this.#row = row
  }

  get timeNs(): bigint {
    return this.#batch.timeBase + BigInt(this.#batch.time[this.#row] ?? 0)
  }

  get stream(): Plain {
    const { streams, stream } = this.#batch
    return decodeReference('Stream', streams.bytes(stream[this.#row] ?? 0))
  }

  /** The value's bytes, numbers little-endian; null when there is none. */
  bytes(id: string): Buffer | null {
    const vector = this.#batch.columns.get(id)
    return vector === undefined || vector.present?.[this.#row] === 0
      ? null
      : bytesOf(vector, this.#row)
  }

  some(id: string): Buffer {
    return this.bytes(id) ?? Buffer.alloc(0)
  }

  text(key: string): string {
    return this.some(`r:text:${key}`).toString()
  }

  base64(id: string): string {
    return this.some(id).toString('base64')
  }

  word(key: string): number {
    return this.bytes(`r:u32:${key}`)?.readUInt32LE() ?? 0
  }

  time(key: string): string {
    return String(this.bytes(`r:time:${key}`)?.readBigUInt64LE() ?? 0n)
  }

  get attributes(): Plain[] {
    return [...this.#batch.columns.keys()].flatMap((id) => {
      const bytes = id.startsWith('a:') ? this.bytes(id) : null
      const [, type = ''] = id.split(':')
      return bytes === null ? [] : { key: id.slice(type.length + 3), value: valueOf(type, bytes) }
    })
  }
}

function bytesOf(vector: Vector, row: number): Buffer {
  const valueAt = ({ offsets, bytes }: Texts, at: number) =>
    Buffer.from(bytes.slice(offsets[at], offsets[at + 1]))
  switch (vector.kind) {
    case 'texts':
      return valueAt(vector.texts, row)
    case 'dictionary':
      return valueAt(vector.values, vector.codes[row] ?? 0)
    case 'fixed':
      return Buffer.from(vector.bytes.slice(row * vector.width, (row + 1) * vector.width))
    case 'doubles':
      return Buffer.from(vector.values.slice(row, row + 1).buffer)
    case 'words':
      return Buffer.from(vector.values.slice(row, row + 1).buffer)
    case 'longs':
      return Buffer.from(Uint32Array.of(vector.lo[row] ?? 0, vector.hi[row] ?? 0).buffer)
  }
}

/** An AnyValue of a column's type and bytes. */
function valueOf(type: string, bytes: Buffer): Plain {
  switch (type) {
    case 'text':
      return { stringValue: bytes.toString() }
    case 'int':
      return { intValue: String(bytes.readBigInt64LE()) }
    case 'double':
      return { doubleValue: bytes.readDoubleLE() }
    case 'bool':
      return { boolValue: bytes.readDoubleLE() === 1 }
    case 'bytes':
      return { bytesValue: bytes.toString('base64') }
    default:
      return decodeReference('AnyValue', bytes)
  }
}

function logOf(cells: Cells): Plain {
  const [body, value] = [cells.bytes('r:text:body'), cells.bytes('r:otlp:bodyValue')]
  const other = value === null ? null : decodeReference('AnyValue', value)
  return {
    timeUnixNano: String(BigInt.asUintN(64, cells.timeNs)),
    observedTimeUnixNano: cells.time('observedTime'),
    severityNumber: cells.word('severityNumber'),
    severityText: cells.text('severityText'),
    body: body === null ? other : { stringValue: body.toString() },
    attributes: rowAttributes(cells.attributes),
    droppedAttributesCount: cells.word('droppedAttributesCount'),
    flags: cells.word('flags'),
    traceId: cells.base64('r:id16:traceId'),
    spanId: cells.base64('r:id8:spanId'),
    eventName: cells.text('eventName'),
  }
}

function spanOf(cells: Cells): Plain {
  const inner = Buffer.concat([cells.some('r:otlp:events'), cells.some('r:otlp:links')])
  const { events, links } = decodeReference('Span', inner)
  const endNs = cells.timeNs + (cells.bytes('r:int:duration')?.readBigInt64LE() ?? 0n)
  return {
    traceId: cells.base64('r:id16:traceId'),
    spanId: cells.base64('r:id8:spanId'),
    traceState: cells.text('traceState'),
    parentSpanId: cells.base64('r:id8:parentSpanId'),
    name: cells.text('name'),
    kind: cells.word('kind'),
    startTimeUnixNano: String(BigInt.asUintN(64, cells.timeNs)),
    endTimeUnixNano: String(BigInt.asUintN(64, endNs)),
    attributes: rowAttributes(cells.attributes),
    droppedAttributesCount: cells.word('droppedAttributesCount'),
    events: events ?? [],
    droppedEventsCount: cells.word('droppedEventsCount'),
    links: links ?? [],
    droppedLinksCount: cells.word('droppedLinksCount'),
    statusMessage: cells.text('statusMessage'),
    statusCode: cells.word('statusCode'),
    flags: cells.word('flags'),
  }
}

const pointMessages = new Map<unknown, string>([
  [metricType.histogram, 'HistogramDataPoint'],
  [metricType.exponentialHistogram, 'ExponentialHistogramDataPoint'],
  [metricType.summary, 'SummaryDataPoint'],
])

function pointOf(cells: Cells): Plain {
  const { descriptor, attributes } = cells.stream
  const { name, unit, type, temporality, monotonic } = message(descriptor)
  const kind = cells.word('kind')
  const value = cells.bytes('r:double:value')?.readDoubleLE()
  const exact = cells.bytes('r:int:exactValue')?.readBigInt64LE()
  return {
    name: name ?? '',
    unit: unit ?? '',
    type,
    temporality: u32(temporality),
    monotonic: monotonic ?? false,
    attributes: identityAttributes(attributes),
    timeUnixNano: String(BigInt.asUintN(64, cells.timeNs)),
    startTimeUnixNano: cells.time('startTime'),
    flags: cells.word('flags'),
    exemplars: repeatedReference('Exemplar', cells.some('r:otlp:exemplars')),
    point: {
      ...(kind === pointKind.double && { asDouble: value }),
      ...(kind === pointKind.int && { asInt: String(exact ?? BigInt(value ?? Number.NaN)) }),
      ...decodeReference(pointMessages.get(type) ?? 'NumberDataPoint', cells.some('r:otlp:point')),
    },
  }
}

const rowOf = { logs: logOf, metrics: pointOf, traces: spanOf } as const

/** The rows of a batch with all columns, as lines. */
export function storedLines(batch: Batch): string[] {
  return Array.from({ length: batch.rows }, (_, row) => {
    const cells = new Cells(batch, row)
    return lineOf({ ...groupOf(cells.stream), ...rowOf[batch.signal](cells) })
  })
}
