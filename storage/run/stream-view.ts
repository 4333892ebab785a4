/**
 * A stream table as any thread reads it: entries one after the other in a chain of slabs, published
 * by a count. Reading walks the entries once and remembers where each one is; the same view serves
 * all runs of the generation and grows with it.
 *
 * Slab of a table: word 0 = next slab + 1 (0: none), word 1 = published entries of the whole table (in
 * its first slab), word 2 = 1 when its worker gave it up, word 3 = 1 + the number of that worker (0 in slabs that continue a table); entries from `tableHeaderWords`: length in bytes, fingerprint lo, hi, bytes padded to
 * words. A length of `tableSlabEnd` says that the next entry is in the next slab.
 */
import { assert } from '#base/assert.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import { decodeStream } from '#schemas/identity-codec.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'

export const tableHeaderWords = 4
export const tableRetiredWord = 2
export const tableWorkerWord = 3
export const tableSlabEnd = 0xffffffff
export const entryHeaderWords = 3

/** The streams of one generation, up to a published count. */
export class StreamView implements StreamList {
  readonly #slabs: Slabs
  readonly #first: number
  readonly #places: { slab: number; word: number }[] = []
  readonly #identities: (StreamIdentity | undefined)[] = []
  #slab: number
  #word = tableHeaderWords

  constructor(slabs: Slabs, firstSlab: number) {
    this.#slabs = slabs
    this.#first = firstSlab
    this.#slab = firstSlab
  }

  get count(): number {
    this.#walk(Atomics.load(this.#slabs.at(this.#first).ints, 1))
    return this.#places.length
  }

  #walk(count: number): void {
    while (this.#places.length < count) {
      const { words } = this.#slabs.at(this.#slab)
      const length = this.#word < words.length ? (words[this.#word] ?? 0) : tableSlabEnd
      if (length === tableSlabEnd) {
        this.#slab = (words[0] ?? 0) - 1
        this.#word = tableHeaderWords
        continue
      }
      this.#places.push({ slab: this.#slab, word: this.#word })
      this.#word += entryHeaderWords + Math.ceil(length / 4)
    }
  }

  #place(id: number): { slab: number; word: number } {
    if (id >= this.#places.length) this.#walk(Atomics.load(this.#slabs.at(this.#first).ints, 1))
    const place = this.#places[id]
    assert(place !== undefined, `stream ${id} is published`)
    return place
  }

  bytes(id: number): Uint8Array {
    const { slab, word } = this.#place(id)
    const { bytes, words } = this.#slabs.at(slab)
    const from = (word + entryHeaderWords) * 4
    return bytes.subarray(from, from + (words[word] ?? 0))
  }

  identity(id: number): StreamIdentity {
    // A copy: decoders of text refuse shared memory.
    return (this.#identities[id] ??= decodeStream(this.bytes(id).slice()))
  }

  fingerprint(id: number): string {
    const { slab, word } = this.#place(id)
    const { words } = this.#slabs.at(slab)
    const hex = (value: number): string => value.toString(16).padStart(8, '0')
    return hex(words[word + 2] ?? 0) + hex(words[word + 1] ?? 0)
  }
}

const views = new WeakMap<Slabs, Map<number, { generation: number; view: StreamView }>>()

/**
 * The view of the table whose first slab is `firstSlab`, shared by all readers of the thread.
 * `generation` tells a table from an earlier one in the same slab.
 */
export function streamView(slabs: Slabs, firstSlab: number, generation: number): StreamView {
  let known = views.get(slabs)
  if (known === undefined) views.set(slabs, (known = new Map()))
  const entry = known.get(firstSlab)
  if (entry?.generation === generation) return entry.view
  const view = new StreamView(slabs, firstSlab)
  known.set(firstSlab, { generation, view })
  return view
}
