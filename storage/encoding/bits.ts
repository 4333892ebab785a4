/**
 * Frame of reference in small blocks: per 128 words their minimum (varint), a width (u8) and the
 * differences to the minimum in that many bits, least bit first, padded to whole 32-bit words. Outliers
 * widen only their own block (after Lemire and Boytsov, "Decoding billions of integers per second", 2012).
 */
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { leastKernelValues, packWords, unpackWords } from '#base/kernel/words.ts'
import { blockCorrupt } from './errors.ts'

/** Values per block: fewer cost headers (2–6 bytes), more let one outlier widen many. */
export const blockValues = 128

const scratch = new Uint32Array(blockValues + 1)
const scratchBytes = new Uint8Array(scratch.buffer)

/** Bytes that `encodeBits` will take, without the work of packing. */
export function bitsSize(values: Uint32Array): number {
  let size = 0
  for (let from = 0; from < values.length; from += blockValues) {
    const to = Math.min(values.length, from + blockValues)
    let min = values[from]!
    let max = min
    for (let i = from + 1; i < to; i++) {
      const value = values[i]!
      if (value < min) min = value
      else if (value > max) max = value
    }
    const minBytes = min < 128 ? 1 : min < 16384 ? 2 : min < 2097152 ? 3 : 5
    size += minBytes + 1 + 4 * packedWords(to - from, bitWidth(max - min))
  }
  return size
}

/** Bits that hold `value`, a u32. */
export function bitWidth(value: number): number {
  return value === 0 ? 0 : 32 - Math.clz32(value)
}

function packedWords(count: number, width: number): number {
  return (count * width + 31) >>> 5
}

export function encodeBits(out: ByteWriter, values: Uint32Array): void {
  if (values.length < leastKernelValues) packBlocks(out, values)
  else packWords(values, (bytes) => out.raw(bytes))
}

function packBlocks(out: ByteWriter, values: Uint32Array): void {
  for (let from = 0; from < values.length; from += blockValues) {
    const to = Math.min(values.length, from + blockValues)
    let min = values[from]!
    let max = min
    for (let i = from + 1; i < to; i++) {
      const value = values[i]!
      if (value < min) min = value
      else if (value > max) max = value
    }
    const width = bitWidth(max - min)
    out.varint(min)
    out.u8(width)
    if (width === 0) continue
    pack(values, from, to, min, width)
    out.raw(scratchBytes, 0, 4 * packedWords(to - from, width))
  }
}

// oxlint-disable-next-line max-params -- the inner loop: an object per block would be garbage
function pack(values: Uint32Array, from: number, to: number, min: number, width: number): void {
  let word = 0
  let used = 0
  let at = 0
  for (let i = from; i < to; i++) {
    const value = (values[i]! - min) >>> 0
    word |= value << used
    const room = 32 - used
    if (width >= room) {
      scratch[at++] = word
      word = room < 32 ? value >>> room : 0
      used = width - room
    } else used += width
  }
  if (used > 0) scratch[at] = word
}

/** Reads words until `values` is full; the bits must be in the reader before memory is written. */
export function decodeBits(reader: ByteReader, values: Uint32Array): void {
  const count = values.length
  if (Math.ceil(count / blockValues) * 2 > reader.left) {
    throw blockCorrupt.make(`${count} packed words in ${reader.left} bytes`)
  }
  if (count >= leastKernelValues) {
    const end = unpackWords(reader.bytes, reader.at, reader.end, values)
    if (end >= 0) {
      reader.at = end
      return
    }
  }
  unpackBlocks(reader, values)
}

/** What the kernel does, for few values, and to say what is wrong with bytes that it did not take. */
function unpackBlocks(reader: ByteReader, values: Uint32Array): void {
  const count = values.length
  for (let from = 0; from < count; from += blockValues) {
    const to = Math.min(count, from + blockValues)
    const min = reader.varint()
    const width = reader.u8()
    if (width > 32 || min > 0xffffffff) throw blockCorrupt.make(`packed words of width ${width}`)
    if (width === 0) {
      values.fill(min, from, to)
      continue
    }
    const bytes = 4 * packedWords(to - from, width)
    const start = reader.take(bytes)
    scratchBytes.set(reader.bytes.subarray(start, start + bytes))
    unpack(values, from, to, min, width)
  }
}

// oxlint-disable-next-line max-params -- the inner loop: an object per block would be garbage
function unpack(values: Uint32Array, from: number, to: number, min: number, width: number): void {
  const mask = width === 32 ? -1 : (1 << width) - 1
  let word = scratch[0]!
  let used = 0
  let at = 0
  for (let i = from; i < to; i++) {
    let value = word >>> used
    const room = 32 - used
    if (width >= room) {
      word = scratch[++at]!
      if (room < width) value |= word << room
      used = width - room
    } else used += width
    values[i] = min + ((value & mask) >>> 0)
  }
}
