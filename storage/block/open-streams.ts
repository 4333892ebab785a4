/**
 * The streams of an open section. A table of a million streams is a hundred megabytes of plain bytes and
 * a tenth of that as it is stored, so an open section keeps its stretches as they are stored; one is
 * decoded when a stream of it is asked for. Those that were asked for last stay decoded, up to a number of
 * bytes for all sections that share a `PlainStretches`. Rows come in the order of streams or nearly so, which makes
 * a stretch serve thousands of calls.
 */
import type { Texts } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import { decodeStream } from '#schemas/identity-codec.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { identityOf } from '../run/identities.ts'
import {
  decodeStretch,
  stretchCount,
  streamFingerprint,
  type StoredStretch,
} from './stream-table.ts'

/** Stretches that are decoded, by their stored bytes; most recently used last. */
export class PlainStretches {
  readonly #maxBytes: number
  readonly #plain = new Map<Uint8Array, Texts>()
  #bytes = 0
  /** The one used last, which most calls ask for again. */
  #stored: Uint8Array | null = null
  #texts: Texts | null = null

  /** Keeps the one used last and, with it, others up to `maxBytes` in all. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The plain stretch of at most `max` streams that is stored as `stored`. Throws `corrupt`. */
  of(stored: Uint8Array, max: number): Texts {
    if (stored === this.#stored && this.#texts !== null) return this.#texts
    let texts = this.#plain.get(stored)
    if (texts === undefined) {
      texts = decodeStretch(stored, max)
      this.#bytes += bytesOf(texts)
    } else this.#plain.delete(stored)
    this.#plain.set(stored, texts)
    this.#stored = stored
    this.#texts = texts
    for (const [oldest, dropped] of this.#plain) {
      if (this.#bytes <= this.#maxBytes || oldest === stored) break
      this.#plain.delete(oldest)
      this.#bytes -= bytesOf(dropped)
    }
    return texts
  }

  /** Bytes of those that are decoded now. */
  get heldBytes(): number {
    return this.#bytes
  }
}

function bytesOf({ offsets, bytes }: Texts): number {
  return offsets.byteLength + bytes.byteLength
}

/**
 * The list of `count` streams that stand in `stretches`. Throws `corrupt` when they have another number; what is
 * wrong inside of a stretch is found when one of its streams is asked for.
 */
export function openStreamList(
  stretches: readonly StoredStretch[],
  count: number,
  plain: PlainStretches,
): StreamList {
  checkCounts(stretches, count)
  // The stretch of the last call: its place, and the streams [first, end) of it.
  let [at, first, end] = [0, 0, 0]
  const seek = (id: number): void => {
    if (!(id >= 0 && id < count)) throw new RangeError(`stream ${id} of ${count}`)
    at = placeOf(stretches, id)
    first = stretches[at]!.first
    end = stretches[at + 1]?.first ?? count
  }
  const bytes = (id: number): Uint8Array => {
    if (!(id >= first && id < end)) seek(id)
    const texts = plain.of(stretches[at]!.bytes, end - first)
    return texts.bytes.subarray(texts.offsets[id - first], texts.offsets[id - first + 1])
  }
  return {
    count,
    bytes,
    identity: (id) => identityOf(bytes, id, () => decodeStream(bytes(id))),
    fingerprint: (id) => streamFingerprint(bytes(id)),
  }
}

function checkCounts(stretches: readonly StoredStretch[], count: number): void {
  let next = 0
  for (const { first, bytes } of stretches) {
    if (first !== next) throw blockCorrupt.make('stream table out of order')
    next += stretchCount(bytes)
  }
  if (next !== count) throw blockCorrupt.make(`${next} streams where ${count} should be`)
}

/** The last stretch that begins at or before a stream. */
function placeOf(stretches: readonly StoredStretch[], id: number): number {
  let low = 0
  let high = stretches.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (stretches[middle]!.first <= id) low = middle
    else high = middle - 1
  }
  return low
}
