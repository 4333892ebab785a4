/**
 * The canonical bytes of a stream (`identity.ts` has their fields), made from the raw OTLP ranges of
 * an intake or from values, and read back. Attributes are sorted by the bytes of their keys (equal
 * keys keep their order), default values are left out, unknown fields dropped; values stay as the
 * client encoded them. Equal streams therefore have equal bytes in whatever order they were written.
 *
 * Making the bytes copies ranges and decodes no text; it runs once per stream new to a worker.
 */
import { Wire } from '#base/bytes/wire.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { AppError } from '#base/errors.ts'
import type { Attribute } from './attribute.ts'
import { identityCorrupt } from './errors.ts'
import type { Descriptor, Resource, Scope, StreamIdentity } from './identity.ts'
import type { AnyIntake } from './intake.ts'
import { decodeAttributes, encodeAttributes, textOf } from './value-codec.ts'

const inner = new ByteWriter()

/** Appends resource, scope and their schema URLs of one group: the first part of its streams' bytes. */
export function canonicalGroup(intake: AnyIntake, group: number, out: ByteWriter): void {
  const { bytes, groups } = intake
  const c = groups.columns
  const at = (offsets: Uint32Array, lengths: Uint32Array): [number, number] => {
    const from = offsets[group] ?? 0
    return [from, from + (lengths[group] ?? 0)]
  }
  inner.reset()
  writeResource(bytes, at(c.resourceOffset, c.resourceLength), inner)
  writeField(out, 10, inner.bytes, [0, inner.length])
  writeField(out, 18, bytes, at(c.resourceUrlOffset, c.resourceUrlLength))
  inner.reset()
  writeScope(bytes, at(c.scopeOffset, c.scopeLength), inner)
  writeField(out, 26, inner.bytes, [0, inner.length])
  writeField(out, 34, bytes, at(c.scopeUrlOffset, c.scopeUrlLength))
}

/** Appends the second part, for metrics only. */
export function canonicalDescriptor(intake: AnyIntake, descriptor: number, out: ByteWriter): void {
  inner.reset()
  writeDescriptor(intake, descriptor, inner)
  writeField(out, 42, inner.bytes, [0, inner.length])
}

/** Appends the last part, the attributes of data points. The ranges of the intake were checked by its decoder. */
export function canonicalAttributes(intake: AnyIntake, stream: number, out: ByteWriter): void {
  const { attributesOffset, attributesLength } = intake.streams.columns
  const from = attributesOffset[stream] ?? 0
  writeSorted(intake.bytes, [from, from + (attributesLength[stream] ?? 0)], [1, 6], out)
}

/** The canonical bytes of an identity given as values. */
export function encodeStream(identity: StreamIdentity): Uint8Array<ArrayBuffer> {
  const { resource, scope, descriptor } = identity
  const out = new ByteWriter(256)
  const attributes = new ByteWriter(256)
  const sorted = (list: readonly Attribute[], field: number, into: ByteWriter) => {
    attributes.reset()
    encodeAttributes(list, 1, attributes)
    writeSorted(attributes.bytes, [0, attributes.length], [1, field], into)
  }
  const message = new ByteWriter(256)
  sorted(resource.attributes, 1, message)
  writeNumber(message, 16, resource.droppedAttributesCount)
  writeField(out, 10, message.bytes, [0, message.length])
  writeText(out, 18, resource.schemaUrl)
  message.reset()
  writeText(message, 10, scope.name)
  writeText(message, 18, scope.version)
  sorted(scope.attributes, 3, message)
  writeNumber(message, 32, scope.droppedAttributesCount)
  writeField(out, 26, message.bytes, [0, message.length])
  writeText(out, 34, scope.schemaUrl)
  if (descriptor !== null) {
    message.reset()
    writeText(message, 10, descriptor.name)
    writeNumber(message, 16, descriptor.type)
    writeText(message, 26, descriptor.unit)
    writeNumber(message, 32, descriptor.temporality)
    writeNumber(message, 40, descriptor.monotonic ? 1 : 0)
    writeField(out, 42, message.bytes, [0, message.length])
  }
  sorted(identity.attributes, 6, out)
  return out.copy()
}

/** What a stream is. Throws `identity-corrupt` on anything but canonical bytes' fields. */
export function decodeStream(bytes: Uint8Array): StreamIdentity {
  try {
    return readStream(bytes)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw identityCorrupt.make(`reading a stream of ${bytes.length} bytes: ${error.message}`, {
      cause: error,
    })
  }
}

