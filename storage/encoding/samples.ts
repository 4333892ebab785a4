/**
 * Doubles in chunks of neighbours (one stream's samples, at most 240). Each chunk is the first of:
 *
 * - scaled: every value is x / 10^e (e 0–6) or x / 2^k (k 0–60) for whole x below 2^52; a common power of
 *   two is taken out; then the offsets to the minimum, or the differences to the value before less the
 *   least difference, in as many bits as the widest needs (0 for a constant or a straight line)
 * - constant: one value, all 64 bits of it
 * - XOR with the value before, as low and high words
 *
 * NaN payloads (the stale marker), −0, infinities and denormals keep their bits: they never pass the
 * scaled test and are copied as words. Prototype and measurements: docs/format/encodings.md. The
 * headers of all chunks are columns of their own; places are found from widths and counts.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { decodeOffsets, encodeOffsets, maxOffset } from './offsets.ts'
import { scaleChunk, scaleFactors, type Scaled } from './scale.ts'
import { withTemporary } from './temporary.ts'
import { decodeWords, encodeWords, mergePlanes, planesOf } from './words.ts'
import { compress, decompress } from './zstd.ts'

/** Samples per chunk at most: longer chunks cost queries of an hour 60 % more and save 1 % (metrics-lsm, rule 9). */
export const maxChunkValues = 240

const mode = { scaled: 0, constant: 1, xor: 2 } as const

/** The chunks of `count` values: at every start of a run, and inside long runs in equal parts. `starts` ascend; null: one run. */
export function chunkStarts(count: number, starts: Uint32Array | null): Uint32Array {
  const out: number[] = []
  const runs = starts ?? Uint32Array.of(0)
  for (let run = 0; run < runs.length; run++) {
    const from = runs[run]!
    const to = run + 1 < runs.length ? runs[run + 1]! : count
    const parts = Math.ceil((to - from) / maxChunkValues)
    for (let part = 0; part < parts; part++) {
      out.push(from + Math.floor(((to - from) * part) / parts))
    }
  }
  return Uint32Array.from(out)
}

/** Headers of the chunks of one node, by column, and the residuals they point into. */
interface Chunks {
  readonly counts: Uint32Array
  /** mode | delta << 2 | low is negative << 3 | first is negative << 4. */
  readonly kinds: Uint32Array
  readonly scales: Uint32Array
  readonly shifts: Uint32Array
  readonly widths: Uint32Array
  /** Magnitudes. */
  readonly lows: Float64Array
  readonly firsts: Float64Array
}

function emptyChunks(count: number, memory: Allocator): Chunks {
  return {
    counts: memory.words(count).fill(0),
    kinds: memory.words(count).fill(0),
    scales: memory.words(count).fill(0),
    shifts: memory.words(count).fill(0),
    widths: memory.words(count).fill(0),
    lows: memory.doubles(count).fill(0),
    firsts: memory.doubles(count).fill(0),
  }
}

const scaled: Scaled = {
  scale: 0,
  shift: 0,
  width: 0,
  delta: false,
  low: 0,
  first: 0,
  residuals: new Uint32Array(maxChunkValues),
  count: 0,
}

/** Writes `values` as one node, in chunks that begin at `starts` (from `chunkStarts`). */
// oxlint-disable-next-line max-params -- the writer, the values, their chunks, the level
export function encodeSamples(
  out: ByteWriter,
  values: Float64Array,
  starts: Uint32Array,
  dense: boolean,
): void {
  withTemporary((temporary) => {
    encodeChunks(out, values, { starts, dense, memory: temporary })
  })
}

