import * as fc from 'fast-check'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { isCode } from '../errors.ts'
import { bytesCorrupt, wireInvalid } from './errors.ts'
import { Hash128 } from './hash128.ts'
import { ByteReader } from './reader.ts'
import { isUtf8 } from './utf8.ts'
import { varintSize, writeVarint64 } from './varint.ts'
import { Wire } from './wire.ts'
import { ByteWriter } from './writer.ts'

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('the writer writes little-endian numbers and varints', (t) => {
  const check = (write: (writer: ByteWriter) => void, hex: string) => {
    const writer = new ByteWriter()
    write(writer)
    t.assert.equal(hexOf(writer.view()), hex.replaceAll(' ', ''))
  }
  check((w) => w.u8(0xfe), 'fe')
  check((w) => w.u16(0x1234), '3412')
  check((w) => w.u32(0xdeadbeef), 'efbeadde')
  check((w) => w.u64(0x89abcdef, 0x01234567), 'efcdab8967452301')
  check((w) => w.f64(1), '000000000000f03f')
  check((w) => w.varint(0), '00')
  check((w) => w.varint(300), 'ac02')
  check((w) => w.varint(2 ** 31), '8080808008')
  check((w) => w.varint(Number.MAX_SAFE_INTEGER), 'ffffffffffffff0f')
  check((w) => w.text('é'), '02c3a9')
  check((w) => w.raw(bytesOf('010203'), 1, 3), '0203')
})

test('what the writer wrote the reader reads', () => {
  const field = fc.oneof(
    fc.record({ kind: fc.constant('u8' as const), value: fc.nat(255) }),
    fc.record({ kind: fc.constant('u16' as const), value: fc.nat(65535) }),
    fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
    fc.record({ kind: fc.constant('f64' as const), value: fc.double({ noNaN: true }) }),
    fc.record({ kind: fc.constant('varint' as const), value: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme' }) }),
  )
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const writer = new ByteWriter(0)
      for (const { kind, value } of fields) {
        if (kind === 'text') writer.text(value)
        else writer[kind](value)
      }
      const reader = new ByteReader(writer.view())
      return (
        fields.every(({ kind, value }) => Object.is(reader[kind](), value)) && reader.left === 0
      )
    }),
  )
})

test('a long text is written whole and a patch replaces four bytes', (t) => {
  const writer = new ByteWriter()
  writer.u32(0)
  writer.text('ü'.repeat(5000))
  writer.patchU32(0, writer.length)
  const reader = new ByteReader(writer.copy())
  t.assert.equal(reader.u32(), 4 + 2 + 10_000)
  t.assert.equal(reader.text(), 'ü'.repeat(5000))
  t.assert.throws(() => writer.patchU32(writer.length - 3, 0), RangeError)
})

test('reading any bytes throws only bytes-corrupt', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 24 }),
      fc.constantFrom('u8', 'u16', 'u32', 'u53', 'u64', 'f64', 'varint', 'text'),
      (bytes, kind) => {
        const reader = new ByteReader(bytes)
        try {
          while (reader.left > 0) reader[kind]()
          return true
        } catch (error) {
          return isCode(error, bytesCorrupt)
        }
      },
    ),
  )
})

test('utf-8 is told as the platform tells it', () => {
  const strict = new TextDecoder('utf-8', { fatal: true })
  const check = (bytes: Uint8Array) => {
    try {
      strict.decode(bytes)
      return true
    } catch {
      return false
    }
  }
  const text = fc
    .array(fc.oneof(fc.nat(127), fc.nat(0x7ff), fc.nat(0x10ffff)), { maxLength: 100 })
    .map((points) => new TextEncoder().encode(String.fromCodePoint(...points)))
  const broken = fc.tuple(text, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    const copy = bytes.slice()
    if (copy.length > 0) copy[at % copy.length] = byte
    return copy
  })
  fc.assert(
    fc.property(fc.oneof(text, broken, fc.uint8Array({ maxLength: 100 })), (bytes) => {
      return isUtf8(bytes, 0, bytes.length) === check(bytes)
    }),
  )
})

test('the wire reader reads varints of any size as their two halves', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const bytes = new Uint8Array(10)
      const lo = Number(value & 0xffffffffn)
      const end = writeVarint64(bytes, 0, lo, Number(value >> 32n))
      const wire = new Wire(bytes)
      wire.varint64(end)
      const small = value > BigInt(Number.MAX_SAFE_INTEGER) || varintSize(Number(value)) === end
      return (
        small && wire.at === end && wire.lo === (lo | 0) && wire.hi === (Number(value >> 32n) | 0)
      )
    }),
  )
})

test('the wire reader refuses what protobuf does not allow', (t) => {
  const check = (hex: string, read: (wire: Wire, end: number) => void, message: RegExp) => {
    const bytes = bytesOf(hex)
    t.assert.throws(
      () => read(new Wire(bytes), bytes.length),
      (error: unknown) => isCode(error, wireInvalid) && message.test(error.message),
    )
  }
  check('', (w, end) => w.tag(end), /ends inside a number/)
  check('00', (w, end) => w.tag(end), /field number 0/)
  check('8001', (w) => w.tag(1), /ends inside a number/)
  check('ffffffffffffffffffff01', (w, end) => w.varint64(end), /more than ten bytes/)
  check('8080808010', (w, end) => w.tag(end), /field number above/)
  check('05 00', (w, end) => w.length(end), /field of 5 bytes where 1 are left/)
  check('8080808008', (w, end) => w.length(end), /length above 2\^31/)
  check('00000000000000', (w, end) => w.fixed64(end), /ends inside a 64-bit number/)
  check('000000', (w, end) => w.fixed32(end), /ends inside a 32-bit number/)
  check('00', (w, end) => w.skip(14, end), /wire type 6/)
  check('0c', (w, end) => w.skip(12, end), /wire type 4/)
  check('1c', (w, end) => w.skip(11, end), /a group that ends another/)
  check('0b'.repeat(100), (w, end) => w.skip(11, end), /groups nested deeper/)
})

test('skipping passes over every kind of value', (t) => {
  const check = (hex: string, tag: number, at: number) => {
    const bytes = bytesOf(hex)
    const wire = new Wire(bytes)
    wire.skip(tag, bytes.length)
    t.assert.equal(wire.at, at)
  }
  check('ac02ff', 8, 2)
  check('0102030405060708ff', 9, 8)
  check('02aabbff', 10, 3)
  check('01020304ff', 13, 4)
  check('08010b0c0cff', 11, 5)
})

test('the hash is the first half of SHA-256, in any pieces', (t) => {
  const hash = new Hash128()
  hash.update(Buffer.from('a'))
  hash.update(Buffer.from('bc'))
  t.assert.equal(hash.hex(), 'ba7816bf8f01cfea414140de5dae2223') // FIPS 180-2, B.1
})
