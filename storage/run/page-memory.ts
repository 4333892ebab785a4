/**
 * Memory of one page's arrays, used again for the next page: fresh arrays cost their zeroing and, when
 * they are large, a page fault per 4 KiB. What was given is valid until `reset`, and not zeroed.
 */

/** Memory kept from page to page at most; a page that needs more gets the rest as arrays of its own. */
const keptBytes = 16 * 1024 * 1024

const alignment = 8

export class PageMemory {
  #memory = new ArrayBuffer(1 << 20)
  #used = 0
  /** What the page needs in all. */
  #wanted = 0

  /** Begins a new page, with room for what the last one needed. */
  reset(): void {
    const wanted = Math.min(keptBytes, this.#wanted)
    if (wanted > this.#memory.byteLength) {
      this.#memory = new ArrayBuffer(Math.min(keptBytes, Math.ceil(wanted * 1.25)))
    }
    this.#used = 0
    this.#wanted = 0
  }

  /** Where `size` bytes stand; -1 when they do not fit. */
  #take(size: number): number {
    const rounded = Math.ceil(size / alignment) * alignment
    this.#wanted += rounded
    const at = this.#used
    if (at + rounded > this.#memory.byteLength) return -1
    this.#used = at + rounded
    return at
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count)
    return at < 0 ? new Uint8Array(count) : new Uint8Array(this.#memory, at, count)
  }

  words(count: number): Uint32Array {
    const at = this.#take(count * 4)
    return at < 0 ? new Uint32Array(count) : new Uint32Array(this.#memory, at, count)
  }

  ints(count: number): Int32Array {
    const at = this.#take(count * 4)
    return at < 0 ? new Int32Array(count) : new Int32Array(this.#memory, at, count)
  }

  doubles(count: number): Float64Array {
    const at = this.#take(count * 8)
    return at < 0 ? new Float64Array(count) : new Float64Array(this.#memory, at, count)
  }
}
