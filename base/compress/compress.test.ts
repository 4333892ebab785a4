import * as fc from 'fast-check'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { ByteWriter } from '../bytes/writer.ts'
import { AppError, isCode } from '../errors.ts'
import { Codec, gunzipSpec, unzstdSpec } from './codec.ts'
import { decompress, type Compression } from './decompress.ts'
import { compressionInvalid, decompressedTooLarge, pageCorrupt } from './errors.ts'
import { zstdCompress, zstdCompressTo, zstdDecompress } from './zstd.ts'

const plain = Buffer.from(
  Array.from({ length: 3000 }, (_, i) => `line ${(i * 7919) % 1000} user=${(i * 31) % 977}\n`).join(
    '',
  ),
)
const packed = {
  identity: plain,
  gzip: zlib.gzipSync(plain),
  deflate: zlib.deflateSync(plain),
  zstd: zlib.zstdCompressSync(plain),
} as const
const every = Object.keys(packed) as Compression[] // the keys of the record above

test('every encoding gives the plain bytes, at the cap too and after an error', (t) => {
  const check = (encoding: Compression, bytes: Uint8Array, cap: number) =>
    t.assert.equal(plain.equals(decompress(encoding, bytes, cap)), true, `${encoding} ${cap}`)
  for (const encoding of every) {
    check(encoding, packed[encoding], 1 << 20)
    check(encoding, packed[encoding], plain.length)
    t.assert.throws(() => decompress(encoding, packed[encoding], plain.length - 1))
    check(encoding, packed[encoding], plain.length)
  }
  t.assert.equal(decompress('gzip', new Uint8Array(0), 10).length, 0)
})

test('the plain bytes are appended and what stood before stays', (t) => {
  const into = new ByteWriter(16)
  into.text('before')
  const view = decompress('zstd', packed.zstd, 1 << 20, into)
  t.assert.equal(plain.equals(view), true)
  t.assert.equal(into.length, 7 + plain.length)
  t.assert.throws(() => decompress('zstd', packed.gzip, 1 << 20, into))
  t.assert.equal(into.length, 7 + plain.length)
})

test('members and frames that follow one another are one body', (t) => {
  const twice = Buffer.concat([plain, plain])
  for (const encoding of ['gzip', 'zstd'] as const) {
    const both = Buffer.concat([packed[encoding], packed[encoding]])
    t.assert.equal(twice.equals(decompress(encoding, both, 1 << 20)), true)
    t.assert.throws(
      () => decompress(encoding, both, plain.length),
      (error) => isCode(error, decompressedTooLarge),
    )
  }
})

test('broken bytes are invalid', (t) => {
  const check = (encoding: Compression, bytes: Uint8Array, why: RegExp) =>
    t.assert.throws(
      () => decompress(encoding, bytes, 1 << 20),
      (error) => isCode(error, compressionInvalid) && why.test(error.message),
    )
  for (const encoding of ['gzip', 'zstd'] as const) {
    const whole = packed[encoding]
    check(encoding, whole.subarray(0, 1), /unexpected end/)
    check(encoding, whole.subarray(0, whole.length - 3), /unexpected end/)
    check(
      encoding,
      Buffer.from('not compressed at all'),
      /failed: (incorrect header|unknown frame)/,
    )
    check(encoding, Buffer.concat([whole, Buffer.alloc(5)]), /failed: /)
  }
  check('gzip', packed.zstd, /incorrect header check/)
  check('zstd', packed.gzip, /unknown frame descriptor/)
})

test('a frame that asks for a window above 8 MiB is refused', (t) => {
  // RFC 8878: magic, no checksum and no content size, window descriptor, one raw last block with 'a'.
  const frame = (windowLog: number) =>
    Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 9, 0, 0, 97)
  t.assert.equal(decompress('zstd', frame(23), 10).length, 1)
  for (const windowLog of [24, 27, 31]) {
    t.assert.throws(
      () => decompress('zstd', frame(windowLog), 10),
      (error) => isCode(error, compressionInvalid) && /too much memory/.test(error.message),
    )
  }
})

