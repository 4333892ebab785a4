/**
 * The predicate "the trace id is one of these". A single id is an equality, so that storage looks it
 * up; of several the ids stand as literals, which for a column of ids are whole values.
 */
import type { Predicate } from '#schemas/predicate.ts'
import type { Texts } from '#schemas/column.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { traces } from '#schemas/signals/traces.ts'

export const traceIdColumn = rowColumn(traces, 'traceId')

/** Passes rows whose trace id is one of `ids`, each of 16 bytes; at least one id. */
export function traceIdPredicate(ids: readonly Uint8Array[]): Predicate {
  const table = new IdTable(ids)
  const [first] = ids
  return {
    column: traceIdColumn,
    absent: false,
    literals: ids,
    ...(ids.length === 1 && first !== undefined && { equals: first }),
    testTexts: (values, count, out) => table.test(values, count, out),
  }
}

/** A hash table with open addressing, at most a quarter full. */
class IdTable {
  readonly #ids: Uint8Array
  readonly #slots: Int32Array

  constructor(ids: readonly Uint8Array[]) {
    let size = 16
    while (size < ids.length * 4) size *= 2
    this.#slots = new Int32Array(size).fill(-1)
    this.#ids = new Uint8Array(ids.length * 16)
    for (const [i, id] of ids.entries()) {
      this.#ids.set(id.subarray(0, 16), i * 16)
      let slot = hashOf(id, 0) & (size - 1)
      while (this.#slots[slot] !== -1) slot = (slot + 1) & (size - 1)
      this.#slots[slot] = i
    }
  }

  test(values: Texts, count: number, out: Uint8Array): void {
    const { offsets, bytes } = values
    const slots = this.#slots
    const mask = slots.length - 1
    for (let i = 0; i < count; i++) {
      const at = offsets[i] ?? 0
      if ((offsets[i + 1] ?? 0) - at !== 16) continue
      let slot = hashOf(bytes, at) & mask
      for (let id = slots[slot] ?? -1; id >= 0; id = slots[slot] ?? -1) {
        if (this.#same(id * 16, bytes, at)) {
          out[i] = 1
          break
        }
        slot = (slot + 1) & mask
      }
    }
  }

  #same(own: number, bytes: Uint8Array, at: number): boolean {
    for (let i = 0; i < 16; i++) if (this.#ids[own + i] !== bytes[at + i]) return false
    return true
  }
}

/** Ids of low entropy in one half (counters, 64-bit ids padded on the left) must not collide, so both halves count. */
function hashOf(bytes: Uint8Array, at: number): number {
  let hash = 0
  for (let i = 0; i < 16; i++) hash = Math.imul(hash ^ (bytes[at + i] ?? 0), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
