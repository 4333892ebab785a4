/**
 * The stream table of one generation, as its ingest worker writes it: raw OTLP identity in, stream id
 * out. Streams are written once, in canonical bytes, and looked up by what the client sent:
 *
 * 1. resource, scope and descriptor of a request are interned by their raw bytes into a prefix;
 * 2. a data point's raw attributes are compared with those of the stream that followed last time: where
 *    the streams of a request come in the order of an earlier one, many of them at once;
 * 3. on a miss they are hashed together with the prefix;
 * 4. an unknown form is made canonical and looked up by fingerprint: it may be a stream known in
 *    another form, else it is a new one.
 *
 * Hash tables hold ids and compare all bytes, so a collision costs time and nothing else.
 */
import { assert } from '#base/assert.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import type { Slab, Slabs } from '#base/threads/slabs.ts'
import { equalRange, Interned } from './interned.ts'
import {
  entryHeaderWords,
  tableHeaderWords,
  tableRetiredWord,
  tableSlabEnd,
  tableWorkerWord,
} from './stream-view.ts'

/** What the table needs to know about an unknown stream. */
export interface NewStream {
  /** Canonical bytes of the stream at `place` of its request (`schemas/identity.ts`). */
  canonical(place: number): Uint8Array
}

/** The streams of a request: raw attributes by range, and the prefix of each. */
export interface RawStreams {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly lengths: Uint32Array
  readonly prefixes: Int32Array
  readonly count: number
  /** 1 for the streams to look up; null when that is all of them. */
  readonly named: Uint8Array | null
}

/** Writes the stream table of one generation. Lives in its ingest worker. */
export class StreamTable {
  readonly firstSlab: number
  /** No other table of the process has the same. */
  readonly generation: number
  readonly #slabs: Slabs
  readonly #state: number
  /** Open addressing over the entries in the slabs: ids, -1 where free. */
  #slots = new Int32Array(1 << 9).fill(-1)
  /** Per id: the slab and the word where its entry starts, and the two hashes that stand there. */
  #places = new Int32Array(1 << 10)
  #count = 0
  /** Raw attributes under their prefix → place in `#streamOf`. */
  readonly #raw = new Interned()
  #streamOf = new Int32Array(1 << 10)
  /** Per raw form: the raw form that followed it last time. */
  #followers = new Int32Array(1 << 10)
  #slab: Slab
  #slabCount = 1
  #word = tableHeaderWords
  #lastRaw = -1
  /** The last that `#followedUntil` took. */
  #lastFollowed = -1

  private constructor(slabs: Slabs, options: { first: Slab; state: number; generation: number }) {
    this.#slabs = slabs
    this.#slab = options.first
    this.firstSlab = options.first.index
    this.#state = options.state
    this.generation = options.generation
  }

