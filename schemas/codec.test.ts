import * as fc from 'fast-check'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { AppError, isCode } from '#base/errors.ts'
import type { Attribute, AttributeValue } from './attribute.ts'
import { identityCorrupt, valueTooDeep } from './errors.ts'
import {
  canonicalAttributes,
  canonicalDescriptor,
  canonicalGroup,
  decodeStream,
  encodeStream,
} from './identity-codec.ts'
import type { StreamIdentity } from './identity.ts'
import { absent, createIntake, resetIntake } from './intake.ts'
import { maxValueDepth } from './otlp/common.ts'
import {
  decodeAnyValue,
  decodeAttributes,
  encodeAnyValue,
  encodeAttributes,
  integer,
} from './value-codec.ts'

const anyText = fc.string({ unit: 'grapheme', maxLength: 12 })

const int = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))

const { value: anyValue, attribute } = fc.letrec<{ value: AttributeValue; attribute: Attribute }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.record({ type: fc.constant('text' as const), value: anyText }),
      fc.record({ type: fc.constant('int' as const), value: int }),
      fc.record({ type: fc.constant('double' as const), value: fc.double() }),
      fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
      fc.record({ type: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 5 }) }),
      fc.constant<AttributeValue>({ type: 'empty' }),
      fc.record({
        type: fc.constant('array' as const),
        value: fc.array(tie('value'), { maxLength: 3 }),
      }),
      fc.record({
        type: fc.constant('map' as const),
        value: fc.array(tie('attribute'), { maxLength: 3 }),
      }),
    ),
    attribute: fc.record({ key: anyText, value: tie('value') }),
  }),
)

const attributes = fc.array(attribute, { maxLength: 5 })

function encoded(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter()
  write(out)
  return out.copy()
}

test('values and attributes read back as they were written', (t) => {
  fc.assert(
    fc.property(anyValue, attributes, (value, list) => {
      const one = encoded((out) => encodeAnyValue(value, out))
      t.assert.deepEqual(decodeAnyValue(one, 0, one.length), value)
      const many = encoded((out) => encodeAttributes(list, 9, out))
      t.assert.deepEqual(decodeAttributes(many, 0, many.length, 9), list)
      t.assert.deepEqual(decodeAttributes(many, 0, many.length, 8), [])
    }),
  )
})

test('values have the bytes protobuf gives them', (t) => {
  const check = (value: AttributeValue, hex: string) =>
    t.assert.equal(Buffer.from(encoded((out) => encodeAnyValue(value, out))).toString('hex'), hex)
  check({ type: 'text', value: '' }, '0a00')
  check({ type: 'text', value: 'aé' }, '0a0361c3a9')
  check({ type: 'bool', value: false }, '1000')
  check({ type: 'int', value: -1 }, '18ffffffffffffffffff01')
  check({ type: 'double', value: -0 }, '210000000000000080')
  check({ type: 'bytes', value: Uint8Array.of(1, 2) }, '3a020102')
  check(
    { type: 'array', value: [{ type: 'int', value: 1 }, { type: 'empty' }] },
    '2a060a0218010a00',
  )
  check(
    { type: 'map', value: [{ key: 'a', value: { type: 'bool', value: true } }] },
    '32090a070a016112021001',
  )
  check({ type: 'empty' }, '')
})

test('integers are numbers only where a double is exact', (t) => {
  const check = (lo: number, hi: number, want: number | bigint) =>
    t.assert.equal(integer(lo, hi), want)
  check(0, 0, 0)
  check(-1, -1, -1)
  check(-1, 0x1fffff, Number.MAX_SAFE_INTEGER)
  check(0, 0x200000, 9007199254740992n)
  check(1, -0x200000, -Number.MAX_SAFE_INTEGER)
  check(0, -0x200000, -9007199254740992n)
  check(0, -0x80000000, -9223372036854775808n)
})

test('a value nested too deep is refused by name', (t) => {
  const nested = (levels: number): AttributeValue =>
    levels === 0 ? { type: 'int', value: 1 } : { type: 'array', value: [nested(levels - 1)] }
  const deepest = encoded((out) => encodeAnyValue(nested(maxValueDepth), out))
  t.assert.deepEqual(decodeAnyValue(deepest, 0, deepest.length), nested(maxValueDepth))
  const deeper = encoded((out) => encodeAnyValue(nested(maxValueDepth + 1), out))
  t.assert.throws(
    () => decodeAnyValue(deeper, 0, deeper.length),
    (error) => isCode(error, valueTooDeep),
  )
})

