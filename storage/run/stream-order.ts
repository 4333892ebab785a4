/**
 * The final order of the streams of a table (by metric name, then by canonical bytes), kept from flush to
 * flush: a table only grows, so new streams are sorted alone and merged into the order of those before.
 * A flush that names some of the streams gets those in order without comparing any. Kept are eight bytes
 * a stream and the distinct names.
 */
import { assert } from '#base/assert.ts'
import type { Allocator } from '#base/bytes/arena.ts'
import { descriptorName } from '../block/sort.ts'
import { Distinct } from '../column/distinct.ts'
import { longer } from '../column/slots.ts'
import type { StreamView } from './stream-view.ts'

/** When fewer streams than this share are asked for, sorting their ranks is cheaper than a walk over all. */
const sweptShare = 16

export class StreamOrder {
  readonly view: StreamView
  /** Streams that stand in order. */
  #count = 0
  /** By stream: its place among all that stand in order, and the number of its name. */
  #rank = new Uint32Array(256)
  #name = new Uint32Array(256)
  readonly #distinct = new Distinct()
  /** Names by number, and the place of each among them. */
  readonly #names: Buffer[] = []
  #nameRank = new Uint32Array(0)

  constructor(view: StreamView) {
    this.view = view
  }

  /** The streams `ids`, which come ascending, in final order, in an array of its own; `memory` is for work. */
  sorted(ids: Uint32Array, memory: Allocator): Uint32Array<ArrayBuffer> {
    const last = ids.at(-1)
    if (last !== undefined && last >= this.#count) this.#extend(memory)
    return ids.length * sweptShare < this.#count
      ? sortByRank(ids, this.#rank, this.#count)
      : this.#bySweep(ids, memory)
  }

  /** The name of a stream that stands in order. */
  name(id: number): Buffer {
    return this.#names[this.#name[id]!]!
  }

  #bySweep(ids: Uint32Array, memory: Allocator): Uint32Array<ArrayBuffer> {
    const sorted = new Uint32Array(ids.length)
    const rank = this.#rank
    /** By rank: the stream + 1, or 0. */
    const wanted = memory.words(this.#count).fill(0)
    for (let i = 0; i < ids.length; i++) wanted[rank[ids[i]!]!] = ids[i]! + 1
    for (let i = 0, at = 0; i < wanted.length; i++)
      if (wanted[i]! > 0) sorted[at++] = wanted[i]! - 1
    return sorted
  }

  /** Takes the streams that came since into the order. */
  #extend(memory: Allocator): void {
    const first = this.#count
    const { count } = this.view
    this.#nameAll(first, count)
    const old = memory.words(first)
    for (let id = 0; id < first; id++) old[this.#rank[id]!] = id
    const all = this.#merge(old, this.#sortNew(first, count), memory)
    this.#rank = longer(this.#rank, roomFor(count, this.#rank))
    for (let place = 0; place < count; place++) this.#rank[all[place]!] = place
    this.#count = count
  }

  /** Numbers the names of the streams [first, end). */
  #nameAll(first: number, end: number): void {
    this.#name = longer(this.#name, roomFor(end, this.#name))
    const known = this.#distinct.count
    for (let id = first; id < end; id++) {
      const name = descriptorName(this.view.bytes(id))
      const number = this.#distinct.add(name, 0, name.length)
      if (number === this.#names.length) this.#names.push(Buffer.from(name))
      this.#name[id] = number
    }
    if (this.#distinct.count === known) return
    const order = Array.from(this.#names.keys())
    order.sort((a, b) => Buffer.compare(this.#names[a]!, this.#names[b]!))
    this.#nameRank = new Uint32Array(order.length)
    for (const [rank, number] of order.entries()) this.#nameRank[number] = rank
  }

  /** The streams [first, end) in final order: brought together by name, then sorted by bytes. */
  #sortNew(first: number, end: number): Uint32Array {
    const starts = new Uint32Array(this.#names.length + 1)
    for (let id = first; id < end; id++) starts[this.#nameRank[this.#name[id]!]! + 1]!++
    for (let rank = 0; rank < this.#names.length; rank++) starts[rank + 1]! += starts[rank]!
    const next = starts.slice()
    const sorted = new Uint32Array(end - first)
    for (let id = first; id < end; id++) sorted[next[this.#nameRank[this.#name[id]!]!]!++] = id
    const { view } = this
    for (let rank = 0; rank < this.#names.length; rank++) {
      const same = sorted.subarray(starts[rank], starts[rank + 1])
      // Clients send streams in an order of their own again and again, which the sort of plain arrays uses.
      if (same.length > 1) same.set(Array.from(same).sort((a, b) => view.compare(a, view, b)))
    }
    return sorted
  }

  /** Merges streams in order with fewer that are in order. */
  #merge(old: Uint32Array, added: Uint32Array, memory: Allocator): Uint32Array {
    if (old.length === 0) return added
    const all = memory.words(old.length + added.length)
    let at = 0
    for (let i = 0; i < added.length; i++) {
      const until = this.#firstAfter(old, at, added[i]!)
      all.set(old.subarray(at, until), at + i)
      at = until
      all[at + i] = added[i]!
    }
    all.set(old.subarray(at), at + added.length)
    return all
  }

  /** The first place in `old`, from `from` on, of a stream that comes after this one. */
  #firstAfter(old: Uint32Array, from: number, id: number): number {
    let low = from
    let step = 1
    while (low + step <= old.length && this.#compare(old[low + step - 1]!, id) < 0) {
      low += step
      step *= 2
    }
    let high = Math.min(old.length, low + step - 1)
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(old[middle]!, id) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(a: number, b: number): number {
    const byName = this.#nameRank[this.#name[a]!]! - this.#nameRank[this.#name[b]!]!
    return byName === 0 ? this.view.compare(a, this.view, b) : byName
  }
}

/** Squares up to here are whole numbers in a double: more streams than memory for a table has. */
const maxRanked = 2 ** 26

/** The `ids` by rising rank, of `count` ids and ranks. */
export function sortByRank(
  ids: Uint32Array,
  rank: Uint32Array,
  count: number,
): Uint32Array<ArrayBuffer> {
  assert(count <= maxRanked, 'a rank and an id fit into a double')
  const ranked = Float64Array.from(ids, (id) => rank[id]! * count + id).sort()
  return Uint32Array.from(ranked, (value) => value % count)
}

/** Room for `count` entries, doubled where there was too little. */
function roomFor(count: number, words: Uint32Array): number {
  return count <= words.length ? words.length : Math.max(count, words.length * 2)
}

const orders = new WeakMap<StreamView, StreamOrder>()

/** The order of a table's streams, one per view. */
export function streamOrder(view: StreamView): StreamOrder {
  let order = orders.get(view)
  if (order === undefined) orders.set(view, (order = new StreamOrder(view)))
  return order
}
