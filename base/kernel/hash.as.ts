/** `base/bytes/hash32.ts` for kernels: the same hashes, which are part of the block format. */

/** Murmur3's finaliser. */
// @ts-ignore: decorator
@inline
export function mix(value: u32): u32 {
  let hash = value
  hash ^= hash >>> 16
  hash *= 0x85ebca6b
  hash ^= hash >>> 13
  hash *= 0xc2b2ae35
  return hash ^ (hash >>> 16)
}

// @ts-ignore: decorator
@inline
function scramble(word: u32): u32 {
  return rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593
}

/** The hash of bytes [from, to) with a seed. Reads up to three bytes behind. */
export function hashBytes(from: usize, to: usize, seed: u32): u32 {
  let hash = seed
  let at = from
  for (; at + 3 < to; at += 4) hash = rotl<u32>(hash ^ scramble(load<u32>(at)), 13) * 5 + 0xe6546b64
  if (at < to) hash ^= scramble(load<u32>(at) & ((<u32>1 << (<u32>(to - at) << 3)) - 1))
  return mix(hash ^ <u32>(to - from))
}
