/**
 * Checks a message that is kept as it stands (resource, scope, events, links, exemplars, nested
 * values) against its table: lengths, wire types, UTF-8 of every text, depth of values. After this
 * whoever reads the bytes back meets nothing unexpected. Unknown fields pass.
 */
import { textInvalid } from '#base/bytes/errors.ts'
import { isUtf8 } from '#base/bytes/utf8.ts'
import type { Wire } from '#base/bytes/wire.ts'
import { valueTooDeep } from '#schemas/errors.ts'
import { anyValue, maxValueDepth } from '#schemas/otlp/common.ts'
import { wireTypeOf, type Field, type Message, type ScalarType } from '#schemas/otlp/message.ts'
import { fieldMistyped } from '../errors.ts'

/**
 * Moves `wire` over the message that ends at `end`. `depth` is the number of values around it: an
 * AnyValue message at the top has depth 0.
 */
export function checkMessage(wire: Wire, message: Message, end: number, depth = 0): void {
  if (depth > maxValueDepth) {
    throw valueTooDeep.make(`decoding a value nested deeper than ${maxValueDepth} levels`)
  }
  // Values inside a value are one level down; a key and its value, or a list, are not.
  const inside = message === anyValue ? depth + 1 : depth
  while (wire.at < end) {
    const tag = wire.tag(end)
    const field = message.byNumber[tag >>> 3]
    if (field === undefined) {
      wire.skip(tag, end)
    } else if (typeof field.type === 'function') {
      if ((tag & 7) !== 2) throw mistyped(wire, message, field, tag)
      const length = wire.length(end)
      checkMessage(wire, field.type(), wire.at + length, inside)
    } else {
      checkScalar(wire, message, field, tag, end, field.type)
    }
  }
}

// oxlint-disable-next-line max-params -- one call per field; an object per call would be garbage
function checkScalar(
  wire: Wire,
  message: Message,
  field: Field,
  tag: number,
  end: number,
  type: ScalarType,
): void {
  const wireType = wireTypeOf[type]
  if ((tag & 7) === wireType) {
    if (wireType !== 2) {
      wire.skip(tag, end)
      return
    }
    const length = wire.length(end)
    const from = wire.at
    wire.at = from + length
    if (type === 'text' && !isUtf8(wire.bytes, from, wire.at)) {
      throw textInvalid.make(
        `decoding protobuf failed: ${message.name}.${field.json} at byte ${from} is not UTF-8`,
      )
    }
  } else if (field.repeated && (tag & 7) === 2) {
    checkPacked(wire, wireType, end)
  } else {
    throw mistyped(wire, message, field, tag)
  }
}

/** Numbers of a repeated field in one run, one after the other without tags. */
function checkPacked(wire: Wire, wireType: number, end: number): void {
  const length = wire.length(end)
  const to = wire.at + length
  while (wire.at < to) wire.skip(wireType, to)
}

function mistyped(wire: Wire, message: Message, field: Field, tag: number) {
  return fieldMistyped.make(
    `decoding protobuf failed at byte ${wire.at}: ${message.name}.${field.json} has wire type ${tag & 7}`,
  )
}
