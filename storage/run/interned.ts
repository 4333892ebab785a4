/**
 * Byte ranges under dense ids, found by content under a key: an arena and an open-addressing table of
 * ids, which compares all bytes, so that a collision costs time and nothing else. What stream tables are
 * made of. Ids are never taken back; the memory goes with the generation.
 */
import { hashBytes } from '#base/bytes/hash32.ts'

/** Whether `count` words at two places are equal. */
// oxlint-disable-next-line max-params -- two ranges, called per row: an object would be one per row
function equalWords(
  a: Int32Array,
  from: number,
  b: Int32Array,
  at: number,
  count: number,
): boolean {
  for (let i = 0; i < count; i++) if (a[from + i] !== b[at + i]) return false
  return true
}

// oxlint-disable-next-line max-params -- two ranges, called per row: an object would be one per row
export function equalRange(
  a: Uint8Array,
  from: number,
  to: number,
  b: Uint8Array,
  at: number,
): boolean {
  for (let i = from, j = at; i < to; i++, j++) if (a[i] !== b[j]) return false
  return true
}

/**
 * Byte ranges under dense ids, found by content: an arena and an open-addressing table of ids. Ranges
 * stand at whole words of the arena; those that also start at one where they come from are compared by words.
 */
export class Interned {
  #arena = Buffer.alloc(1 << 16)
  #arenaWords: Int32Array = new Int32Array(this.#arena.buffer, this.#arena.byteOffset, 1 << 14)
  #used = 0
  /** Where the bytes stand that were looked up last, and its whole words. */
  #source: ArrayBufferLike = this.#arena.buffer
  #sourceWords = new Int32Array(this.#source)
  /** Per id: offset, length, extra key, hash. */
  #entries = new Int32Array(1 << 10)
  #slots = new Int32Array(1 << 9).fill(-1)
  count = 0

  /** Bytes of memory. */
  get memoryBytes(): number {
    return this.#arena.length + this.#entries.byteLength + this.#slots.byteLength
  }

  /** The id of these bytes under the key, or -1 - slot for `add`. */
  find(bytes: Uint8Array, from: number, to: number, key: number): number {
    const hash = hashBytes(bytes, from, to, key) | 0
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!
      if (id < 0) return -1
      if (this.#entries[id * 4 + 3] === hash && this.is(id, bytes, from, to, key)) return id
    }
  }

  // oxlint-disable-next-line max-params -- a range and its key, called per row: an object would be one per row
  is(id: number, bytes: Uint8Array, from: number, to: number, key: number): boolean {
    const entry = id * 4
    if (this.#entries[entry + 1] !== to - from || this.#entries[entry + 2] !== key) return false
    const at = this.#entries[entry]!
    const place = bytes.byteOffset + from
    if ((place & 3) !== 0) return equalRange(bytes, from, to, this.#arena, at)
    if (bytes.buffer !== this.#source) {
      this.#source = bytes.buffer
      this.#sourceWords = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2)
    }
    const whole = (to - from) & ~3
    return (
      equalWords(this.#sourceWords, place >> 2, this.#arenaWords, at >> 2, whole >> 2) &&
      equalRange(bytes, from + whole, to, this.#arena, at + whole)
    )
  }

  /** Whether the range of `id` has this length and key: what `is` asks before it looks at bytes. */
  hasShape(id: number, length: number, key: number): boolean {
    return this.#entries[id * 4 + 1] === length && this.#entries[id * 4 + 2] === key
  }

  /** Where the bytes of `id` stand among all; an id that was added next stands behind, at the next whole word. */
  placeOf(id: number): number {
    return this.#entries[id * 4]!
  }

  /** Whether `bytes[from, to)` are those from `at` on, ranges and the zeros between them alike. */
  standsAt(at: number, bytes: Uint8Array, from: number, to: number): boolean {
    const end = at + to - from
    return end <= this.#used && this.#arena.compare(bytes, from, to, at, end) === 0
  }

  add(bytes: Uint8Array, from: number, to: number, key: number): number {
    const size = (to - from + 3) & ~3
    if (this.#used + size > this.#arena.length) {
      const grown = Buffer.alloc(Math.max(this.#arena.length * 2, this.#used + size))
      grown.set(this.#arena.subarray(0, this.#used))
      this.#arena = grown
      this.#arenaWords = new Int32Array(grown.buffer, grown.byteOffset, grown.length >> 2)
    }
    if ((this.count + 1) * 4 > this.#entries.length) {
      const grown = new Int32Array(this.#entries.length * 2)
      grown.set(this.#entries)
      this.#entries = grown
    }
    if (this.count * 2 >= this.#slots.length) this.#rehash()
    const id = this.count++
    const hash = hashBytes(bytes, from, to, key) | 0
    const entry = id * 4
    this.#entries[entry] = this.#used
    this.#entries[entry + 1] = to - from
    this.#entries[entry + 2] = key
    this.#entries[entry + 3] = hash
    this.#arena.set(bytes.subarray(from, to), this.#used)
    this.#used += size
    this.#place(id, hash)
    return id
  }

  #place(id: number, hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
    this.#slots[slot] = id
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let id = 0; id < this.count; id++) this.#place(id, this.#entries[id * 4 + 3]!)
  }
}
