import * as fc from 'fast-check'
import { test } from 'node:test'
import { crc32c } from './crc32c.ts'

const ascii = (text: string) => new TextEncoder().encode(text)
const run = (length: number, byte: (at: number) => number) =>
  Uint8Array.from({ length }, (_, at) => byte(at))

/** RFC 3720 B.4, "an iSCSI - SCSI Read (10) Command PDU". */
const readCommand = Buffer.from(
  '01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000',
  'hex',
)

/** The definition: one bit at a time. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

test('the examples of RFC 3720 B.4', (t) => {
  const check = (bytes: Uint8Array, crc: number) =>
    t.assert.equal(crc32c(bytes, 0, bytes.length).toString(16), crc.toString(16))
  check(
    run(32, () => 0),
    0x8a9136aa,
  )
  check(
    run(32, () => 0xff),
    0x62a8ab43,
  )
  check(
    run(32, (at) => at),
    0x46dd794e,
  )
  check(
    run(32, (at) => 31 - at),
    0x113fdb5c,
  )
  check(new Uint8Array(readCommand), 0xd9963a56)
  check(ascii('123456789'), 0xe3069283)
  check(ascii(''), 0)
})

test('any bytes have the checksum of the definition, in any two pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), fc.nat(200), (bytes, cut) => {
      const middle = Math.min(cut, bytes.length)
      const whole = crc32c(bytes, 0, bytes.length)
      return (
        whole === bitwise(bytes) &&
        whole === crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle))
      )
    }),
  )
})

/** The same of pieces too short for the kernel. */
function inPieces(bytes: Uint8Array): number {
  let crc = 0
  for (let at = 0; at < bytes.length; at += 1000) {
    crc = crc32c(bytes, at, Math.min(at + 1000, bytes.length), crc)
  }
  return crc
}

test('long ranges have the checksum of their pieces, whatever windows they fill', (t) => {
  const seed = 0x9e3779b9
  const all = run(110_000, (at) => Math.imul(at ^ seed, 0x85ebca6b) >>> (at % 23))
  t.assert.equal(crc32c(all, 0, all.length), bitwise(all))
  // The kernel begins at 4,096 bytes and takes 32,768 at a time, but leaves itself 4,096 for the last.
  const edges = [4096, 8192, 32768, 36864, 65536, 65536 + 4096]
  for (const length of edges.flatMap((edge) => [-17, -16, -1, 0, 1, 15, 16].map((d) => edge + d))) {
    const bytes = all.subarray(3, 3 + length)
    t.assert.equal(crc32c(all, 3, 3 + length), inPieces(bytes), `${length} bytes`)
  }
  fc.assert(
    fc.property(fc.nat(50_000), fc.nat(50_000), fc.nat(16), (length, cut, from) => {
      const bytes = all.subarray(from, from + length)
      const middle = Math.min(cut, length)
      const whole = crc32c(bytes, 0, length)
      return (
        whole === inPieces(bytes) &&
        whole === crc32c(bytes, middle, length, crc32c(bytes, 0, middle))
      )
    }),
  )
})

test('a long range in shared memory is the same', (t) => {
  const own = run(70_000, (at) => at * 7)
  const shared = new Uint8Array(new SharedArrayBuffer(own.length))
  shared.set(own)
  t.assert.equal(crc32c(shared, 1, shared.length), inPieces(own.subarray(1)))
})

test('a range outside the bytes is refused', (t) => {
  const bytes = new Uint8Array(4)
  for (const [from, to] of [
    [-1, 2],
    [3, 2],
    [0, 5],
    [Number.NaN, 2],
  ] as const) {
    t.assert.throws(() => crc32c(bytes, from, to), RangeError)
  }
})
