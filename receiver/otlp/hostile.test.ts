import { test } from 'node:test'
import zlib from 'node:zlib'
import { ByteWriter } from '#base/bytes/writer.ts'
import { AppError } from '#base/errors.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { decodeRequest, type RawRequest } from './decode.ts'

const rules = {
  maxBodyBytes: 8 << 20,
  maxRows: 50_000,
  maxAttributes: 200_000,
  check: () => ({ keep: new Uint8Array(0), rejects: [] }),
}

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  metrics: createIntake('metrics'),
  traces: createIntake('traces'),
}

function decode(body: Uint8Array, over: Partial<RawRequest> = {}): AnyIntake {
  const request: RawRequest = {
    tenant: 't',
    signal: 'logs',
    encoding: 'protobuf',
    compression: 'identity',
    receivedNs: 0n,
    requestHash: '',
    ...over,
    body,
  }
  const intake = intakes[request.signal]
  decodeRequest(request, intake, rules)
  return intake
}

/** A field that holds `inner`, `times` over. */
function field(number: number, inner: Uint8Array, times = 1): Uint8Array {
  const out = new ByteWriter()
  for (let i = 0; i < times; i++) {
    out.varint((number << 3) | 2)
    out.varint(inner.length)
    out.raw(inner)
  }
  return out.copy()
}

const empty = new Uint8Array(0)
const request = (row: Uint8Array) => field(1, field(2, row))
const attribute = field(6, field(1, Buffer.from('k')))

function memory(intake: AnyIntake): number {
  const { groups, descriptors, streams, attributes, rows } = intake
  return [groups, descriptors, streams, attributes, rows].reduce(
    (sum, table) => sum + table.capacity * Object.keys(table.columns).length * 4,
    0,
  )
}

test('floods of small things are refused by name and take no memory', (t) => {
  const check = (body: Uint8Array, over: Partial<RawRequest>, code: string) => {
    t.assert.throws(
      () => decode(body, over),
      (error) => error instanceof AppError && error.kind === 'too-large' && error.code === code,
    )
    t.assert.equal(memory(intakes[over.signal ?? 'logs']) < 32 << 20, true)
  }
  check(request(field(2, attribute.subarray(0, 0), 60_000)), {}, 'request-rows')
  check(request(field(2, field(6, empty, 250_000))), {}, 'request-attributes')
  check(request(field(2, field(9, empty, 1), 60_000)), { signal: 'traces' }, 'request-rows')
  check(request(field(2, field(5, field(1, empty, 60_000)))), { signal: 'metrics' }, 'request-rows')
  check(new Uint8Array((8 << 20) + 1), {}, 'decompressed-too-large')
  const bomb = zlib.gzipSync(new Uint8Array(16 << 20), { level: 1 })
  check(bomb, { compression: 'gzip' }, 'decompressed-too-large')
  check(bomb, { compression: 'gzip', encoding: 'json' }, 'decompressed-too-large')
  // Memory of a large request is not kept for the next one.
  decode(request(field(2, empty, 50_000)))
  decode(empty)
  t.assert.equal(memory(intakes.logs) < 8 << 20, true)
})

test('envelopes without rows leave nothing behind, however many they are', (t) => {
  const check = (body: Uint8Array, signal: SignalName) => {
    const intake = decode(body, { signal })
    t.assert.deepEqual(
      [intake.rows.rows, intake.groups.rows, intake.streams.rows, intake.descriptors.rows],
      [0, 0, 0, 0],
    )
  }
  check(field(1, empty, 200_000), 'logs')
  check(field(1, field(2, empty, 200_000)), 'traces')
  check(request(field(2, empty, 200_000)), 'metrics')
  check(request(field(2, field(5, empty), 100_000)), 'metrics')
})

test('ten thousand keys in one record are kept', (t) => {
  const keys = Array.from({ length: 10_000 }, (_, i) => field(6, field(1, Buffer.from(`key.${i}`))))
  const intake = decode(request(field(2, Buffer.concat(keys))))
  t.assert.equal(intake.attributes.rows, 10_000)
  t.assert.equal(intake.rows.columns.attrFrom[1], 10_000)
})

test('broken, mistyped and wrongly packed bodies are invalid', (t) => {
  const good = request(field(2, attribute))
  const check = (body: Uint8Array, over: Partial<RawRequest> = {}) =>
    t.assert.throws(
      () => decode(body, over),
      (error) => error instanceof AppError && error.kind === 'invalid',
    )
  for (let cut = 1; cut < good.length; cut++) check(good.subarray(0, cut))
  check(good, { compression: 'gzip' })
  check(zlib.gzipSync(good))
  check(good, { encoding: 'json' })
  check(Buffer.from('{"resourceLogs":[]}'))
  check(request(field(2, field(3, Uint8Array.of(0xed, 0xa0, 0x80)))))
  check(Buffer.from('<html></html>'))
  const deep = (depth: number): Uint8Array =>
    depth === 0 ? empty : field(5, field(1, deep(depth - 1)))
  check(request(field(2, field(5, deep(400)))))
  check(Buffer.from('['.repeat(50_000)), { encoding: 'json' })
  check(Buffer.from(`{"a":${'{"a":'.repeat(50_000)}`), { encoding: 'json' })
})

test('times of 1970, 2262 and beyond pass the decoder bit by bit', (t) => {
  const check = (lo: number, hi: number) => {
    const out = new ByteWriter()
    out.u8(9)
    out.u64(lo, hi)
    const { timeLo, timeHi } = decode(request(field(2, out.copy()))).rows.columns
    t.assert.deepEqual([timeLo[0], timeHi[0]], [lo, hi])
  }
  check(1, 0)
  check(0xffffffff, 0x7fffffff)
  check(0, 0x80000000)
  check(0xffffffff, 0xffffffff)
})
