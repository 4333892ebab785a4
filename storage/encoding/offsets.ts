/**
 * Offsets: whole doubles in [0, 2^53], which is how a page holds times and spans of integers. Common
 * factors of time stamps (seconds, ms, µs) are divided out. Two encodings as nodes:
 *
 * - plain: minimum, factor, then the quotients as low and high words
 * - delta: differences to the row before; where time steps back (another stream begins) the row is a
 *   break and stands with its value apart, so that the differences stay small
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import {
  fitsKernel,
  measureOffsets,
  takeDifferences,
  takeQuotients,
  type MeasuredOffsets,
  type SplitWords,
} from './offsets-kernel.ts'
import { withTemporary } from './temporary.ts'
import { decodeWords, encodeWords } from './words.ts'

/** Largest offset: beyond it doubles skip integers. */
export const maxOffset = 2 ** 53

/** Factors that are tried: time stamps of seconds, ms, µs in ns. */
const factors = [1e9, 1e6, 1e3] as const

/** More breaks than one in this many rows: plain, because a break costs twice. */
const rowsPerBreak = 8

/** Memory for the values of one call, used again by the next one of this thread. */
let quotients = new Float64Array(1 << 14)
let heads = new Float64Array(1 << 10)
let low = new Uint32Array(1 << 14)
let high = new Uint32Array(1 << 14)

/** Writes `values`, each a whole number in [0, 2^53]. */
export function encodeOffsets(out: ByteWriter, values: Float64Array, dense: boolean): void {
  if (fitsKernel(values.length)) encodeMeasured(out, measureOffsets(values), dense)
  else encodeByLoops(out, values, dense)
}

/** Writes what the kernel has measured. */
export function encodeMeasured(out: ByteWriter, measured: MeasuredOffsets, dense: boolean): void {
  const { count, least, factor, range, breaks, bits } = measured
  const isDelta = range > 0 && deltaPays(count, range, breaks, bits)
  out.varint(isDelta ? encodingId.offsetsDelta : encodingId.offsetsPlain)
  out.f64(least)
  out.varint(factor)
  if (!isDelta) {
    writeSplit(out, takeQuotients(measured), dense)
    return
  }
  out.varint(breaks)
  const { gaps, heads, rest } = takeDifferences(measured)
  encodeWords(out, gaps, dense)
  writeSplit(out, heads(), dense)
  writeSplit(out, rest(), dense)
}

function writeSplit(out: ByteWriter, { low, high }: SplitWords, dense: boolean): void {
  out.u8(high === null ? 0 : 1)
  encodeWords(out, low, dense)
  if (high !== null) encodeWords(out, high, dense)
}

/** What the kernel does, for few values and for more than it has room for. */
function encodeByLoops(out: ByteWriter, values: Float64Array, dense: boolean): void {
  let min = values.length > 0 ? values[0]! : 0
  let max = min
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!
    if (value < min) min = value
    else if (value > max) max = value
  }
  const factor = max === min ? factors[0] : commonFactor(values, min)
  const range = (max - min) / factor
  const quotient = quotientsOf(values, min, factor)
  const breaks = deltaBreaks(quotient, range)
  out.varint(breaks < 0 ? encodingId.offsetsPlain : encodingId.offsetsDelta)
  // 2^53 itself is one more than a varint may hold, so the bound is kept by the subtraction.
  out.f64(min)
  out.varint(factor)
  if (breaks < 0) encodeSplit(out, quotient, range, dense)
  else encodeDelta(out, quotient, breaks, dense)
}

/** The largest of the factors that divides all differences to `min`: where the least does not, none does. */
function commonFactor(values: Float64Array, min: number): number {
  let found = 1
  for (let k = factors.length - 1; k >= 0; k--) {
    const factor = factors[k]!
    for (let i = 0; i < values.length; i++) {
      const value = values[i]! - min
      // A multiple has an exact quotient; `%` of doubles is a call.
      if (Math.floor(value / factor) * factor !== value) return found
    }
    found = factor
  }
  return found
}

function quotientsOf(values: Float64Array, min: number, factor: number): Float64Array {
  const count = values.length
  if (count > quotients.length) quotients = new Float64Array(count)
  const to = quotients
  if (factor === 1) for (let i = 0; i < count; i++) to[i] = values[i]! - min
  else for (let i = 0; i < count; i++) to[i] = (values[i]! - min) / factor
  return to.subarray(0, count)
}

/** How many breaks the delta encoding would have, or -1 where plain is expected to be shorter. */
function deltaBreaks(values: Float64Array, range: number): number {
  if (values.length < 3 || range === 0) return -1
  const most = Math.floor(values.length / rowsPerBreak)
  let breaks = 1
  let bits = 0
  for (let i = 1; i < values.length; i++) {
    const delta = values[i]! - values[i - 1]!
    if (delta < 0) {
      if (++breaks > most) return -1
    } else {
      bits += delta < 4294967296 ? 32 - Math.clz32(delta) : 64 - Math.clz32(delta / 4294967296)
    }
  }
  return deltaPays(values.length, range, breaks, bits) ? breaks : -1
}

