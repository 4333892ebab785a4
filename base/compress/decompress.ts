/**
 * Bodies of requests: identity, gzip, deflate or zstd in, plain bytes out, never more than a cap. Runs
 * synchronously and is meant for worker threads; each thread has streams of its own, kept between calls.
 */
import { ByteWriter } from '../bytes/writer.ts'
import { Codec, gunzipSpec, inflateSpec, unzstdSpec } from './codec.ts'
import { compressionInvalid, decompressedTooLarge } from './errors.ts'

/** `deflate` is the zlib format, as in RFC 9110 §8.4.1.2; an option of official exporters. */
export type Compression = 'identity' | 'gzip' | 'deflate' | 'zstd'

/** Content encodings a door may announce. */
export const compressions: readonly Compression[] = ['identity', 'gzip', 'deflate', 'zstd']

/** RFC 9659: a zstd content encoding must not need a window above 8 MiB. Larger would let one frame claim 128 MiB per thread. */
const zstdWindowLog = 23

const codecs = {
  gzip: new Codec(gunzipSpec),
  deflate: new Codec(inflateSpec),
  zstd: new Codec(unzstdSpec(zstdWindowLog)),
}

/** A guess that is too small costs a copy, one too large costs memory that stays with the writer. */
const guessedRatio = 4
const largestGuess = 16 * 1024 * 1024

/**
 * Appends the plain bytes of `bytes` to `into` and returns a view of them, valid until `into` changes.
 * Throws `decompressed-too-large` as soon as more than `maxBytes` come out, `compression-invalid` when
 * the bytes are not what `encoding` says. `into` is then unchanged. An empty body is empty in every encoding.
 */
export function decompress(
  encoding: Compression,
  bytes: Uint8Array,
  maxBytes: number,
  into: ByteWriter = new ByteWriter(),
): Uint8Array {
  const from = into.length
  if (encoding === 'identity' || bytes.length === 0) {
    if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes)
    into.raw(bytes)
    return into.view().subarray(from)
  }
  const expected = Math.min(guess(encoding, bytes), largestGuess)
  const failure = codecs[encoding].run(bytes, into, { cap: maxBytes, expected })
  if (failure?.kind === 'full') throw tooLarge(bytes.length, maxBytes)
  if (failure?.kind === 'broken') {
    throw compressionInvalid.make(
      `decompressing a body of ${bytes.length} bytes as ${encoding} failed: ${failure.why.toLowerCase()}`,
    )
  }
  return into.view().subarray(from)
}

/** gzip says its length (modulo 2^32) in its last four bytes; only a hint, since a client wrote it. */
function guess(encoding: Compression, bytes: Uint8Array): number {
  if (encoding === 'gzip' && bytes.length > 18) {
    const at = bytes.length - 4
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, 4)
    const stated = view.getUint32(0, true)
    // Deflate cannot do better than 1032 : 1.
    if (stated <= bytes.length * 1032) return stated
  }
  return bytes.length * guessedRatio
}

function tooLarge(bytes: number, maxBytes: number) {
  return decompressedTooLarge.make(
    `a body of ${bytes} bytes is larger than ${maxBytes} bytes when decompressed, the limit of receiver.maxBodyBytes`,
  )
}
