/**
 * Varints: unsigned integers in groups of seven bits, least first, the high bit set on all but the
 * last byte (protobuf's encoding). Numbers here are at most 2^53 - 1; 64-bit values that may be larger
 * go as two 32-bit halves.
 */

/** Bytes of the longest varint of 64 bits. */
export const maxVarintBytes = 10

/** Writes `value` at `at` and returns the place after it. The caller made room for `varintSize(value)` bytes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value
  // Beyond 2^31 the bit operators would cut the number, so the upper part goes by division.
  while (rest > 0x7fffffff) {
    bytes[at++] = (rest & 127) | 128
    rest = Math.floor(rest / 128)
  }
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

/** Writes the 64-bit value hi * 2^32 + lo at `at` and returns the place after it. */
export function writeVarint64(bytes: Uint8Array, at: number, lo: number, hi: number): number {
  let low = lo >>> 0
  let high = hi >>> 0
  while (high > 0 || low > 127) {
    bytes[at++] = (low & 127) | 128
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  bytes[at++] = low
  return at
}

/** How many bytes `writeVarint` takes for `value`. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++
  return size
}
