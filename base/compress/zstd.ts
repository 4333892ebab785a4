/**
 * zstd for our own pages and records: plain bytes in, one frame out, and back with the length known.
 * Frames carry no checksum of their own; whoever stores them keeps a crc32c beside them.
 */
import { keptOf } from '../bytes/kept.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { Codec, unzstdSpec, zstdSpec } from './codec.ts'
import { pageCorrupt } from './errors.ts'

/** zstd's own limit for decoders. Our frames never need it. */
const windowLogMax = 27

/** A scratch buffer larger than this is not kept for the next call. */
const keptBytes = 8 * 1024 * 1024

/**
 * Bytes that decompression wants to be free behind the plain ones: a writer with as many does not grow.
 * The codec offers so many at least, and by one byte more than there is it tells that nothing follows.
 */
export const decompressSpareBytes = 2048

/** Output larger than this is not copied out of the scratch buffer, and input is not expected to grow. */
const directBytes = 256 * 1024

const encoders = new Map<number, Codec>()
const decoder = new Codec(unzstdSpec(windowLogMax))
let scratch = new ByteWriter()

/** `bytes` as one zstd frame in an array of its own. Level 1 for what is written once and merged soon. */
export function zstdCompress(bytes: Uint8Array, level: number): Uint8Array<ArrayBuffer> {
  scratch.reset()
  zstdCompressTo(scratch, bytes, level)
  return takeScratch()
}

/** `bytes` as one zstd frame in memory that the next call of a function of this file uses again. */
export function zstdCompressOnce(bytes: Uint8Array, level: number): Uint8Array {
  if (scratch.bytes.length > keptOf(keptBytes)) scratch = new ByteWriter()
  scratch.reset()
  zstdCompressTo(scratch, bytes, level)
  return scratch.view()
}

/** Appends `bytes` as one zstd frame to `out`. */
export function zstdCompressTo(out: ByteWriter, bytes: Uint8Array, level: number): void {
  let codec = encoders.get(level)
  if (codec === undefined) {
    codec = new Codec(zstdSpec(level))
    encoders.set(level, codec)
  }
  // ZSTD_compressBound: what incompressible bytes grow by.
  const bound = bytes.length + (bytes.length >>> 8) + 128
  // Large pages of text shrink to a third or less; the output then stays small enough to be kept.
  const expected = bytes.length > directBytes ? bytes.length >>> 1 : bound
  const failure = codec.run(bytes, out, { cap: bound, expected, asExpected: true })
  if (failure !== null) {
    // Compressing cannot fail but for memory; then it is ours, not the data's.
    throw new RangeError(`zstd of ${bytes.length} bytes failed: ${JSON.stringify(failure)}`)
  }
}

/** The plain bytes of a frame in an array of its own; throws `compressed-page-corrupt` unless they are exactly `rawLength`. */
export function zstdDecompress(bytes: Uint8Array, rawLength: number): Uint8Array<ArrayBuffer> {
  const direct = rawLength > directBytes
  scratch.reset()
  // One byte more than there is, by which the codec tells that nothing follows.
  const out = direct ? new ByteWriter(rawLength + 1) : scratch
  zstdDecompressTo(out, bytes, rawLength)
  return direct ? out.view() : takeScratch()
}

/** Appends the plain bytes of a frame to `out`; throws as `zstdDecompress` does. */
export function zstdDecompressTo(out: ByteWriter, bytes: Uint8Array, rawLength: number): void {
  const before = out.length
  const failure = decoder.run(bytes, out, { cap: rawLength, expected: rawLength })
  if (failure !== null || out.length - before !== rawLength) {
    const found = failure?.kind === 'broken' ? failure.why.toLowerCase() : 'another length'
    throw pageCorrupt.make(
      `decompressing ${bytes.length} bytes that should be ${rawLength} failed: ${found}`,
    )
  }
}

function takeScratch(): Uint8Array<ArrayBuffer> {
  const result = scratch.copy()
  if (scratch.bytes.length > keptOf(keptBytes)) scratch = new ByteWriter()
  return result
}
