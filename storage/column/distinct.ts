/**
 * Distinct byte strings numbered by first appearance: an arena, offsets and an open-addressing table,
 * no object per value. Used where dictionaries are built or joined.
 */
import { keptOf } from '#base/bytes/kept.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import type { Texts } from '#schemas/column.ts'

/** Values a new or cleared table has room for; slots are twice as many. */
const firstValues = 256

/** An arena larger than this is not kept by `clear`. */
const keptBytes = 8 * 1024 * 1024

export class Distinct {
  count = 0
  #bytes: Uint8Array
  /** Values there is room for. Arrays may be longer: `clear` keeps them. */
  #capacity = firstValues
  #offsets = new Uint32Array(firstValues + 1)
  #hashes = new Uint32Array(firstValues)
  /** Value number + 1, or 0. Twice as many slots as values, at least. */
  #slots = new Uint32Array(firstValues * 2)

  constructor(bytes = 4096) {
    this.#bytes = new Uint8Array(bytes)
  }

  /** Forgets all values and keeps the memory; texts given before will be overwritten. Costs the same however many there were. */
  clear(): void {
    this.count = 0
    this.#capacity = firstValues
    this.#slots.fill(0, 0, firstValues * 2)
    if (this.#bytes.length > keptOf(keptBytes)) this.#bytes = new Uint8Array(4096)
  }

  /** The number of `bytes[from, to)`, which is copied when it is new. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(bytes, from, to)
    const mask = this.#capacity * 2 - 1
    const slots = this.#slots
    let slot = hash & mask
    for (;;) {
      const entry = slots[slot]!
      if (entry === 0) break
      if (this.#hashes[entry - 1] === hash && this.#same(entry - 1, bytes, from, to)) {
        return entry - 1
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = this.count + 1
    return this.#append(hash, bytes, from, to)
  }

  /** The values so far; shares memory with the table, so it is final only when adding is over. */
  texts(): Texts {
    const end = this.count === 0 ? 0 : this.#offsets[this.count]!
    return {
      offsets: this.#offsets.subarray(0, this.count + 1),
      bytes: this.#bytes.subarray(0, end),
    }
  }

  /** The values so far in memory of their own. */
  copyTexts(): Texts {
    const { offsets, bytes } = this.texts()
    return { offsets: offsets.slice(), bytes: bytes.slice() }
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
      grown.set(this.#bytes.subarray(0, start))
      this.#bytes = grown
    }
    if (to - from > shortCopyBytes) this.#bytes.set(bytes.subarray(from, to), start)
    else {
      const arena = this.#bytes
      for (let i = from, k = start; i < to; i++, k++) arena[k] = bytes[i]!
    }
    this.#offsets[id + 1] = end
    this.#hashes[id] = hash
    if (this.count === this.#capacity) this.#grow()
    return id
  }

  #grow(): void {
    const capacity = this.#capacity * 2
    if (this.#hashes.length < capacity) {
      const hashes = new Uint32Array(capacity)
      hashes.set(this.#hashes)
      this.#hashes = hashes
      const offsets = new Uint32Array(capacity + 1)
      offsets.set(this.#offsets)
      this.#offsets = offsets
      this.#slots = new Uint32Array(capacity * 2)
    } else this.#slots.fill(0, 0, capacity * 2)
    this.#capacity = capacity
    const hashes = this.#hashes
    const slots = this.#slots
    const mask = capacity * 2 - 1
    for (let id = 0; id < this.count; id++) {
      let slot = hashes[id]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
  }
}

/** Shorter values are copied byte by byte: below this a native copy costs more than it saves. */
const shortCopyBytes = 48

const scratch = new Distinct(1 << 16)

/** An empty table that this thread uses again and again: for work that ends before the next call of this. */
export function scratchDistinct(): Distinct {
  scratch.clear()
  return scratch
}
