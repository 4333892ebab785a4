/**
 * Substring search with SIMD, in AssemblyScript; `scan.ts` is its only caller and lays out the memory.
 *
 * Two bytes of the needle, the rarest by the caller's judgement, are compared at 64 positions at a
 * time; where both agree the whole needle is compared. Loads may run up to 64 + needle bytes beyond the
 * text: the caller keeps that much of the memory free. `mask` holds 0x20 for each ASCII letter of a
 * needle in lower case that means both cases, else 0: (byte | mask) === needle then ignores case.
 * Build: --initialMemory 8
 */

let needle: usize = 0
let needleLength: i32 = 0
let mask: usize = 0
let firstProbe: i32 = 0
let secondProbe: i32 = 0

/** Sets the needle, of length 1 or more, and where in it the two probes are. */
export function setNeedle(at: usize, length: i32, maskAt: usize, first: i32, second: i32): void {
  needle = at
  needleLength = length
  mask = maskAt
  firstProbe = first
  secondProbe = second
}

function equals(at: usize): bool {
  for (let i = 0; i < needleLength; i++) {
    if ((load<u8>(at + i) | load<u8>(mask + i)) != load<u8>(needle + i)) return false
  }
  return true
}

/** The positions of 16 where both probes agree. */
// @ts-ignore: decorator
@inline
function agree(at: usize, first: v128, second: v128): v128 {
  return v128.and(
    i8x16.eq(v128.load(at + firstProbe), first),
    i8x16.eq(v128.load(at + secondProbe), second),
  )
}

/** The same with masks, for probes that mean both cases. */
// @ts-ignore: decorator
@inline
function agreeFolded(at: usize, first: v128, firstMask: v128, second: v128, secondMask: v128): v128 {
  return v128.and(
    i8x16.eq(v128.or(v128.load(at + firstProbe), firstMask), first),
    i8x16.eq(v128.or(v128.load(at + secondProbe), secondMask), second),
  )
}

/** The first of the 32 positions from `at` on, as bits, where the whole needle is; -1 if there is none. */
function confirm(text: usize, at: i32, low: v128, high: v128): i32 {
  let bits = i8x16.bitmask(low) | (i8x16.bitmask(high) << 16)
  while (bits != 0) {
    const found = at + ctz(bits)
    if (equals(text + found)) return found
    bits &= bits - 1
  }
  return -1
}

/** The first occurrence in text[from, length), or -1. */
export function find(text: usize, from: i32, length: i32): i32 {
  const last = length - needleLength
  const first = i8x16.splat(load<u8>(needle + firstProbe))
  const second = i8x16.splat(load<u8>(needle + secondProbe))
  const firstMask = i8x16.splat(load<u8>(mask + firstProbe))
  const secondMask = i8x16.splat(load<u8>(mask + secondProbe))
  const folded = v128.any_true(v128.or(firstMask, secondMask))
  let found = -1
  if (folded) {
    for (let at = from; at <= last && found < 0; at += 32) {
      const low = agreeFolded(text + at, first, firstMask, second, secondMask)
      const high = agreeFolded(text + at + 16, first, firstMask, second, secondMask)
      if (v128.any_true(v128.or(low, high))) found = confirm(text, at, low, high)
    }
  } else {
    for (let at = from; at <= last && found < 0; at += 64) {
      const a = agree(text + at, first, second)
      const b = agree(text + at + 16, first, second)
      const c = agree(text + at + 32, first, second)
      const d = agree(text + at + 48, first, second)
      if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue
      found = confirm(text, at, a, b)
      if (found < 0) found = confirm(text, at + 32, c, d)
    }
  }
  // What is found behind the end is made of bytes that are not the text's.
  return found <= last ? found : -1
}

/** How often the needle occurs in text[0, length), not counting overlaps. */
export function count(text: usize, length: i32): i32 {
  let occurrences = 0
  for (let at = find(text, 0, length); at >= 0; at = find(text, at + needleLength, length)) occurrences++
  return occurrences
}

/** The first row at or after `row` that ends after `at`; `ends` are u32. Gallops, so far rows cost little. */
function rowAt(ends: usize, row: i32, base: u32, at: u32): i32 {
  let step = 1
  let low = row
  while (load<u32>(ends + ((low + step) << 2)) - base <= at) {
    low += step
    step <<= 1
  }
  // The row sought is in (low, low + step], or low itself.
  if (load<u32>(ends + (low << 2)) - base > at) return low
  let high = low + step
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (load<u32>(ends + (middle << 2)) - base <= at) low = middle
    else high = middle
  }
  return high
}

/**
 * Sets bit `bit` + i of `out` for each row i that has the needle. Row i of the text ends at the u32
 * ends[i] - base; behind the last
 * end the caller puts as many again of the largest u32, for galloping.
 */
export function markRows(text: usize, length: i32, ends: usize, base: u32, out: usize, bit: i32): void {
  let row = 0
  let at = find(text, 0, length)
  while (at >= 0) {
    row = rowAt(ends, row, base, at)
    const end = i32(load<u32>(ends + (row << 2)) - base)
    if (at + needleLength <= end) {
      const index = row + bit
      store<u8>(out + (index >> 3), load<u8>(out + (index >> 3)) | ((<u8>1) << (<u8>(index & 7))))
      at = find(text, end, length)
    } else at = find(text, at + 1, length)
  }
}
