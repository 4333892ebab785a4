/**
 * Receipts by the hash of their request, the oldest of which make room for new ones. As objects in a Map a
 * million of them took 200 MB, and each request left some to the collector; here they are numbers in
 * arrays, 36 bytes each, and memory that no receipt has come to yet is not resident.
 *
 * Places form a ring in the order of `add`. `#slots` leads from a hash to its place: open addressing with
 * linear probing, at most half full; a slot that becomes free is filled from those behind it, so that no search ends
 * at it too early (Knuth, The Art of Computer Programming 6.4, algorithm R).
 */
import type { Receipt } from '#schemas/receipt.ts'

const hashWords = 4
const noRejects: Receipt['rejects'] = []
/** In place of the time of a receipt that was dropped. */
const dropped = -Infinity

/** The value of a lower-case hexadecimal digit by its character. */
function nibble(code: number): number {
  return (code & 15) + (code >> 6) * 9
}

export class ReceiptTable {
  readonly #most: number
  readonly #hashes: Uint32Array
  readonly #accepted: Uint32Array
  readonly #addedMs: Float64Array
  /** Refusals by place: nearly all receipts have none. */
  readonly #rejects = new Map<number, Receipt['rejects']>()
  /** A place and one, or 0. */
  readonly #slots: Uint32Array
  readonly #wanted = new Uint32Array(hashWords)
  #oldest = 0
  /** Places in use from the oldest on, dropped ones among them. */
  #used = 0
  #size = 0

  /** Holds `most` receipts. */
  constructor(most: number) {
    this.#most = most
    this.#hashes = new Uint32Array(most * hashWords)
    this.#accepted = new Uint32Array(most)
    this.#addedMs = new Float64Array(most)
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(most * 2)))
  }

  get size(): number {
    return this.#size
  }

  /** The place of a hash of 32 hex digits, -1 when it is not there. */
  find(hash: string): number {
    this.#parse(hash)
    return this.#slots[this.#slotOf(this.#wanted)]! - 1
  }

  /** A place for a hash that is not there; the oldest goes when there is none left. It holds no rows until `set`. */
  add(hash: string, nowMs: number): number {
    if (this.#used === this.#most) this.#dropOldest()
    const place = (this.#oldest + this.#used) % this.#most
    this.#parse(hash)
    this.#hashes.set(this.#wanted, place * hashWords)
    this.#slots[this.#slotOf(this.#wanted)] = place + 1
    this.#accepted[place] = 0
    this.#addedMs[place] = nowMs
    this.#used++
    this.#size++
    return place
  }

  /** Does nothing at a place that is dropped. */
  set(place: number, { accepted, rejects }: Receipt): void {
    if (this.#addedMs[place] === dropped) return
    this.#accepted[place] = accepted
    if (rejects.length > 0) this.#rejects.set(place, rejects)
  }

  receipt(place: number): Receipt {
    return {
      accepted: this.#accepted[place]!,
      rejects: this.#rejects.get(place) ?? noRejects,
    }
  }

  /** Does nothing at a place that is dropped. */
  drop(place: number): void {
    if (this.#addedMs[place] === dropped) return
    this.#addedMs[place] = dropped
    this.#rejects.delete(place)
    this.#free(this.#slotOf(this.#hashes.subarray(place * hashWords, (place + 1) * hashWords)))
    this.#size--
  }

  /** Drops what was added at `ms` or before, oldest first, up to one that was not. */
  dropUntil(ms: number): void {
    while (this.#used > 0 && this.#addedMs[this.#oldest]! <= ms) this.#dropOldest()
  }

  #dropOldest(): void {
    this.drop(this.#oldest)
    this.#oldest = (this.#oldest + 1) % this.#most
    this.#used--
  }

  #parse(hash: string): void {
    for (let word = 0; word < hashWords; word++) {
      let bits = 0
      for (let i = word * 8; i < word * 8 + 8; i++) bits = (bits << 4) | nibble(hash.charCodeAt(i))
      this.#wanted[word] = bits
    }
  }

  /** The slot of these words, or the free one where they belong. */
  #slotOf(words: Uint32Array): number {
    const slots = this.#slots
    const hashes = this.#hashes
    const mask = slots.length - 1
    for (let slot = words[0]! & mask; ; slot = (slot + 1) & mask) {
      const at = (slots[slot]! - 1) * hashWords
      if (at < 0) return slot
      const same =
        hashes[at] === words[0] &&
        hashes[at + 1] === words[1] &&
        hashes[at + 2] === words[2] &&
        hashes[at + 3] === words[3]
      if (same) return slot
    }
  }

  #free(slot: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = slot
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashes[(slots[at]! - 1) * hashWords]! & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = slots[at]!
      hole = at
    }
    slots[hole] = 0
  }
}
