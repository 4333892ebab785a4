/**
 * The stream table of one generation, as its ingest worker writes it: raw OTLP identity in, stream id
 * out. Streams are written once, in canonical bytes, and looked up by what the client sent:
 *
 * 1. resource, scope and descriptor of a request are interned by their raw bytes into a prefix;
 * 2. a data point's raw attributes are compared with those of the stream that followed last time;
 * 3. on a miss they are hashed together with the prefix;
 * 4. an unknown form is made canonical and looked up by fingerprint: it may be a stream known in
 *    another form, else it is a new one.
 *
 * Hash tables hold ids and compare all bytes, so a collision costs time and nothing else.
 */
import { assert } from '#base/assert.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import type { Slab, Slabs } from '#base/threads/slabs.ts'
import {
  entryHeaderWords,
  tableHeaderWords,
  tableRetiredWord,
  tableSlabEnd,
} from './stream-view.ts'

/** What the table needs to know about an unknown stream. */
export interface NewStream {
  /** Canonical bytes of the stream (`schemas/identity.ts`). */
  canonical(): Uint8Array
}

/** Whether `count` words at two places are equal. */
// oxlint-disable-next-line max-params -- two ranges, called per row: an object would be one per row
function equalWords(
  a: Int32Array,
  from: number,
  b: Int32Array,
  at: number,
  count: number,
): boolean {
  for (let i = 0; i < count; i++) if (a[from + i] !== b[at + i]) return false
  return true
}

// oxlint-disable-next-line max-params -- two ranges, called per row: an object would be one per row
function equalRange(a: Uint8Array, from: number, to: number, b: Uint8Array, at: number): boolean {
  for (let i = from, j = at; i < to; i++, j++) if (a[i] !== b[j]) return false
  return true
}

/**
 * Byte ranges under dense ids, found by content: an arena and an open-addressing table of ids. Ranges
 * stand at whole words of the arena; those that also start at one where they come from are compared by words.
 */
class Interned {
  #arena = new Uint8Array(1 << 16)
  #arenaWords: Int32Array = new Int32Array(this.#arena.buffer)
  #used = 0
  /** The bytes that were looked up last, and their whole words. */
  #source: Uint8Array = new Uint8Array(0)
  #sourceWords: Int32Array = new Int32Array(0)
  /** Per id: offset, length, extra key, hash. */
  #entries = new Int32Array(1 << 10)
  #slots = new Int32Array(1 << 9).fill(-1)
  count = 0

  /** The id of these bytes under the key, or -1 - slot for `add`. */
  find(bytes: Uint8Array, from: number, to: number, key: number): number {
    const hash = hashBytes(bytes, from, to, key) | 0
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!
      if (id < 0) return -1
      if (this.#entries[id * 4 + 3] === hash && this.is(id, bytes, from, to, key)) return id
    }
  }

  // oxlint-disable-next-line max-params -- a range and its key, called per row: an object would be one per row
  is(id: number, bytes: Uint8Array, from: number, to: number, key: number): boolean {
    const entry = id * 4
    if (this.#entries[entry + 1] !== to - from || this.#entries[entry + 2] !== key) return false
    const at = this.#entries[entry]!
    if (((from | bytes.byteOffset) & 3) !== 0) return equalRange(bytes, from, to, this.#arena, at)
    if (bytes !== this.#source) {
      this.#source = bytes
      this.#sourceWords = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
    }
    const whole = (to - from) & ~3
    return (
      equalWords(this.#sourceWords, from >> 2, this.#arenaWords, at >> 2, whole >> 2) &&
      equalRange(bytes, from + whole, to, this.#arena, at + whole)
    )
  }

  add(bytes: Uint8Array, from: number, to: number, key: number): number {
    const size = (to - from + 3) & ~3
    if (this.#used + size > this.#arena.length) {
      const grown = new Uint8Array(Math.max(this.#arena.length * 2, this.#used + size))
      grown.set(this.#arena.subarray(0, this.#used))
      this.#arena = grown
      this.#arenaWords = new Int32Array(grown.buffer)
    }
    if ((this.count + 1) * 4 > this.#entries.length) {
      const grown = new Int32Array(this.#entries.length * 2)
      grown.set(this.#entries)
      this.#entries = grown
    }
    if (this.count * 2 >= this.#slots.length) this.#rehash()
    const id = this.count++
    const hash = hashBytes(bytes, from, to, key) | 0
    const entry = id * 4
    this.#entries[entry] = this.#used
    this.#entries[entry + 1] = to - from
    this.#entries[entry + 2] = key
    this.#entries[entry + 3] = hash
    this.#arena.set(bytes.subarray(from, to), this.#used)
    this.#used += size
    this.#place(id, hash)
    return id
  }

  #place(id: number, hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
    this.#slots[slot] = id
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let id = 0; id < this.count; id++) this.#place(id, this.#entries[id * 4 + 3]!)
  }
}

/** Writes the stream table of one generation. Lives in its ingest worker. */
export class StreamTable {
  readonly firstSlab: number
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
  #word = tableHeaderWords
  #lastRaw = -1

  private constructor(slabs: Slabs, options: { first: Slab; state: number; generation: number }) {
    this.#slabs = slabs
    this.#slab = options.first
    this.firstSlab = options.first.index
    this.#state = options.state
    this.generation = options.generation
  }

  /** A new generation in a free slab marked with `state`, or null when there is none. */
  static create(slabs: Slabs, state: number, generation: number): StreamTable | null {
    const first = slabs.take(state, tableHeaderWords * 4)
    return first === null ? null : new StreamTable(slabs, { first, state, generation })
  }

  get count(): number {
    return this.#count
  }

  /**
   * The stream of raw attributes `bytes[from, to)` under an interned prefix (resource, scope,
   * descriptor). Returns -1 when the table needs a slab and none is free.
   */
  // oxlint-disable-next-line max-params -- called per data point: an object would be one per point
  intern(bytes: Uint8Array, from: number, to: number, prefix: number, stream: NewStream): number {
    const follower = this.#lastRaw < 0 ? -1 : this.#followers[this.#lastRaw]!
    let raw = follower >= 0 && this.#raw.is(follower, bytes, from, to, prefix) ? follower : -1
    if (raw < 0) {
      raw = this.#raw.find(bytes, from, to, prefix)
      if (raw < 0) {
        const id = this.internCanonical(stream.canonical())
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

/** Says for a worker that died that no new rows will name its table. */
export function retireTable(slabs: Slabs, firstSlab: number): void {
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

/** Interns the resource, scope and descriptor of requests by their raw bytes: the prefix of a stream. */
export class PrefixTable {
  readonly #parts = new Interned()
  readonly #pairs = new Map<number, number>()

  /** A number for raw bytes; `kind` keeps resources, scopes and descriptors apart. */
  part(bytes: Uint8Array, from: number, to: number, kind: number): number {
    const known = this.#parts.find(bytes, from, to, kind)
    return known >= 0 ? known : this.#parts.add(bytes, from, to, kind)
  }

  /** A number for two numbers. */
  pair(a: number, b: number): number {
    const key = a * 2 ** 26 + b
    const known = this.#pairs.get(key)
    if (known !== undefined) return known
    this.#pairs.set(key, this.#pairs.size)
    return this.#pairs.size - 1
  }
}
