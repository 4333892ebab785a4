/**
 * The stream table of a section in stretches of whole streams, and stream lists over bytes in memory.
 * A stretch holds streams whose canonical bytes follow the section's order; neighbours are alike, so
 * zstd makes little of them.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { Texts } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import { decodeStream } from '#schemas/identity-codec.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import { longer } from '../column/slots.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { encodingId } from '../encoding/ids.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { decodeTexts, encodeTexts } from '../encoding/texts.ts'
import { identityOf } from '../run/identities.ts'

/** Plain bytes of a stretch: enough for zstd, and with its offsets it fits a chunk of an arena (`base/bytes/arena.ts`). */
const stretchBytes = 3 * 1024 * 1024

/** A stretch as it is stored, with the number of its first stream. */
export interface StoredStretch {
  readonly first: number
  readonly bytes: Uint8Array
}

/** Streams whose bytes come by number, in their final order. */
export interface StreamBytes {
  readonly count: number
  bytes(id: number): Uint8Array
  /**
   * The streams from `first` on that make a stretch (`stretchEnd`), in arrays of `memory` or the list's
   * own: for lists that give many at once for less than one by one.
   */
  stretch?(first: number, memory: Allocator): Texts
}

/** Plain bytes that one stretch may need: one stream of the largest size more than a stretch. */
const maxStretchBytes = 64 * 1024 * 1024

/** Where the stretch that goes on with stream `first` ends, of `count` streams with these lengths; it has some bytes already. */
// oxlint-disable-next-line max-params -- a range, and what is known of it
export function stretchEnd(
  first: number,
  count: number,
  lengthOf: (id: number) => number,
  before = 0,
): { end: number; bytes: number } {
  let end = first
  let bytes = before
  while (end < count && bytes < stretchBytes) bytes += lengthOf(end++)
  return { end, bytes }
}

/** Whether these streams are a stretch as `stretchEnd` cuts them; the last one of a table may be shorter. */
export function isStretch({ offsets }: Texts, isLast: boolean): boolean {
  const count = offsets.length - 1
  return offsets[count - 1]! < stretchBytes && (isLast || offsets[count]! >= stretchBytes)
}

/** The streams of the stretch that begins with `first`, in arrays of `memory` or the list's own. */
export function stretchOf(streams: StreamBytes, first: number, memory: Allocator): Texts {
  if (streams.stretch !== undefined) return streams.stretch(first, memory)
  const values: Uint8Array[] = []
  stretchEnd(first, streams.count, (id) => {
    const bytes = streams.bytes(id)
    values.push(bytes)
    return bytes.length
  })
  return packTexts(values, memory)
}

/** A stretch as it is stored. */
export function encodeStretch(
  streams: Texts,
  options: { readonly dense: boolean; readonly level: number },
): Uint8Array {
  const { offsets } = streams
  const count = offsets.length - 1
  return withTemporary((memory) => {
    // What zstd asks for, with lengths before it: the writer does not grow.
    const room = (offsets[count]! - offsets[0]!) / 2 + count * 4 + stretchHeadBytes
    const out = new ByteWriter(memory.bytes(Math.floor(room)))
    out.varint(count)
    encodeTexts(out, streams, options)
    return out.copy()
  })
}

/** More than the numbers in a stretch take, and what a small one grows by. */
const stretchHeadBytes = 1024

/** Streams that are copied from where they stand. */
export interface StreamCopies {
  sizeOf(id: number): number
  /** Copies a stream to `to`, from byte `at` on; returns where it ends. */
  copy(id: number, to: Uint8Array, at: number): number
}

/** Room of a stretch: most streams fill it before they fill the rest of this. */
const roomBytes = stretchBytes + (stretchBytes >>> 4)

/** The streams of the stretch that begins with `first`, of `count`, copied one by one to `memory`. */
// oxlint-disable-next-line max-params -- a range, memory, where streams stand
export function packStretch(
  first: number,
  count: number,
  memory: Allocator,
  streams: StreamCopies,
): Texts {
  let offsets = memory.words(Math.min(count - first, firstStreams) + 1)
  let bytes = memory.bytes(roomBytes)
  offsets[0] = 0
  let id = first
  for (let at = 0; id < count && at < stretchBytes; id++) {
    const end = at + streams.sizeOf(id)
    if (end > bytes.length) {
      const more = memory.bytes(end)
      more.set(bytes.subarray(0, at))
      bytes = more
    }
    at = streams.copy(id, bytes, at)
    if (id - first + 1 === offsets.length) {
      const more = memory.words(offsets.length * 2)
      more.set(offsets)
      offsets = more
    }
    offsets[id - first + 1] = at
  }
  const packed = id - first
  return { offsets: offsets.subarray(0, packed + 1), bytes: bytes.subarray(0, offsets[packed]) }
}

