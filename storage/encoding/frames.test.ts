/** Texts as frames come back as they were, frames move with their rows, and damage is corrupt. */
import { AppError } from '#base/errors.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { seededRandom } from '#base/random.ts'
import type { Texts, Vector } from '#schemas/column.ts'
import { DirtyMemory } from '#test/dirty-memory.ts'
import * as fc from 'fast-check'
import { test, type TestContext } from 'node:test'
import { TextBuilder } from '../column/build-texts.ts'
import { Runs } from '../column/runs.ts'
import { FramedTexts, framesOf } from './framed-texts.ts'
import { decodeFrames, encodeFrames, isFramed, readFrames, type FrameKeySink } from './frames.ts'
import { decodeTexts, encodeTexts } from './texts.ts'
import { decodeWords, encodeWords } from './words.ts'

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
    return framesOf(read).map(({ from, to }) => to - from)
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
      const moved = framesOf(vector.texts)
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
function plainOf(bytes: Uint8Array, length: number): Uint8Array {
  return decodeFrames([{ from: 0, to: length, bytes, keys: null }], length)
}

test('bytes that are asked for in part are those of the whole', (t) => {
  const texts = linesOf(1200, 500)
  const read = writeRead(texts, every(300, 1200))
  if (!(read instanceof FramedTexts)) throw new Error('large texts stay in frames')
  // Two frames, and lines between and around them that stand in none.
  const [at = 0, to = 0] = [read.frames[1]?.from, read.frames[1]?.to]
  const plain = Buffer.concat([texts.bytes.subarray(0, at), texts.bytes.subarray(to)])
  const both = new FramedTexts(read.offsets, read.frames.slice(1, 2), { plain })
  const end = texts.bytes.length
  fc.assert(
    fc.property(fc.nat(end), fc.nat(end), fc.boolean(), (a, b, whole) => {
      const [from = 0, till = 0] = [a, b].toSorted((x, y) => x - y)
      const want = texts.bytes.subarray(from, till)
      for (const one of [read, both]) {
        const own = whole ? one : one.withOffsets(one.offsets)
        t.assert.equal(Buffer.compare(own.copy(from, till, new DirtyMemory()), want), 0)
        t.assert.equal(Buffer.compare(own.bytesAt(from, till).subarray(from, till), want), 0)
      }
    }),
    { numRuns: 60 },
  )
  t.assert.equal(Buffer.compare(both.bytes, texts.bytes), 0)
})

test('keys go with their frames, unless they are many', (t) => {
  const found: number[] = []
  /** A key per value: its length; and a hundred for those of stream 1. */
  const sink: FrameKeySink = {
    find: ({ offsets }) => {
      const lengths = [...offsets.subarray(1)].map((end, i) => end - (offsets[i] ?? 0))
      found.push(...lengths)
      const many = lengths.length === 100 ? 100 : 1
      const hashes = Uint32Array.from(lengths.flatMap((n) => Array.from({ length: many }, () => n)))
      return { hashes, longest: 77 }
    },
    take: ({ hashes, longest }) => {
      t.assert.equal(longest, 77)
      found.push(...hashes)
    },
  }
  const texts = linesOf(900, 1000)
  const lengths = [...texts.offsets.subarray(1)].map((end, i) => end - (texts.offsets[i] ?? 0))
  const starts = Uint32Array.of(0, 200, 300, 600)
  const write = (from: Texts, dense: boolean): Texts => {
    found.length = 0
    const out = new ByteWriter()
    encodeTexts(out, from, { dense, level: 1, starts, keys: sink })
    t.assert.deepEqual(found, lengths)
    const reader = new ByteReader(out.view())
    reader.varint()
    const read = decodeTexts(reader, 900, 1 << 26, { keepFrames: true, memory: new DirtyMemory() })
    t.assert.equal(Buffer.compare(read.bytes, texts.bytes), 0)
    return read
  }
  const first = write(texts, false)
  const told = framesOf(first).map(({ keys }) => keys !== null)
  t.assert.deepEqual(told.length > 3 && told.includes(true) && told.includes(false), true)
  const again = write(first, true)
  t.assert.equal(
    framesOf(again).every(({ keys }) => keys === null),
    true,
  )
})

test('frames that do not hold whole values are decoded at once', (t) => {
  const texts = linesOf(600, 1000)
  const out = new ByteWriter()
  encodeTexts(out, texts, { dense: false, level: 1, starts: Uint32Array.of(0) })
  const reader = new ByteReader(out.view())
  reader.varint()
  decodeWords(reader, 600)
  const frames = new ByteWriter()
  // Lengths of which none ends where a frame does.
  const odd = Uint32Array.of(1, texts.bytes.length - 1)
  encodeWords(frames, odd, false)
  frames.raw(out.bytes, reader.at, out.length)
  const read = decodeTexts(new ByteReader(frames.view()), 2, 1 << 26, { keepFrames: true })
  t.assert.equal(read instanceof FramedTexts, false)
  t.assert.equal(Buffer.compare(read.bytes, texts.bytes), 0)
})

test('changed frames are corrupt or other bytes of the same length', (t) => {
  const texts = linesOf(400, 1000)
  const keys: FrameKeySink = {
    find: () => ({ hashes: Uint32Array.of(1, 2, 3), longest: 20 }),
    take: () => {},
  }
  const place = fc.oneof(fc.nat(20), fc.nat(100_000))
  for (const withKeys of [false, true]) {
    const out = new ByteWriter()
    encodeFrames(out, texts, { starts: every(100, 400), level: 1, keys, withKeys })
    const reader = new ByteReader(out.view())
    const stored = reader.raw(reader.varint())
    fc.assert(
      fc.property(place, fc.nat(255), fc.nat(3), (at, byte, cut) => {
        const copy = stored.slice(0, stored.length - (cut === 3 ? at % 50 : 0))
        copy[at % copy.length] = byte
        try {
          const { length } = texts.bytes
          const frames = readFrames(copy, length, withKeys)
          t.assert.equal(decodeFrames(frames, length).length, length)
        } catch (error) {
          t.assert.equal(error instanceof AppError ? error.kind : String(error), 'corrupt')
        }
      }),
      { numRuns: 150 },
    )
  }
})
