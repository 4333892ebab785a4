/**
 * Stream postings: which streams of a section have a given text attribute (of resource, scope or
 * point) or descriptor name. Keys are 32-bit hashes of (key, value): a collision only lets a stream
 * through that the stream test then refuses. Sorted by hash; ids ascend per hash.
 *
 *   varint pairs, varint hashes, words: differences of hashes, words: ids per hash, words: ids
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { decodeWords } from '../encoding/words.ts'
import { encodePostings, maxPairs } from './postings-build.ts'
import { pairHash } from './stream-terms.ts'

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
