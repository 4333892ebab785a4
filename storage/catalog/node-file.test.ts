import * as fc from 'fast-check'
import { test } from 'node:test'
import { isCode } from '#base/errors.ts'
import { catalogCorrupt } from './errors.ts'
import { nodeCodec } from './node-file.ts'
import { decodeNode } from './nodes.ts'
import { decodeRoot, emptyRoot } from './root.ts'
import { block } from './world.test.ts'

const month = { kind: 'month', nonce: 'ab', blocks: [block('a+b@0-9')] }

test('what was encoded is read back', (t) => {
  const node = decodeNode(nodeCodec.decode(nodeCodec.encode(month), 'm'), 'm')
  t.assert.deepEqual(node, month)
  const root = { ...emptyRoot('logs'), seq: 3, floors: { 'a/00000': 7 }, history: ['2 x'] }
  t.assert.deepEqual(decodeRoot(nodeCodec.decode(nodeCodec.encode(root), 'r')), root)
})

function corruptOrRead(bytes: Uint8Array): boolean {
  try {
    const value = nodeCodec.decode(bytes, 'x')
    for (const read of [decodeRoot, (held: unknown) => decodeNode(held, 'x')]) {
      try {
        read(value)
      } catch (error) {
        if (!isCode(error, catalogCorrupt)) throw error
      }
    }
    return true
  } catch (error) {
    if (isCode(error, catalogCorrupt)) return true
    throw error
  }
}

test('every damaged byte is noticed', (t) => {
  const bytes = nodeCodec.encode(month)
  // Bytes 10-11, 16-19, 20-23 and 36-39 are reserved, compatible bits, writer and reserved: the checksum covers them too but for the last four.
  for (let at = 0; at < bytes.length; at++) {
    if (at >= 36 && at < 40) continue
    const damaged = bytes.slice()
    damaged[at] = (damaged[at] ?? 0) ^ 0x10
    t.assert.throws(
      () => nodeCodec.decode(damaged, 'x'),
      (error) => isCode(error, catalogCorrupt),
      `byte ${at}`,
    )
  }
})

test('any bytes, and any JSON, are read or corrupt', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), corruptOrRead))
  fc.assert(fc.property(fc.jsonValue(), (value) => corruptOrRead(nodeCodec.encode(value))))
  const whole = nodeCodec.encode(month)
  fc.assert(
    fc.property(fc.nat(whole.length), fc.uint8Array({ maxLength: 9 }), (at, bytes) =>
      corruptOrRead(
        Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + bytes.length)]),
      ),
    ),
  )
})

test('a tree with damaged shapes is corrupt by name', (t) => {
  const check = (value: unknown, message: RegExp) =>
    t.assert.throws(
      () => decodeNode(value, 'n'),
      (error) => isCode(error, catalogCorrupt) && message.test(error.message),
    )
  check(null, /n should be an object, found null/)
  check({ nonce: '', kind: 'year' }, /n is no node/)
  check({ nonce: '', kind: 'bucket', tenants: {} }, /tenants of n should be a list/)
  check(
    { nonce: '', kind: 'month', blocks: [{ key: 'k', bytes: -1 }] },
    /bytes of block in n should be a count, found -1/,
  )
})
