/**
 * One zlib or zstd stream used again and again from one thread: source bytes in, the result appended
 * to a `ByteWriter`, never more than a cap. Creating a stream costs more than decompressing a small
 * body, and fresh output pages cost more than zstd itself (152 µs per MiB against 6 µs reused), so
 * both are kept.
 *
 * The reused handle is node:zlib's own binding, which is private (`_handle`, `_writeState`; the same
 * from Node 20 to 26). It is used only where its shape is as expected; else a stream per call through
 * the public functions does the same. Facts it relies on, each with a test: `Z_FINISH` reports a
 * stream that ends early; a full output is not an error and goes on in the next piece; frames that
 * follow one another are all read; parameters outlive a reset. After any error the handle is dropped.
 */
import zlib from 'node:zlib'
import type { ByteWriter } from '../bytes/writer.ts'

/** How a codec failed. `full`: there is more than the cap; `broken`: zlib's message says why. */
export type CodecFailure =
  | { readonly kind: 'full' }
  | { readonly kind: 'broken'; readonly why: string }

export interface OutputSize {
  /** Bytes appended at most. */
  readonly cap: number
  /** A guess of their number, to grow once. */
  readonly expected: number
  /**
   * True where the stream may not see whether there is room for more than what is expected: zstd packs into
   * all the room that it may need in another way than into less, and the same bytes shall be packed alike.
   */
  readonly asExpected?: boolean
}

export interface CodecSpec {
  /** A new stream, for its handle. */
  readonly create: () => unknown
  /** The flush constant that says that the source is whole. */
  readonly finish: number
  /** The public synchronous call with a cap; throws zlib's errors. */
  readonly whole: (source: Uint8Array, cap: number) => Uint8Array
}

/** The parts of node:zlib's binding that are used. */
interface Handle {
  writeSync(
    flush: number,
    source: Uint8Array,
    sourceAt: number,
    sourceLeft: number,
    out: Uint8Array,
    outAt: number,
    outLeft: number,
  ): void
  reset(): void
  onerror: (message: string) => void
}

/** Smallest piece of output space offered at once. */
const minSpace = 1024

export class Codec {
  readonly #spec: CodecSpec
  readonly #reuse: boolean
  #handle: Handle | null = null
  #state: Uint32Array = new Uint32Array(2)
  #error: string | null = null

  /** `reuse` is false only in tests of the public path. */
  constructor(spec: CodecSpec, reuse = true) {
    this.#spec = spec
    this.#reuse = reuse
  }

  /**
   * Runs all of `source` and appends the result to `out`. On failure `out` is as long as before.
   */
  run(source: Uint8Array, out: ByteWriter, size: OutputSize): CodecFailure | null {
    const before = out.length
    const handle = this.#open()
    const failure =
      handle === null ? this.#whole(source, out, size.cap) : this.#pieces(handle, source, out, size)
    if (failure !== null) {
      out.length = before
      this.#handle = null
    }
    return failure
  }

  #pieces(
    handle: Handle,
    source: Uint8Array,
    out: ByteWriter,
    size: OutputSize,
  ): CodecFailure | null {
    handle.reset()
    this.#error = null
    const limit = out.length + size.cap
    // One byte more than expected, so that a full output tells that there is more.
    const room = Math.max(minSpace, Math.min(size.cap, size.expected)) + 1
    out.reserve(room)
    let left = source.length
    let end = size.asExpected === true ? out.length + room : Infinity
    for (;;) {
      const space = Math.min(out.bytes.length, limit + 1, end) - out.length
      end = Infinity
      const at = source.length - left
      handle.writeSync(this.#spec.finish, source, at, left, out.bytes, out.length, space)
      if (this.#error !== null) return { kind: 'broken', why: this.#error }
      // The binding sets [output left, input left] before it returns.
      const [spaceLeft = 0, sourceLeft = 0] = this.#state
      out.length += space - spaceLeft
      if (out.length > limit) return { kind: 'full' }
      if (spaceLeft > 0) {
        return sourceLeft === 0
          ? null
          : { kind: 'broken', why: `${sourceLeft} bytes follow the end of the stream` }
      }
      left = sourceLeft
      out.reserve(Math.min(out.length, limit + 1 - out.length, maxGrowth) + minSpace)
    }
  }

  #whole(source: Uint8Array, out: ByteWriter, cap: number): CodecFailure | null {
    try {
      const result = this.#spec.whole(source, cap)
      if (result.length > cap) return { kind: 'full' }
      out.raw(result)
      return null
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        return { kind: 'full' }
      }
      return { kind: 'broken', why: error instanceof Error ? error.message : String(error) }
    }
  }

  #open(): Handle | null {
    if (!this.#reuse) return null
    if (this.#handle !== null) return this.#handle
    const found = bindingOf(this.#spec.create())
    if (found === null) return null
    this.#handle = found.handle
    this.#state = found.state
    found.handle.onerror = (message) => {
      this.#error = message
    }
    return found.handle
  }
}

/** Output grows by at most this at once, so that a wrong guess wastes little. */
const maxGrowth = 8 * 1024 * 1024

/** The private binding of a stream, or null when it does not look as expected. */
function bindingOf(stream: unknown): { handle: Handle; state: Uint32Array } | null {
  if (typeof stream !== 'object' || stream === null) return null
  if (!('_handle' in stream) || !('_writeState' in stream)) return null
  const { _handle: handle, _writeState: state } = stream
  if (!(state instanceof Uint32Array) || state.length < 2) return null
  if (typeof handle !== 'object' || handle === null) return null
  if (!('writeSync' in handle) || !('reset' in handle)) return null
  if (typeof handle.writeSync !== 'function' || typeof handle.reset !== 'function') return null
  return { handle: handle as Handle, state } // both methods were just seen; `onerror` is ours to set
}

const { constants } = zlib

export const gunzipSpec: CodecSpec = {
  create: () => zlib.createGunzip(),
  finish: constants.Z_FINISH,
  whole: (source, cap) => zlib.gunzipSync(source, { maxOutputLength: Math.max(1, cap) }),
}

export const inflateSpec: CodecSpec = {
  create: () => zlib.createInflate(),
  finish: constants.Z_FINISH,
  whole: (source, cap) => zlib.inflateSync(source, { maxOutputLength: Math.max(1, cap) }),
}

/** A zstd decoder that refuses frames whose window is above 2^`windowLogMax` bytes. */
export function unzstdSpec(windowLogMax: number): CodecSpec {
  const params = { [constants.ZSTD_d_windowLogMax]: windowLogMax }
  return {
    create: () => zlib.createZstdDecompress({ params }),
    finish: constants.ZSTD_e_end,
    whole: (source, cap) =>
      zlib.zstdDecompressSync(source, { params, maxOutputLength: Math.max(1, cap) }),
  }
}

export function zstdSpec(level: number): CodecSpec {
  const params = { [constants.ZSTD_c_compressionLevel]: level }
  return {
    create: () => zlib.createZstdCompress({ params }),
    finish: constants.ZSTD_e_end,
    whole: (source) => zlib.zstdCompressSync(source, { params }),
  }
}