/** Streams of a stretch whose offsets are never moved: such of 64 bytes. */
const firstStreams = stretchBytes / 64

/** Gathers streams that come in final order, and gives them as stretches. */
export class StretchWriter {
  readonly #take: (stretch: Texts) => void
  readonly #bytes = new ByteWriter(roomBytes)
  #offsets = new Uint32Array(1024)
  #count = 0

  /** `take` gets each stretch when it is full, valid in that call only. */
  constructor(take: (stretch: Texts) => void) {
    this.#take = take
  }

  /** Adds the streams [from, to) of `texts`. */
  add({ offsets, bytes }: Texts, from: number, to: number): void {
    for (let next = from; next < to;) {
      const { end } = stretchEnd(next, to, (i) => offsets[i + 1]! - offsets[i]!, this.#bytes.length)
      const shift = this.#bytes.length - offsets[next]!
      this.#bytes.raw(bytes, offsets[next], offsets[end])
      if (this.#count + end - next >= this.#offsets.length)
        this.#offsets = longer(this.#offsets, (this.#count + end - next) * 2)
      for (; next < end; next++) this.#offsets[++this.#count] = offsets[next + 1]! + shift
      if (this.#bytes.length >= stretchBytes) this.finish()
    }
  }

  /** Gives what is left. */
  finish(): void {
    if (this.#count === 0) return
    const offsets = this.#offsets.subarray(0, this.#count + 1)
    this.#take({ offsets, bytes: this.#bytes.view() })
    this.#bytes.reset()
    this.#count = 0
  }
}

/** Byte strings as one `Texts`, in arrays of `memory`. */
export function packTexts(values: readonly Uint8Array[], memory: Allocator = fresh): Texts {
  const offsets = memory.words(values.length + 1)
  offsets[0] = 0
  for (let i = 0; i < values.length; i++) offsets[i + 1] = offsets[i]! + values[i]!.length
  const bytes = memory.bytes(offsets[values.length]!)
  for (let i = 0; i < values.length; i++) bytes.set(values[i]!, offsets[i])
  return { offsets, bytes }
}

/** Reads one stretch of at most `max` streams, to arrays of `memory` or views of `bytes`. */
export function decodeStretch(bytes: Uint8Array, max: number, memory: Allocator = fresh): Texts {
  const reader = new ByteReader(bytes, 0, bytes.length, 'a stream table')
  const count = reader.varint()
  if (count > max || count === 0) throw blockCorrupt.make(`a stretch of ${count} of ${max} streams`)
  const id = reader.varint()
  if (id !== encodingId.texts) throw blockCorrupt.make(`encoding ${id} where streams should be`)
  return decodeTexts(reader, count, maxStretchBytes, { memory })
}

/** Streams in a stretch, as it says itself. */
export function stretchCount(bytes: Uint8Array): number {
  return new ByteReader(bytes, 0, bytes.length, 'a stream table').varint()
}

/** A list over stretches in order. Identities and fingerprints are made when first asked for. */
export function streamListOf(stretches: readonly Texts[]): StreamList {
  const starts: number[] = []
  let count = 0
  for (const stretch of stretches) {
    starts.push(count)
    count += stretch.offsets.length - 1
  }
  const bytes = (id: number): Uint8Array => {
    let at = starts.length - 1
    while (at > 0 && starts[at]! > id) at--
    const stretch = stretches[at]
    if (stretch === undefined || !(id >= 0 && id < count)) {
      throw new RangeError(`stream ${id} of ${count}`)
    }
    const place = id - starts[at]!
    return stretch.bytes.subarray(stretch.offsets[place], stretch.offsets[place + 1])
  }
  return {
    count,
    bytes,
    identity: (id) => identityOf(bytes, id, () => decodeStream(bytes(id))),
    fingerprint: (id) => streamFingerprint(bytes(id)),
  }
}

/** A list over streams given as bytes; they are not copied. */
export function streamListOfBytes(values: readonly Uint8Array[]): StreamList {
  return streamListOf(values.length === 0 ? [] : [packTexts(values)])
}

/** 64 bits of hash of canonical bytes as 16 hex digits; runs make the same (`storage/run/streams.ts`). */
export function streamFingerprint(bytes: Uint8Array): string {
  const hex = (seed: number): string =>
    hashBytes(bytes, 0, bytes.length, seed).toString(16).padStart(8, '0')
  return hex(0x5bd1e995) + hex(0x9747b28c)
}
