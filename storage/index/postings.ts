/**
 * Stream postings: which streams of a section have a given text attribute (of resource, scope or
 * point) or descriptor name. Keys are 32-bit hashes of (key, value): a collision only lets a stream
 * through that the stream test then refuses. Sorted by hash; ids ascend per hash.
 *
 *   varint pairs, varint hashes, words: differences of hashes, words: ids per hash, words: ids
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { Wire } from '#base/bytes/wire.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { hashBytes, mix } from '#base/bytes/hash32.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { decodeWords, encodeWords } from '../encoding/words.ts'

/** The key under which the name of a metric descriptor stands. */
export const nameKey = '__name__'

/** Attributes of a section's streams in all; beyond it postings are left out and every stream is tested. */
const maxPairs = 1 << 24

const nameBytes = Buffer.from(nameKey)

export class PostingsBuilder {
  #hashes = new Uint32Array(4096)
  #ids = new Uint32Array(4096)
  #count = 0
  #complete = true

  /** Adds one stream; ids come in ascending order. */
  add(id: number, canonical: Uint8Array): void {
    if (!this.#complete) return
    eachStreamText(canonical, (hash) => this.#push(hash, id))
  }

  #push(hash: number, id: number): void {
    if (this.#count === maxPairs) {
      this.#complete = false
      return
    }
    if (this.#count === this.#hashes.length) {
      this.#hashes = grow(this.#hashes)
      this.#ids = grow(this.#ids)
    }
    this.#hashes[this.#count] = hash
    this.#ids[this.#count++] = id
  }

  /** The stored bytes; null when there were too many pairs, so that every stream must be tested. */
  finish(dense: boolean): Uint8Array | null {
    if (!this.#complete) return null
    const order = sortByWord(this.#hashes.subarray(0, this.#count))
    const heads: number[] = []
    const counts: number[] = []
    const ids = new Uint32Array(order.length)
    let kept = 0
    let last = -1
    for (let i = 0; i < order.length; i++) {
      const hash = this.#hashes[order[i]!]!
      const id = this.#ids[order[i]!]!
      const fresh = i === 0 || hash !== last
      if (!fresh && ids[kept - 1] === id) continue
      if (fresh) {
        heads.push(hash)
        counts.push(0)
        last = hash
      }
      ids[kept++] = id
      counts[counts.length - 1]!++
    }
    const out = new ByteWriter(kept + 64)
    out.varint(kept)
    out.varint(heads.length)
    encodeWords(out, Uint32Array.from(heads), dense)
    encodeWords(out, Uint32Array.from(counts), dense)
    encodeWords(out, ids.subarray(0, kept), dense)
    return out.copy()
  }
}

function grow(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(words.length * 2)
  grown.set(words)
  return grown
}

/** Numbers of `words` in stable ascending order: four passes of a counting sort by byte. */
export function sortByWord(words: Uint32Array): Uint32Array {
  let order = Uint32Array.from(words, (_, i) => i)
  let next = new Uint32Array(words.length)
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

/** Calls `take` with the hash of every text attribute in a stream's canonical bytes. */
function eachStreamText(bytes: Uint8Array, take: (hash: number) => void): void {
  const wire = new Wire(bytes)
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
  const reader = new ByteReader(bytes, 0, bytes.length, 'postings')
  const pairs = reader.varint()
  const count = reader.varint()
  if (pairs > maxPairs || count > pairs) {
    throw blockCorrupt.make(`postings of ${count} keys and ${pairs} pairs`)
  }
  const hashes = decodeWords(reader, count)
  const counts = decodeWords(reader, count)
  const ids = decodeWords(reader, pairs)
  const starts = new Uint32Array(count + 1)
  let at = 0
  for (let i = 0; i < count; i++) {
    at += counts[i]!
    starts[i + 1] = at
  }
  if (at !== pairs) throw blockCorrupt.make(`postings of ${at} pairs where ${pairs} should be`)
  for (const id of ids) if (id >= streams) throw blockCorrupt.make(`stream ${id} of ${streams}`)
  return { hashes, starts, ids }
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
