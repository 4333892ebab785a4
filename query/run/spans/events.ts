/**
 * Values of events and links of a span, from the repeated OTLP messages that stand in their columns, each
 * with its field tag. One value per event that has it, in their order.
 */
import { Wire } from '#base/bytes/wire.ts'
import { idText } from '#schemas/names/tempo.ts'
import { decodeKeyValue, textOf } from '#schemas/value-codec.ts'
import { valueOf, type Value } from './value.ts'

/** What is asked of each event or link: an attribute, or a field. */
export type EventField =
  | { readonly of: 'attribute'; readonly key: string }
  | { readonly of: 'name' | 'timeSinceStart' | 'traceId' | 'spanId' }

export interface EventColumn {
  readonly kind: 'event' | 'link'
  readonly field: EventField
  /** Start of the span, for the time since. */
  readonly start: bigint
}

const attributesTag = { event: 26, link: 34 } as const

/** The values in bytes[from, to). */
export function eventValues(
  bytes: Uint8Array,
  from: number,
  to: number,
  column: EventColumn,
): Value[] {
  const wire = new Wire(bytes, from)
  const values: Value[] = []
  while (wire.at < to) {
    const tag = wire.tag(to)
    if ((tag & 7) !== 2) {
      wire.skip(tag, to)
      continue
    }
    const length = wire.length(to)
    const end = wire.at + length
    const value = readOne(wire, end, column)
    if (value !== null) values.push(value)
    wire.at = end
  }
  return values
}

function readOne(wire: Wire, end: number, column: EventColumn): Value | null {
  const { kind, field, start } = column
  // An event without a name has an empty one; a time that is missing is 0.
  let value: Value | null = field.of === 'name' ? { type: 'string', value: '' } : null
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (kind === 'event' && tag === 9 && field.of === 'timeSinceStart') {
      wire.fixed64(end)
      const time = (BigInt(wire.hi | 0) << 32n) | BigInt(wire.lo >>> 0)
      value = { type: 'duration', value: time - start }
    } else if ((tag & 7) === 2) {
      const length = wire.length(end)
      const to = wire.at + length
      value = readField(wire, to, tag, column) ?? value
      wire.at = to
    } else {
      wire.skip(tag, end)
    }
  }
  return value
}

// oxlint-disable-next-line max-params -- a field is a tag and a range
function readField(
  { bytes, at }: Wire,
  to: number,
  tag: number,
  { kind, field }: EventColumn,
): Value | null {
  if (field.of === 'attribute') {
    if (tag !== attributesTag[kind]) return null
    const { key, value } = decodeKeyValue(bytes, at, to)
    return key === field.key ? valueOf(value) : null
  }
  if (kind === 'event') {
    if (tag !== 18 || field.of !== 'name') return null
    return { type: 'string', value: textOf(bytes, at, to) }
  }
  if (tag === 10 && field.of === 'traceId') {
    return { type: 'string', value: idText(bytes, at, to - at) }
  }
  if (tag === 18 && field.of === 'spanId')
    return { type: 'string', value: idText(bytes, at, to - at) }
  return null
}

/** Calls `see` with the key of every attribute of every event or link. */
export function eachEventKey(
  range: { readonly bytes: Uint8Array; readonly from: number; readonly to: number },
  kind: EventColumn['kind'],
  see: (key: string) => void,
): void {
  const wire = new Wire(range.bytes, range.from)
  while (wire.at < range.to) {
    const tag = wire.tag(range.to)
    if ((tag & 7) !== 2) {
      wire.skip(tag, range.to)
      continue
    }
    const length = wire.length(range.to)
    const end = wire.at + length
    while (wire.at < end) {
      const inner = wire.tag(end)
      if (inner !== attributesTag[kind]) {
        wire.skip(inner, end)
        continue
      }
      const size = wire.length(end)
      see(decodeKeyValue(wire.bytes, wire.at, wire.at + size).key)
      wire.at += size
    }
  }
}
