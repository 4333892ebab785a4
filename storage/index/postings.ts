/**
 * Stream postings: which streams of a section have a given text attribute (of resource, scope or
 * point) or descriptor name. Keys are 32-bit hashes of (key, value): a collision only lets a stream
 * through that the stream test then refuses. Sorted by hash; ids ascend per hash.
 *
 *   varint pairs, varint hashes, words: differences of hashes, words: ids per hash, words: ids
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { Wire } from '#base/bytes/wire.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { hashBytes, mix } from '#base/bytes/hash32.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { decodeWords, encodeWords } from '../encoding/words.ts'

/** The key under which the name of a metric descriptor stands. */
export const nameKey = '__name__'

/** Attributes of a section's streams in all; beyond it postings are left out and every stream is tested. */
const maxPairs = 1 << 24

const nameBytes = Buffer.from(nameKey)

/** Where the resource stands in a stream's canonical bytes, [0, 0) where there is none, and its number. */
export interface ResourceRange {
  readonly number: number
  readonly from: number
  readonly to: number
}

/** Pairs of a builder, by column. */
interface Pairs {
  hash: Uint32Array<ArrayBuffer>
  id: Uint32Array<ArrayBuffer>
}

/** Memory of a builder that is done, for the next one of this thread. */
let sparePairs: Pairs | null = null

/** Spare memory is for at most so many pairs, which is 8 MiB: 100,000 streams of ten attributes. */
const maxSparePairs = 1 << 20

function newPairs(): Pairs {
  const spare = sparePairs
  sparePairs = null
  return spare ?? { hash: new Uint32Array(4096), id: new Uint32Array(4096) }
}

export class PostingsBuilder {
  /** Distinct hashes in order of appearance; a pair names one by its number. */
  #hashes = new Uint32Array(1024)
  #distinct = 0
  /** Number + 1 of a hash, at its place by open addressing; 0: free. Twice as many as there are hashes. */
  #slots = new Uint32Array(2048)
  /** Of each hash: the last id + 1, and how many ids. */
  #last = new Uint32Array(1024)
  #counts = new Uint32Array(1024)
  readonly #pairs = newPairs()
  #count = 0
  #complete = true
  /** The hashes of each resource by its number: streams of one target share theirs. */
  readonly #resourceHashes: number[][] = []
  #id = 0
  readonly #take = (hash: number): void => this.#push(hash)

