/**
 * Words: u32 values by the cheapest of five encodings, as a node. Codes, lengths, counts and the
 * halves of wider numbers all end here. `dense` (from L1 on) also tries byte planes with zstd 1 and
 * keeps them where they are 3 % smaller: less is not worth the slower reading (metrics-lsm, rule 7).
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { leastKernelValues, measureWords, splitWords, type WordSizes } from '#base/kernel/words.ts'
import { bitsSize, decodeBits, encodeBits } from './bits.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { withTemporary } from './temporary.ts'
import { compress, decompress } from './zstd.ts'

/** Nodes of words inside nodes of words; deeper never pays. */
const maxDepth = 4

/** Runs must be this much fewer than values, else bits are as short and read faster. */
const rowsPerRun = 8

/** Fewer values are not worth a zstd frame. */
const minPlanesValues = 256

/** Writes all of `values` as one node. */
export function encodeWords(out: ByteWriter, values: Uint32Array, dense: boolean): void {
  encode(out, values, dense, 0)
}

function encode(out: ByteWriter, values: Uint32Array, dense: boolean, depth: number): void {
  const { runs, plain, delta: plainDelta } = sizesOf(values)
  if (runs <= 1) {
    out.varint(encodingId.wordsConstant)
    out.varint(values[0] ?? 0)
    return
  }
  if (depth < 2 && runs * rowsPerRun <= values.length) {
    encodeRuns(out, values, runs, dense, depth)
    return
  }
  const delta = depth < maxDepth - 1 && mayGainByDelta(values) ? plainDelta + 6 : Infinity
  const best = Math.min(plain, delta)
  if (dense && values.length >= minPlanesValues && encodePlanes(out, values, best * 0.97)) return
  if (delta < plain) {
    out.varint(encodingId.wordsDelta)
    out.varint(values[0] ?? 0)
    out.varint(encodingId.wordsBits)
    withTemporary((temporary) => encodeBits(out, differences(values, temporary)))
    return
  }
  out.varint(encodingId.wordsBits)
  encodeBits(out, values)
}

/** Runs of equal values, and bytes of the values and of their differences as bits. */
function sizesOf(values: Uint32Array): WordSizes {
  if (values.length >= leastKernelValues) return measureWords(values)
  if (values.length === 0) return { runs: 0, plain: 0, delta: 0 }
  let runs = 1
  for (let i = 1; i < values.length; i++) if (values[i] !== values[i - 1]) runs++
  const delta = withTemporary((temporary) => bitsSize(differences(values, temporary)))
  return { runs, plain: bitsSize(values), delta }
}

/** More values than this are judged by samples first. */
const sampledValues = 4096

/** Samples are this many neighbours, as many stretches as there are blocks of bits in half of `sampledValues`. */
const sampleValues = 128
const samples = 16

/**
 * Whether differences may be shorter than values: they are not where they are not in samples from all
 * over, which saves codes and random numbers a pass.
 */
function mayGainByDelta(values: Uint32Array): boolean {
  if (values.length <= sampledValues) return true
  const step = Math.floor((values.length - sampleValues) / (samples - 1))
  let plain = 0
  let delta = 0
  for (let k = 0; k < samples; k++) {
    const stretch = values.subarray(k * step, k * step + sampleValues)
    const sizes = measureWords(stretch)
    plain += sizes.plain
    delta += sizes.delta
  }
  return delta < plain
}

// oxlint-disable-next-line max-params -- what encode knows already
function encodeRuns(
  out: ByteWriter,
  values: Uint32Array,
  runs: number,
  dense: boolean,
  depth: number,
): void {
  const heads = new Uint32Array(runs)
  const lengths = new Uint32Array(runs)
  let at = 0
  let from = 0
  let last = values[0]!
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!
    if (value === last) continue
    heads[at] = last
    lengths[at++] = i - from
    from = i
    last = value
  }
  heads[at] = last
  lengths[at] = values.length - from
  out.varint(encodingId.wordsRuns)
  out.varint(runs)
  encode(out, heads, dense, depth + 1)
  encode(out, lengths, dense, depth + 1)
}

/** Zigzag differences modulo 2^32, one fewer than there are values. */
function differences(values: Uint32Array, memory: Allocator): Uint32Array {
  const count = values.length - 1
  const to = memory.words(count)
  let last = values[0]! | 0
  for (let i = 0; i < count; i++) {
    const value = values[i + 1]! | 0
    const difference = (value - last) | 0
    to[i] = (difference << 1) ^ (difference >> 31)
    last = value
  }
  return to
}

