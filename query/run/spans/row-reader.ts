/**
 * The values of one row of a batch by column name: attributes in their scopes, intrinsics, events and
 * links. Values of streams are computed once per stream and column. What only the whole trace knows (root,
 * trace duration, place in the tree) is nil here.
 */
import { attributeColumns, columnOf, type Batch } from '#schemas/batch.ts'
import type { Vector } from '#schemas/column.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import { idText, kindWord, shortTraceId, statusWord } from '#schemas/names/tempo.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'
import { decodeAnyValue, textOf } from '#schemas/value-codec.ts'
import type { ColumnName } from '../../plan/column.ts'
import { eventValues, type EventField } from './events.ts'
import { startOf } from './row-time.ts'
import { attributeOf, boolean, manyOf, valueOf, type Value } from './value.ts'
import { isPresent, rangeOf } from './vectors.ts'

type RowKey = (typeof traces)['columns'][number]['key']

/** Reads values of the row it stands on; `row` is set by whoever moves it. */
export class RowReader {
  readonly batch: Batch
  row = 0
  readonly #vectors = new Map<string, Vector | null>()
  readonly #attributes = new Map<string, readonly Vector[]>()
  readonly #streams = new Map<string, (Value | null | undefined)[]>()

  constructor(batch: Batch) {
    this.batch = batch
  }

  /** The value of a column in this row. */
  readonly get = (column: ColumnName): Value | null => {
    switch (column.scope) {
      case 'span':
        return this.#spanAttribute(column.key)
      case 'resource':
      case 'instrumentation':
        return this.#ofStream(column)
      case 'event':
      case 'link':
        return this.#many(column.scope, { of: 'attribute', key: column.key })
      case 'any':
        return this.#anywhere(column.key)
      case 'intrinsic':
        return this.#intrinsic(column)
      case 'label':
      case 'pipeline':
      case 'row':
        return null
    }
  }

  /** A fixed column of the batch, null when no row has a value. */
  vector(key: RowKey): Vector | null {
    let vector = this.#vectors.get(key)
    if (vector === undefined) {
      vector = columnOf(this.batch, rowColumn(traces, key))
      this.#vectors.set(key, vector)
    }
    return vector
  }

  /** The columns of a span attribute, one per type that occurs. */
  attributes(key: string): readonly Vector[] {
    let vectors = this.#attributes.get(key)
    if (vectors === undefined) {
      vectors = attributeColumns(this.batch, key)
      this.#attributes.set(key, vectors)
    }
    return vectors
  }

  text(key: RowKey): string {
    const vector = this.vector(key)
    if (vector === null || !isPresent(vector, this.row)) return ''
    const { bytes, from, to } = rangeOf(vector, this.row)
    return textOf(bytes, from, to)
  }

  /** An id as hex; empty when there is none. */
  id(key: 'traceId' | 'spanId' | 'parentSpanId'): string {
    const vector = this.vector(key)
    if (vector === null || !isPresent(vector, this.row)) return ''
    const { bytes, from, to } = rangeOf(vector, this.row)
    return idText(bytes, from, to - from)
  }

  number(key: 'kind' | 'statusCode'): number {
    const vector = this.vector(key)
    if (vector?.kind !== 'words' || !isPresent(vector, this.row)) return 0
    return vector.values[this.row] ?? 0
  }

  duration(): bigint {
    const vector = this.vector('duration')
    return vector === null ? 0n : longOf(vector, this.row)
  }

  start(): bigint {
    return startOf(this.batch, this.row)
  }

