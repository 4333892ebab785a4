/**
 * Slabs: the shared memory in which runs and stream tables live. All slabs are reserved once at
 * start and passed to every worker (memory that is never touched is never resident), and recycled
 * explicitly, because a SharedArrayBuffer made per commit is never freed in time.
 *
 * One Int32Array holds a state word per slab, changed with Atomics: any thread may take a free slab,
 * only the main thread, which owns the pins, frees one. What the other states mean is their user's.
 * The word after the last state counts the frees, for those who wait for one; the one after it says how
 * many free slabs are reserved: only views made with `reserved` take those; the last one counts the numbers given.
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
    states: new SharedArrayBuffer((count + 3) * 4),
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
  readonly #reserved: boolean

  /** `reserved`: may take the slabs that are reserved, too. */
  constructor(memory: SlabMemory, { reserved = false }: { readonly reserved?: boolean } = {}) {
    this.slabBytes = memory.slabBytes
    this.count = memory.slabs.length
    this.#states = new Int32Array(memory.states)
    this.#reserved = reserved
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

  /** Keeps this many free slabs for views that were made with `reserved`, from now on. */
  reserve(count: number): void {
    Atomics.store(this.#states, this.count + 1, count)
  }

  /** A number that no other call gives, in any thread: tells what stands in a slab from what stood there before. */
  nextNumber(): number {
    return (Atomics.add(this.#states, this.count + 2, 1) + 1) >>> 0
  }

  /** Whether this view may take a slab now. Others may be quicker. */
  #mayTake(): boolean {
    const kept = this.#reserved ? 0 : Atomics.load(this.#states, this.count + 1)
    return this.freeCount() > kept
  }

  /** A free slab with its header zeroed, now in `state`; null when all are in use, or reserved. */
  take(state: number, headerBytes: number): Slab | null {
    if (!this.#mayTake()) return null
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
    if (this.#mayTake()) return
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
