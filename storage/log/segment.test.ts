import { test } from 'node:test'
import * as fc from 'fast-check'
import { AppError } from '#base/errors.ts'
import { decodeRecords, encodeRecords } from './record.ts'
import {
  decodeFrame,
  decodeSegmentHeader,
  encodeFrameHeader,
  encodeSegmentHeader,
} from './segment.ts'

const owner = { logId: '0011223344556677', segment: 7 }

test('a segment header is the inverse of its decoder', (t) => {
  const header = { ...owner, firstOffset: 2 ** 40 + 5, previousEnd: 2 ** 40 + 3 }
  t.assert.deepEqual(decodeSegmentHeader(encodeSegmentHeader(header), 'x.seg'), header)
})

test('a frame belongs to its log, segment and offset', (t) => {
  const part = Buffer.from('payload')
  const bytes = Buffer.concat([
    encodeFrameHeader(owner, { firstOffset: 9, records: 1 }, [part]),
    part,
    Buffer.alloc(1),
  ])
  const frame = decodeFrame(bytes, 0, owner)
  t.assert.equal(Buffer.from(frame?.payload ?? []).toString(), 'payload')
  t.assert.equal(frame?.end, 40)
  t.assert.equal(decodeFrame(bytes, 0, { ...owner, segment: 8 }), null)
  t.assert.equal(decodeFrame(bytes, 0, { ...owner, logId: '0011223344556678' }), null)
  for (let at = 0; at < 39; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] ?? 0) ^ 0x10
    // The reserved word and the two crc-less padding bytes change nothing that is read.
    if (at < 28 || at >= 32) t.assert.equal(decodeFrame(flipped, 0, owner), null, `byte ${at}`)
  }
})

test('decoding records of any bytes only finds them corrupt', (t) => {
  const payload = Buffer.concat(
    encodeRecords([
      {
        tenant: 'default',
        signal: 'metrics',
        kind: 1,
        receivedNs: 5n,
        requestHash: '0'.repeat(32),
        rows: 1,
        rejects: '[]',
        payload: Buffer.from('body'),
      },
    ]).parts,
  )
  fc.assert(
    fc.property(
      fc.nat(payload.length - 1),
      fc.nat(255),
      fc.nat(payload.length),
      (at, byte, length) => {
        const bytes = Buffer.from(payload.subarray(0, length))
        if (at < length) bytes[at] = byte
        try {
          decodeRecords(bytes, 1)
        } catch (error) {
          t.assert.equal(error instanceof AppError && error.kind, 'corrupt')
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('records read back as they were written, large payloads apart', (t) => {
  const record = fc.record({
    tenant: fc.constantFrom('default', 'a'.repeat(150)),
    signal: fc.constantFrom('logs', 'metrics', 'traces'),
    kind: fc.constantFrom(1, 2),
    receivedNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    requestHash: fc.constantFrom('0'.repeat(32), '00112233445566778899aabbccddeeff'),
    rows: fc.nat(),
    rejects: fc.constantFrom('', '[{"message":"zu früh"}]'),
    payloadHead: fc.uint8Array({ maxLength: 3 }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(100).map((fill) => new Uint8Array(40_000).fill(fill)),
    ),
  })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), (records) => {
      const { parts, records: count } = encodeRecords(records)
      t.assert.equal(count, records.length)
      t.assert.equal(parts.filter((part) => part.length === 0).length, 0)
      const found = decodeRecords(Buffer.concat(parts), count)
      const plain = (list: readonly (typeof found)[number][]) =>
        list.map(({ payloadHead = new Uint8Array(0), payload, ...one }) => ({
          ...one,
          payload: Buffer.concat([payloadHead, payload]).toString('latin1'),
        }))
      t.assert.deepEqual(plain(found), plain(records))
    }),
    { numRuns: 50 },
  )
})
