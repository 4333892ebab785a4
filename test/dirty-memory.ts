/**
 * Memory as an arena may give it at its worst: full of other values when it is given, and overwritten when
 * it is taken back. Who relies on zeros, or uses an array too long, gives wrong results with it.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteSource } from '#storage/block/source.ts'

export class DirtyMemory implements Allocator {
  #given: Uint8Array[] = []

  bytes(count: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(count).fill(0xa5)
    this.#given.push(bytes)
    return bytes
  }

  words(count: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.bytes(count * 4).buffer)
  }

  doubles(count: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.bytes(count * 8).buffer)
  }

  /** Takes back all that was given. */
  reset(): void {
    for (const bytes of this.#given) bytes.fill(0x5a)
    this.#given = []
  }
}

/** A block whose bytes are put into the memory of whoever reads them, as a folder's are. */
export function copyingSource(block: Uint8Array): ByteSource {
  const read: ByteSource['read'] = (from, to, memory = fresh) => {
    const bytes = memory.bytes(to - from)
    bytes.set(block.subarray(from, to))
    return Promise.resolve(bytes)
  }
  return { size: block.length, read }
}
