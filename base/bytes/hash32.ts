/**
 * MurmurHash3_x86_32 (Appleby, public domain): a fast hash of a byte range for tables and filters. It
 * is part of the block format (`docs/format/index.md`): filters, postings, id maps. Collisions can be
 * made on purpose, so whoever uses it compares the bytes too, or only excludes with it.
 */

/** The hash of `bytes[from, to)` with a seed, as a u32. */
export function hashBytes(bytes: Uint8Array, from: number, to: number, seed = 0): number {
  let hash = seed
  let at = from
  for (; at + 3 < to; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, 0xcc9e2d51)
    word = (word << 15) | (word >>> 17)
    hash ^= Math.imul(word, 0x1b873593)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let shift = 0; at < to; at++, shift += 8) tail |= bytes[at]! << shift
  tail = Math.imul(tail, 0xcc9e2d51)
  hash ^= Math.imul((tail << 15) | (tail >>> 17), 0x1b873593)
  return mix(hash ^ (to - from))
}

/** Murmur3's finaliser: every bit of the input moves every bit of the output. */
export function mix(value: number): number {
  let hash = value
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