function encodeChunks(
  out: ByteWriter,
  values: Float64Array,
  options: { readonly starts: Uint32Array; readonly dense: boolean; readonly memory: Allocator },
): void {
  const { starts, dense, memory } = options
  const chunks = emptyChunks(starts.length, memory)
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const residuals = memory.words(values.length)
  const raw = memory.words(values.length * 2)
  let rest = 0
  let rawRest = 0
  for (let c = 0; c < starts.length; c++) {
    const from = starts[c]!
    const to = c + 1 < starts.length ? starts[c + 1]! : values.length
    chunks.counts[c] = to - from
    if (scaleChunk(values, from, to, scaled)) {
      setScaled(chunks, c)
      residuals.set(scaled.residuals.subarray(0, scaled.count), rest)
      rest += scaled.count
    } else {
      const before = rawRest
      rawRest = xorChunk(bits, from, to, raw, rawRest)
      chunks.kinds[c] = rawRest - before === 2 && to - from > 1 ? mode.constant : mode.xor
    }
  }
  out.varint(encodingId.samples)
  out.varint(starts.length)
  encodeHeaders(out, chunks, dense)
  encodeResiduals(out, residuals.subarray(0, rest), chunks, { dense, memory })
  encodeRaw(out, raw.subarray(0, rawRest), { dense, memory })
}

function setScaled(chunks: Chunks, c: number): void {
  chunks.kinds[c] =
    mode.scaled | (scaled.delta ? 4 : 0) | (scaled.low < 0 ? 8 : 0) | (scaled.first < 0 ? 16 : 0)
  chunks.scales[c] = scaled.scale
  chunks.shifts[c] = scaled.shift
  chunks.widths[c] = scaled.width
  chunks.lows[c] = Math.abs(scaled.low)
  chunks.firsts[c] = scaled.delta ? Math.abs(scaled.first) : 0
}

/** Appends the XORs of values [from, to), low then high word each; two words only when all values are equal. */
// oxlint-disable-next-line max-params -- the inner loop
function xorChunk(
  bits: Uint32Array,
  from: number,
  to: number,
  raw: Uint32Array,
  start: number,
): number {
  let at = start
  let lo = 0
  let hi = 0
  let changes = 0
  for (let i = from; i < to; i++) {
    const nextLo = bits[2 * i]!
    const nextHi = bits[2 * i + 1]!
    raw[at++] = nextLo ^ lo
    raw[at++] = nextHi ^ hi
    if (i > from && (nextLo !== lo || nextHi !== hi)) changes++
    lo = nextLo
    hi = nextHi
  }
  return changes === 0 ? start + 2 : at
}

function encodeHeaders(out: ByteWriter, chunks: Chunks, dense: boolean): void {
  encodeWords(out, chunks.counts, dense)
  encodeWords(out, chunks.kinds, dense)
  encodeWords(out, chunks.scales, dense)
  encodeWords(out, chunks.shifts, dense)
  encodeWords(out, chunks.widths, dense)
  encodeOffsets(out, chunks.lows, dense)
  encodeOffsets(out, chunks.firsts, dense)
}

/** Residuals of a chunk: one fewer than values where they are differences, none at width 0. */
function residualCount(chunks: Chunks, c: number): number {
  if ((chunks.kinds[c]! & 3) !== mode.scaled || chunks.widths[c] === 0) return 0
  return chunks.counts[c]! - ((chunks.kinds[c]! >>> 2) & 1)
}

const form = { bits: 0, planes: 1 } as const

/** All residuals: per chunk in bits of its width, each chunk from a whole word on; or byte planes with zstd 1 where that is 3 % smaller. */
// oxlint-disable-next-line max-params -- the writer, two parts of a node, and how
function encodeResiduals(
  out: ByteWriter,
  residuals: Uint32Array,
  chunks: Chunks,
  { dense, memory }: { readonly dense: boolean; readonly memory: Allocator },
): void {
  const words = packChunks(residuals, chunks, memory)
  if (dense && residuals.length >= 256) {
    const packed = compress(planesOf(residuals, planeWidth(chunks), memory), 1)
    if (packed.length < words.length * 4 * 0.97) {
      out.u8(form.planes)
      out.varint(packed.length)
      out.raw(packed)
      return
    }
  }
  out.u8(form.bits)
  out.raw(new Uint8Array(words.buffer, words.byteOffset, words.length * 4))
}

