/**
 * Numbers of rows in final order (`sort.ts` says which) by counting: rows of a stream, or spans of a
 * trace, are brought together by one pass that counts and one that places. Rows come mostly in order of
 * time, so only groups that are not are then sorted, by merging the ascending runs they have
 * (natural merge sort, Knuth, The Art of Computer Programming 3, 5.2.4). Stable.
 *
 * Rows whose times a double cannot tell apart, and streams in more than one slice, go the longer way by
 * radix sort.
 */
import { assert } from '#base/assert.ts'
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import { radixOrder, radixSort, sliceOf, type RowKeys, type TimeOffsets } from './sort.ts'

/** High halves of times at most this far apart: differences are below 2^53 and so exact. */
export const maxHighSpan = 0x1fffff

/** Bytes of a trace id. */
const idBytes = 16

/** Rows by group: those of group g are `order[starts[g], starts[g + 1])`. */
interface Groups {
  readonly order: Uint32Array
  readonly starts: Uint32Array
}

/**
 * Numbers of the rows in final order. Stable: of equal rows the first stays first. The result stands in
 * `memory`, as does what is needed to find it.
 */
export function orderRows(signal: Signal, keys: RowKeys, memory: Allocator = fresh): Uint32Array {
  const offsets = keys.offsets === undefined ? timeOffsets(keys) : keys.offsets
  if (offsets === null) return radixOrder(signal, keys)
  // The slice of a trace is that of its start, by which traces are ordered in any case.
  if (signal.orderBy === 'trace') return orderTraces(keys, offsets.values, memory)
  if (!inOneSlice(signal, offsets)) return radixOrder(signal, keys)
  return groupRows(keys.stream, maxOf(keys.stream) + 1, offsets.values, memory).order
}

function maxOf(words: Uint32Array): number {
  let max = 0
  for (let i = 0; i < words.length; i++) if (words[i]! > max) max = words[i]!
  return max
}

/** Times as offsets to a multiple of 2^32 ns; null where that is not exact. */
export function timeOffsets(keys: Pick<RowKeys, 'rows' | 'timeLo' | 'timeHi'>): TimeOffsets | null {
  const { rows, timeLo, timeHi } = keys
  if (rows === 0) return { values: new Float64Array(0), baseNs: 0n, least: 0, span: 0 }
  let minHi = timeHi[0]!
  let maxHi = minHi
  for (let i = 1; i < rows; i++) {
    const high = timeHi[i]!
    if (high < minHi) minHi = high
    else if (high > maxHi) maxHi = high
  }
  if (maxHi - minHi >= maxHighSpan) return null
  const values = new Float64Array(rows)
  let least = Infinity
  let most = 0
  for (let i = 0; i < rows; i++) {
    const value = (timeHi[i]! - minHi) * 4294967296 + timeLo[i]!
    values[i] = value
    if (value < least) least = value
    if (value > most) most = value
  }
  return { values, baseNs: BigInt(minHi) << 32n, least, span: most - least }
}

/** Whether all times are in one slice of the signal. */
function inOneSlice(signal: Signal, { baseNs, least, span }: TimeOffsets): boolean {
  const from = baseNs + BigInt(least)
  return sliceOf(from, signal) === sliceOf(from + BigInt(span), signal)
}

/** Brings rows of a group together, each group in order of time. */
// oxlint-disable-next-line max-params -- what rows are grouped and ordered by, and memory
function groupRows(
  group: Uint32Array,
  groups: number,
  time: Float64Array,
  memory: Allocator,
): Groups {
  const rows = group.length
  const starts = memory.words(groups + 1).fill(0)
  for (let i = 0; i < rows; i++) starts[group[i]! + 1]!++
  for (let g = 0; g < groups; g++) starts[g + 1]! += starts[g]!
  const next = memory.words(groups)
  next.set(starts.subarray(0, groups))
  const last = memory.doubles(groups).fill(-1)
  const falls = memory.bytes(groups).fill(0)
  const order = memory.words(rows)
  let disorder = 0
  for (let i = 0; i < rows; i++) {
    const g = group[i]!
    order[next[g]!++] = i
    const now = time[i]!
    if (now < last[g]!) disorder = falls[g] = 1
    last[g] = now
  }
  if (disorder === 0) return { order, starts }
  const spare = memory.words(rows)
  for (let g = 0; g < groups; g++) {
    if (falls[g] === 1) sortByTime(order, spare, time, starts[g]!, starts[g + 1]!)
  }
  return { order, starts }
}