/** Whether differences of `bits` bits and values at breaks are expected to be shorter than all values. */
// oxlint-disable-next-line max-params -- what is known of the values
function deltaPays(count: number, range: number, breaks: number, bits: number): boolean {
  const plainBits = Math.ceil(Math.log2(range + 1)) * count
  // Blocks of bits are as wide as their widest value: one bit above the mean, measured on Poisson times.
  return breaks <= Math.floor(count / rowsPerBreak) && bits + count + breaks * 64 < plainBits
}

/** `values` are overwritten by their differences. */
function encodeDelta(out: ByteWriter, values: Float64Array, breaks: number, dense: boolean): void {
  if (breaks > heads.length) heads = new Float64Array(breaks)
  const head = heads.subarray(0, breaks)
  const gaps = new Uint32Array(breaks)
  let at = 0
  let last = 0
  let rest = 0
  let before = Infinity
  let most = 0
  let mostHead = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const delta = value - before
    before = value
    if (delta >= 0) {
      values[rest++] = delta
      if (delta > most) most = delta
      continue
    }
    gaps[at] = i - last
    head[at++] = value
    if (value > mostHead) mostHead = value
    last = i
  }
  out.varint(breaks)
  encodeWords(out, gaps, dense)
  encodeSplit(out, head, mostHead, dense)
  encodeSplit(out, values.subarray(0, rest), most, dense)
}

/** Low words, and high words where a value needs them; `max` is the greatest. */
function encodeSplit(out: ByteWriter, values: Float64Array, max: number, dense: boolean): void {
  const count = values.length
  if (count > low.length) {
    low = new Uint32Array(count)
    high = new Uint32Array(count)
  }
  const lo = low
  const hi = high
  if (max < 4294967296) {
    for (let i = 0; i < count; i++) lo[i] = values[i]!
    out.u8(0)
    encodeWords(out, lo.subarray(0, count), dense)
    return
  }
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    const upper = Math.floor(value / 4294967296)
    lo[i] = value - upper * 4294967296
    hi[i] = upper
  }
  out.u8(1)
  encodeWords(out, lo.subarray(0, count), dense)
  encodeWords(out, hi.subarray(0, count), dense)
}

/** Reads what `encodeSplit` wrote: as many values as `values` has. */
function decodeSplit(reader: ByteReader, values: Float64Array): void {
  const count = values.length
  const wide = reader.u8()
  withTemporary((temporary) => {
    const lo = decodeWords(reader, count, temporary)
    if (wide === 0) values.set(lo)
    else joinWords(values, lo, decodeWords(reader, count, temporary))
  })
}

function joinWords(values: Float64Array, lo: Uint32Array, hi: Uint32Array): void {
  for (let i = 0; i < values.length; i++) values[i] = hi[i]! * 4294967296 + lo[i]!
}

/** A node of offsets: its number, which was read, how many values, and the greatest that may be. */
export interface OffsetsNode {
  readonly id: number
  readonly count: number
  readonly max: number
}

/** Reads the rest of a plain or delta node into an array of `memory`; every value is in [0, `max`] or it is corrupt. */
export function decodeOffsets(
  reader: ByteReader,
  { id, count, max }: OffsetsNode,
  memory: Allocator = fresh,
): Float64Array<ArrayBuffer> {
  const min = reader.f64()
  if (!Number.isInteger(min)) throw blockCorrupt.make(`offsets from ${min} on`)
  const factor = reader.varint()
  const values = memory.doubles(count)
  if (id === encodingId.offsetsPlain) decodeSplit(reader, values)
  else if (id === encodingId.offsetsDelta) decodeDelta(reader, values)
  else throw blockCorrupt.make(`encoding ${id} where offsets should be`)
  for (let i = 0; i < count; i++) {
    const value = values[i]! * factor + min
    if (!(value >= 0 && value <= max)) throw blockCorrupt.make(`offset ${value} above ${max}`)
    values[i] = value
  }
  return values
}

function decodeDelta(reader: ByteReader, values: Float64Array): void {
  const count = values.length
  const breaks = reader.varint()
  if (breaks > count || breaks === 0) throw blockCorrupt.make(`${breaks} breaks in ${count} rows`)
  withTemporary((temporary) => {
    const gaps = decodeWords(reader, breaks, temporary)
    const heads = temporary.doubles(breaks)
    decodeSplit(reader, heads)
    const deltas = temporary.doubles(count - breaks)
    decodeSplit(reader, deltas)
    placeBreaks(values, { gaps, heads, deltas })
  })
}

/** Sums differences up between the breaks. */
function placeBreaks(
  values: Float64Array,
  from: { readonly gaps: Uint32Array; readonly heads: Float64Array; readonly deltas: Float64Array },
): void {
  const { gaps, heads, deltas } = from
  const breaks = gaps.length
  let next = gaps[0]!
  if (next !== 0) throw blockCorrupt.make('the first row is not a break')
  let at = 0
  let rest = 0
  let value = 0
  for (let i = 0; i < values.length; i++) {
    if (i === next) {
      value = heads[at++]!
      next = at < breaks ? i + gaps[at]! : -1
    } else {
      value += deltas[rest++] ?? 0
    }
    values[i] = value
  }
  if (at !== breaks) throw blockCorrupt.make('breaks beyond the last row')
}
