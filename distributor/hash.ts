/** A 32-bit hash for choosing places: murmur3 (Austin Appleby), good mixing, not against attackers. */

const encoder = new TextEncoder()

/** The murmur3 hash of `bytes[from, to)` as a uint32. */
export function hash32(bytes: Uint8Array, from: number, to: number, seed = 0): number {
  let hash = seed | 0
  let at = from
  for (; at + 4 <= to; at += 4) {
    // In bounds: at + 4 <= to, and the caller's range lies in the array.
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash ^= scramble(word)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let last = to - 1; last >= at; last--) tail = (tail << 8) | bytes[last]!
  if (at < to) hash ^= scramble(tail)
  return finish(hash ^ (to - from))
}

/** The hash of a text's UTF-8. */
export function hashText(text: string, seed = 0): number {
  const bytes = encoder.encode(text)
  return hash32(bytes, 0, bytes.length, seed)
}

/** A uint32 of two, for scoring a place for a thing. */
export function mix(a: number, b: number): number {
  return finish(Math.imul(a ^ finish(b + 0x9e3779b9), 0x85ebca6b))
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

function finish(hash: number): number {
  let h = hash
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