  /** A new generation of `worker` in a free slab marked with `state`, or null when there is none. */
  static create(slabs: Slabs, state: number, worker: number): StreamTable | null {
    const first = slabs.take(state, tableHeaderWords * 4)
    if (first === null) return null
    Atomics.store(first.ints, tableWorkerWord, worker + 1)
    return new StreamTable(slabs, { first, state, generation: slabs.nextNumber() })
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the slabs it has taken. */
  get slabBytes(): number {
    return this.#slabCount * this.#slabs.slabBytes
  }

  /** Bytes beside the slabs: what finds streams, and every form that clients sent them in. */
  get memoryBytes(): number {
    const { byteLength } = this.#slots
    const perForm = this.#streamOf.byteLength + this.#followers.byteLength
    return byteLength + this.#places.byteLength + perForm + this.#raw.memoryBytes
  }

  /**
   * Fills in the ids of a request's streams. `stream` is asked with the place of each one that is unknown.
   * False when the table needs a slab and none is free.
   */
  internAll(list: RawStreams, ids: Uint32Array, stream: NewStream): boolean {
    const { bytes, offsets, lengths, prefixes, count, named } = list
    for (let next = 0; next < count;) {
      const end = named === null ? this.#followedUntil(list, next, ids) : next
      if (end > next && this.#follows(list, next, end)) {
        next = end
        continue
      }
      // Those of a stretch that differs are looked up one by one, so that none is compared more than twice.
      const until = Math.max(end, next + 1)
      for (; next < until; next++) {
        if (named !== null && named[next] === 0) continue
        const from = offsets[next]!
        const id = this.intern(bytes, from, from + lengths[next]!, prefixes[next]!, stream, next)
        if (id < 0) return false
        ids[next] = id
      }
    }
    return true
  }

  /**
   * One past the streams from `from` on that may be those that followed one another last time: with equal
   * lengths and prefixes, at equal distances. Their ids are filled in.
   */
  #followedUntil(list: RawStreams, from: number, ids: Uint32Array): number {
    const { offsets, lengths, prefixes, count } = list
    let raw = this.#lastRaw < 0 ? -1 : this.#followers[this.#lastRaw]!
    if (raw < 0) return from
    const distance = this.#raw.placeOf(raw) - offsets[from]!
    let next = from
    for (; next < count && raw >= 0; next++) {
      if (this.#raw.placeOf(raw) - offsets[next]! !== distance) break
      if (!this.#raw.hasShape(raw, lengths[next]!, prefixes[next]!)) break
      ids[next] = this.#streamOf[raw]!
      this.#lastFollowed = raw
      raw = this.#followers[raw]!
    }
    return next
  }

  /** Whether the streams [from, to), found by `#followedUntil`, are those: their bytes are equal. */
  #follows({ bytes, offsets, lengths }: RawStreams, from: number, to: number): boolean {
    const first = this.#followers[this.#lastRaw]!
    const end = offsets[to - 1]! + lengths[to - 1]!
    if (!this.#raw.standsAt(this.#raw.placeOf(first), bytes, offsets[from]!, end)) return false
    this.#lastRaw = this.#lastFollowed
    return true
  }

  /**
   * The stream of raw attributes `bytes[from, to)` under an interned prefix (resource, scope,
   * descriptor). Returns -1 when the table needs a slab and none is free.
   */
  // oxlint-disable-next-line max-params -- called per data point: an object would be one per point
  intern(
    bytes: Uint8Array,
    from: number,
    to: number,
    prefix: number,
    stream: NewStream,
    place = 0,
  ): number {
    const follower = this.#lastRaw < 0 ? -1 : this.#followers[this.#lastRaw]!
    let raw = follower >= 0 && this.#raw.is(follower, bytes, from, to, prefix) ? follower : -1
    if (raw < 0) {
      raw = this.#raw.find(bytes, from, to, prefix)
      if (raw < 0) {
        const id = this.internCanonical(stream.canonical(place))
        if (id < 0) return -1
        raw = this.#addRaw(bytes, from, to, prefix)
        this.#streamOf[raw] = id
      }
      if (this.#lastRaw >= 0) this.#followers[this.#lastRaw] = raw
    }
    this.#lastRaw = raw
    return this.#streamOf[raw]!
  }

  #addRaw(bytes: Uint8Array, from: number, to: number, prefix: number): number {
    const raw = this.#raw.add(bytes, from, to, prefix)
    if (raw >= this.#streamOf.length) {
      const streams = new Int32Array(this.#streamOf.length * 2)
      streams.set(this.#streamOf)
      this.#streamOf = streams
      const followers = new Int32Array(this.#followers.length * 2)
      followers.set(this.#followers)
      this.#followers = followers
    }
    this.#followers[raw] = -1
    return raw
  }

  /** The id of a stream given by its canonical bytes; -1 when the table needs a slab and none is free. */
  internCanonical(canonical: Uint8Array): number {
    const low = hashBytes(canonical, 0, canonical.length, 0x9747b28c)
    const high = hashBytes(canonical, 0, canonical.length, 0x5bd1e995)
    const mask = this.#slots.length - 1
    let slot = low & mask
    for (; this.#slots[slot]! >= 0; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!
      if (this.#is(id, canonical, low, high)) return id
    }
    if (!this.#write(canonical, low, high)) return -1
    this.#slots[slot] = this.#count++
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return this.#count - 1
  }

  /** Whether the entry of `id` holds these bytes, which have these hashes. */
  #is(id: number, canonical: Uint8Array, low: number, high: number): boolean {
    const place = id * 4
    const places = this.#places
    if (places[place + 2] !== (low | 0) || places[place + 3] !== (high | 0)) return false
    const { words, bytes } = this.#slabs.at(places[place]!)
    const at = places[place + 1]!
    return (
      words[at] === canonical.length &&
      equalRange(canonical, 0, canonical.length, bytes, (at + entryHeaderWords) * 4)
    )
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let id = 0; id < this.#count; id++) {
      let slot = this.#places[id * 4 + 2]! & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = id
    }
    this.#slots = slots
  }

  #write(canonical: Uint8Array, low: number, high: number): boolean {
    const needed = entryHeaderWords + Math.ceil(canonical.length / 4)
    assert(
      tableHeaderWords + needed < this.#slab.words.length,
      'limits keep a stream smaller than a slab',
    )
    if (this.#word + needed > this.#slab.words.length) {
      const next = this.#slabs.take(this.#state, tableHeaderWords * 4)
      if (next === null) return false
      if (this.#word < this.#slab.words.length) this.#slab.words[this.#word] = tableSlabEnd
      this.#slab.words[0] = next.index + 1
      this.#slab = next
      this.#slabCount++
      this.#word = tableHeaderWords
    }
    const { words, bytes } = this.#slab
    words[this.#word] = canonical.length
    words[this.#word + 1] = low
    words[this.#word + 2] = high
    bytes.set(canonical, (this.#word + entryHeaderWords) * 4)
    const place = this.#count * 4
    if (place === this.#places.length) {
      const places = new Int32Array(this.#places.length * 2)
      places.set(this.#places)
      this.#places = places
    }
    this.#places[place] = this.#slab.index
    this.#places[place + 1] = this.#word
    this.#places[place + 2] = low
    this.#places[place + 3] = high
    this.#word += needed
    return true
  }

  /** Lets readers see all streams interned so far; called before rows that name them are published. */
  publish(): void {
    Atomics.store(this.#slabs.at(this.firstSlab).ints, 1, this.#count)
  }

  /** Says that no new rows will name this table: it is freed with the last run that does. */
  retire(): void {
    retireTable(this.#slabs, this.firstSlab)
  }
}

/** Says for a worker that died that no new rows will name this table, if it is one of its own. */
export function retireTableOf(worker: number, slabs: Slabs, firstSlab: number): void {
  if (Atomics.load(slabs.at(firstSlab).ints, tableWorkerWord) === worker + 1)
    retireTable(slabs, firstSlab)
}

function retireTable(slabs: Slabs, firstSlab: number): void {
  Atomics.store(slabs.at(firstSlab).ints, tableRetiredWord, 1)
}

/** Whether the table's worker has given it up. */
export function tableRetired(slabs: Slabs, firstSlab: number): boolean {
  return Atomics.load(slabs.at(firstSlab).ints, tableRetiredWord) === 1
}

/** The slabs of a table, first to last; for freeing it. */
export function tableSlabs(slabs: Slabs, firstSlab: number): number[] {
  const chain: number[] = []
  for (let slab = firstSlab; slab >= 0; slab = (slabs.at(slab).words[0] ?? 0) - 1) chain.push(slab)
  return chain
}