/** Bytes per residual in planes: the widest chunk decides. */
function planeWidth(chunks: Chunks): number {
  let widest = 1
  for (const width of chunks.widths) if (width > widest) widest = width
  return Math.ceil(widest / 8)
}

function packedWords(chunks: Chunks): number {
  let words = 0
  for (let c = 0; c < chunks.counts.length; c++) {
    words += (residualCount(chunks, c) * chunks.widths[c]! + 31) >>> 5
  }
  return words
}

function packChunks(residuals: Uint32Array, chunks: Chunks, memory: Allocator): Uint32Array {
  const words = memory.words(packedWords(chunks)).fill(0)
  let at = 0
  let from = 0
  for (let c = 0; c < chunks.counts.length; c++) {
    const width = chunks.widths[c]!
    const to = from + residualCount(chunks, c)
    let bit = at * 32
    for (let i = from; i < to; i++) {
      const value = residuals[i]!
      const word = bit >>> 5
      const shift = bit & 31
      words[word] = words[word]! | (value << shift)
      if (shift + width > 32) words[word + 1] = value >>> (32 - shift)
      bit += width
    }
    at += ((to - from) * width + 31) >>> 5
    from = to
  }
  return words
}

function encodeRaw(
  out: ByteWriter,
  raw: Uint32Array,
  { dense, memory }: { readonly dense: boolean; readonly memory: Allocator },
): void {
  const lo = memory.words(raw.length / 2)
  const hi = memory.words(raw.length / 2)
  for (let i = 0; i < lo.length; i++) {
    lo[i] = raw[2 * i]!
    hi[i] = raw[2 * i + 1]!
  }
  out.varint(lo.length)
  encodeWords(out, lo, dense)
  encodeWords(out, hi, dense)
}

/** Reads the rest of a node of `count` doubles into an array of `memory`. */
export function decodeSamples(
  reader: ByteReader,
  count: number,
  memory: Allocator = fresh,
): Float64Array<ArrayBuffer> {
  const values = memory.doubles(count)
  withTemporary((temporary) => {
    const chunks = decodeHeaders(reader, count, temporary)
    const residuals = decodeResiduals(reader, chunks, temporary)
    const rawCount = reader.varint()
    if (rawCount > count) throw blockCorrupt.make(`${rawCount} unscaled values of ${count}`)
    const lo = decodeWords(reader, rawCount, temporary)
    const hi = decodeWords(reader, rawCount, temporary)
    joinChunks(values, chunks, residuals, { lo, hi })
  })
  return values
}

// oxlint-disable-next-line max-params -- the parts of a node
function joinChunks(
  values: Float64Array,
  chunks: Chunks,
  residuals: Uint32Array,
  { lo, hi }: { readonly lo: Uint32Array; readonly hi: Uint32Array },
): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  let at = 0
  let rest = 0
  let rawRest = 0
  for (let c = 0; c < chunks.counts.length; c++) {
    const to = at + chunks.counts[c]!
    const kind = chunks.kinds[c]! & 3
    if (kind === mode.scaled) {
      rest = unscaleChunk(chunks, c, residuals, rest, values, at)
    } else {
      const needed = kind === mode.constant ? 1 : to - at
      if (kind > mode.xor || rawRest + needed > lo.length) {
        throw blockCorrupt.make(`chunk ${c} of mode ${kind} needs more values than there are`)
      }
      unxor(lo, hi, rawRest, kind === mode.constant, bits, at, to)
      rawRest += needed
    }
    at = to
  }
}

