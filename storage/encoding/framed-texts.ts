/**
 * Texts whose bytes stand in stored frames (`frames.ts`) and are decoded where they are asked for. A merge
 * moves most frames as they are, so most of their bytes are never looked at. Whoever asks for `bytes` gets all of
 * them, as of any texts; who can do with less asks for less.
 *
 * A frame begins and ends where values do. Bytes that stand in no frame are kept plain, one after the other.
 * What a frame holds is checked when it is decoded: `corrupt` may be thrown wherever bytes are asked for.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { decompressSpareBytes, zstdDecompressTo } from '#base/compress/zstd.ts'
import type { Texts } from '#schemas/column.ts'
import { withTemporary } from './temporary.ts'

/** Keys under which a page filter shall find the values of a frame, as stored u32, and the length of the longest id. */
export interface StoredKeys {
  readonly bytes: Uint8Array
  readonly longest: number
}

/**
 * A frame and the plain bytes [from, to) that it holds: as they are where it is as long, else zstd. All of it are views of
 * the page as it was read, and valid as long as that: who needs it longer copies it.
 */
export interface StoredFrame {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
  /** Null where they were not stored. */
  readonly keys: StoredKeys | null
}

/** A frame in arrays of `memory`, whose plain bytes stand `shift` bytes further. */
export function copyOfFrame(frame: StoredFrame, shift: number, memory: Allocator): StoredFrame {
  const { from, to, bytes, keys } = frame
  return {
    from: from + shift,
    to: to + shift,
    bytes: copyOf(bytes, memory),
    keys: keys === null ? null : { bytes: copyOf(keys.bytes, memory), longest: keys.longest },
  }
}

function copyOf(bytes: Uint8Array, memory: Allocator): Uint8Array {
  const copy = memory.bytes(bytes.length)
  copy.set(bytes)
  return copy
}

const noBytes = new Uint8Array(0)

export class FramedTexts implements Texts {
  readonly offsets: Uint32Array
  readonly frames: readonly StoredFrame[]
  readonly #plain: Uint8Array
  readonly #memory: Allocator
  /** Bytes of all values, as far as they were asked for, and which frames are decoded there. */
  #bytes: Uint8Array | null = null
  #isDecoded: Uint8Array = noBytes

  /**
   * `frames` ascend and hold whole values; `plain` are the bytes between and around them. Bytes that are
   * asked for go to `memory`.
   */
  constructor(
    offsets: Uint32Array,
    frames: readonly StoredFrame[],
    {
      plain = noBytes,
      memory = fresh,
    }: { readonly plain?: Uint8Array; readonly memory?: Allocator } = {},
  ) {
    this.offsets = offsets
    this.frames = frames
    this.#plain = plain
    this.#memory = memory
  }

  get bytes(): Uint8Array {
    return this.bytesAt(0, this.offsets[this.offsets.length - 1]!)
  }

  /** Bytes of all values, of which those in [from, to) are there; each frame is decoded once. */
  bytesAt(from: number, to: number): Uint8Array {
    const { frames } = this
    const bytes = this.#bytes ?? this.#begin()
    for (let f = this.#frameBehind(from); f < frames.length && frames[f]!.from < to; f++) {
      if (this.#isDecoded[f] === 1) continue
      decodeFrame(frames[f]!, bytes, frames[f]!.from)
      this.#isDecoded[f] = 1
    }
    return bytes
  }

  /** Bytes [from, to) in an array of `memory`: for those that are asked for once. */
  copy(from: number, to: number, memory: Allocator): Uint8Array {
    const { frames } = this
    const out = memory.bytes(to - from)
    this.#copyPlain(out, from, to)
    for (let f = this.#frameBehind(from); f < frames.length && frames[f]!.from < to; f++) {
      const frame = frames[f]!
      if (frame.from >= from && frame.to <= to) {
        decodeFrame(frame, out, frame.from - from)
        continue
      }
      withTemporary((temporary) => {
        const whole = temporary.bytes(frame.to - frame.from)
        decodeFrame(frame, whole, 0)
        const first = Math.max(from, frame.from)
        const part = whole.subarray(first - frame.from, Math.min(to, frame.to) - frame.from)
        out.set(part, first - from)
      })
    }
    return out
  }

  /** The same bytes cut into values elsewhere: values without bytes may come and go. */
  withOffsets(offsets: Uint32Array): FramedTexts {
    return new FramedTexts(offsets, this.frames, { plain: this.#plain, memory: this.#memory })
  }

  #begin(): Uint8Array {
    const size = this.offsets[this.offsets.length - 1]!
    const bytes = this.#memory.bytes(size)
    this.#copyPlain(bytes, 0, size)
    this.#isDecoded = this.#memory.bytes(this.frames.length).fill(0)
    return (this.#bytes = bytes)
  }

  /** Copies what stands in no frame of bytes [from, to) to where it belongs in `out`. */
  #copyPlain(out: Uint8Array, from: number, to: number): void {
    const plain = this.#plain
    // Bytes before `at` that stand in frames.
    let framed = 0
    let at = 0
    const gap = (end: number): void => {
      const [first, last] = [Math.max(at, from), Math.min(end, to)]
      if (first < last) out.set(plain.subarray(first - framed, last - framed), first - from)
    }
    if (plain.length === 0) return
    for (const frame of this.frames) {
      if (at >= to) return
      gap(frame.from)
      framed += frame.to - frame.from
      at = frame.to
    }
    gap(to)
  }

  /** The first frame that ends behind a place. */
  #frameBehind(at: number): number {
    const { frames } = this
    let low = 0
    let high = frames.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (frames[middle]!.to <= at) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Writes the plain bytes of a frame to `out` from `at` on. */
function decodeFrame({ from, to, bytes }: StoredFrame, out: Uint8Array, at: number): void {
  if (bytes.length === to - from) out.set(bytes, at)
  else {
    withTemporary((temporary) => {
      const plain = new ByteWriter(temporary.bytes(to - from + decompressSpareBytes))
      zstdDecompressTo(plain, bytes, to - from)
      out.set(plain.view(), at)
    })
  }
}

/** The frames that hold bytes of texts, ascending; none where it is not known. */
export function framesOf(texts: Texts): readonly StoredFrame[] {
  return texts instanceof FramedTexts ? texts.frames : []
}

/** Values [from, to) of texts; bytes that stand in frames are decoded to `memory`. */
// oxlint-disable-next-line max-params -- a range and where to
export function partOfTexts(texts: Texts, from: number, to: number, memory: Allocator): Texts {
  const own = texts.offsets.subarray(from, to + 1)
  if (!(texts instanceof FramedTexts)) return { offsets: own, bytes: texts.bytes }
  const first = own[0]!
  const offsets = memory.words(own.length)
  for (let i = 0; i < own.length; i++) offsets[i] = own[i]! - first
  return { offsets, bytes: texts.copy(first, own[to - from]!, memory) }
}

/** The same bytes cut into values elsewhere, as `FramedTexts.withOffsets` does. */
export function withOffsets(texts: Texts, offsets: Uint32Array): Texts {
  return texts instanceof FramedTexts ? texts.withOffsets(offsets) : { offsets, bytes: texts.bytes }
}