  /** Adds one stream; ids come in ascending order. Equal resources have equal numbers. */
  add(id: number, canonical: Uint8Array, resource: ResourceRange): void {
    if (!this.#complete) return
    this.#id = id
    for (const hash of this.#hashesOf(canonical, resource)) this.#push(hash)
    eachStreamText(canonical, resource.to, this.#take)
  }

  /** The hashes of the resource that stands in this range, walked when it is new. */
  #hashesOf(bytes: Uint8Array, { number, from, to }: ResourceRange): readonly number[] {
    let hashes = this.#resourceHashes[number]
    if (hashes === undefined) {
      const found: number[] = []
      eachAttribute(new Wire(bytes, from), to, 1, (hash) => found.push(hash))
      this.#resourceHashes[number] = hashes = found
    }
    return hashes
  }

  #push(hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    let number = this.#slots[slot]!
    while (number !== 0 && this.#hashes[number - 1] !== hash) {
      slot = (slot + 1) & mask
      number = this.#slots[slot]!
    }
    if (number === 0) {
      number = ++this.#distinct
      this.#slots[slot] = number
      this.#hashes[number - 1] = hash
      if (number === this.#hashes.length) this.#growHashes()
    }
    if (this.#last[number - 1] === this.#id + 1) return
    if (this.#count === maxPairs) {
      this.#complete = false
      return
    }
    this.#last[number - 1] = this.#id + 1
    this.#counts[number - 1]!++
    const pairs = this.#pairs
    if (this.#count === pairs.hash.length) {
      pairs.hash = grow(pairs.hash)
      pairs.id = grow(pairs.id)
    }
    pairs.hash[this.#count] = number - 1
    pairs.id[this.#count++] = this.#id
  }

  #growHashes(): void {
    this.#hashes = grow(this.#hashes)
    this.#last = grow(this.#last)
    this.#counts = grow(this.#counts)
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let number = 0; number < this.#distinct; number++) {
      let slot = this.#hashes[number]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = number + 1
    }
    this.#slots = slots
  }

  /** The stored bytes; null when there were too many pairs, so that every stream must be tested. The builder is done. */
  finish(dense: boolean): Uint8Array | null {
    const stored = this.#complete ? withTemporary((memory) => this.#encode(memory, dense)) : null
    if (this.#pairs.hash.length <= maxSparePairs) sparePairs = this.#pairs
    return stored
  }

  #encode(memory: Allocator, dense: boolean): Uint8Array {
    const order = sortByWord(this.#hashes.subarray(0, this.#distinct), memory)
    const heads = memory.words(order.length)
    const counts = memory.words(order.length)
    const next = memory.words(order.length)
    for (let i = 0, at = 0; i < order.length; i++) {
      const number = order[i]!
      heads[i] = this.#hashes[number]!
      counts[i] = this.#counts[number]!
      next[number] = at
      at += counts[i]!
    }
    const ids = memory.words(this.#count)
    const pairs = this.#pairs
    // Pairs came by ascending id, so the ids of each hash stay so.
    for (let i = 0; i < ids.length; i++) ids[next[pairs.hash[i]!]!++] = pairs.id[i]!
    return encodePostings(heads, counts, ids, dense)
  }
}

// oxlint-disable-next-line max-params -- the three columns
function encodePostings(
  heads: Uint32Array,
  counts: Uint32Array,
  ids: Uint32Array,
  dense: boolean,
): Uint8Array {
  const out = new ByteWriter(ids.length + 64)
  out.varint(ids.length)
  out.varint(heads.length)
  encodeWords(out, heads, dense)
  encodeWords(out, counts, dense)
  encodeWords(out, ids, dense)
  return out.copy()
}

function grow(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(words.length * 2)
  grown.set(words)
  return grown
}

/** Numbers of `words` in stable ascending order, in `memory`: four passes of a counting sort by byte. */
function sortByWord(words: Uint32Array, memory: Allocator): Uint32Array {
  let order = memory.words(words.length)
  for (let i = 0; i < order.length; i++) order[i] = i
  let next = memory.words(words.length)
  const counts = new Uint32Array(257)
  for (let shift = 0; shift < 32; shift += 8) {
    counts.fill(0)
    for (let i = 0; i < words.length; i++) counts[((words[i]! >>> shift) & 255) + 1]!++
    for (let b = 0; b < 256; b++) counts[b + 1]! += counts[b]!
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      next[counts[(words[row]! >>> shift) & 255]!++] = row
    }
    ;[order, next] = [next, order]
  }
  return order
}

/** The hash of a pair of texts as it stands in postings. */
export function pairHash(
  key: Uint8Array,
  value: Uint8Array,
  range: readonly [from: number, to: number] = [0, value.length],
): number {
  return hashBytes(value, range[0], range[1], mix(hashBytes(key, 0, key.length)))
}

/** Calls `take` with the hash of every text attribute from byte `from` of a stream's canonical bytes. */
function eachStreamText(bytes: Uint8Array, from: number, take: (hash: number) => void): void {
  const wire = new Wire(bytes, from)
  while (wire.at < bytes.length) {
    const tag = wire.tag(bytes.length)
    if ((tag & 7) !== 2) {
      wire.skip(tag, bytes.length)
      continue
    }
    const length = wire.length(bytes.length)
    const end = wire.at + length
    const field = tag >>> 3
    // Resource.attributes is field 1, InstrumentationScope.attributes 3, Descriptor.name 1 (schemas/identity.ts).
    if (field === 1) eachAttribute(wire, end, 1, take)
    else if (field === 3) eachAttribute(wire, end, 3, take)
    else if (field === 5) descriptorName(wire, end, take)
    else if (field === 6) attributeHash(wire, end, take)
    wire.at = end
  }
}

// oxlint-disable-next-line max-params -- a walk down a message
function eachAttribute(wire: Wire, end: number, field: number, take: (hash: number) => void): void {
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag !== ((field << 3) | 2)) {
      wire.skip(tag, end)
      continue
    }
    const length = wire.length(end)
    const to = wire.at + length
    attributeHash(wire, to, take)
    wire.at = to
  }
}

function descriptorName(wire: Wire, end: number, take: (hash: number) => void): void {
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag !== 10) {
      wire.skip(tag, end)
      continue
    }
    const length = wire.length(end)
    take(pairHash(nameBytes, wire.bytes, [wire.at, wire.at + length]))
    wire.at += length
  }
}

