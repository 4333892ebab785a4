/**
 * Bytes with or without zstd, whichever is shorter: one byte method, the raw length, the stored
 * length, the stored bytes. The raw length is checked against the caller's limit before memory is
 * taken, and decompression stops there.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { maxVarintBytes } from '#base/bytes/varint.ts'
import {
  decompressSpareBytes,
  zstdCompressOnce,
  zstdCompressTo,
  zstdDecompress,
  zstdDecompressTo,
} from '#base/compress/zstd.ts'
import type { Texts } from '#schemas/column.ts'
import { blockCorrupt } from './errors.ts'
import type { StoredFrame } from './framed-texts.ts'
import { decodeFrames, encodeFrames, readFrames, type FrameOptions } from './frames.ts'

const method = { raw: 0, zstd: 1, frames: 2, framesWithKeys: 3 } as const

/** Below this zstd gains nothing but its header. */
const minCompressedBytes = 48

/** Bytes kept free for the stored length, which is known only after compressing. */
const lengthBytes = maxVarintBytes

/** Writes bytes, compressed at `level` where that is smaller; level 0 leaves them as they are. */
export function encodeBytes(out: ByteWriter, bytes: Uint8Array, level: number): void {
  if (level > 0 && bytes.length >= minCompressedBytes && encodePacked(out, bytes, level)) return
  out.u8(method.raw)
  out.varint(bytes.length)
  out.varint(bytes.length)
  out.raw(bytes)
}

/** Compresses in place; false, and nothing written, when that is no shorter. */
function encodePacked(out: ByteWriter, bytes: Uint8Array, level: number): boolean {
  const start = out.length
  out.u8(method.zstd)
  out.varint(bytes.length)
  const lengthAt = out.length
  out.reserve(lengthBytes)
  out.length += lengthBytes
  const from = out.length
  zstdCompressTo(out, bytes, level)
  const packed = out.length - from
  if (packed >= bytes.length) {
    out.length = start
    return false
  }
  out.length = lengthAt
  out.varint(packed)
  out.bytes.copyWithin(out.length, from, from + packed)
  out.length += packed
  return true
}

/** Writes the bytes of many or long values as frames of their own (`frames.ts`). */
export function encodeFramed(out: ByteWriter, texts: Texts, options: FrameOptions): void {
  const { offsets } = texts
  out.u8(options.withKeys ? method.framesWithKeys : method.frames)
  out.varint(offsets[offsets.length - 1]! - offsets[0]!)
  encodeFrames(out, texts, options)
}

/** Reads what `encodeBytes` or `encodeFramed` wrote, as `decodeBytes` does; frames are not decoded. */
export function readBytes(
  reader: ByteReader,
  maxBytes: number,
  memory: Allocator = fresh,
): Uint8Array | readonly StoredFrame[] {
  const kind = reader.u8()
  const rawBytes = reader.varint()
  const stored = reader.raw(reader.varint())
  if (rawBytes > maxBytes) throw blockCorrupt.make(`${rawBytes} bytes where ${maxBytes} may be`)
  if (kind === method.raw && stored.length === rawBytes) return stored
  if (kind === method.frames || kind === method.framesWithKeys) {
    return readFrames(stored, rawBytes, kind === method.framesWithKeys)
  }
  if (kind !== method.zstd) throw blockCorrupt.make(`compression method ${kind}`)
  return decompress(stored, rawBytes, memory)
}

/**
 * Reads what `encodeBytes` or `encodeFramed` wrote: a view of the page for raw bytes, else an array of
 * `memory` of at most `maxBytes`.
 */
export function decodeBytes(
  reader: ByteReader,
  maxBytes: number,
  memory: Allocator = fresh,
): Uint8Array {
  const found = readBytes(reader, maxBytes, memory)
  return found instanceof Uint8Array ? found : decodeFrames(found, found.at(-1)?.to ?? 0, memory)
}

/** `bytes` as one zstd frame, which is valid until the next call of this or `decompress`. */
export function compress(bytes: Uint8Array, level: number): Uint8Array {
  return zstdCompressOnce(bytes, level)
}

/** Decompresses to exactly `rawBytes` bytes in an array of `memory`; anything else is corrupt. */
export function decompress(
  bytes: Uint8Array,
  rawBytes: number,
  memory: Allocator = fresh,
): Uint8Array {
  if (memory === fresh) return zstdDecompress(bytes, rawBytes)
  const out = new ByteWriter(memory.bytes(rawBytes + decompressSpareBytes))
  zstdDecompressTo(out, bytes, rawBytes)
  return out.view()
}