const identity: fc.Arbitrary<StreamIdentity> = fc.record({
  resource: fc.record({
    attributes,
    droppedAttributesCount: fc.nat(0xffffffff),
    schemaUrl: anyText,
  }),
  scope: fc.record({
    name: anyText,
    version: anyText,
    attributes,
    droppedAttributesCount: fc.nat(3),
    schemaUrl: anyText,
  }),
  descriptor: fc.option(
    fc.record({
      name: anyText.map((name) => `n${name}`),
      type: fc.constantFrom(5, 7, 9, 10, 11),
      unit: anyText,
      temporality: fc.nat(2),
      monotonic: fc.boolean(),
    }),
  ),
  attributes,
})

/** Attributes in the order of their keys' bytes, equal keys in the order given: the rule, restated. */
function inOrder(list: readonly Attribute[]): Attribute[] {
  return list.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
}

test('an identity reads back with its attributes sorted', (t) => {
  fc.assert(
    fc.property(identity, (want) => {
      t.assert.deepEqual(decodeStream(encodeStream(want)), {
        ...want,
        resource: { ...want.resource, attributes: inOrder(want.resource.attributes) },
        scope: { ...want.scope, attributes: inOrder(want.scope.attributes) },
        attributes: inOrder(want.attributes),
      })
    }),
  )
})

test('the ranges of an intake give the same bytes as the values', (t) => {
  const put = (out: ByteWriter, write: (out: ByteWriter) => void): [number, number] => {
    const from = out.length
    write(out)
    return [from, out.length - from]
  }
  const text = (value: string) => (out: ByteWriter) => out.raw(Buffer.from(value))
  fc.assert(
    fc.property(identity, (want) => {
      const { resource, scope, descriptor } = want
      const out = new ByteWriter()
      out.u32(0)
      const ranges = [
        put(out, (o) => {
          o.u8(16)
          o.varint(resource.droppedAttributesCount)
          encodeAttributes(resource.attributes.toReversed(), 1, o)
        }),
        put(out, text(resource.schemaUrl)),
        put(out, (o) => {
          encodeAttributes(scope.attributes.toReversed(), 3, o)
          o.u8(32)
          o.varint(scope.droppedAttributesCount)
          o.u8(18)
          o.text(scope.version)
          o.u8(10)
          o.text(scope.name)
        }),
        put(out, text(scope.schemaUrl)),
      ].flat()
      const points = put(out, (o) => encodeAttributes(want.attributes.toReversed(), 1, o))
      const name = put(out, text(descriptor?.name ?? ''))
      const unit = put(out, text(descriptor?.unit ?? ''))
      const intake = createIntake('metrics')
      resetIntake(intake, out.view())
      Object.values(intake.groups.columns).forEach((column, at) => (column[0] = ranges[at] ?? 0))
      const d = intake.descriptors.columns
      ;[d.nameOffset[0], d.nameLength[0], d.unitOffset[0], d.unitLength[0]] = [...name, ...unit]
      d.type[0] = descriptor?.type ?? 0
      d.temporality[0] = descriptor?.temporality ?? 0
      d.monotonic[0] = descriptor?.monotonic === true ? 1 : 0
      const s = intake.streams.columns
      s.descriptor[0] = descriptor === null ? absent : 0
      ;[s.attributesOffset[0], s.attributesLength[0]] = points
      const reversed = (list: readonly Attribute[]) => list.toReversed()
      t.assert.deepEqual(
        encoded((o) => {
          canonicalGroup(intake, 0, o)
          if (descriptor !== null) canonicalDescriptor(intake, 0, o)
          canonicalAttributes(intake, 0, o)
        }),
        new Uint8Array(
          encodeStream({
            ...want,
            resource: { ...resource, attributes: reversed(resource.attributes) },
            scope: { ...scope, attributes: reversed(scope.attributes) },
            attributes: reversed(want.attributes),
          }),
        ),
      )
    }),
    { numRuns: 50 },
  )
})

test('decoding any bytes throws only the errors of the house', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeAnyValue(bytes, 0, bytes.length)
        decodeAttributes(bytes, 0, bytes.length, 1)
      } catch (error) {
        if (!(error instanceof AppError) || error.kind !== 'invalid') return false
      }
      try {
        decodeStream(bytes)
        return true
      } catch (error) {
        return isCode(error, identityCorrupt)
      }
    }),
  )
})
