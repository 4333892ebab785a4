/**
 * A message in encodings that protobuf allows and no exporter writes: fields in any order, numbers longer
 * than need be, lists packed in pieces or not at all, a field given twice, a message in two parts, and
 * fields and groups that nobody knows. A reader understands of it what it does of the plain encoding.
 */
import protobuf from 'protobufjs'
import { reference, type Plain } from './reference.ts'

/** A whole number below `count`. */
export type Draw = (count: number) => number

export interface Oddness {
  readonly draw: Draw
  /** Whether there may be fields that nobody knows, and messages in parts. */
  readonly foreign: boolean
}

const wireTypes: Readonly<Record<string, number>> = {
  string: 2,
  bytes: 2,
  fixed32: 5,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
}

/** A varint of at most `most` bytes, one in ten longer than its number needs. */
function varint(value: bigint, draw: Draw, most = 10): Buffer {
  const bytes: number[] = []
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 128n) {
      bytes.push(Number(rest))
      break
    }
    bytes.push(Number(rest & 127n) | 128)
  }
  if (bytes.length < most && draw(10) === 0) {
    const length = bytes.length + 1 + draw(most - bytes.length)
    while (bytes.length < length) {
      bytes.push((bytes.pop() ?? 0) | 128)
      bytes.push(0)
    }
  }
  return Buffer.from(bytes)
}

function scalar(type: string, value: unknown, draw: Draw): Buffer {
  const out = Buffer.alloc(8)
  switch (type) {
    case 'string':
      return Buffer.from(String(value))
    case 'bytes':
      return Buffer.from(String(value), 'base64')
    case 'double':
      out.writeDoubleLE(Number(value))
      return out
    case 'fixed32':
      out.writeUInt32LE(Number(value))
      return out.subarray(0, 4)
    case 'fixed64':
    case 'sfixed64':
      out.writeBigUInt64LE(BigInt.asUintN(64, BigInt(String(value))))
      return out
    case 'sint32': {
      const number = BigInt(String(value))
      return varint(number < 0n ? -2n * number - 1n : 2n * number, draw)
    }
    case 'bool':
      return varint(value === true ? 1n + BigInt(draw(3)) * 128n : 0n, draw)
    default:
      return varint(BigInt(String(value)), draw)
  }
}

/** Tag, length where the wire type has one, and bytes. */
function field(
  tag: { readonly number: number; readonly wireType: number },
  bytes: Buffer,
  draw: Draw,
): Buffer {
  const head = varint(BigInt(tag.number * 8 + tag.wireType), draw, 5)
  const length = tag.wireType === 2 ? varint(BigInt(bytes.length), draw, 5) : Buffer.alloc(0)
  return Buffer.concat([head, length, bytes])
}

/** A field that no message has. */
function unknown(draw: Draw): Buffer {
  const number = [19, 2000, 536_870_911][draw(3)] ?? 19
  switch (draw(4)) {
    case 0:
      return field({ number, wireType: 0 }, varint(BigInt(draw(1e6)), draw), draw)
    case 1:
      return field({ number, wireType: 1 }, Buffer.alloc(8, 0xff), draw)
    case 2:
      return field({ number, wireType: 2 }, Buffer.of(0xff, 0x0a, 0x12), draw)
    default:
      return Buffer.concat([
        field({ number, wireType: 3 }, draw(2) === 0 ? unknown(draw) : Buffer.alloc(0), draw),
        field({ number, wireType: 4 }, Buffer.alloc(0), draw),
      ])
  }
}

/** Numbers of a repeated field: packed in pieces, one by one, or both. */
function numbers(of: protobuf.Field, values: readonly unknown[], draw: Draw): Buffer[] {
  const wireType = wireTypes[of.type] ?? 0
  const list: Buffer[] = []
  for (let at = 0; at < values.length;) {
    const count = draw(values.length - at + 1)
    const bytes = values.slice(at, at + count).map((value) => scalar(of.type, value, draw))
    list.push(field({ number: of.id, wireType: 2 }, Buffer.concat(bytes), draw))
    at += count
    if (count > 0 || at === values.length) continue
    list.push(field({ number: of.id, wireType }, scalar(of.type, values[at++], draw), draw))
  }
  return list
}

/** A message as two, of which protobuf makes one: each has some of its fields and of the items of its lists. */
function parted(message: Plain, draw: Draw): [Plain, Plain] {
  const first: Record<string, unknown> = {}
  const second: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(message)) {
    if (Array.isArray(value)) {
      const items: unknown[] = value
      const middle = draw(items.length + 1)
      first[key] = items.slice(0, middle)
      second[key] = items.slice(middle)
    } else if (draw(2) === 0) first[key] = value
    else second[key] = value
  }
  return [first, second]
}

/** Of an AnyValue that comes twice the second counts: no writer parts one. */
const whole = new Set(['value', 'body', 'arrayValue', 'kvlistValue'])

function fieldsOf(of: protobuf.Field, value: unknown, odd: Oddness): Buffer[] {
  const { draw, foreign } = odd
  const { id: number, name, type } = of
  const inner = of.resolvedType instanceof protobuf.Type ? of.resolvedType.name : null
  const values: readonly unknown[] = of.repeated ? (value as readonly unknown[]) : [value] // by the schema
  if (inner === null) {
    const wireType = wireTypes[type] ?? 0
    if (of.repeated && wireType !== 2) return numbers(of, values, draw)
    const list = values.map((one) => field({ number, wireType }, scalar(type, one, draw), draw))
    // The last counts.
    if (!of.repeated && draw(10) === 0)
      list.unshift(
        field({ number, wireType }, scalar(type, type === 'bool' ? true : 7, draw), draw),
      )
    return list
  }
  return values.flatMap((one) => {
    const message = one as Plain // by the schema
    const isWhole = of.repeated || !foreign || whole.has(name) || draw(4) > 0
    const parts = isWhole ? [message] : parted(message, draw)
    return parts.map((part) => field({ number, wireType: 2 }, encodeOdd(inner, part, odd), draw))
  })
}

/** Encodes what `decodeReference` gives. The items of a list keep their order, as they must. */
export function encodeOdd(name: string, message: Plain, odd: Oddness): Buffer {
  const { draw, foreign } = odd
  const queues: Buffer[][] = []
  for (const of of reference(name).fieldsArray) {
    const value = message[of.resolve().name]
    if (value !== undefined) queues.push(fieldsOf(of, value, odd))
  }
  if (foreign && draw(8) === 0) queues.push([unknown(draw)])
  const shuffled = draw(2) === 0
  const out: Buffer[] = []
  for (;;) {
    const left = queues.filter((queue) => queue.length > 0)
    const next = left[shuffled ? draw(Math.max(1, left.length)) : 0]?.shift()
    if (next === undefined) return Buffer.concat(out)
    out.push(next)
  }
}
