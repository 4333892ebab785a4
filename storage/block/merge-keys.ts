/**
 * The final order of rows as words, most significant first, so that rows of different blocks compare
 * and sort alike: slice, stream, time; or trace start, trace id, time. (A trace's slice follows from
 * its start.) Times are biased, so that they order as unsigned words.
 */
import type { Batch } from '#schemas/batch.ts'
import { signals } from '#schemas/signals/index.ts'
import { idHash } from '../index/id-map.ts'
import { hashBytes, mix } from '#base/bytes/hash32.ts'
import { keysOfBatch, sliceOf } from './sort.ts'

/** One entry per row in each array. */
export type MergeKeys = readonly Uint32Array[]

/** Where a trace's rows stand in the final order: two words of its earliest start. */
export interface TraceStart {
  readonly hi: number
  readonly lo: number
}

/**
 * Earliest start by trace over all sources: 24 bytes a trace. Keys are 64 bits of hash; two traces
 * under one key would share a start, which costs nothing but neighbourhood.
 */
export class TraceStarts {
  /** Per slot: hash a, hash b, start hi, start lo, used. */
  #slots = new Uint32Array(5 * 1024)
  #count = 0

  /** Takes the start of a row of the trace whose id is at `from`. */
  add(ids: Uint8Array, from: number, hi: number, lo: number): void {
    if (this.#count * 10 > this.#slots.length) this.#grow()
    const a = idHash(ids, from)
    const b = hashBytes(ids, from, from + 16, 0x9747b28c)
    const at = this.#find(a, b)
    const slots = this.#slots
    if (slots[at + 4] === 0) {
      this.#count++
      slots.set([a, b, hi, lo, 1], at)
    } else if (hi < slots[at + 2]! || (hi === slots[at + 2] && lo < slots[at + 3]!)) {
      slots[at + 2] = hi
      slots[at + 3] = lo
    }
  }

  /** The start of the trace whose id is at `from`, which was added. */
  get(ids: Uint8Array, from: number): TraceStart {
    const at = this.#find(idHash(ids, from), hashBytes(ids, from, from + 16, 0x9747b28c))
    return { hi: this.#slots[at + 2]!, lo: this.#slots[at + 3]! }
  }

  #find(a: number, b: number): number {
    const slots = this.#slots
    const count = slots.length / 5
    let slot = mix(a ^ b) % count
    for (;;) {
      const at = slot * 5
      if (slots[at + 4] === 0 || (slots[at] === a && slots[at + 1] === b)) return at
      slot = slot + 1 === count ? 0 : slot + 1
    }
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += 5) {
      if (old[at + 4] === 0) continue
      this.#slots.set(old.subarray(at, at + 5), this.#find(old[at]!, old[at + 1]!))
    }
  }
}

/** Words of each row's time: biased high half, low half. */
function timeWords(
  batch: Batch,
  rank: Uint32Array,
): { hi: Uint32Array; lo: Uint32Array; stream: Uint32Array } {
  const { timeHi, timeLo, stream } = keysOfBatch(batch, rank)
  const hi = new Uint32Array(timeHi.length)
  for (let i = 0; i < hi.length; i++) hi[i] = timeHi[i]! ^ 0x80000000
  return { hi, lo: timeLo, stream }
}

/** Keys of rows in stream-time order; `rank` gives the final place of each stream. */
export function streamKeys(batch: Batch, rank: Uint32Array): MergeKeys {
  const { hi, lo, stream } = timeWords(batch, rank)
  const signal = signals[batch.signal]
  const slices = new Uint32Array(batch.rows)
  let slice = 0n
  let from = Infinity
  let to = -Infinity
  for (let i = 0; i < batch.rows; i++) {
    const time = batch.time[i]!
    if (time < from || time >= to) {
      slice = sliceOf(batch.timeBase + BigInt(time), signal)
      from = Number(slice * signal.sliceNs - batch.timeBase)
      to = Number((slice + 1n) * signal.sliceNs - batch.timeBase)
    }
    slices[i] = Number(slice) ^ 0x80000000
  }
  return [slices, stream, hi, lo]
}

/** The ids of a batch of spans; null when a row has none, which the receiver does not let in. */
export function traceIds(batch: Batch): Uint8Array | null {
  const ids = batch.columns.get('r:id16:traceId')
  return ids?.kind === 'fixed' ? ids.bytes : null
}

/** Adds every row of a batch to the starts. */
export function addStarts(starts: TraceStarts, batch: Batch): void {
  const ids = traceIds(batch)
  if (ids === null) return
  const { hi, lo } = timeWords(batch, new Uint32Array(batch.streams.count))
  for (let i = 0; i < batch.rows; i++) starts.add(ids, i * 16, hi[i]!, lo[i]!)
}

/** Keys of rows in trace order. */
export function traceKeys(batch: Batch, starts: TraceStarts): MergeKeys {
  const { hi, lo } = timeWords(batch, new Uint32Array(batch.streams.count))
  const ids = traceIds(batch) ?? new Uint8Array(batch.rows * 16)
  const startHi = new Uint32Array(batch.rows)
  const startLo = new Uint32Array(batch.rows)
  const words = [0, 4, 8, 12].map((at) => {
    const word = new Uint32Array(batch.rows)
    for (let i = 0, k = at; i < word.length; i++, k += 16) {
      word[i] = (ids[k]! << 24) | (ids[k + 1]! << 16) | (ids[k + 2]! << 8) | ids[k + 3]!
    }
    return word
  })
  for (let i = 0; i < batch.rows; i++) {
    const start = starts.get(ids, i * 16)
    startHi[i] = start.hi
    startLo[i] = start.lo
  }
  return [startHi, startLo, ...words, hi, lo]
}

/** Compares row i of `a` with row k of `b`. */
// oxlint-disable-next-line max-params -- two places
export function compareKeys(a: MergeKeys, i: number, b: MergeKeys, k: number): number {
  for (let w = 0; w < a.length; w++) {
    const x = a[w]![i]!
    const y = b[w]![k]!
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}
