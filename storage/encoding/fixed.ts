/**
 * Ids of one width. Random bytes gain nothing from zstd, so they stand as they are; where
 * neighbours are equal (the trace id of all spans of a trace) each stands once with its count.
 */
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { decodeWords, encodeWords } from './words.ts'

/** Writes `bytes`, whole values of `width` bytes. */
// oxlint-disable-next-line max-params -- the writer and the vector's two fields
export function encodeFixed(
  out: ByteWriter,
  bytes: Uint8Array,
  width: number,
  dense: boolean,
): void {
  const count = bytes.length / width
  const lengths: number[] = []
  let head = 0
  for (let i = 1; i <= count; i++) {
    if (i < count && sameValue(bytes, head, i, width)) continue
    lengths.push(i - head)
    head = i
  }
  // A length costs about a byte.
  if (lengths.length * (width + 1) >= bytes.length) {
    out.varint(encodingId.fixed)
    out.raw(bytes)
    return
  }
  out.varint(encodingId.fixedRuns)
  out.varint(lengths.length)
  encodeWords(out, Uint32Array.from(lengths), dense)
  let at = 0
  for (const length of lengths) {
    out.raw(bytes, at * width, (at + 1) * width)
    at += length
  }
}

// oxlint-disable-next-line max-params -- the inner loop
function sameValue(bytes: Uint8Array, a: number, b: number, width: number): boolean {
  const from = a * width
  const to = b * width
  for (let i = 0; i < width; i++) if (bytes[from + i] !== bytes[to + i]) return false
  return true
}

/** Reads the rest of a node whose number is `id`: `count` values of `width` bytes, a view of the page where they stand raw. */
// oxlint-disable-next-line max-params -- the reader, its node and the shape
export function decodeFixed(
  reader: ByteReader,
  id: number,
  count: number,
  width: number,
): Uint8Array {
  if (id === encodingId.fixed) return reader.raw(count * width)
  if (id !== encodingId.fixedRuns) throw blockCorrupt.make(`encoding ${id} where ids should be`)
  const runs = reader.varint()
  if (runs > count) throw blockCorrupt.make(`${runs} runs of ${count} ids`)
  const lengths = decodeWords(reader, runs)
  const heads = reader.raw(runs * width)
  const bytes = new Uint8Array(count * width)
  let at = 0
  for (let run = 0; run < runs; run++) {
    const length = lengths[run]!
    if (length === 0 || length > count - at) throw blockCorrupt.make('runs of ids do not add up')
    const to = (at + length) * width
    for (let i = at * width; i < to; i += width) {
      for (let k = 0; k < width; k++) bytes[i + k] = heads[run * width + k]!
    }
    at += length
  }
  if (at !== count) throw blockCorrupt.make('runs of ids do not add up')
  return bytes
}
