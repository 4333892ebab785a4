/**
 * Ids of one width. Random bytes gain nothing from zstd, so they stand as they are; where
 * neighbours are equal (the trace id of all spans of a trace) each stands once with its count.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { withTemporary } from './temporary.ts'
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

/**
 * Reads the rest of a node whose number is `id`: `count` values of `width` bytes, a view of the page where
 * they stand raw, else an array of `memory`.
 */
export function decodeFixed(
  reader: ByteReader,
  { id, count, width }: { readonly id: number; readonly count: number; readonly width: number },
  memory: Allocator = fresh,
): Uint8Array {
  if (id === encodingId.fixed) return reader.raw(count * width)
  if (id !== encodingId.fixedRuns) throw blockCorrupt.make(`encoding ${id} where ids should be`)
  const runs = reader.varint()
  if (runs > count) throw blockCorrupt.make(`${runs} runs of ${count} ids`)
  const bytes = memory.bytes(count * width)
  withTemporary((temporary) => {
    const lengths = decodeWords(reader, runs, temporary)
    repeatValues(bytes, reader.raw(runs * width), lengths, width)
  })
  return bytes
}

/** Fills `bytes` with each head as often as its length says. */
// oxlint-disable-next-line max-params -- the inner loop
function repeatValues(
  bytes: Uint8Array,
  heads: Uint8Array,
  lengths: Uint32Array,
  width: number,
): void {
  const count = bytes.length / width
  let at = 0
  for (let run = 0; run < lengths.length; run++) {
    const length = lengths[run]!
    if (length === 0 || length > count - at) throw blockCorrupt.make('runs of ids do not add up')
    const to = (at + length) * width
    for (let i = at * width; i < to; i += width) {
      for (let k = 0; k < width; k++) bytes[i + k] = heads[run * width + k]!
    }
    at += length
  }
  if (at !== count) throw blockCorrupt.make('runs of ids do not add up')
}