test('a bomb is refused at the cap and takes no more memory than that', (t) => {
  const zeros = Buffer.alloc(64 << 20)
  const cap = 1 << 20
  const bombs = [
    ['gzip', zlib.gzipSync(zeros, { level: 1 })],
    ['zstd', zlib.zstdCompressSync(zeros)],
  ] as const
  for (const [encoding, bomb] of bombs) {
    const into = new ByteWriter()
    t.assert.throws(
      () => decompress(encoding, bomb, cap, into),
      (error) => isCode(error, decompressedTooLarge) && error.kind === 'too-large',
    )
    t.assert.equal(into.bytes.length <= 4 * cap, true)
  }
})

test('without the private binding the public calls do the same', (t) => {
  const check = (spec: typeof gunzipSpec, bytes: Uint8Array) => {
    const codec = new Codec(spec, false)
    const out = new ByteWriter()
    const size = { cap: plain.length, expected: 10 }
    t.assert.equal(codec.run(bytes, out, size), null)
    t.assert.equal(plain.equals(out.view()), true)
    t.assert.deepEqual(codec.run(bytes, out, { cap: 100, expected: 10 }), { kind: 'full' })
    t.assert.equal(codec.run(bytes.subarray(0, 50), out, size)?.kind, 'broken')
  }
  check(gunzipSpec, packed.gzip)
  check(unzstdSpec(23), packed.zstd)
})

test('any bytes decompress or throw an AppError of the two kinds', () => {
  const start = fc.constantFrom(
    Buffer.alloc(0),
    packed.gzip.subarray(0, 40),
    packed.zstd.subarray(0, 40),
  )
  fc.assert(
    fc.property(
      start,
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(...every),
      (a, b, encoding) => {
        try {
          return decompress(encoding, Buffer.concat([a, b]), 1000).length <= 1000
        } catch (error) {
          return (
            error instanceof AppError && (error.kind === 'invalid' || error.kind === 'too-large')
          )
        }
      },
    ),
  )
})

test('our own zstd frames come back, and only at their length', (t) => {
  const random = Buffer.from(zlib.gzipSync(plain))
  for (const bytes of [Buffer.alloc(0), Buffer.from('a'), plain, random]) {
    for (const level of [1, 6]) {
      const frame = zstdCompress(bytes, level)
      t.assert.equal(bytes.equals(zlib.zstdDecompressSync(frame)), true)
      t.assert.equal(bytes.equals(zstdDecompress(frame, bytes.length)), true)
      t.assert.throws(
        () => zstdDecompress(frame, bytes.length + 1),
        (error) => isCode(error, pageCorrupt),
      )
      if (bytes.length > 0) {
        t.assert.throws(
          () => zstdDecompress(frame, bytes.length - 1),
          (error) => isCode(error, pageCorrupt),
        )
      }
    }
  }
})

test('a level is kept from call to call', (t) => {
  const levelled = (level: number) =>
    zlib.zstdCompressSync(plain, { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } })
  for (const level of [1, 15, 1, 15]) {
    t.assert.equal(zstdCompress(plain, level).length, levelled(level).length)
  }
  t.assert.notEqual(levelled(1).length, levelled(15).length)
})

test('bytes are packed alike however much room there is', (t) => {
  // Repeats as far apart as zstd looks back: it finds others of them where it takes the bytes in pieces.
  const words = Uint32Array.from({ length: 110_000 }, (_, i) =>
    Math.imul(i ^ (i >>> 3), 0x9e3779b1),
  )
  const once = Buffer.from(words.buffer)
  const large = Buffer.concat(Array.from({ length: 12 }, (_, i) => once.subarray(i * 7)))
  for (const bytes of [plain, large]) {
    for (const level of [1, 6]) {
      const frames = [16, 1 << 20, 8 << 20].map((room) => {
        const out = new ByteWriter(room)
        zstdCompressTo(out, bytes, level)
        return Buffer.from(out.view())
      })
      t.assert.equal(frames[0]?.equals(frames[1]!), true)
      t.assert.equal(frames[0]?.equals(frames[2]!), true)
    }
  }
})
