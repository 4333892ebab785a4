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
