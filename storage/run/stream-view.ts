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
import { longer } from '../column/slots.ts'
import { identityOf } from './identities.ts'
import { readable } from './part-view.ts'

export const tableHeaderWords = 4
export const tableRetiredWord = 2
export const tableWorkerWord = 3
export const tableSlabEnd = 0xffffffff
export const entryHeaderWords = 3

/** The streams of one generation, up to a published count. */
export class StreamView implements StreamList {
  readonly #slabs: Slabs
  readonly #first: number
  /** Per entry its slab and the word where it begins. */
  #places = new Uint32Array(128)
  #known = 0
  #slab: number
  #word = tableHeaderWords

  constructor(slabs: Slabs, firstSlab: number) {
    this.#slabs = slabs
    this.#first = firstSlab
    this.#slab = firstSlab
  }

  get count(): number {
    this.#walk(Atomics.load(this.#slabs.at(this.#first).ints, 1))
    return this.#known
  }

  #walk(count: number): void {
    if (count * 2 > this.#places.length)
      this.#places = longer(this.#places, Math.max(count * 2, this.#places.length * 2))
    while (this.#known < count) {
      const { words } = this.#slabs.at(this.#slab)
      const length = this.#word < words.length ? (words[this.#word] ?? 0) : tableSlabEnd
      if (length === tableSlabEnd) {
        this.#slab = (words[0] ?? 0) - 1
        this.#word = tableHeaderWords
        continue
      }
      const place = this.#known++ * 2
      this.#places[place] = this.#slab
      this.#places[place + 1] = this.#word
      this.#word += entryHeaderWords + Math.ceil(length / 4)
    }
  }

  /** The place of an entry in `#places`. */
  #place(id: number): number {
    if (id >= this.#known) this.#walk(Atomics.load(this.#slabs.at(this.#first).ints, 1))
    assert(id < this.#known, `stream ${id} is published`)
    return id * 2
  }

  bytes(id: number): Uint8Array {
    const place = this.#place(id)
    const { bytes, words } = this.#slabs.at(this.#places[place]!)
    const word = this.#places[place + 1]!
    const from = (word + entryHeaderWords) * 4
    return bytes.subarray(from, from + (words[word] ?? 0))
  }

  /** Bytes of a stream. */
  sizeOf(id: number): number {
    const place = this.#place(id)
    return this.#slabs.at(this.#places[place]!).words[this.#places[place + 1]!] ?? 0
  }

  /** Copies a stream to `to`, from byte `at` on; returns where it ends. A Buffer's copy of shared memory is faster than any other. */
  copy(id: number, to: Uint8Array, at: number): number {
    const place = this.#place(id)
    const { bytes, words } = readable(this.#slabs.at(this.#places[place]!))
    const word = this.#places[place + 1]!
    const from = (word + entryHeaderWords) * 4
    return at + bytes.copy(to, at, from, from + words[word]!)
  }

  /** Compares the bytes of two streams, the second of which may stand in another table. */
  compare(id: number, other: StreamView, otherId: number): number {
    const place = this.#place(id)
    const otherPlace = other.#place(otherId)
    const a = readable(this.#slabs.at(this.#places[place]!))
    const b = readable(other.#slabs.at(other.#places[otherPlace]!))
    const word = this.#places[place + 1]!
    const otherWord = other.#places[otherPlace + 1]!
    const from = (word + entryHeaderWords) * 4
    const otherFrom = (otherWord + entryHeaderWords) * 4
    return a.bytes.compare(
      b.bytes,
      otherFrom,
      otherFrom + b.words[otherWord]!,
      from,
      from + a.words[word]!,
    )
  }

  identity(id: number): StreamIdentity {
    // A copy: decoders of text refuse shared memory.
    return identityOf(this, id, () => decodeStream(this.bytes(id).slice()))
  }

  fingerprint(id: number): string {
    const place = this.#place(id)
    const { words } = this.#slabs.at(this.#places[place]!)
    const word = this.#places[place + 1]!
    const hex = (value: number): string => value.toString(16).padStart(8, '0')
    return hex(words[word + 2] ?? 0) + hex(words[word + 1] ?? 0)
  }
}

interface KnownView {
  readonly generation: number
  /** Of the slab while the table lives. */
  readonly state: number
  readonly view: StreamView
}

const views = new WeakMap<Slabs, Map<number, KnownView>>()

/**
 * The view of the table whose first slab is `firstSlab`, shared by all readers of the thread.
 * `generation` tells a table from an earlier one in the same slab.
 */
export function streamView(slabs: Slabs, firstSlab: number, generation: number): StreamView {
  let known = views.get(slabs)
  if (known === undefined) views.set(slabs, (known = new Map()))
  const entry = known.get(firstSlab)
  if (entry?.generation === generation) return entry.view
  forgetFreed(slabs, known)
  const view = new StreamView(slabs, firstSlab)
  known.set(firstSlab, { generation, state: slabs.state(firstSlab), view })
  return view
}

/** Forgets views of tables that were freed, and with them what is kept by view: the order of streams, how they are stored. */
function forgetFreed(slabs: Slabs, known: Map<number, KnownView>): void {
  for (const [first, { state }] of known) {
    // A slab that was freed may be a run's by now, or continue another table. One that begins another is asked for by its generation.
    const begins = Atomics.load(slabs.at(first).ints, tableWorkerWord) !== 0
    if (slabs.state(first) !== state || !begins) known.delete(first)
  }
}
