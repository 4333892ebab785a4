/**
 * Open addressing over values that their owner numbers from 0: what tables of distinct values have in
 * common. The owner computes hashes and compares values; here stand the hashes by number, the slots with
 * number + 1 or 0, and how both grow. Twice as many slots as values, so that probing stays short.
 * Memory is kept when the table is cleared.
 */

/** Values a new or cleared table has room for. */
const firstValues = 256

export class Slots {
  /** Values there is room for. Arrays may be longer: `clear` keeps them. */
  capacity = firstValues
  /** By number. The owner writes that of a new value. */
  hashes = new Uint32Array(firstValues)
  /** Number + 1, or 0; a value is searched from slot `hash & mask` on, one by one. */
  slots = new Uint32Array(firstValues * 2)

  get mask(): number {
    return this.capacity * 2 - 1
  }

  /** Forgets all values. Costs the same however many there were. */
  clear(): void {
    this.capacity = firstValues
    this.slots.fill(0, 0, firstValues * 2)
  }

  /** Doubles the room when `count` values fill it. */
  growAt(count: number): void {
    if (count < this.capacity) return
    const capacity = this.capacity * 2
    if (this.hashes.length < capacity) {
      this.hashes = longer(this.hashes, capacity)
      this.slots = new Uint32Array(capacity * 2)
    } else this.slots.fill(0, 0, capacity * 2)
    this.capacity = capacity
    const { hashes, slots, mask } = this
    for (let id = 0; id < count; id++) {
      let slot = hashes[id]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
  }
}

/** `words` with room for at least `count`: the same array where it has that, else a copy. */
export function longer(words: Uint32Array<ArrayBuffer>, count: number): Uint32Array<ArrayBuffer> {
  if (words.length >= count) return words
  const grown = new Uint32Array(count)
  grown.set(words)
  return grown
}