  #spanAttribute(key: string): Value | null {
    for (const vector of this.attributes(key)) {
      if (isPresent(vector, this.row)) return attributeValue(vector, this.row)
    }
    return null
  }

  #anywhere(key: string): Value | null {
    return (
      this.#spanAttribute(key) ??
      this.#ofStream({ scope: 'resource', key }) ??
      this.#many('event', { of: 'attribute', key }) ??
      this.#many('link', { of: 'attribute', key }) ??
      this.#ofStream({ scope: 'instrumentation', key })
    )
  }

  #ofStream(column: ColumnName): Value | null {
    const stream = this.batch.stream[this.row] ?? 0
    const id = `${column.scope}:${column.key}`
    let values = this.#streams.get(id)
    if (values === undefined) this.#streams.set(id, (values = []))
    let value = values[stream]
    if (value === undefined) {
      value = streamValue(this.batch.streams.identity(stream), column)
      values[stream] = value
    }
    return value
  }

  #many(kind: 'event' | 'link', field: EventField): Value | null {
    const vector = this.vector(kind === 'event' ? 'events' : 'links')
    if (vector === null || !isPresent(vector, this.row)) return null
    const { bytes, from, to } = rangeOf(vector, this.row)
    if (from === to) return null
    return manyOf(eventValues(bytes, from, to, { kind, field, start: this.start() }))
  }

  #intrinsic(column: ColumnName): Value | null {
    switch (column.key) {
      case 'duration':
        return { type: 'duration', value: this.duration() }
      case 'name':
        return { type: 'string', value: this.text('name') }
      case 'status':
        return { type: 'status', value: statusWord(this.number('statusCode')) }
      case 'statusMessage':
        return { type: 'string', value: this.text('statusMessage') }
      case 'kind':
        return { type: 'kind', value: kindWord(this.number('kind')) }
      case 'trace:id':
        return { type: 'string', value: shortTraceId(this.id('traceId')) }
      case 'span:id':
        return { type: 'string', value: this.id('spanId') }
      case 'span:parentID':
        return { type: 'string', value: this.id('parentSpanId') }
      case 'event:name':
        return this.#many('event', { of: 'name' })
      case 'event:timeSinceStart':
        return this.#many('event', { of: 'timeSinceStart' })
      case 'link:traceID':
        return this.#many('link', { of: 'traceId' })
      case 'link:spanID':
        return this.#many('link', { of: 'spanId' })
      case 'instrumentation:name':
      case 'instrumentation:version':
        return this.#ofStream(column)
      default:
        return null
    }
  }
}

/** Columns that are the same for all spans of a stream. */
export function isOfStream({ scope, key }: ColumnName): boolean {
  if (scope === 'intrinsic') return key.startsWith('instrumentation:')
  return scope === 'resource' || scope === 'instrumentation'
}

/** The value of such a column. */
export function streamValue(identity: StreamIdentity, { scope, key }: ColumnName): Value | null {
  const { resource, scope: library } = identity
  if (scope === 'resource') return attributeOf(resource.attributes, key)
  if (scope === 'instrumentation') return attributeOf(library.attributes, key)
  const text = key === 'instrumentation:name' ? library.name : library.version
  return { type: 'string', value: text }
}

function longOf(vector: Vector, row: number): bigint {
  if (vector.kind !== 'longs') return 0n
  return (BigInt(vector.hi[row] ?? 0) << 32n) | BigInt(vector.lo[row] ?? 0)
}

/** The value of an attribute column in a row that has one. */
export function attributeValue(vector: Vector, row: number): Value | null {
  switch (vector.kind) {
    case 'longs':
      return { type: 'int', value: longOf(vector, row) }
    case 'doubles': {
      const value = vector.values[row] ?? 0
      return vector.type === 'bool' ? boolean(value !== 0) : { type: 'float', value }
    }
    case 'dictionary':
    case 'texts': {
      const { bytes, from, to } = rangeOf(vector, row)
      if (vector.type === 'text') return { type: 'string', value: textOf(bytes, from, to) }
      if (vector.type === 'otlp') return valueOf(decodeAnyValue(bytes, from, to))
      return { type: 'other', value: { type: 'bytes', value: bytes.slice(from, to) } }
    }
    case 'fixed':
    case 'words':
      return null
  }
}