function decodeHeaders(reader: ByteReader, count: number, memory: Allocator): Chunks {
  const n = reader.varint()
  if (n > count) throw blockCorrupt.make(`${n} chunks of ${count} values`)
  const counts = decodeWords(reader, n, memory)
  const kinds = decodeWords(reader, n, memory)
  const scales = decodeWords(reader, n, memory)
  const shifts = decodeWords(reader, n, memory)
  const widths = decodeWords(reader, n, memory)
  const lows = decodeOffsets(reader, { id: reader.varint(), count: n, max: maxOffset }, memory)
  const firsts = decodeOffsets(reader, { id: reader.varint(), count: n, max: maxOffset }, memory)
  let sum = 0
  for (let c = 0; c < n; c++) {
    if (counts[c] === 0) throw blockCorrupt.make(`chunk ${c} is empty`)
    sum += counts[c]!
    if (widths[c]! > 32 || shifts[c]! > 32 || scales[c]! >= scaleFactors.length) {
      throw blockCorrupt.make(`chunk ${c}: width ${widths[c]}, scale ${scales[c]}`)
    }
  }
  if (sum !== count) throw blockCorrupt.make(`chunks of ${sum} values where ${count} should be`)
  return { counts, kinds, scales, shifts, widths, lows, firsts }
}

function decodeResiduals(reader: ByteReader, chunks: Chunks, memory: Allocator): Uint32Array {
  let count = 0
  for (let c = 0; c < chunks.counts.length; c++) count += residualCount(chunks, c)
  const kind = reader.u8()
  const values = memory.words(count)
  if (kind === form.planes) {
    const width = planeWidth(chunks)
    const stored = reader.raw(reader.varint())
    mergePlanes(decompress(stored, count * width, memory), values, width)
    return values
  }
  if (kind !== form.bits) throw blockCorrupt.make(`residuals in form ${kind}`)
  const words = memory.words(packedWords(chunks))
  const bytes = reader.raw(words.length * 4)
  new Uint8Array(words.buffer, words.byteOffset, bytes.length).set(bytes)
  unpackChunks(words, chunks, values)
  return values
}

function unpackChunks(words: Uint32Array, chunks: Chunks, residuals: Uint32Array): void {
  let at = 0
  let from = 0
  for (let c = 0; c < chunks.counts.length; c++) {
    const width = chunks.widths[c]!
    const mask = width === 32 ? -1 : (1 << width) - 1
    const to = from + residualCount(chunks, c)
    let bit = at * 32
    for (let i = from; i < to; i++) {
      const word = bit >>> 5
      const shift = bit & 31
      let value = words[word]! >>> shift
      if (shift + width > 32) value |= words[word + 1]! << (32 - shift)
      residuals[i] = value & mask
      bit += width
    }
    at += ((to - from) * width + 31) >>> 5
    from = to
  }
}

/** Writes one scaled chunk at `at` and returns the place of the next chunk's residuals. */
// oxlint-disable-next-line max-params -- the inner loop
function unscaleChunk(
  chunks: Chunks,
  c: number,
  residuals: Uint32Array,
  start: number,
  values: Float64Array,
  at: number,
): number {
  const kind = chunks.kinds[c]!
  const to = at + chunks.counts[c]!
  const divisor = scaleFactors[chunks.scales[c]!]!
  const factor = 2 ** chunks.shifts[c]!
  const low = (kind & 8) === 0 ? chunks.lows[c]! : -chunks.lows[c]!
  const bare = chunks.widths[c] === 0
  let rest = start
  if ((kind & 4) === 0) {
    if (bare) {
      values.fill(low / divisor, at, to)
      return rest
    }
    for (let i = at; i < to; i++) values[i] = (low + residuals[rest++]! * factor) / divisor
    return rest
  }
  let x = (kind & 16) === 0 ? chunks.firsts[c]! : -chunks.firsts[c]!
  values[at] = x / divisor
  for (let i = at + 1; i < to; i++) {
    x += bare ? low : low + residuals[rest++]! * factor
    values[i] = x / divisor
  }
  return rest
}

// oxlint-disable-next-line max-params -- the inner loop
function unxor(
  lo: Uint32Array,
  hi: Uint32Array,
  start: number,
  constant: boolean,
  bits: Uint32Array,
  from: number,
  to: number,
): void {
  let a = 0
  let b = 0
  for (let i = from, k = start; i < to; i++) {
    if (!constant || i === from) {
      a ^= lo[k]!
      b ^= hi[k++]!
    }
    bits[2 * i] = a
    bits[2 * i + 1] = b
  }
}
