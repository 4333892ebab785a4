/**
 * Slabs: the shared memory in which runs and stream tables live. All slabs are reserved once at
 * start and passed to every worker (memory that is never touched is never resident), and recycled
 * explicitly, because a SharedArrayBuffer made per commit is never freed in time.
 *
 * One Int32Array holds a state word per slab, changed with Atomics: any thread may take a free slab,
 * only the main thread, which owns the pins, frees one. What the other states mean is their user's.
 * The word after the last state counts the frees, for those who wait for one.
 */
import { assert } from '../assert.ts'

export interface SlabMemory {
  readonly slabBytes: number
  readonly states: SharedArrayBuffer
  readonly slabs: readonly SharedArrayBuffer[]
}

/** The state of a slab that nobody uses. */
export const slabFree = 0

/** Reserves `count` slabs of `slabBytes` (a multiple of 8). */
export function createSlabMemory(count: number, slabBytes: number): SlabMemory {
  assert(slabBytes % 8 === 0, 'slabs hold whole 64-bit words')
  return {
    slabBytes,
    states: new SharedArrayBuffer((count + 1) * 4),
    slabs: Array.from({ length: count }, () => new SharedArrayBuffer(slabBytes)),
  }
}

/** One slab as the views that hot loops use; made once per thread. */
export interface Slab {
  readonly index: number
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly ints: Int32Array
}

/** The slabs as seen from one thread. */
export class Slabs {
  readonly slabBytes: number
  readonly count: number
  readonly #states: Int32Array
  readonly #slabs: Slab[]

  constructor(memory: SlabMemory) {
    this.slabBytes = memory.slabBytes
    this.count = memory.slabs.length
    this.#states = new Int32Array(memory.states)
    this.#slabs = memory.slabs.map((buffer, index) => ({
      index,
      bytes: new Uint8Array(buffer),
      words: new Uint32Array(buffer),
      ints: new Int32Array(buffer),
    }))
  }

  at(index: number): Slab {
    const slab = this.#slabs[index]
    assert(slab !== undefined, `slab ${index} exists`)
    return slab
  }

  state(index: number): number {
    return Atomics.load(this.#states, index)
  }

  setState(index: number, state: number): void {
    Atomics.store(this.#states, index, state)
  }

  /** A free slab with its header zeroed, now in `state`; null when all are in use. */
  take(state: number, headerBytes: number): Slab | null {
    for (let i = 0; i < this.count; i++) {
      if (Atomics.compareExchange(this.#states, i, slabFree, state) !== slabFree) continue
      const slab = this.at(i)
      slab.bytes.fill(0, 0, headerBytes)
      return slab
    }
    return null
  }

  free(index: number): void {
    this.setState(index, slabFree)
    Atomics.add(this.#states, this.count, 1)
    Atomics.notify(this.#states, this.count)
  }

  /** Resolves when some slab was freed, or after `ms`. */
  async waitFree(ms: number): Promise<void> {
    const freed = Atomics.load(this.#states, this.count)
    if (this.freeCount() > 0) return
    const waited = Atomics.waitAsync(this.#states, this.count, freed, ms)
    if (waited.async) await waited.value
  }

  /** How many slabs nobody uses. */
  freeCount(): number {
    let free = 0
    for (let i = 0; i < this.count; i++) if (this.state(i) === slabFree) free++
    return free
  }
}
