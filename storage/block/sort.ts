/**
 * The final order of rows, and putting batches into it: streams by metric name or service and then by
 * bytes; rows by slice, stream and time, or for traces by slice, trace start, trace id and span start.
 * Counting and radix sorts over typed arrays; nothing is compared by closures per row.
 */
import { assert } from '#base/assert.ts'
import type { Batch } from '#schemas/batch.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import { Wire } from '#base/bytes/wire.ts'
import { gatherVector, gatherWords } from '../column/vector.ts'
import type { StreamBytes } from './stream-table.ts'

/** The slice of a time: floor division, also before 1970. */
export function sliceOf(timeNs: bigint, signal: Signal): bigint {
  const slice = timeNs / signal.sliceNs
  return timeNs % signal.sliceNs < 0n ? slice - 1n : slice
}

/**
 * Ids of `streams` in final order: by the name of the metric descriptor where there is one, then by
 * canonical bytes (which begin with the resource). Place i of the result holds the id that becomes i.
 */
export function sortedStreamOrder(streams: StreamBytes): Uint32Array {
  const keys: { id: number; name: Buffer; bytes: Uint8Array }[] = []
  for (let id = 0; id < streams.count; id++) {
    const bytes = streams.bytes(id)
    keys.push({ id, name: descriptorName(bytes), bytes })
  }
  keys.sort((a, b) => Buffer.compare(a.name, b.name) || Buffer.compare(a.bytes, b.bytes))
  return Uint32Array.from(keys, (key) => key.id)
}

/** Compares two streams as `sortedStreamOrder` does. */
export function compareStreams(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(descriptorName(a), descriptorName(b)) || Buffer.compare(a, b)
}

/** Place of each id in an order: the inverse permutation. */
export function rankOf(order: Uint32Array): Uint32Array {
  const rank = new Uint32Array(order.length)
  for (let place = 0; place < order.length; place++) rank[order[place]!] = place
  return rank
}

const noName = Buffer.alloc(0)

/** The metric name in canonical bytes (field 5, its field 1), empty for other signals: streams are ordered by it first. */
export function descriptorName(bytes: Uint8Array): Buffer {
  const wire = new Wire(bytes)
  while (wire.at < bytes.length) {
    const tag = wire.tag(bytes.length)
    if ((tag & 7) !== 2) {
      wire.skip(tag, bytes.length)
      continue
    }
    const length = wire.length(bytes.length)
    if (tag >>> 3 !== 5) {
      wire.at += length
      continue
    }
    if (length === 0 || bytes[wire.at] !== 10) return noName
    wire.at++
    const size = wire.length(bytes.length)
    return Buffer.from(bytes.buffer, bytes.byteOffset + wire.at, size)
  }
  return noName
}

/** Times of rows against a base at or before the least of them. */
export interface TimeOffsets {
  readonly values: Float64Array
  readonly baseNs: bigint
  /** The least, and the greatest less the least. */
  readonly least: number
  readonly span: number
}

/** What rows are ordered by: one entry per row, times as halves of int64 ns. */
export interface RowKeys {
  readonly rows: number
  readonly timeLo: Uint32Array
  readonly timeHi: Int32Array
  /** The same as doubles, where that is exact: saves an order from making them. */
  readonly offsets?: TimeOffsets | null
  /** Stream of each row by its final place (`rankOf` applied). Traces may give it too; it is not looked at. */
  readonly stream: Uint32Array
  /** Trace ids, 16 bytes a row; for traces only. */
  readonly traceId?: Uint8Array
}

/** Numbers of the rows in final order, whatever their times: what `row-order.ts` falls back on. Stable. */
export function radixOrder(signal: Signal, keys: RowKeys): Uint32Array {
  return signal.orderBy === 'trace' ? orderTraces(signal, keys) : orderStreams(signal, keys)
}

/** Times against the least one as two words that sort unsigned, and the slice of each row against the first slice. */
function timeWords(
  signal: Signal,
  keys: RowKeys,
): { lo: Uint32Array; hi: Uint32Array; slices: Uint32Array } {
  const { rows, timeLo, timeHi } = keys
  const hi = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) hi[i] = timeHi[i]! ^ 0x80000000
  return { lo: timeLo, hi, slices: slicesOf(signal, timeLo, timeHi) }
}

/** Slice of each row, counted from the least; rows of one block never span 2^32 slices (13,000 years of 5 min are 2^30). */
function slicesOf(signal: Signal, lo: Uint32Array, hi: Int32Array): Uint32Array {
  const sliceNs = Number(signal.sliceNs)
  const slices = new Uint32Array(lo.length)
  if (lo.length === 0) return slices
  let minHi = hi[0]!
  for (let i = 1; i < hi.length; i++) if (hi[i]! < minHi) minHi = hi[i]!
  const base = BigInt(minHi) << 32n
  const first = sliceOf(base, signal)
  const shift = Number(base - first * signal.sliceNs)
  for (let i = 0; i < lo.length; i++) {
    const high = hi[i]! - minHi
    // Below 2^21 high steps the offset is exact in a double; above, whole slices are counted exactly.
    if (high < 0x1fffff) slices[i] = Math.floor((high * 4294967296 + lo[i]! + shift) / sliceNs)
    else slices[i] = Number(sliceOf((BigInt(hi[i]!) << 32n) + BigInt(lo[i]!), signal) - first)
  }
  return slices
}

