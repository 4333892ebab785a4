import * as fc from 'fast-check'
import { isUtf8 } from 'node:buffer'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { AppError } from '#base/errors.ts'
import { buildKernel } from '#base/kernel/build.ts'
import { seededRandom } from '#base/random.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { arbitraryMessage, completedRequest } from '#test/otlp/arbitrary.ts'
import { measuredBounds } from '#test/otlp/bounds.ts'
import { contents } from '#test/otlp/contents.ts'
import { encodeOdd } from '#test/otlp/odd.ts'
import { decodeReference, encodeReference } from '#test/otlp/reference.ts'
import { decodePlain, decodeRequest } from './decode.ts'
import { decodeFast, requestWindow } from './kernel.ts'

const limits = { maxBodyBytes: 1 << 24, maxRows: 10_000, maxAttributes: 100_000 }

const names = {
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  traces: 'ExportTraceServiceRequest',
} as const

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  metrics: createIntake('metrics'),
  traces: createIntake('traces'),
}

const signals = ['logs', 'metrics', 'traces'] as const

/** What the decoder in JavaScript makes of a request; null when it refuses it or a row of it. */
function slow(signal: SignalName, bytes: Uint8Array, rules: typeof limits): unknown {
  const intake = intakes[signal]
  const plain = new ByteWriter()
  plain.raw(bytes)
  try {
    return decodePlain(plain, intake, rules).length > 0 ? null : contents(intake)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** What the kernel makes of it; null when it gives up. */
function fast(signal: SignalName, bytes: Uint8Array, rules: typeof limits): unknown {
  const intake = intakes[signal]
  const plain = new ByteWriter(requestWindow())
  plain.raw(bytes)
  if (!decodeFast(plain, intake, rules)) return null
  const { body, name, ...others } = measuredBounds(intake)
  const text = Math.max(body, name)
  assert.deepEqual(intake.bounds, { ...others, body: text, name: text })
  return contents(intake)
}

test('otlp.wasm is what otlp.as.ts compiles to', async (t) => {
  const committed = readFileSync(new URL('kernel/otlp.wasm', import.meta.url))
  const built = await buildKernel(new URL('kernel/', import.meta.url), 'otlp')
  t.assert.equal(Buffer.from(built).toString('hex'), committed.toString('hex'))
})

for (const signal of signals) {
  test(`${signal}: the kernel leaves what the decoder leaves, or gives up`, (t) => {
    let read = 0
    let rows = 0
    fc.assert(
      fc.property(completedRequest(names[signal]), (request) => {
        const bytes = encodeReference(names[signal], request)
        const found = fast(signal, bytes, limits)
        if (found === null) return
        t.assert.deepEqual(found, slow(signal, bytes, limits))
        read++
        rows += bytes.length > 20 ? 1 : 0
      }),
      { numRuns: 120 },
    )
    // Else the property says nothing.
    t.assert.equal(read > 60 && rows > 30, true, `${read} requests were read, ${rows} with rows`)
  })

  test(`${signal}: in odd encodings it reads what the decoder reads, or gives up`, (t) => {
    let read = 0
    fc.assert(
      fc.property(completedRequest(names[signal]), fc.nat(), (request, seed) => {
        const plain = decodeReference(names[signal], encodeReference(names[signal], request))
        const random = seededRandom(seed)
        const draw = (count: number) => random.below(count)
        const bytes = encodeOdd(names[signal], plain, { draw, foreign: false })
        const found = fast(signal, bytes, limits)
        if (found === null) return
        t.assert.deepEqual(found, slow(signal, bytes, limits))
        read++
      }),
      { numRuns: 80 },
    )
    t.assert.equal(read > 5, true, `${read} requests were read`)
  })

  test(`${signal}: of bytes that were changed, cut or put together it reads none that the decoder refuses`, (t) => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
    const tries = fc
      .tuple(arbitraryMessage(names[signal]), arbitraryMessage(names[signal]), edits, fc.nat())
      .map(([first, second, places, cut]) => {
        const encode = (request: typeof first) => encodeReference(names[signal], request)
        const bytes = Buffer.concat([encode(first), encode(second)])
        for (const [at, byte] of places) if (bytes.length > 0) bytes[at % bytes.length] = byte
        return cut % 4 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes
      })
    fc.assert(
      fc.property(tries, (bytes) => {
        const found = fast(signal, bytes, limits)
        if (found !== null) t.assert.deepEqual(found, slow(signal, bytes, limits))
      }),
      { numRuns: 150 },
    )
  })
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
const bodyOf = (text: Uint8Array): Uint8Array =>
  field(1, field(2, field(2, field(5, field(1, text)))))

test('texts are judged as the runtime judges them', (t) => {
  const check = (text: Uint8Array, good: boolean) => {
    for (const pad of [0, 1, 13, 14, 15, 16, 31, 40]) {
      const padded = Buffer.concat([Buffer.alloc(pad, 'a'), text, Buffer.alloc(pad % 7, 'z')])
      t.assert.equal(fast('logs', bodyOf(padded), limits) !== null, good, padded.toString('hex'))
    }
  }
  check(Buffer.from('plain'), true)
  check(Buffer.from('é ￿ 𐀀 \u{10ffff} 𝄞 ࠀ'), true)
  check(Uint8Array.of(0x80), false)
  check(Uint8Array.of(0xc0, 0x80), false)
  check(Uint8Array.of(0xc1, 0xbf), false)
  check(Uint8Array.of(0xe0, 0x9f, 0xbf), false)
  check(Uint8Array.of(0xed, 0xa0, 0x80), false)
  check(Uint8Array.of(0xf0, 0x8f, 0xbf, 0xbf), false)
  check(Uint8Array.of(0xf4, 0x90, 0x80, 0x80), false)
  check(Uint8Array.of(0xf5, 0x80, 0x80, 0x80), false)
  check(Uint8Array.of(0xe2, 0x82), false)
  check(Uint8Array.of(0xff), false)
})

test('any text is read when the runtime says it is UTF-8, and only then', (t) => {
  const text = fc.oneof(
    fc
      .array(fc.oneof(fc.nat(127), fc.nat(0x10ffff)), { maxLength: 20 })
      .map((points) => Buffer.from(String.fromCodePoint(...points))),
    fc.uint8Array({ maxLength: 40 }),
  )
  fc.assert(
    fc.property(text, (bytes) => {
      t.assert.equal(fast('logs', bodyOf(bytes), limits) !== null, isUtf8(bytes))
    }),
    { numRuns: 300 },
  )
})

/** Bytes of a varint that goes on. */
const ones = (count: number): number[] => Array.from({ length: count }, () => 0xff)

test('attributes are read alike in whatever form they come', (t) => {
  const text = (length: number, last = 'z') => Buffer.from(`${'a'.repeat(length)}${last}`)
  const pair = (key: Uint8Array, value: Uint8Array) =>
    Buffer.concat([field(1, key), field(2, field(1, value))])
  const forms: Uint8Array[] = [
    0, 1, 13, 14, 15, 16, 50, 115, 116, 117, 118, 119, 120, 125, 126, 200,
  ]
    .flatMap((length): Uint8Array[] => [
      pair(text(length), text(3)),
      pair(text(3), text(length)),
      pair(text(length, 'é'), text(3)),
      pair(text(3), text(length, 'é')),
      pair(text(3), Buffer.concat([text(length), Buffer.of(0xff)])),
      pair(Buffer.concat([text(length), Buffer.of(0x80)]), text(3)),
    ])
    .concat(
      pair(empty, empty),
      pair(text(2), empty),
      pair(empty, text(2)),
      Buffer.concat([field(2, field(1, text(2))), field(1, text(2))]),
      Buffer.concat([pair(text(2), text(4)), pair(text(3), text(5))]),
      Buffer.concat([
        field(1, text(2)),
        field(2, Buffer.concat([field(1, text(2)), field(1, text(3))])),
      ]),
      Buffer.concat([field(1, text(2)), field(2, field(7, text(2)))]),
      Buffer.concat([field(1, text(2)), field(2, empty)]),
      field(1, text(2)),
      empty,
      ...[
        [0],
        [127],
        [0x80, 1],
        [0xff, 0xff, 0xff, 0xff, 0x0f],
        [...ones(9), 1],
        ones(10),
        [1, 8],
        [1, 0x18, 2],
      ].flatMap((bytes) =>
        [text(2), text(130), text(3, 'é'), empty].map((key) => {
          const value = field(2, Uint8Array.of(0x18, ...bytes))
          return Buffer.concat([field(1, key), value])
        }),
      ),
      Buffer.concat([field(1, text(2)), field(2, Uint8Array.of(0x18, ...ones(200)))]),
      Buffer.concat([field(1, text(2)), Uint8Array.of(0x12, 3, 0x18, 5)]),
      pair(text(4), text(4)).subarray(0, 10),
      pair(text(4), text(4)).subarray(0, 6),
    )
  const point = (attribute: Uint8Array) =>
    field(
      1,
      field(
        2,
        field(2, Buffer.concat([field(1, text(3)), field(5, field(1, field(7, attribute)))])),
      ),
    )
  const record = (number: number) => (attribute: Uint8Array) =>
    field(1, field(2, field(2, field(number, attribute))))
  const resource = (attribute: Uint8Array) =>
    field(1, Buffer.concat([field(1, field(1, attribute)), field(2, field(2, empty))]))
  const check = (signal: SignalName, bytes: Uint8Array) =>
    t.assert.deepEqual(fast(signal, bytes, limits), slow(signal, bytes, limits))
  for (const form of forms) {
    check('metrics', point(form))
    check('logs', record(6)(form))
    check('logs', resource(form))
  }
  t.assert.notEqual(fast('logs', record(6)(pair(text(2), text(2))), limits), null)
})

test('the limits of the request are kept, and its own room', (t) => {
  const check = (bytes: Uint8Array, over: Partial<typeof limits>, read: boolean) =>
    t.assert.equal(fast('logs', bytes, { ...limits, ...over }) !== null, read)
  const rows = (count: number) => field(1, field(2, field(2, empty, count)))
  check(rows(100), { maxRows: 100 }, true)
  check(rows(101), { maxRows: 100 }, false)
  check(rows(70_000), { maxRows: 100_000 }, false)
  const attributes = (count: number) => field(1, field(2, field(2, field(6, empty, count))))
  check(attributes(100), { maxAttributes: 100 }, true)
  check(attributes(101), { maxAttributes: 100 }, false)
  check(attributes(300_000), { maxAttributes: 1_000_000 }, false)
  check(field(1, field(2, field(2, empty)), 5000), {}, false)
})

test('nested values are read to the depth that the decoder allows', (t) => {
  const deep = (depth: number): Uint8Array =>
    depth === 0 ? empty : field(5, field(1, deep(depth - 1)))
  const body = (depth: number) => field(1, field(2, field(2, field(5, deep(depth)))))
  for (const depth of [1, 31, 32, 33, 34, 400]) {
    const found = fast('logs', body(depth), limits)
    t.assert.deepEqual(found, slow('logs', body(depth), limits))
  }
})

test('a request that does not stand in the window is not read', (t) => {
  const plain = new ByteWriter()
  plain.raw(bodyOf(Buffer.from('x')))
  t.assert.equal(decodeFast(plain, createIntake('logs'), limits), false)
})

test('a request larger than the window is decoded without the kernel, and the next one with it', (t) => {
  const large = createIntake('logs')
  const check = (text: Uint8Array, inWindow: boolean) => {
    const intake = large
    const raw = {
      tenant: 't',
      signal: 'logs',
      encoding: 'protobuf',
      compression: 'identity',
    } as const
    const body = bodyOf(text)
    const all = () => ({ keep: null, rejects: [] })
    const rules = { ...limits, maxBodyBytes: 1 << 24, check: all }
    decodeRequest({ ...raw, receivedNs: 0n, requestHash: '', body }, intake, rules)
    t.assert.deepEqual([intake.rows.rows, intake.rows.columns.bodyB[0]], [1, text.length])
    t.assert.equal(intake.memory !== null, inWindow)
  }
  check(Buffer.from('small'), true)
  check(Buffer.alloc(9 << 20, 'a'), false)
  check(Buffer.from('small'), true)
})