/** Sorts `order[from, to)` by time, by merging neighbouring ascending runs until one is left. */
// oxlint-disable-next-line max-params -- the inner loop: rows, memory for them, keys and a range
function sortByTime(
  order: Uint32Array,
  spare: Uint32Array,
  time: Float64Array,
  from: number,
  to: number,
): void {
  let source = order
  let target = spare
  for (;;) {
    let merges = 0
    for (let at = from; at < to;) {
      const middle = endOfRun(source, time, at, to)
      const end = middle < to ? endOfRun(source, time, middle, to) : to
      mergeRuns(source, target, time, at, middle, end)
      if (middle < to) merges++
      at = end
    }
    const swap = source
    source = target
    target = swap
    if (merges === 0) break
  }
  if (source !== order) order.set(source.subarray(from, to), from)
}

// oxlint-disable-next-line max-params -- the inner loop
function endOfRun(order: Uint32Array, time: Float64Array, from: number, to: number): number {
  let at = from + 1
  while (at < to && time[order[at - 1]!]! <= time[order[at]!]!) at++
  return at
}

/** Merges `source[from, middle)` and `[middle, to)` into `target`; of equal times the first run's stand first. */
// oxlint-disable-next-line max-params -- the inner loop
function mergeRuns(
  source: Uint32Array,
  target: Uint32Array,
  time: Float64Array,
  from: number,
  middle: number,
  to: number,
): void {
  let a = from
  let b = middle
  let at = from
  while (a < middle && b < to) {
    const left = source[a]!
    const right = source[b]!
    if (time[left]! <= time[right]!) {
      target[at++] = left
      a++
    } else {
      target[at++] = right
      b++
    }
  }
  while (a < middle) target[at++] = source[a++]!
  while (b < to) target[at++] = source[b++]!
}

/**
 * Traces: rows are grouped by trace id, a trace's start is that of its earliest span; traces are ordered
 * by (start, id), which is the order by slice too, rows inside by time.
 */
function orderTraces(
  { rows, traceId }: RowKeys,
  time: Float64Array,
  memory: Allocator,
): Uint32Array {
  assert(traceId !== undefined && traceId.length === rows * idBytes, 'spans have trace ids')
  const { trace, first } = numberTraces(traceId, rows, memory)
  const traces = first.length
  const { order, starts } = groupRows(trace, traces, time, memory)
  const lo = memory.words(traces)
  const hi = memory.words(traces)
  for (let g = 0; g < traces; g++) {
    const start = time[order[starts[g]!]!]!
    const high = Math.floor(start / 4294967296)
    lo[g] = start - high * 4294967296
    hi[g] = high
  }
  const numbers = memory.words(traces)
  for (let g = 0; g < traces; g++) numbers[g] = g
  const byStart = radixSort(numbers, [lo, hi])
  orderTies(byStart, lo, hi, (a, b) => compareIds(traceId, first[a]!, first[b]!))
  const out = memory.words(rows)
  let at = 0
  for (let i = 0; i < traces; i++) {
    const g = byStart[i]!
    for (let k = starts[g]!; k < starts[g + 1]!; k++) out[at++] = order[k]!
  }
  return out
}

/** Traces by number in order of appearance: that of each row, and the first row of each. */
function numberTraces(
  ids: Uint8Array,
  rows: number,
  memory: Allocator,
): { trace: Uint32Array; first: Uint32Array } {
  let size = 16
  while (size < rows * 2) size *= 2
  const mask = size - 1
  /** Number + 1, or 0. */
  const slots = memory.words(size).fill(0)
  const first = memory.words(rows)
  const trace = memory.words(rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    if (row > 0 && compareIds(ids, row, row - 1) === 0) {
      trace[row] = trace[row - 1]!
      continue
    }
    let slot = hashBytes(ids, row * idBytes, (row + 1) * idBytes) & mask
    while (slots[slot] !== 0 && compareIds(ids, first[slots[slot]! - 1]!, row) !== 0) {
      slot = (slot + 1) & mask
    }
    if (slots[slot] === 0) {
      first[count] = row
      slots[slot] = ++count
    }
    trace[row] = slots[slot]! - 1
  }
  return { trace, first: first.subarray(0, count) }
}

function compareIds(ids: Uint8Array, a: number, b: number): number {
  const from = a * idBytes
  const to = b * idBytes
  for (let i = 0; i < idBytes; i++) {
    const difference = ids[from + i]! - ids[to + i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** Orders neighbours whose words are equal; such stretches are rare and short. */
// oxlint-disable-next-line max-params -- numbers, their two words, the order of equal ones
function orderTies(
  numbers: Uint32Array,
  lo: Uint32Array,
  hi: Uint32Array,
  compare: (a: number, b: number) => number,
): void {
  for (let from = 0; from < numbers.length;) {
    const head = numbers[from]!
    let to = from + 1
    while (to < numbers.length && lo[numbers[to]!] === lo[head] && hi[numbers[to]!] === hi[head]) {
      to++
    }
    if (to - from > 1) numbers.subarray(from, to).sort(compare)
    from = to
  }
}
