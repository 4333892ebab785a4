/**
 * CRC-32C (Castagnoli), the checksum of every frame and page we write and of Kafka's records. Not
 * the polynomial of `zlib.crc32`. Bytes in, a uint32 out; pieces chain through `seed`.
 *
 * Slicing by eight (Kounavis and Berry, Intel 2005): eight tables of 256 words, so eight bytes cost
 * eight look-ups without a dependency from byte to byte.
 */

/** The reflected polynomial of RFC 3720 §12.1. */
const polynomial = 0x82f63b78

const tables = buildTables()

/** Table k, at k * 256, holds the checksum of each byte followed by k zero bytes. */
function buildTables(): Int32Array {
  const built = new Int32Array(8 * 256)
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
  const table = tables
  let crc = ~seed
  let at = from
  // The indexes are below the length checked above and the tables have 2,048 entries, so the `!`
  // only tells the compiler what the loop bounds already say.
  for (const end = to - 7; at < end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      table[1792 + (crc & 255)]! ^
      table[1536 + ((crc >>> 8) & 255)]! ^
      table[1280 + ((crc >>> 16) & 255)]! ^
      table[1024 + (crc >>> 24)]! ^
      table[768 + bytes[at + 4]!]! ^
      table[512 + bytes[at + 5]!]! ^
      table[256 + bytes[at + 6]!]! ^
      table[bytes[at + 7]!]!
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}
