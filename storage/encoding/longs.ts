/**
 * 64-bit integers as two halves (value = hi * 2^32 + lo, hi signed). Where all lie within 2^53 of
 * the least one: that base and offsets (times of the year 2262 are as cheap as those of 1970). Else
 * both halves as words.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { fitsKernel, measureLongs } from './offsets-kernel.ts'
import { decodeOffsets, encodeMeasured, encodeOffsets, maxOffset } from './offsets.ts'
import { withTemporary } from './temporary.ts'
import { decodeWords, encodeWords } from './words.ts'

export interface Longs {
  readonly lo: Uint32Array
  readonly hi: Int32Array
}

/** Memory for the offsets of one call, used again by the next one of this thread. */
let offsets = new Float64Array(1 << 14)

export function encodeLongs(out: ByteWriter, longs: Longs, dense: boolean): void {
  const { lo, hi } = longs
  if (!fitsKernel(hi.length)) {
    encodeByLoops(out, longs, dense)
    return
  }
  const measured = measureLongs(lo, hi)
  if (measured === null) {
    encodeHalves(out, longs, dense)
    return
  }
  out.varint(encodingId.longsOffsets)
  out.u64(measured.leastLow, measured.leastHigh)
  encodeMeasured(out, measured.offsets, dense)
}

/** What the kernel does, for few integers and for more than it has room for. */
function encodeByLoops(out: ByteWriter, longs: Longs, dense: boolean): void {
  const { lo, hi } = longs
  let minHi = hi[0] ?? 0
  let minLo = lo[0] ?? 0
  let maxHi = minHi
  for (let i = 1; i < hi.length; i++) {
    const high = hi[i]!
    const low = lo[i]!
    if (high < minHi || (high === minHi && low < minLo)) {
      minHi = high
      minLo = low
    }
    if (high > maxHi) maxHi = high
  }
  // With high halves at most 2^21 - 1 apart every difference is below 2^53, so it is exact.
  if (maxHi - minHi < 0x1fffff) {
    const count = hi.length
    if (count > offsets.length) offsets = new Float64Array(count)
    const to = offsets
    for (let i = 0; i < count; i++) to[i] = (hi[i]! - minHi) * 4294967296 + (lo[i]! - minLo)
    out.varint(encodingId.longsOffsets)
    out.u64(minLo, minHi)
    encodeOffsets(out, to.subarray(0, count), dense)
    return
  }
  encodeHalves(out, longs, dense)
}

function encodeHalves(out: ByteWriter, { lo, hi }: Longs, dense: boolean): void {
  out.varint(encodingId.longsHalves)
  encodeWords(out, lo, dense)
  encodeWords(out, new Uint32Array(hi.buffer, hi.byteOffset, hi.length), dense)
}

/** Reads a node of `count` integers into arrays of `memory`. */
export function decodeLongs(reader: ByteReader, count: number, memory: Allocator = fresh): Longs {
  const id = reader.varint()
  if (id === encodingId.longsHalves) {
    const lo = decodeWords(reader, count, memory)
    return { lo, hi: signed(decodeWords(reader, count, memory)) }
  }
  if (id !== encodingId.longsOffsets) {
    throw blockCorrupt.make(`encoding ${id} where 64-bit integers should be`)
  }
  const baseLo = reader.u32()
  const baseHi = reader.u32() | 0
  const lo = memory.words(count)
  const hi = signed(memory.words(count))
  withTemporary((temporary) => {
    const node = { id: reader.varint(), count, max: maxOffset }
    addOffsets({ lo, hi }, decodeOffsets(reader, node, temporary), baseLo, baseHi)
  })
  return { lo, hi }
}

/** Writes what offsets are from a base on, which is given by its halves. A function of its own, as a closure it is compiled late. */
// oxlint-disable-next-line max-params -- the inner loop
function addOffsets(to: Longs, offsets: Float64Array, baseLo: number, baseHi: number): void {
  const { lo, hi } = to
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i]!
    // At most 2^21.
    const high = (offset / 4294967296) | 0
    const sum = baseLo + (offset - high * 4294967296)
    lo[i] = sum
    hi[i] = baseHi + high + (sum > 0xffffffff ? 1 : 0)
  }
}

function signed({ buffer, byteOffset, length }: Uint32Array<ArrayBuffer>): Int32Array {
  return new Int32Array(buffer, byteOffset, length)
}
