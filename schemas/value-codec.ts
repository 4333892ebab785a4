/**
 * OTLP's AnyValue and KeyValue between bytes and plain data, for the places that need values: names,
 * identities, answers. Not for loops over rows. Decoding any bytes throws only `invalid`.
 */
import { Buffer } from 'node:buffer'
import { Wire } from '#base/bytes/wire.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { writeVarint64 } from '#base/bytes/varint.ts'
import { unreachable } from '#base/assert.ts'
import type { Attribute, AttributeValue } from './attribute.ts'
import { valueTooDeep } from './errors.ts'
import { maxValueDepth } from './otlp/common.ts'

const empty: AttributeValue = { type: 'empty' }

/** `bytes[from, to)` as text; what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
}

/** One AnyValue message. The last of several members wins. Byte values are copies. */
export function decodeAnyValue(bytes: Uint8Array, from: number, to: number): AttributeValue {
  return readAnyValue(new Wire(bytes, from), to, 0)
}

/** Attributes that stand one after the other as fields with number `field` (others are skipped), in their order. */
export function decodeAttributes(
  bytes: Uint8Array,
  from: number,
  to: number,
  field: number,
): Attribute[] {
  const wire = new Wire(bytes, from)
  const attributes: Attribute[] = []
  while (wire.at < to) {
    const tag = wire.tag(to)
    if (tag === ((field << 3) | 2)) {
      const length = wire.length(to)
      attributes.push(readKeyValue(wire, wire.at + length, 0))
    } else {
      wire.skip(tag, to)
    }
  }
  return attributes
}

/** One KeyValue message. A missing value is an empty one. */
export function decodeKeyValue(bytes: Uint8Array, from: number, to: number): Attribute {
  return readKeyValue(new Wire(bytes, from), to, 0)
}

function readAnyValue(wire: Wire, end: number, depth: number): AttributeValue {
  if (depth > maxValueDepth) {
    throw valueTooDeep.make(`a value nests deeper than ${maxValueDepth} levels`)
  }
  let value = empty
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 42 || tag === 50) {
      const to = wire.length(end) + wire.at
      value =
        tag === 42
          ? { type: 'array', value: readList(wire, to, depth, readAnyValue) }
          : { type: 'map', value: readList(wire, to, depth, readKeyValue) }
    } else {
      value = readScalar(wire, tag, end) ?? value
    }
  }
  return value
}

/** A member that is no array or map; null after skipping a field that is not known. */
function readScalar(wire: Wire, tag: number, end: number): AttributeValue | null {
  switch (tag) {
    case 10: {
      const from = take(wire, end)
      return { type: 'text', value: textOf(wire.bytes, from, wire.at) }
    }
    case 16:
      wire.varint64(end)
      return { type: 'bool', value: (wire.lo | wire.hi) !== 0 }
    case 24:
      wire.varint64(end)
      return { type: 'int', value: integer(wire.lo, wire.hi) }
    case 33:
      wire.fixed64(end)
      return { type: 'double', value: doubleOf(wire.lo, wire.hi) }
    case 58: {
      const from = take(wire, end)
      return { type: 'bytes', value: wire.bytes.slice(from, wire.at) }
    }
    default:
      wire.skip(tag, end)
      return null
  }
}

/** ArrayValue and KeyValueList are both `repeated … values = 1`. */
function readList<T>(
  wire: Wire,
  end: number,
  depth: number,
  read: (wire: Wire, end: number, depth: number) => T,
): T[] {
  const items: T[] = []
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 10) {
      const length = wire.length(end)
      items.push(read(wire, wire.at + length, depth + 1))
    } else {
      wire.skip(tag, end)
    }
  }
  return items
}

function readKeyValue(wire: Wire, end: number, depth: number): Attribute {
  let key = ''
  let value = empty
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 10) {
      const from = take(wire, end)
      key = textOf(wire.bytes, from, wire.at)
    } else if (tag === 18) {
      const length = wire.length(end)
      value = readAnyValue(wire, wire.at + length, depth)
    } else {
      wire.skip(tag, end)
    }
  }
  return { key, value }
}

/** Moves over a length-delimited field and returns where its bytes start. */
function take(wire: Wire, end: number): number {
  const length = wire.length(end)
  const from = wire.at
  wire.at = from + length
  return from
}

/** A signed 64-bit integer of its halves: a number where a double holds it exactly, else a bigint. */
export function integer(lo: number, hi: number): number | bigint {
  // -2^53 < value < 2^53 exactly when the upper half lies in [-2^21, 2^21); the lower bound itself is kept as bigint.
  if (hi >= -0x200000 && hi < 0x200000) {
    const value = (hi | 0) * 2 ** 32 + (lo >>> 0)
    if (Number.isSafeInteger(value)) return value
  }
  return (BigInt(hi | 0) << 32n) | BigInt(lo >>> 0)
}

const view = new DataView(new ArrayBuffer(8))

/** A double of the halves of its bits. */
export function doubleOf(lo: number, hi: number): number {
  view.setInt32(0, lo, true)
  view.setInt32(4, hi, true)
  return view.getFloat64(0, true)
}

/** Appends the AnyValue message of a value (nothing for an empty one). */
export function encodeAnyValue(value: AttributeValue, out: ByteWriter): void {
  switch (value.type) {
    case 'text':
      out.u8(10)
      out.text(value.value)
      return
    case 'bool':
      out.u8(16)
      out.u8(value.value ? 1 : 0)
      return
    case 'int':
      out.u8(24)
      writeInteger(BigInt(value.value), out)
      return
    case 'double':
      out.u8(33)
      out.f64(value.value)
      return
    case 'bytes':
      out.u8(58)
      out.varint(value.value.length)
      out.raw(value.value)
      return
    case 'array':
      writeNested(out, 42, (inner) => {
        for (const item of value.value) writeNested(inner, 10, (one) => encodeAnyValue(item, one))
      })
      return
    case 'map':
      writeNested(out, 50, (inner) => encodeAttributes(value.value, 1, inner))
      return
    case 'empty':
      return
    default:
      unreachable(value)
  }
}

/** Appends attributes in their order as KeyValue fields with number `field`. */
export function encodeAttributes(
  attributes: readonly Attribute[],
  field: number,
  out: ByteWriter,
): void {
  for (const { key, value } of attributes) {
    writeNested(out, (field << 3) | 2, (inner) => {
      if (key !== '') {
        inner.u8(10)
        inner.text(key)
      }
      if (value.type !== 'empty') writeNested(inner, 18, (one) => encodeAnyValue(value, one))
    })
  }
}

function writeInteger(value: bigint, out: ByteWriter): void {
  out.reserve(10)
  const lo = Number(BigInt.asUintN(32, value))
  const hi = Number(BigInt.asUintN(32, value >> 32n))
  out.length = writeVarint64(out.bytes, out.length, lo, hi)
}

/** Writes tag, length and what `write` writes. */
function writeNested(out: ByteWriter, tag: number, write: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64)
  write(inner)
  out.varint(tag)
  out.varint(inner.length)
  out.raw(inner.bytes, 0, inner.length)
}
