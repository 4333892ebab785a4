/**
 * The final order of rows as words, most significant first, so that rows of different blocks compare
 * alike: slice, stream, time; or the trace's place, time (`merge-traces.ts`).
 * Times are biased, so that they order as unsigned words.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import type { Rows } from './rows.ts'
import { sliceOf } from './sort.ts'

/** One entry per row in each array. */
export type MergeKeys = readonly Uint32Array[]

/** Times of rows as two words that order as the times do, in arrays of `memory`. */
export function timeWords(
  rows: Pick<Rows, 'rows' | 'time' | 'timeBase'>,
  memory: Allocator = fresh,
): { hi: Uint32Array; lo: Uint32Array } {
  const { time } = rows
  const hi = memory.words(rows.rows)
  const lo = memory.words(rows.rows)
  const baseLo = Number(BigInt.asUintN(32, rows.timeBase))
  const baseHi = Number(rows.timeBase >> 32n) ^ 0x80000000
  for (let i = 0; i < rows.rows; i++) {
    const at = time[i]!
    const high = Math.floor(at / 4294967296)
    const sum = baseLo + (at - high * 4294967296)
    lo[i] = sum
    hi[i] = baseHi + high + (sum > 0xffffffff ? 1 : 0)
  }
  return { hi, lo }
}

/** Keys of rows in stream-time order, whose streams are final, in arrays of `memory`. */
export function streamKeys(rows: Rows, signal: Signal, memory: Allocator = fresh): MergeKeys {
  const { hi, lo } = timeWords(rows, memory)
  const { time, timeBase } = rows
  const slices = memory.words(rows.rows)
  let slice = 0n
  let word = 0
  let from = Infinity
  let to = -Infinity
  for (let i = 0; i < slices.length; i++) {
    const at = time[i]!
    if (at < from || at >= to) {
      slice = sliceOf(timeBase + BigInt(at), signal)
      word = Number(slice) ^ 0x80000000
      from = Number(slice * signal.sliceNs - timeBase)
      to = Number((slice + 1n) * signal.sliceNs - timeBase)
    }
    slices[i] = word
  }
  return [slices, rows.stream, hi, lo]
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

/** True when a row's key is that of the row before it. */
export function hasRepeats(keys: MergeKeys, rows: number): boolean {
  // The least significant word is the one that neighbours mostly differ in.
  const last = keys[keys.length - 1]!
  for (let i = 1; i < rows; i++) {
    if (last[i] === last[i - 1] && compareKeys(keys, i - 1, keys, i) === 0) return true
  }
  return false
}