/** A range as [from, to). */
type Range = readonly [from: number, to: number]

const nothing: Range = [0, 0]

function readStream(bytes: Uint8Array): StreamIdentity {
  const found: Range[] = []
  eachField(bytes, [0, bytes.length], (number, range) => {
    if (number <= 5) found[number] = range
  })
  const text = (range = nothing) => textOf(bytes, range[0], range[1])
  const descriptor = found[5]
  return {
    resource: readResource(bytes, found[1] ?? nothing, text(found[2])),
    scope: readScope(bytes, found[3] ?? nothing, text(found[4])),
    descriptor: descriptor === undefined ? null : readDescriptor(bytes, descriptor),
    attributes: decodeAttributes(bytes, 0, bytes.length, 6),
  }
}

function readResource(bytes: Uint8Array, range: Range, schemaUrl: string): Resource {
  let droppedAttributesCount = 0
  eachField(bytes, range, (number, _range, value) => {
    if (number === 2) droppedAttributesCount = value >>> 0
  })
  return {
    attributes: decodeAttributes(bytes, range[0], range[1], 1),
    droppedAttributesCount,
    schemaUrl,
  }
}

function readScope(bytes: Uint8Array, range: Range, schemaUrl: string): Scope {
  let name = ''
  let version = ''
  let droppedAttributesCount = 0
  eachField(bytes, range, (number, part, value) => {
    if (number === 1) name = textOf(bytes, part[0], part[1])
    if (number === 2) version = textOf(bytes, part[0], part[1])
    if (number === 4) droppedAttributesCount = value >>> 0
  })
  const attributes = decodeAttributes(bytes, range[0], range[1], 3)
  return { name, version, attributes, droppedAttributesCount, schemaUrl }
}

function readDescriptor(bytes: Uint8Array, range: Range): Descriptor {
  let name = ''
  let unit = ''
  const numbers = [0, 0, 0, 0, 0, 0]
  eachField(bytes, range, (number, part, value) => {
    if (number === 1) name = textOf(bytes, part[0], part[1])
    else if (number === 3) unit = textOf(bytes, part[0], part[1])
    else if (number < 6) numbers[number] = value
  })
  const [, , type = 0, , temporality = 0, monotonic = 0] = numbers
  return { name, type, unit, temporality, monotonic: monotonic !== 0 }
}

/** Calls `take` with every field: the range of its bytes, or its number when it is a varint. */
function eachField(
  bytes: Uint8Array,
  range: Range,
  take: (number: number, range: Range, value: number) => void,
): void {
  const wire = new Wire(bytes, range[0])
  while (wire.at < range[1]) {
    const tag = wire.tag(range[1])
    if ((tag & 7) === 2) {
      const length = wire.length(range[1])
      take(tag >>> 3, [wire.at, wire.at + length], 0)
      wire.at += length
    } else if ((tag & 7) === 0) {
      take(tag >>> 3, nothing, wire.varint32(range[1]))
    } else {
      wire.skip(tag, range[1])
    }
  }
}

function writeResource(bytes: Uint8Array, range: Range, out: ByteWriter): void {
  writeSorted(bytes, range, [1, 1], out)
  let dropped = 0
  const entities: Range[] = []
  eachField(bytes, range, (number, part, value) => {
    if (number === 2) dropped = value >>> 0
    if (number === 3) entities.push(part)
  })
  writeNumber(out, 16, dropped)
  for (const entity of entities) writeField(out, 26, bytes, entity)
}

function writeScope(bytes: Uint8Array, range: Range, out: ByteWriter): void {
  let name = nothing
  let version = nothing
  let dropped = 0
  eachField(bytes, range, (number, part, value) => {
    if (number === 1) name = part
    if (number === 2) version = part
    if (number === 4) dropped = value >>> 0
  })
  writeField(out, 10, bytes, name)
  writeField(out, 18, bytes, version)
  writeSorted(bytes, range, [3, 3], out)
  writeNumber(out, 32, dropped)
}

function writeDescriptor(intake: AnyIntake, descriptor: number, out: ByteWriter): void {
  const c = intake.descriptors.columns
  const name = c.nameOffset[descriptor] ?? 0
  const unit = c.unitOffset[descriptor] ?? 0
  writeField(out, 10, intake.bytes, [name, name + (c.nameLength[descriptor] ?? 0)])
  writeNumber(out, 16, c.type[descriptor] ?? 0)
  writeField(out, 26, intake.bytes, [unit, unit + (c.unitLength[descriptor] ?? 0)])
  writeNumber(out, 32, c.temporality[descriptor] ?? 0)
  writeNumber(out, 40, c.monotonic[descriptor] ?? 0)
}

