/**
 * The states of a lazy DFA and the cache they live in: sets of instructions with what is known on
 * their left, interned, each with a row of transitions. Bounded by `maxBytes`; `clear` begins again.
 *
 * A state's number is where its row begins in `transitions`. Row 0 is no state, so that 0 can mean
 * "not yet known"; the next two are the dead and the matched state, whose rows are never read.
 */

const fixedRows = 3

/** States that fit whatever the limit, so that one step after `clear` always succeeds: the start and the next. */
const alwaysFitting = fixedRows + 2

/** Words kept for each state beside its row and members: offset, length, left side, hash. */
const metaWords = 4

export class StateTable {
  readonly stride: number
  readonly dead: number
  readonly matched: number
  readonly #maxBytes: number
  transitions: Int32Array
  /** Rows in use, the fixed ones included. */
  count = fixedRows
  members: Int32Array
  #memberCount = 0
  #meta: Int32Array
  /** Open addressing: a row, or 0 for none. */
  #slots: Int32Array

  constructor(stride: number, maxBytes: number) {
    this.stride = stride
    this.dead = stride
    this.matched = 2 * stride
    this.#maxBytes = maxBytes
    this.transitions = new Int32Array(16 * stride)
    this.members = new Int32Array(256)
    this.#meta = new Int32Array(16 * metaWords)
    this.#slots = new Int32Array(32)
  }

  /** Where the members of a state begin in `members`. */
  firstOf(state: number): number {
    return this.#meta[(state / this.stride) * metaWords]!
  }

  /** Where they end. */
  endOf(state: number): number {
    const meta = (state / this.stride) * metaWords
    return this.#meta[meta]! + this.#meta[meta + 1]!
  }

  /** What is known on the left of a state. */
  leftOf(state: number): number {
    return this.#meta[(state / this.stride) * metaWords + 2]!
  }

  /**
   * The state of these members (`set[0, size)`, which is sorted in place), made if need be; 0 when a
   * new one would exceed the limit.
   */
  find(set: Int32Array, size: number, left: number): number {
    set.subarray(0, size).sort()
    let hash = left
    for (let at = 0; at < size; at++) hash = Math.imul(hash ^ set[at]!, 0x9e3779b1) ^ (hash >>> 15)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 16)) & mask
    for (let row = this.#slots[slot]!; row !== 0; row = this.#slots[slot]!) {
      if (this.#equals(row, set, size, left)) return row * this.stride
      slot = (slot + 1) & mask
    }
    if (this.count >= alwaysFitting && this.#bytesWith(size) > this.#maxBytes) return 0
    return this.#add(set, size, { left, hash, slot })
  }

  /** Forgets every state; the numbers of old ones mean nothing any more. */
  clear(): void {
    this.transitions.fill(0, 0, this.count * this.stride)
    this.#slots.fill(0)
    this.count = fixedRows
    this.#memberCount = 0
  }

  #bytesWith(size: number): number {
    const perState = this.stride + metaWords + 2
    return 4 * ((this.count + 1) * perState + this.#memberCount + size)
  }

  #equals(row: number, set: Int32Array, size: number, left: number): boolean {
    const meta = row * metaWords
    if (this.#meta[meta + 1] !== size || this.#meta[meta + 2] !== left) return false
    const first = this.#meta[meta]!
    for (let at = 0; at < size; at++) if (this.members[first + at] !== set[at]) return false
    return true
  }

  #add(
    set: Int32Array,
    size: number,
    { left, hash, slot }: { left: number; hash: number; slot: number },
  ): number {
    const row = this.count++
    this.transitions = grown(this.transitions, this.count * this.stride)
    this.#meta = grown(this.#meta, this.count * metaWords)
    this.members = grown(this.members, this.#memberCount + size)
    this.members.set(set.subarray(0, size), this.#memberCount)
    this.#meta.set([this.#memberCount, size, left, hash], row * metaWords)
    this.#memberCount += size
    this.#slots[slot] = row
    if (this.count * 2 > this.#slots.length) this.#rehash()
    return row * this.stride
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let row = fixedRows; row < this.count; row++) {
      const hash = this.#meta[row * metaWords + 3]!
      let slot = (hash ^ (hash >>> 16)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = row
    }
    this.#slots = slots
  }
}

/** The array, or a copy of at least twice its length when it is shorter than `needed`. */
function grown(array: Int32Array, needed: number): Int32Array {
  if (needed <= array.length) return array
  const larger = new Int32Array(Math.max(needed, array.length * 2))
  larger.set(array)
  return larger
}
