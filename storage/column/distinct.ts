/**
 * Distinct byte strings numbered by first appearance: an arena, offsets and an open-addressing table,
 * no object per value. Used where dictionaries are built or joined.
 */
import { keptOf } from '#base/bytes/kept.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import type { Texts } from '#schemas/column.ts'
import { longer, Slots } from './slots.ts'

/** An arena larger than this is not kept by `clear`. */
const keptBytes = 8 * 1024 * 1024

export class Distinct {
  count = 0
  #bytes: Uint8Array
  readonly #table = new Slots()
  #offsets = new Uint32Array(this.#table.capacity + 1)

  constructor(bytes = 4096) {
    this.#bytes = new Uint8Array(bytes)
  }

  /** Forgets all values and keeps the memory; texts given before will be overwritten. Costs the same however many there were. */
  clear(): void {
    this.count = 0
    this.#table.clear()
    if (this.#bytes.length > keptOf(keptBytes)) this.#bytes = new Uint8Array(4096)
  }

  /** The number of `bytes[from, to)`, which is copied when it is new. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(bytes, from, to)
    const { mask, slots, hashes } = this.#table
    let slot = hash & mask
    for (;;) {
      const entry = slots[slot]!
      if (entry === 0) break
      if (hashes[entry - 1] === hash && this.#same(entry - 1, bytes, from, to)) {
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
    this.#table.hashes[id] = hash
    this.#table.growAt(this.count)
    this.#offsets = longer(this.#offsets, this.#table.capacity + 1)
    return id
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