/** The key and value ranges of attributes being sorted, four numbers each: reused, one per thread. */
let parts = new Int32Array(4 * 64)
let order = new Int32Array(64)
const wire = new Wire(new Uint8Array(0))

/**
 * Writes the KeyValue fields numbered `fields[0]` in a range as fields numbered `fields[1]`, sorted
 * by the bytes of their keys. Insertion sort: lists are short and nearly always sorted already.
 */
function writeSorted(
  bytes: Uint8Array,
  range: Range,
  fields: readonly [from: number, to: number],
  out: ByteWriter,
): void {
  const count = collect(bytes, range, fields[0])
  for (let i = 0; i < count; i++) {
    let place = i
    while (place > 0 && keyBefore(bytes, i, order[place - 1] ?? 0)) {
      order[place] = order[place - 1] ?? 0
      place--
    }
    order[place] = i
  }
  const tag = (fields[1] << 3) | 2
  for (let i = 0; i < count; i++) {
    const at = (order[i] ?? 0) * 4
    const keyLength = (parts[at + 1] ?? 0) - (parts[at] ?? 0)
    const valueLength = (parts[at + 3] ?? 0) - (parts[at + 2] ?? 0)
    out.u8(tag)
    out.varint(fieldSize(keyLength) + fieldSize(valueLength))
    writePart(out, 10, bytes, at)
    writePart(out, 18, bytes, at + 2)
  }
}

/** Writes the range at `at` of `parts` as a field. */
function writePart(out: ByteWriter, tag: number, bytes: Uint8Array, at: number): void {
  const from = parts[at] ?? 0
  const to = parts[at + 1] ?? 0
  if (from === to) return
  out.u8(tag)
  out.varint(to - from)
  out.raw(bytes, from, to)
}

/** Finds the key and value of each attribute; returns how many there are. */
function collect(bytes: Uint8Array, range: Range, field: number): number {
  const end = range[1]
  let count = 0
  wire.bytes = bytes
  wire.at = range[0]
  while (wire.at < end) {
    const tag = wire.tag(end)
    if ((tag & 7) !== 2) {
      wire.skip(tag, end)
      continue
    }
    const to = wire.length(end) + wire.at
    if (tag >>> 3 === field) collectOne(count++, to)
    wire.at = to
  }
  return count
}

/** Puts the key and value of the attribute that ends at `end` into `parts`. */
function collectOne(index: number, end: number): void {
  if (index === order.length) {
    const moreParts = new Int32Array(parts.length * 2)
    moreParts.set(parts)
    parts = moreParts
    order = new Int32Array(order.length * 2)
  }
  const at = index * 4
  parts.fill(0, at, at + 4)
  while (wire.at < end) {
    const tag = wire.tag(end)
    if ((tag & 7) !== 2) {
      wire.skip(tag, end)
      continue
    }
    const to = wire.length(end) + wire.at
    if (tag === 10) {
      parts[at] = wire.at
      parts[at + 1] = to
    } else if (tag === 18) {
      parts[at + 2] = wire.at
      parts[at + 3] = to
    }
    wire.at = to
  }
}

/** Whether the key of attribute `a` sorts before that of `b`. */
function keyBefore(bytes: Uint8Array, a: number, b: number): boolean {
  let i = parts[a * 4] ?? 0
  let j = parts[b * 4] ?? 0
  const endA = parts[a * 4 + 1] ?? 0
  const endB = parts[b * 4 + 1] ?? 0
  while (i < endA && j < endB) {
    const difference = (bytes[i++] ?? 0) - (bytes[j++] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return i === endA && j < endB
}

/** Bytes that a field takes: tag, length, content; none for an empty one. */
function fieldSize(length: number): number {
  if (length === 0) return 0
  let size = 2 + length
  for (let rest = length; rest > 127; rest >>>= 7) size++
  return size
}

function writeField(out: ByteWriter, tag: number, bytes: Uint8Array, range: Range): void {
  if (range[0] === range[1]) return
  out.u8(tag)
  out.varint(range[1] - range[0])
  out.raw(bytes, range[0], range[1])
}

function writeNumber(out: ByteWriter, tag: number, value: number): void {
  if (value === 0) return
  out.u8(tag)
  out.varint(value)
}

function writeText(out: ByteWriter, tag: number, value: string): void {
  if (value === '') return
  out.u8(tag)
  out.text(value)
}
