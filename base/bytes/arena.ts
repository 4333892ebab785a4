/**
 * Memory for work that goes page by page. Arrays made anew for every page and column cost more than most
 * of what is done with them: the kernel hands out and clears their memory 4 KiB at a time, and V8 collects
 * the whole heap for every 32 to 64 MB of them. An arena hands out parts of a few large buffers instead,
 * and takes them all back at once.
 *
 * What an allocator gives holds whatever was there before: a caller that needs zeros writes them. What an
 * arena gave is valid until the `release` or `reset` that takes it back; nothing of it may be kept
 * beyond, nor transferred to another thread. The functions that allocate say so where they
 * take an `Allocator`; who passes none gets arrays of its own.
 */
import { keptOf } from './kept.ts'

/** Gives typed arrays of `count` values, contents undefined. RangeError for what is no count. */
export interface Allocator {
  bytes(count: number): Uint8Array<ArrayBuffer>
  words(count: number): Uint32Array<ArrayBuffer>
  doubles(count: number): Float64Array<ArrayBuffer>
}

/** Arrays of their own, which may be kept and transferred. */
export const fresh: Allocator = {
  bytes: (count) => new Uint8Array(count),
  words: (count) => new Uint32Array(count),
  doubles: (count) => new Float64Array(count),
}

/** A place in an arena, for `release`. */
export interface ArenaMark {
  readonly chunk: number
  readonly used: number
}

/** Large enough that the kernel maps a chunk by itself, and for the columns of most pages. */
const chunkBytes = 4 * 1024 * 1024

/** All parts begin at a multiple of this, so that any kind of array fits and copies are aligned. */
const alignBytes = 16

export class Arena implements Allocator {
  /** `reset` keeps chunks up to so many bytes in all, or the part of them that its thread keeps (`kept.ts`). */
  readonly #keptBytes: number
  readonly #firstBytes: number
  readonly #chunks: ArrayBuffer[] = []
  /** The chunk that parts are cut from, and how far it is used; those before it are full. */
  #chunk = 0
  #used = 0

  /**
   * Keeps up to `keptBytes` from reset to reset. The first chunk has `firstBytes`; where that is 32 MiB or
   * more, the C library maps it, and only what was used of it is resident.
   */
  constructor(keptBytes: number, firstBytes = chunkBytes) {
    this.#keptBytes = keptBytes
    this.#firstBytes = firstBytes
  }

  bytes(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(count)
    return new Uint8Array(this.#chunks[this.#chunk]!, at, count)
  }

  words(count: number): Uint32Array<ArrayBuffer> {
    const at = this.#take(count * 4)
    return new Uint32Array(this.#chunks[this.#chunk]!, at, count)
  }

  doubles(count: number): Float64Array<ArrayBuffer> {
    const at = this.#take(count * 8)
    return new Float64Array(this.#chunks[this.#chunk]!, at, count)
  }

  /** Bytes of all its chunks. */
  get capacity(): number {
    return this.#chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** What is taken from here on goes back with `release(mark)`. */
  mark(): ArenaMark {
    return { chunk: this.#chunk, used: this.#used }
  }

  /** Takes back everything given since the mark. Marks are released in the reverse order of their making. */
  release({ chunk, used }: ArenaMark): void {
    if (chunk > this.#chunk || (chunk === this.#chunk && used > this.#used))
      throw new RangeError('a mark of an arena was released after one before it')
    this.#chunk = chunk
    this.#used = used
  }

  /** Takes back everything; of its chunks those are freed that would keep more than was agreed. */
  reset(): void {
    this.#chunk = 0
    this.#used = 0
    const most = keptOf(this.#keptBytes)
    let kept = 0
    let count = 0
    for (const chunk of this.#chunks) {
      if (kept + chunk.byteLength > most) continue
      kept += chunk.byteLength
      this.#chunks[count++] = chunk
    }
    this.#chunks.length = count
  }

  /** The offset of `size` bytes in the current chunk, which becomes one where they fit. */
  #take(size: number): number {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`an array of ${size} bytes`)
    for (; this.#chunk < this.#chunks.length; this.#chunk++, this.#used = 0) {
      const at = this.#used
      if (at + size > this.#chunks[this.#chunk]!.byteLength) continue
      this.#used = at + Math.ceil(size / alignBytes) * alignBytes
      return at
    }
    const least = this.#chunks.length === 0 ? this.#firstBytes : chunkBytes
    const rounded = Math.ceil(size / chunkBytes) * chunkBytes
    this.#chunks.push(new ArrayBuffer(size <= least ? least : rounded))
    this.#used = Math.ceil(size / alignBytes) * alignBytes
    return 0
  }
}