function orderStreams(signal: Signal, keys: RowKeys): Uint32Array {
  const { lo, hi, slices } = timeWords(signal, keys)
  const order = Uint32Array.from({ length: keys.rows }, (_, i) => i)
  return radixSort(order, [lo, hi, keys.stream, slices])
}

/**
 * Traces: rows are grouped by trace id, each group takes the slice and start of its earliest span,
 * groups are ordered by (slice, start, id), rows inside by time.
 */
function orderTraces(signal: Signal, keys: RowKeys): Uint32Array {
  const { rows, traceId } = keys
  assert(traceId !== undefined && traceId.length === rows * 16, 'spans have trace ids')
  const { lo, hi, slices } = timeWords(signal, keys)
  const ids = [12, 8, 4, 0].map((at) => idWords(traceId, rows, at))
  const byTime = radixSort(
    Uint32Array.from({ length: rows }, (_, i) => i),
    [lo, hi],
  )
  const byTrace = radixSort(byTime, ids)
  // The first row of each trace in `byTrace` is its earliest: its time is the trace's.
  const startLo = new Uint32Array(rows)
  const startHi = new Uint32Array(rows)
  const slice = new Uint32Array(rows)
  let head = 0
  for (let i = 0; i < rows; i++) {
    const row = byTrace[i]!
    if (i === 0 || !sameTrace(traceId, byTrace[i - 1]!, row)) head = row
    startLo[row] = lo[head]!
    startHi[row] = hi[head]!
    slice[row] = slices[head]!
  }
  // Rows are already by trace id and time; stable passes by start and slice keep that inside.
  return radixSort(byTrace, [startLo, startHi, slice])
}

/** Bytes [at, at + 4) of every id as big-endian words, so that they sort as bytes do. */
function idWords(ids: Uint8Array, rows: number, at: number): Uint32Array {
  const words = new Uint32Array(rows)
  for (let i = 0, k = at; i < rows; i++, k += 16) {
    words[i] = (ids[k]! << 24) | (ids[k + 1]! << 16) | (ids[k + 2]! << 8) | ids[k + 3]!
  }
  return words
}

function sameTrace(ids: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < 16; i++) if (ids[a * 16 + i] !== ids[b * 16 + i]) return false
  return true
}

/** `order` sorted by the words, the last one most significant; stable. Bytes that all rows share cost one pass of counting. */
export function radixSort(
  order: Uint32Array<ArrayBuffer>,
  words: readonly Uint32Array[],
): Uint32Array<ArrayBuffer> {
  let from = order
  let to = new Uint32Array(order.length)
  const counts = new Uint32Array(257)
  for (const word of words) {
    for (let shift = 0; shift < 32; shift += 8) {
      if (!countBytes(word, shift, counts)) continue
      scatter(from, to, word, shift, counts)
      const swap = from
      from = to
      to = swap
    }
  }
  return from
}

/** Counts a byte of all words into running starts; false when all are equal, so that the pass can be left out. */
function countBytes(word: Uint32Array, shift: number, counts: Uint32Array): boolean {
  counts.fill(0)
  for (let i = 0; i < word.length; i++) counts[((word[i]! >>> shift) & 255) + 1]!++
  let used = 0
  for (let b = 0; b < 256; b++) {
    if (counts[b + 1]! > 0) used++
    counts[b + 1]! += counts[b]!
  }
  return used > 1
}

// oxlint-disable-next-line max-params -- the inner loop
function scatter(
  from: Uint32Array,
  to: Uint32Array,
  word: Uint32Array,
  shift: number,
  counts: Uint32Array,
): void {
  for (let i = 0; i < from.length; i++) {
    const row = from[i]!
    to[counts[(word[row]! >>> shift) & 255]!++] = row
  }
}

/** Row i of the result is row rows[i] of the batch, which must have no selection. */
export function gatherBatch(batch: Batch, rows: Uint32Array): Batch {
  assert(batch.selection === null, 'only whole batches are put in order')
  const time = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) time[i] = batch.time[rows[i]!]!
  const columns = new Map(
    [...batch.columns].map(([id, vector]) => [id, gatherVector(vector, rows)] as const),
  )
  return { ...batch, rows: rows.length, stream: gatherWords(batch.stream, rows), time, columns }
}

/** The keys of a batch for `orderRows`; `rank` gives each of its streams a final place. */
export function keysOfBatch(batch: Batch, rank: Uint32Array): RowKeys {
  const { rows } = batch
  const timeLo = new Uint32Array(rows)
  const timeHi = new Int32Array(rows)
  const baseLo = Number(BigInt.asUintN(32, batch.timeBase))
  const baseHi = Number(batch.timeBase >> 32n)
  for (let i = 0; i < rows; i++) {
    const time = batch.time[i]!
    const high = Math.floor(time / 4294967296)
    const sum = baseLo + (time - high * 4294967296)
    timeLo[i] = sum
    timeHi[i] = baseHi + high + (sum > 0xffffffff ? 1 : 0)
  }
  const ids = batch.columns.get('r:id16:traceId')
  const keys = { rows, timeLo, timeHi, stream: gatherWords(rank, batch.stream) }
  return ids?.kind === 'fixed' ? { ...keys, traceId: ids.bytes } : keys
}