/** KeyValue: key 1, value 2; AnyValue: string_value 1. Other values have no posting. */
function attributeHash(wire: Wire, end: number, take: (hash: number) => void): void {
  let [keyFrom, keyTo] = [0, 0]
  let hash: number | null = null
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag !== 10 && tag !== 18) {
      wire.skip(tag, end)
      continue
    }
    const length = wire.length(end)
    const to = wire.at + length
    if (tag === 10) [keyFrom, keyTo] = [wire.at, to]
    else hash = textHash(wire, to, mix(hashBytes(wire.bytes, keyFrom, keyTo))) ?? hash
    wire.at = to
  }
  if (hash !== null) take(hash)
}

/** The hash of an AnyValue's text; the last one counts, as in protobuf. Null when it holds none. */
function textHash(wire: Wire, end: number, seed: number): number | null {
  let hash: number | null = null
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag !== 10) {
      wire.skip(tag, end)
      continue
    }
    const length = wire.length(end)
    hash = hashBytes(wire.bytes, wire.at, wire.at + length, seed)
    wire.at += length
  }
  return hash
}

/** Postings of a section, opened for look-ups. */
export interface Postings {
  readonly hashes: Uint32Array
  /** Ids of hash i are [starts[i], starts[i + 1]). */
  readonly starts: Uint32Array
  readonly ids: Uint32Array
}

/** Reads stored postings of a section of `streams` streams. */
export function decodePostings(bytes: Uint8Array, streams: number): Postings {
  const { hashes, counts, ids } = decodeColumns(bytes, streams, fresh)
  const starts = new Uint32Array(hashes.length + 1)
  let at = 0
  for (let i = 0; i < counts.length; i++) {
    at += counts[i]!
    starts[i + 1] = at
  }
  return { hashes, starts, ids }
}

/** The columns of stored postings, in `memory`; ids are those of streams, as many as the counts say. */
function decodeColumns(
  bytes: Uint8Array,
  streams: number,
  memory: Allocator,
): { hashes: Uint32Array; counts: Uint32Array; ids: Uint32Array } {
  const reader = new ByteReader(bytes, 0, bytes.length, 'postings')
  const pairs = reader.varint()
  const count = reader.varint()
  if (pairs > maxPairs || count > pairs) {
    throw blockCorrupt.make(`postings of ${count} keys and ${pairs} pairs`)
  }
  const hashes = decodeWords(reader, count, memory)
  const counts = decodeWords(reader, count, memory)
  const ids = decodeWords(reader, pairs, memory)
  let sum = 0
  for (let i = 0; i < count; i++) sum += counts[i]!
  if (sum !== pairs) throw blockCorrupt.make(`postings of ${sum} pairs where ${pairs} should be`)
  let last = -1
  for (let i = 0; i < pairs; i++) last = Math.max(last, ids[i]!)
  if (last >= streams) throw blockCorrupt.make(`stream ${last} of ${streams}`)
  return { hashes, counts, ids }
}

/** The postings that `densePostings` was last asked for, as copies. */
let lastMade: { stored: Uint8Array; streams: number; dense: Uint8Array } | null = null

/** Larger ones are not kept: four times those of 50,000 streams of ten attributes. */
const maxKeptBytes = 4 * 1024 * 1024

/**
 * Stored postings in the form that takes longer and less; belongs to all callers: read only. Targets that are
 * scraped have the same streams in each fold, so the last result is kept.
 */
export function densePostings(bytes: Uint8Array, streams: number): Uint8Array {
  const last = lastMade
  if (last !== null && last.streams === streams && Buffer.compare(last.stored, bytes) === 0)
    return last.dense
  const dense = withTemporary((memory) => {
    const { hashes, counts, ids } = decodeColumns(bytes, streams, memory)
    return encodePostings(hashes, counts, ids, true)
  })
  // A copy by the constructor: `slice` of a Buffer would be a view.
  if (bytes.length <= maxKeptBytes) lastMade = { stored: new Uint8Array(bytes), streams, dense }
  return dense
}

/** Streams that may have attribute `key` = `value`, ascending. */
export function findStreams(postings: Postings, key: string, value: string): Uint32Array {
  const hash = pairHash(Buffer.from(key), Buffer.from(value))
  const { hashes, starts, ids } = postings
  let low = 0
  let high = hashes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (hashes[middle]! < hash) low = middle + 1
    else high = middle
  }
  if (hashes[low] !== hash) return new Uint32Array(0)
  return ids.subarray(starts[low], starts[low + 1])
}
