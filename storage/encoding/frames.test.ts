/** Texts as frames come back as they were, frames move with their rows, and damage is corrupt. */
import { AppError } from '#base/errors.ts'
import { fresh } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { seededRandom } from '#base/random.ts'
import type { Texts, Vector } from '#schemas/column.ts'
import * as fc from 'fast-check'
import { test, type TestContext } from 'node:test'
import { TextBuilder } from '../column/build-texts.ts'
import { Runs } from '../column/runs.ts'
import { decodeFrames, encodeFrames, framesOf, isFramed, setFrames } from './frames.ts'
import { decodeTexts, encodeTexts } from './texts.ts'

const random = seededRandom(7)

/** `count` lines of about `size` bytes, half of them noise. */
function linesOf(count: number, size: number): Texts {
  const offsets = new Uint32Array(count + 1)
  const bytes = new Uint8Array(count * size * 2)
  let at = 0
  for (let i = 0; i < count; i++) {
    const length = random.below(size * 2)
    for (let k = 0; k < length; k++) bytes[at++] = k % 2 === 0 ? random.below(256) : 0x20
    offsets[i + 1] = at
  }
  return { offsets, bytes: bytes.subarray(0, at) }
}

function writeRead(texts: Texts, starts: Uint32Array): Texts {
  const out = new ByteWriter()
  encodeTexts(out, texts, { dense: false, level: 1, starts })
  const reader = new ByteReader(out.view())
  reader.varint()
  return decodeTexts(reader, texts.offsets.length - 1, 1 << 26, { keepFrames: true })
}

const every = (rows: number, count: number) =>
  Uint32Array.from({ length: Math.ceil(count / rows) }, (_, i) => i * rows)

test('frames end where streams do, or at the most bytes', (t: TestContext) => {
  const frames = (texts: Texts, starts: Uint32Array): number[] => {
    const read = writeRead(texts, starts)
    t.assert.deepEqual(read.offsets, texts.offsets)
    t.assert.equal(Buffer.compare(read.bytes, texts.bytes), 0)
    return framesOf(read.bytes).map(({ from, to }) => to - from)
  }
  const texts = linesOf(1000, 1000)
  t.assert.ok(isFramed(texts))
  const at = (row: number) => texts.offsets[row] ?? 0
  t.assert.deepEqual(
    frames(texts, every(200, 1000)),
    [0, 200, 400, 600, 800].map((row) => at(row + 200) - at(row)),
  )
  const long = frames(texts, Uint32Array.of(0))
  t.assert.ok(long.every((size) => size < 256 * 1024 + 2000 && size > 0))
  t.assert.deepEqual(frames(linesOf(10, 100), Uint32Array.of(0)), [])
})

test('frames are taken over where all of their rows are', (t) => {
  const sources = [0, 1].map(() => writeRead(linesOf(800, 1000), every(200, 800)))
  const columns = sources.map((texts): Vector => ({
    type: 'text',
    present: null,
    kind: 'texts',
    texts,
  }))
  const range = fc.tuple(fc.nat(1), fc.nat(8), fc.nat(8), fc.constantFrom(0, 0, 1, 30))
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 6 }), (list) => {
      const runs = new Runs()
      for (const [source, a, b, less] of list) {
        const [from = 0, to = 0] = [a * 100, b * 100].toSorted((x, y) => x - y)
        if (to - from > less) runs.add(source, from, to - less)
      }
      if (runs.count === 0) return
      const builder = new TextBuilder()
      builder.append(0, runs, columns)
      const vector = builder.vector('text', null, runs.rows)
      if (vector.kind !== 'texts') throw new Error('texts stay texts')
      const moved = framesOf(vector.texts.bytes)
      const read = writeRead(vector.texts, every(100, runs.rows))
      const expected: Uint8Array[] = []
      for (let r = 0; r < runs.count; r++) {
        const texts = sources[runs.source[r] ?? 0]
        const [from, to] = [runs.from[r] ?? 0, runs.to[r] ?? 0]
        expected.push(
          texts?.bytes.subarray(texts.offsets[from], texts.offsets[to]) ?? new Uint8Array(0),
        )
      }
      t.assert.equal(Buffer.compare(read.bytes, Buffer.concat(expected)), 0)
      t.assert.deepEqual(read.offsets, vector.texts.offsets)
      for (const { from, to, bytes } of moved) {
        const plain = vector.texts.bytes.subarray(from, to)
        t.assert.equal(Buffer.compare(plainOf(bytes, to - from), plain), 0)
      }
    }),
    { numRuns: 40 },
  )
})

/** What one stored frame holds. */
function plainOf(frame: Uint8Array, length: number): Uint8Array {
  const out = new ByteWriter()
  out.varint(1)
  out.varint(length)
  out.varint(frame.length)
  out.raw(frame)
  return decodeFrames(out.view(), length, { memory: fresh, keepFrames: false })
}

test('frames that do not fit the texts are not taken', (t) => {
  const texts = linesOf(600, 1000)
  const bytes = Uint8Array.from(texts.bytes)
  setFrames(bytes, [{ from: 1, to: bytes.length + 5, bytes: new Uint8Array(3) }])
  const read = writeRead({ offsets: texts.offsets, bytes }, Uint32Array.of(0))
  t.assert.equal(Buffer.compare(read.bytes, texts.bytes), 0)
})

test('changed frames are corrupt or other bytes of the same length', (t) => {
  const texts = linesOf(400, 1000)
  const stored = encodeFrames(texts, every(100, 400), 1)
  const place = fc.oneof(fc.nat(20), fc.nat(stored.length - 1))
  fc.assert(
    fc.property(place, fc.nat(255), fc.nat(3), (at, byte, cut) => {
      const copy = stored.slice(0, stored.length - (cut === 3 ? at % 50 : 0))
      if (at < copy.length) copy[at] = byte
      try {
        t.assert.equal(
          decodeFrames(copy, texts.bytes.length, { memory: fresh, keepFrames: true }).length,
          texts.bytes.length,
        )
      } catch (error) {
        t.assert.equal(error instanceof AppError ? error.kind : String(error), 'corrupt')
      }
    }),
    { numRuns: 150 },
  )
})
