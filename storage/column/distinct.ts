/**
 * Distinct byte strings numbered by first appearance: an arena, offsets and an open-addressing table,
 * no object per value. Used where dictionaries are built or joined.
 */
import type { Texts } from '#schemas/column.ts'

export class Distinct {
  count = 0
  #bytes: Uint8Array
  #offsets = new Uint32Array(257)
  #hashes = new Uint32Array(256)
  /** Value number + 1, or 0. Twice as many slots as values, at least. */
  #slots = new Uint32Array(512)

  constructor(bytes = 4096) {
    this.#bytes = new Uint8Array(bytes)
  }

  /** Forgets all values and keeps the memory; texts given before are overwritten. */
  clear(): void {
    this.count = 0
    this.#slots.fill(0)
  }

  /** The number of `bytes[from, to)`, which is copied when it is new. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(bytes, from, to)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const entry = this.#slots[slot]!
      if (entry === 0) break
      if (this.#hashes[entry - 1] === hash && this.#same(entry - 1, bytes, from, to)) {
        return entry - 1
      }
      slot = (slot + 1) & mask
    }
    this.#slots[slot] = this.count + 1
    return this.#append(hash, bytes, from, to)
  }

  /** The values so far; shares memory with the table, so it is final only when adding is over. */
  texts(): Texts {
    const end = this.#offsets[this.count]!
    return {
      offsets: this.#offsets.subarray(0, this.count + 1),
      bytes: this.#bytes.subarray(0, end),
    }
  }

  #same(id: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#offsets[id]!
    if (this.#offsets[id + 1]! - start !== to - from) return false
    const arena = this.#bytes
    for (let i = from, k = start; i < to; i++, k++) if (bytes[i] !== arena[k]) return false
    return true
  }

  #append(hash: number, bytes: Uint8Array, from: number, to: number): number {
    const id = this.count++
    const start = this.#offsets[id]!
    const end = start + to - from
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes.set(bytes.subarray(from, to), start)
    this.#offsets[id + 1] = end
    this.#hashes[id] = hash
    if (this.count === this.#hashes.length) this.#grow()
    return id
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2
    const hashes = new Uint32Array(capacity)
    hashes.set(this.#hashes)
    const offsets = new Uint32Array(capacity + 1)
    offsets.set(this.#offsets)
    const slots = new Uint32Array(capacity * 2)
    const mask = slots.length - 1
    for (let id = 0; id < this.count; id++) {
      let slot = hashes[id]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#hashes = hashes
    this.#offsets = offsets
    this.#slots = slots
  }
}

/** MurmurHash3_x86_32 (Appleby, public domain) as a u32. It is part of the block format: filters, postings, id maps. */
export function hashBytes(bytes: Uint8Array, from: number, to: number, seed = 0): number {
  let hash = seed
  let at = from
  for (; at + 3 < to; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, 0xcc9e2d51)
    word = (word << 15) | (word >>> 17)
    hash ^= Math.imul(word, 0x1b873593)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let shift = 0; at < to; at++, shift += 8) tail |= bytes[at]! << shift
  tail = Math.imul(tail, 0xcc9e2d51)
  hash ^= Math.imul((tail << 15) | (tail >>> 17), 0x1b873593)
  return mix(hash ^ (to - from))
}

/** Murmur3's finaliser: every bit of the input moves every bit of the output. */
export function mix(value: number): number {
  let hash = value
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
