/** Every encoding gives back what it was given, and decoding any bytes throws only `corrupt`. */
import { AppError } from '#base/errors.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import { DirtyMemory } from '#test/dirty-memory.ts'
import { decodeFixed, encodeFixed } from './fixed.ts'
import { decodeLongs, encodeLongs } from './longs.ts'
import { decodeOffsets, encodeOffsets, maxOffset } from './offsets.ts'
import { chunkStarts, decodeSamples, encodeSamples } from './samples.ts'
import { decodeDictionary, decodeTexts, encodeDictionary, encodeTexts } from './texts.ts'
import { decodeWords, encodeWords } from './words.ts'

const runs = 150

/** Decoders must write all of what they are given. */
const memory = new DirtyMemory()

/** Values as they come in columns: constants, runs, counters, small ranges, anything. */
const word = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer({ min: 0, max: 0xffffffff }),
)
const words = fc.oneof(
  fc.array(word, { maxLength: 700 }),
  fc
    .array(fc.tuple(word, fc.integer({ min: 1, max: 60 })), { maxLength: 20 })
    .map((list) => list.flatMap(([value, times]) => Array.from({ length: times }, () => value))),
  fc
    .tuple(word, fc.integer({ min: 1, max: 600 }))
    .map(([first, count]) => Array.from({ length: count }, (_, i) => (first + i * 7) >>> 0)),
)

function written(write: (out: ByteWriter) => void): ByteReader {
  const out = new ByteWriter()
  write(out)
  return new ByteReader(out.view())
}

test('words', (t) => {
  fc.assert(
    fc.property(words, fc.boolean(), (list, dense) => {
      const values = Uint32Array.from(list)
      const reader = written((out) => encodeWords(out, values, dense))
      t.assert.deepEqual(decodeWords(reader, values.length, memory), values)
      t.assert.equal(reader.left, 0)
    }),
    { numRuns: runs },
  )
})

const offset = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map((s) => s * 1e9),
  fc.integer({ min: 0, max: 100000 }).map((ms) => ms * 1e6),
  fc.maxSafeNat(),
  fc.constant(maxOffset),
)

test('offsets', (t) => {
  const check = (list: number[], dense: boolean) => {
    const values = Float64Array.from(list)
    const reader = written((out) => encodeOffsets(out, values, dense))
    t.assert.deepEqual(
      decodeOffsets(reader, { id: reader.varint(), count: values.length, max: maxOffset }, memory),
      values,
    )
    t.assert.equal(reader.left, 0)
  }
  fc.assert(
    fc.property(fc.array(offset, { maxLength: 400 }), fc.boolean(), (list, dense) => {
      check(list, dense)
      check(
        list.toSorted((a, b) => a - b),
        dense,
      )
    }),
    { numRuns: runs },
  )
})

test('64-bit integers', (t) => {
  const extreme = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n),
    fc.bigInt({ min: -1000n, max: 1000n }),
  )
  fc.assert(
    fc.property(fc.array(extreme, { maxLength: 300 }), fc.boolean(), (list, dense) => {
      const halves = new Uint32Array(BigInt64Array.from(list).buffer)
      const lo = Uint32Array.from(list, (_, i) => halves[2 * i] ?? 0)
      const hi = Int32Array.from(list, (_, i) => halves[2 * i + 1] ?? 0)
      const reader = written((out) => encodeLongs(out, { lo, hi }, dense))
      const got = decodeLongs(reader, list.length, memory)
      t.assert.deepEqual(got.lo, lo)
      t.assert.deepEqual(got.hi, hi)
      t.assert.equal(reader.left, 0)
    }),
    { numRuns: runs },
  )
})

/** Doubles by their bits, so that NaN payloads count. */
const bitsOf = (values: Float64Array) =>
  new Uint32Array(values.buffer, values.byteOffset, values.length * 2)

const sample = fc.oneof(
  fc.integer({ min: -1000, max: 100000 }),
  fc.integer({ min: 0, max: 1e6 }).map((x) => x / 100),
  fc.integer({ min: 0, max: 1e6 }).map((x) => x / 4096),
  fc.integer({ min: 0, max: 1e6 }).map((x) => x * 4096),
  fc.constantFrom(-0, Infinity, -Infinity, 5e-324, 2 ** 52, -(2 ** 52), 2 ** 53, Number.NaN),
)

