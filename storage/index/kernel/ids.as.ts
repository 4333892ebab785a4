/**
 * The hashes of the ids in texts, and blooms of hashes, as `tokens.ts` and `bloom.ts` find and fill them, in
 * AssemblyScript; `ids-kernel.ts` is the only caller and lays out the memory.
 *
 * Texts are looked at side by side, 64 bytes at a time: a bit for each byte that an id may have, then
 * shifts that leave a bit where twelve such bytes follow each other. Only there are the ends of texts asked
 * for. Loads run up to 64 bytes behind the last text.
 * Build: --initialMemory 32
 */
import { hashBytes, mix } from '../../../base/kernel/hash.as'

/** As in tokens.ts. */
const minIdBytes: usize = 12

/** The longest id since it was last set to 0. */
export let longest: u32 = 0

export function forgetLongest(): void {
  longest = 0
}

/** A bit for each of 16 bytes that is neither a hex digit nor a dash: by its halves, both must allow one of three kinds. */
// @ts-ignore: decorator
@inline
function otherBits(at: usize): i32 {
  const bytes = v128.load(at)
  const low = i8x16.swizzle(
    i8x16(2, 6, 6, 6, 6, 6, 6, 2, 2, 2, 0, 0, 0, 1, 0, 0), v128.and(bytes, i8x16.splat(0x0f)))
  const high = i8x16.swizzle(
    i8x16(0, 0, 1, 2, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0), v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(0x0f)))
  return i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)))
}

// @ts-ignore: decorator
@inline
function idBits64(at: usize): u64 {
  const low = <u64>otherBits(at) | (<u64>otherBits(at + 16) << 16)
  return ~(low | (<u64>otherBits(at + 32) << 32) | (<u64>otherBits(at + 48) << 48))
}

/** The end of the run of bytes of ids that reaches `from`, at most `end`. */
function runEnd(from: usize, end: usize): usize {
  let at = from
  while (at < end) {
    const others = otherBits(at)
    if (others != 0) return min(at + <usize>ctz(others), end)
    at += 16
  }
  return end
}

// @ts-ignore: decorator
@inline
function digits(bytes: v128): v128 {
  return i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(9))
}

/** Whether there is a decimal digit in [from, to), which is not empty. */
function hasDigit(from: usize, to: usize): bool {
  let at = from
  for (; at + 16 < to; at += 16) if (v128.any_true(digits(v128.load(at)))) return true
  return (i8x16.bitmask(digits(v128.load(at))) & ((1 << <i32>(to - at)) - 1)) != 0
}

/**
 * Writes where in [text, end) runs of bytes of ids reach the length of an id, the places of the twelfth bytes, to
 * `out`; returns the end of them. Almost without branches: where ids are cannot be foreseen.
 */
function findRuns(text: usize, end: usize, out: usize): usize {
  let next = out
  // Bit i says that so many such bytes end at byte i; what is carried are those of the block before.
  let oneBefore: u64 = 0, twoBefore: u64 = 0, fourBefore: u64 = 0, twelveBefore: u64 = 0
  for (let at = text; at < end; at += 64) {
    let one = idBits64(at)
    if (end - at < 64) one &= (<u64>1 << <u64>(end - at)) - 1
    const two = one & ((one << 1) | (oneBefore >> 63))
    const four = two & ((two << 2) | (twoBefore >> 62))
    const eight = four & ((four << 4) | (fourBefore >> 60))
    const twelve = eight & ((four << 8) | (fourBefore >> 56))
    let found = twelve & ~((twelve << 1) | (twelveBefore >> 63))
    oneBefore = one
    twoBefore = two
    fourBefore = four
    twelveBefore = twelve
    store<u32>(next, <u32>(at + <usize>ctz(found)))
    next += <usize>(found != 0) << 2
    found &= found - 1
    while (found != 0) {
      store<u32>(next, <u32>(at + <usize>ctz(found)))
      next += 4
      found &= found - 1
    }
  }
  return next
}

/**
 * Writes the hashes of the ids of all texts to `out`; returns the end of them. Text i ends at the u32
 * ends[i] - base of the bytes at `text`, the last one at `text` + `length`. At `runs` is room for a u32 each 13 bytes.
 */
export function hashIds(text: usize, length: usize, ends: usize, base: u32, runs: usize, out: usize): usize {
  const end = text + length
  const first = text - <usize>base
  const runsEnd = findRuns(text, end, runs)
  let next = out
  let row = ends
  for (let run = runs; run < runsEnd; run += 4) {
    const twelfth = <usize>load<u32>(run)
    const to = runEnd(twelfth + 1, end)
    let from = twelfth + 1 - minIdBytes
    // A run over the ends of texts is one for each.
    while (from < to) {
      while (first + <usize>load<u32>(row) <= from) row += 4
      const stop = min(to, first + <usize>load<u32>(row))
      const size = stop - from
      if (size >= minIdBytes && hasDigit(from, stop)) {
        store<u32>(next, hashBytes(from, stop, 0))
        next += 4
        longest = max(longest, <u32>size)
      }
      from = stop
    }
  }
  return next
}

/** Writes the hashes of all texts of 1 to `most` bytes to `out`; returns the end of them. Ends as in `hashIds`. */
export function hashWhole(text: usize, ends: usize, base: u32, rows: i32, most: u32, seed: u32, out: usize): usize {
  let next = out
  let from = text
  for (let row = 0; row < rows; row++) {
    const to = text + <usize>(load<u32>(ends + (<usize>row << 2)) - base)
    const size = <u32>(to - from)
    if (size > 0 && size <= most) {
      store<u32>(next, hashBytes(from, to, seed))
      next += 4
    }
    from = to
  }
  return next
}

/** The salts of bloom.ts. */
const salts = memory.data<u32>([0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31])

// @ts-ignore: decorator
@inline
function setBit(word: usize, hash: u32, salt: u32): void {
  store<u32>(word, load<u32>(word) | (<u32>1 << ((hash * salt) >>> 27)))
}

/** Adds the hashes [from, to) to a filter of `blocks` blocks; their second hashes are made with `seed`. */
export function fillBloom(from: usize, to: usize, filter: usize, blocks: u32, seed: u32): void {
  for (let at = from; at < to; at += 4) {
    const hash = load<u32>(at)
    const block = filter + <usize>(((<u64>hash * <u64>blocks) >> 32) << 5)
    const second = mix(hash ^ seed)
    for (let word: usize = 0; word < 32; word += 4) setBit(block + word, second, load<u32>(salts + word))
  }
}
