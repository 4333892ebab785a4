/**
 * AnyValue and KeyValue into an intake: a type and two words, no copies. The last of several members
 * wins, as protobuf's oneof says; of a value given twice, the second.
 */
import { attributeCode, type AnyIntake } from '#schemas/intake.ts'
import { anyValue, keyValue } from '#schemas/otlp/common.ts'
import { checkMessage } from './check.ts'
import type { Decoding } from './decoding.ts'

/**
 * Reads the AnyValue that ends at `end` into `d.type`, `d.a`, `d.b`: a range (text, bytes; of an
 * array or map the AnyValue field, tag included), the halves of a number, 0 or 1, or nothing.
 */
export function readValue(d: Decoding, end: number): void {
  const { wire } = d
  d.type = attributeCode.empty
  d.a = 0
  d.b = 0
  while (wire.at < end) {
    const start = wire.at
    const tag = wire.tag(end)
    switch (tag) {
      case 10:
        d.a = d.text(end, 'AnyValue.stringValue')
        d.b = wire.at - d.a
        d.type = attributeCode.text
        break
      case 16:
        wire.varint64(end)
        d.a = (wire.lo | wire.hi) === 0 ? 0 : 1
        d.b = 0
        d.type = attributeCode.bool
        break
      case 24:
        wire.varint64(end)
        d.a = wire.lo
        d.b = wire.hi
        d.type = attributeCode.int
        break
      case 33:
        wire.fixed64(end)
        d.a = wire.lo
        d.b = wire.hi
        d.type = attributeCode.double
        break
      case 42:
      case 50: {
        const to = wire.length(end) + wire.at
        wire.at = start
        checkMessage(wire, anyValue, to)
        d.a = start
        d.b = to - start
        d.type = attributeCode.otlp
        break
      }
      case 58:
        d.a = d.take(end)
        d.b = wire.at - d.a
        d.type = attributeCode.bytes
        break
      default:
        d.skip(tag, end, anyValue)
    }
  }
}

/** Reads the KeyValue that ends at `end`: its key into `d.keyOffset` and `d.keyLength`, its value as `readValue`. */
export function readKeyValue(d: Decoding, end: number): void {
  const { wire } = d
  d.keyOffset = 0
  d.keyLength = 0
  d.type = attributeCode.empty
  d.a = 0
  d.b = 0
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 10) {
      d.keyOffset = d.text(end, 'KeyValue.key')
      d.keyLength = wire.at - d.keyOffset
    } else if (tag === 18) {
      const length = wire.length(end)
      readValue(d, wire.at + length)
    } else {
      d.skip(tag, end, keyValue)
    }
  }
}

/** Reads the KeyValue that ends at `end` and appends it to the intake's attributes. */
export function readAttribute(d: Decoding, intake: AnyIntake, end: number): void {
  const table = intake.attributes
  const at = table.rows
  d.checkAttributes(at + 1)
  table.reserve(at + 1)
  const { columns } = table
  readKeyValue(d, end)
  columns.keyOffset[at] = d.keyOffset
  columns.keyLength[at] = d.keyLength
  columns.type[at] = d.type
  columns.a[at] = d.a
  columns.b[at] = d.b
  table.rows = at + 1
}