/** Writes byte planes if they take at most `maxBytes`; planes of values below 256 are just bytes. */
function encodePlanes(out: ByteWriter, values: Uint32Array, maxBytes: number): boolean {
  let all = 0
  for (let i = 0; i < values.length; i++) all |= values[i]!
  const width = all >>> 0 < 256 ? 1 : all >>> 0 < 65536 ? 2 : 4
  return withTemporary((temporary) => {
    const packed = compress(planesOf(values, width, temporary), 1)
    if (packed.length + 8 > maxBytes) return false
    out.varint(encodingId.wordsPlanes)
    out.u8(width)
    out.varint(packed.length)
    out.raw(packed)
    return true
  })
}

/** The lowest bytes of all values, then the next ones, `width` of each. */
export function planesOf(values: Uint32Array, width: number, memory: Allocator): Uint8Array {
  const planes = memory.bytes(values.length * width)
  if (values.length >= leastKernelValues) {
    splitWords(values, width, planes)
    return planes
  }
  for (let plane = 0, at = 0; plane < width; plane++) {
    const shift = plane * 8
    for (let i = 0; i < values.length; i++) planes[at++] = values[i]! >>> shift
  }
  return planes
}

/**
 * Reads a node of `count` words into an array of `memory`; the caller has checked that `count` is one it
 * can pay for.
 */
export function decodeWords(
  reader: ByteReader,
  count: number,
  memory: Allocator = fresh,
): Uint32Array<ArrayBuffer> {
  const values = memory.words(count)
  decode(reader, values, 0)
  return values
}

/** Reads a node of as many words as `values` has. */
function decode(reader: ByteReader, values: Uint32Array, depth: number): void {
  if (depth > maxDepth) throw blockCorrupt.make('words nested too deeply')
  const id = reader.varint()
  switch (id) {
    case encodingId.wordsConstant:
      values.fill(reader.varint())
      return
    case encodingId.wordsBits:
      decodeBits(reader, values)
      return
    case encodingId.wordsRuns:
      decodeRuns(reader, values, depth)
      return
    case encodingId.wordsDelta:
      decodeDelta(reader, values, depth)
      return
    case encodingId.wordsPlanes:
      decodePlanes(reader, values)
      return
    default:
      throw blockCorrupt.make(`encoding ${id} where words should be`)
  }
}

function decodeRuns(reader: ByteReader, values: Uint32Array, depth: number): void {
  const count = values.length
  const runs = reader.varint()
  if (runs > count) throw blockCorrupt.make(`${runs} runs of ${count} values`)
  withTemporary((temporary) => {
    const heads = temporary.words(runs)
    const lengths = temporary.words(runs)
    decode(reader, heads, depth + 1)
    decode(reader, lengths, depth + 1)
    let at = 0
    for (let run = 0; run < runs; run++) {
      const end = at + lengths[run]!
      if (end > count) break
      values.fill(heads[run]!, at, end)
      at = end
    }
    if (at !== count) throw blockCorrupt.make(`runs do not add up to ${count} values`)
  })
}

/** The differences are read to where the values will stand, and summed up there. */
function decodeDelta(reader: ByteReader, values: Uint32Array, depth: number): void {
  const first = reader.varint()
  if (values.length === 0) throw blockCorrupt.make('differences of no values')
  decode(reader, values.subarray(1), depth + 1)
  let value = first | 0
  values[0] = value
  for (let i = 1; i < values.length; i++) {
    const code = values[i]!
    value = (value + ((code >>> 1) ^ -(code & 1))) | 0
    values[i] = value
  }
}

function decodePlanes(reader: ByteReader, values: Uint32Array): void {
  const width = reader.u8()
  if (width !== 1 && width !== 2 && width !== 4) {
    throw blockCorrupt.make(`byte planes of width ${width}`)
  }
  const stored = reader.raw(reader.varint())
  withTemporary((temporary) => {
    mergePlanes(decompress(stored, values.length * width, temporary), values, width)
  })
}

/** Puts values together of their bytes, which stand plane by plane, the lowest first. */
export function mergePlanes(planes: Uint8Array, values: Uint32Array, width: number): void {
  const count = values.length
  for (let i = 0; i < count; i++) values[i] = planes[i]!
  for (let plane = 1, at = count; plane < width; plane++) {
    const shift = plane * 8
    for (let i = 0; i < count; i++) values[i] = values[i]! | (planes[at++]! << shift)
  }
}
