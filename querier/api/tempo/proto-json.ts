/**
 * Protobuf to JSON by the rules of the older Go library, which Tempo's answers follow and OTLP/JSON does
 * not: bytes and ids in base64, enums by name, 64-bit integers as strings. What is on the wire is written,
 * so defaults that were left out there stay out.
 */
import { Buffer } from 'node:buffer'
import { Wire } from '#base/bytes/wire.ts'
import type { Field, Message, ScalarType } from '#schemas/otlp/message.ts'
import { doubleOf, textOf } from '#schemas/value-codec.ts'

/** The JSON object of a message in bytes[from, to). Fields that the table does not know are left out. */
export function protoJson(
  message: Message,
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
): string {
  return readMessage(new Wire(bytes, from), message, to)
}

function readMessage(wire: Wire, message: Message, end: number): string {
  const values = new Map<Field, string[]>()
  while (wire.at < end) {
    const tag = wire.tag(end)
    const field = message.byNumber[tag >>> 3]
    if (field === undefined) {
      wire.skip(tag, end)
      continue
    }
    const value = readValue(wire, field, end)
    const known = values.get(field)
    if (known === undefined) values.set(field, [value])
    else if (field.repeated) known.push(value)
    else known[0] = value
  }
  const members = [...values].map(([{ json, repeated }, texts]) =>
    repeated ? `"${json}":[${texts.join(',')}]` : `"${json}":${texts[0] ?? 'null'}`,
  )
  return `{${members.join(',')}}`
}

function readValue(wire: Wire, field: Field, end: number): string {
  if (typeof field.type === 'string') return readScalar(wire, field, field.type, end)
  const length = wire.length(end)
  return readMessage(wire, field.type(), wire.at + length)
}

// oxlint-disable-next-line max-params -- a field is its table row and its type
function readScalar(wire: Wire, field: Field, type: ScalarType, end: number): string {
  switch (type) {
    case 'text':
    case 'bytes':
    case 'id': {
      const length = wire.length(end)
      const from = wire.at
      wire.at += length
      if (type === 'text') return JSON.stringify(textOf(wire.bytes, from, wire.at))
      const bytes = Buffer.from(wire.bytes.buffer, wire.bytes.byteOffset + from, length)
      return `"${bytes.toString('base64')}"`
    }
    case 'bool':
      return String(wire.varint32(end) !== 0)
    case 'int32':
      return String(wire.varint32(end))
    case 'uint32':
      return String(wire.varint32(end) >>> 0)
    case 'sint32': {
      const coded = wire.varint32(end)
      return String((coded >>> 1) ^ -(coded & 1))
    }
    case 'enum': {
      const number = wire.varint32(end)
      const name = field.names?.[number]
      return name === undefined ? String(number) : `"${name}"`
    }
    case 'fixed32':
      return String(wire.fixed32(end) >>> 0)
    case 'double':
      wire.fixed64(end)
      return doubleJson(doubleOf(wire.lo, wire.hi))
    case 'int64':
    case 'uint64':
      wire.varint64(end)
      return wholeJson(wire, type === 'int64')
    case 'fixed64':
    case 'sfixed64':
      wire.fixed64(end)
      return wholeJson(wire, type === 'sfixed64')
  }
}

function wholeJson({ lo, hi }: Wire, signed: boolean): string {
  const high = BigInt(signed ? hi | 0 : hi >>> 0)
  return `"${(high << 32n) | BigInt(lo >>> 0)}"`
}

/** A double as JSON; what JSON cannot say is a string. */
export function doubleJson(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"'
}