function checkSamples(list: readonly number[], dense: boolean): boolean {
  const values = Float64Array.from(list)
  // The stale marker of Prometheus: a NaN with a payload.
  if (list.length > 2 && Number.isNaN(list[2])) {
    const bits = bitsOf(values)
    bits[4] = 2
    bits[5] = 0x7ff00000
  }
  const starts = chunkStarts(values.length, null)
  const reader = written((out) => encodeSamples(out, values, starts, dense))
  reader.varint()
  const got = decodeSamples(reader, values.length, memory)
  return (
    reader.left === 0 && Buffer.compare(Buffer.from(got.buffer), Buffer.from(values.buffer)) === 0
  )
}

test('samples keep every bit', () => {
  const mixed = fc.array(sample, { maxLength: 600 })
  const counter = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.array(fc.nat(50), { maxLength: 600 }))
    .map(([scale, steps]) => {
      let x = 0
      return steps.map((step) => (x += step) / 10 ** scale)
    })
  const free = fc.array(fc.double(), { maxLength: 300 })
  fc.assert(fc.property(fc.oneof(mixed, counter, free), fc.boolean(), checkSamples), {
    numRuns: runs * 2,
  })
})

test('samples: a straight line and a constant take a header, not bits', (t) => {
  const size = (values: number[]) =>
    written((out) =>
      encodeSamples(out, Float64Array.from(values), chunkStarts(values.length, null), false),
    ).left
  t.assert.equal(size(Array.from({ length: 240 }, (_, i) => i * 15)) < 80, true)
  t.assert.equal(size(Array.from({ length: 240 }, () => Number.NaN)) < 80, true)
})

const value = fc.uint8Array({ maxLength: 40 })

test('texts and dictionaries', (t) => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), fc.boolean(), (list, dense) => {
      const offsets = new Uint32Array(list.length + 1)
      list.forEach((bytes, i) => (offsets[i + 1] = (offsets[i] ?? 0) + bytes.length))
      const bytes = new Uint8Array(Buffer.concat(list))
      const texts = { offsets, bytes }
      const options = { dense, level: dense ? 3 : 1 }
      const reader = written((out) => encodeTexts(out, texts, options))
      reader.varint()
      const got = decodeTexts(reader, list.length, 1e6, { memory })
      t.assert.deepEqual(got.offsets, offsets)
      t.assert.deepEqual(new Uint8Array(got.bytes), bytes)
      const codes = Uint32Array.from(list, (_, i) => (i * 7) % list.length)
      const again = written((out) => encodeDictionary(out, codes, texts, options))
      again.varint()
      t.assert.deepEqual(decodeDictionary(again, list.length, 1e6, { memory }).codes, codes)
    }),
    { numRuns: runs },
  )
})

test('fixed ids, alone and in runs', (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.integer({ min: 1, max: 9 })),
        {
          maxLength: 40,
        },
      ),
      (list) => {
        const bytes = new Uint8Array(
          Buffer.concat(list.flatMap(([id, times]) => Array.from({ length: times }, () => id))),
        )
        const reader = written((out) => encodeFixed(out, bytes, 8, false))
        const got = decodeFixed(
          reader,
          { id: reader.varint(), count: bytes.length / 8, width: 8 },
          memory,
        )
        t.assert.deepEqual(new Uint8Array(got), bytes)
        t.assert.equal(reader.left, 0)
      },
    ),
    { numRuns: runs },
  )
})

test('decoding any bytes throws only corrupt', (t) => {
  const decoders: ((reader: ByteReader) => unknown)[] = [
    (reader) => decodeWords(reader, 300),
    (reader) => decodeOffsets(reader, { id: reader.varint(), count: 300, max: maxOffset }),
    (reader) => decodeLongs(reader, 300),
    (reader) => decodeSamples(reader, 300),
    (reader) => decodeTexts(reader, 300, 5000),
    (reader) => decodeDictionary(reader, 300, 5000),
    (reader) => decodeFixed(reader, { id: reader.varint(), count: 300, width: 16 }),
  ]
  const nodes = [1, 2, 3, 4, 5, 10, 11, 20, 21, 50, 51]
  const input = fc.tuple(
    fc.constantFrom(...nodes),
    fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 255 })), {
      maxLength: 60,
    }),
  )
  fc.assert(
    fc.property(input, ([id, rest]) => {
      const bytes = Uint8Array.from([id, ...rest])
      for (const decode of decoders) {
        try {
          decode(new ByteReader(bytes))
        } catch (error) {
          const kind = error instanceof AppError ? error.kind : String(error)
          t.assert.equal(kind, 'corrupt')
        }
      }
    }),
    { numRuns: 600 },
  )
})
