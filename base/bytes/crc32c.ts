/**
 * CRC-32C (Castagnoli), the checksum of every frame and page we write and of Kafka's records. Not
 * the polynomial of `zlib.crc32`. Bytes in, a uint32 out; pieces chain through `seed`.
 *
 * Slicing by sixteen (after Kounavis and Berry, Intel 2005, who slice by eight): sixteen tables of 256
 * words, so sixteen bytes, read as four words, cost sixteen look-ups that do not wait for each other.
 * Long ranges are left to a kernel, two to five times as fast (base/kernel/README.md).
 */
import { crcOfLong, leastKernelBytes } from '#base/kernel/crc.ts'

/** The reflected polynomial of RFC 3720 §12.1. */
const polynomial = 0x82f63b78

const tables = buildTables()

/** Table k, at k * 256, holds the checksum of each byte followed by k zero bytes. */
function buildTables(): Int32Array {
  const built = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (-(crc & 1) & polynomial)
    built[byte] = crc
  }
  for (let at = 256; at < built.length; at++) {
    const previous = built[at - 256] ?? 0
    built[at] = (previous >>> 8) ^ (built[previous & 255] ?? 0)
  }
  return built
}

/**
 * The checksum of `bytes[from, to)` as a uint32. `seed` is the checksum of the bytes before, so
 * that crc32c(b, 0, n) === crc32c(b, k, n, crc32c(b, 0, k)). The range must lie in the array:
 * RangeError otherwise, because a checksum of fewer bytes than asked would look valid.
 */
export function crc32c(bytes: Uint8Array, from: number, to: number, seed = 0): number {
  if (!(from >= 0 && from <= to && to <= bytes.length)) {
    throw new RangeError(`crc32c of [${from}, ${to}) in ${bytes.length} bytes`)
  }
  if (to - from >= leastKernelBytes) {
    return ~crcOfLong(bytes, from, to, { before: ~seed, tables }) >>> 0
  }
  let crc = ~seed
  let at = from
  if (to - from >= minWordsBytes) {
    const aligned = from + (-(bytes.byteOffset + from) & 3)
    crc = crcOfBytes(bytes, from, aligned, crc)
    const count = ((to - aligned) >>> 4) * 4
    crc = crcOfWords(new Int32Array(bytes.buffer, bytes.byteOffset + aligned, count), crc)
    at = aligned + count * 4
  }
  return ~crcOfBytes(bytes, at, to, crc) >>> 0
}

/** A view of words costs as much as the look-ups of this many bytes. */
const minWordsBytes = 64

// oxlint-disable-next-line max-params -- a range and what was before it
function crcOfBytes(bytes: Uint8Array, from: number, to: number, before: number): number {
  const table = tables
  let crc = before
  // The range was checked and the tables have 4,096 entries: the `!` only says so.
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 255]!
  return crc
}

/** Words as they lie in memory, which is little-endian wherever this runs; their number is a multiple of four. */
function crcOfWords(words: Int32Array, before: number): number {
  const table = tables
  let crc = before
  for (let at = 0; at < words.length; at += 4) {
    const a = words[at]! ^ crc
    const b = words[at + 1]!
    const c = words[at + 2]!
    const d = words[at + 3]!
    crc =
      table[3840 + (a & 255)]! ^
      table[3584 + ((a >>> 8) & 255)]! ^
      table[3328 + ((a >>> 16) & 255)]! ^
      table[3072 + (a >>> 24)]! ^
      table[2816 + (b & 255)]! ^
      table[2560 + ((b >>> 8) & 255)]! ^
      table[2304 + ((b >>> 16) & 255)]! ^
      table[2048 + (b >>> 24)]! ^
      table[1792 + (c & 255)]! ^
      table[1536 + ((c >>> 8) & 255)]! ^
      table[1280 + ((c >>> 16) & 255)]! ^
      table[1024 + (c >>> 24)]! ^
      table[768 + (d & 255)]! ^
      table[512 + ((d >>> 8) & 255)]! ^
      table[256 + ((d >>> 16) & 255)]! ^
      table[d >>> 24]!
  }
  return crc
}
