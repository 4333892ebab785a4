/**
 * The stream table of a section in stretches of whole streams, and stream lists over bytes in memory.
 * A stretch holds streams whose canonical bytes follow the section's order; neighbours are alike, so
 * zstd makes little of them.
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { Texts } from '#schemas/column.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import { decodeStream } from '#schemas/identity-codec.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { encodingId } from '../encoding/ids.ts'
import { decodeTexts, encodeTexts } from '../encoding/texts.ts'

/** Plain bytes of a stretch: enough for zstd, little enough to write and read in steps. */
const stretchBytes = 4 * 1024 * 1024

/** Streams whose bytes come by number, in their final order. */
export interface StreamBytes {
  readonly count: number
  bytes(id: number): Uint8Array
}

/** Plain bytes that one stretch may need: one stream of the largest size more than a stretch. */
const maxStretchBytes = 64 * 1024 * 1024

/** The stretches of a table, each with the number of its first stream. */
export function* encodeStreamTable(
  streams: StreamBytes,
  options: { readonly dense: boolean; readonly level: number },
): Generator<{ first: number; bytes: Uint8Array }> {
  let first = 0
  while (first < streams.count) {
    const values: Uint8Array[] = []
    let size = 0
    while (first + values.length < streams.count && size < stretchBytes) {
      const bytes = streams.bytes(first + values.length)
      values.push(bytes)
      size += bytes.length
    }
    const out = new ByteWriter(size >>> 2)
    out.varint(values.length)
    encodeTexts(out, packTexts(values), options)
    yield { first, bytes: out.copy() }
    first += values.length
  }
}

/** Byte strings as one `Texts`. */
export function packTexts(values: readonly Uint8Array[]): Texts {
  const offsets = new Uint32Array(values.length + 1)
  for (let i = 0; i < values.length; i++) offsets[i + 1] = offsets[i]! + values[i]!.length
  const bytes = new Uint8Array(offsets[values.length]!)
  for (let i = 0; i < values.length; i++) bytes.set(values[i]!, offsets[i])
  return { offsets, bytes }
}

/** Reads one stretch of at most `max` streams. */
export function decodeStretch(bytes: Uint8Array, max: number): Texts {
  const reader = new ByteReader(bytes, 0, bytes.length, 'a stream table')
  const count = reader.varint()
  if (count > max || count === 0) throw blockCorrupt.make(`a stretch of ${count} of ${max} streams`)
  const id = reader.varint()
  if (id !== encodingId.texts) throw blockCorrupt.make(`encoding ${id} where streams should be`)
  return decodeTexts(reader, count, maxStretchBytes)
}

/** A list over stretches in order. Identities and fingerprints are made when first asked for. */
export function streamListOf(stretches: readonly Texts[]): StreamList {
  const starts: number[] = []
  let count = 0
  for (const stretch of stretches) {
    starts.push(count)
    count += stretch.offsets.length - 1
  }
  const identities: (StreamIdentity | undefined)[] = []
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
    identity: (id) => (identities[id] ??= decodeStream(bytes(id))),
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
