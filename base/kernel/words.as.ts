/**
 * What words (u32) cost as bits, and words as bits and byte planes, as `storage/encoding/{bits,words}.ts` say, in
 * AssemblyScript; `words.ts` is the only caller and lays out the memory.
 *
 * Least and greatest values of blocks of 128, differences and repeats are found four at a time without
 * branches, in one pass. Loads run up to 64 bytes behind the values.
 * Build: --initialMemory 4
 */

const blockValues: i32 = 128

/** Runs of equal values, bytes as bits, and bytes of the zigzag differences as bits, since `begin`. */
export let runs: u32 = 0
export let plain: u32 = 0
export let delta: u32 = 0

export function begin(): void {
  runs = 1
  plain = 0
  delta = 0
}

// @ts-ignore: decorator
@inline
function least(values: v128): u32 {
  let low = i32x4.min_u(values, i64x2.shuffle(values, values, 1, 0))
  low = i32x4.min_u(low, i32x4.shuffle(low, low, 1, 0, 3, 2))
  return <u32>i32x4.extract_lane(low, 0)
}

// @ts-ignore: decorator
@inline
function greatest(values: v128): u32 {
  return ~least(v128.not(values))
}

/** Bits that a value takes. */
// @ts-ignore: decorator
@inline
function widthOf(value: u32): u32 {
  return 32 - clz<u32>(value)
}

/** Bytes of a block: its minimum as a varint, a byte, the packed words. */
function sizeOf(min: u32, max: u32, count: u32): u32 {
  const minBytes: u32 = min < 128 ? 1 : min < 16384 ? 2 : min < 2097152 ? 3 : 5
  return minBytes + 1 + 4 * ((count * widthOf(max - min) + 31) >>> 5)
}

// @ts-ignore: decorator
@inline
function zigzag(differences: v128): v128 {
  return v128.xor(i32x4.shl(differences, 1), i32x4.shr_s(differences, 31))
}

/** All bits of the lanes below `count`. */
// @ts-ignore: decorator
@inline
function lanesBelow(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count))
}

/** Measures a block of `size` values of which `steps` have a following one; a `whole` block has 128 of both. */
// @ts-ignore: decorator
@inline
function measureBlock(block: usize, size: i32, steps: i32, whole: bool): void {
  let low = i32x4.splat(-1), high = i32x4.splat(0), lowDelta = i32x4.splat(-1), highDelta = i32x4.splat(0), same = i32x4.splat(0)
  for (let i = 0; i < size; i += 4) {
    const place = block + (<usize>i << 2)
    const values = v128.load(place)
    const next = v128.load(place, 4)
    const differences = zigzag(i32x4.sub(next, values))
    const equal = i32x4.eq(values, next)
    const mine = whole ? i32x4.splat(-1) : lanesBelow(size - i)
    const paired = whole ? i32x4.splat(-1) : lanesBelow(steps - i)
    low = i32x4.min_u(low, whole ? values : v128.or(values, v128.not(mine)))
    high = i32x4.max_u(high, whole ? values : v128.and(values, mine))
    lowDelta = i32x4.min_u(lowDelta, whole ? differences : v128.or(differences, v128.not(paired)))
    highDelta = i32x4.max_u(highDelta, whole ? differences : v128.and(differences, paired))
    // A lane of ones is -1.
    same = i32x4.sub(same, whole ? equal : v128.and(equal, paired))
  }
  plain += sizeOf(least(low), greatest(high), size)
  if (steps <= 0) return
  delta += sizeOf(least(lowDelta), greatest(highDelta), steps)
  const equal = i32x4.extract_lane(same, 0) + i32x4.extract_lane(same, 1) + i32x4.extract_lane(same, 2) + i32x4.extract_lane(same, 3)
  runs += steps - equal
}

/**
 * Measures `count` values. `following`: the value behind them is the next one of theirs, so that there are as many
 * differences as values, else one fewer.
 */
export function measure(at: usize, count: i32, following: bool): void {
  const pairs = following ? count : count - 1
  let from = 0
  for (; from + blockValues <= pairs; from += blockValues) {
    measureBlock(at + (<usize>from << 2), blockValues, blockValues, true)
  }
  for (; from < count; from += blockValues) {
    measureBlock(at + (<usize>from << 2), min(blockValues, count - from), min(blockValues, pairs - from), false)
  }
}

/** Writes `count` values as blocks of bits to `out`; returns the end of them. */
export function pack(at: usize, count: i32, out: usize): usize {
  let next = out
  for (let from = 0; from < count; from += blockValues) {
    const size = min(blockValues, count - from)
    const block = at + (<usize>from << 2)
    let low = i32x4.splat(-1), high = i32x4.splat(0)
    for (let i = 0; i < size; i += 4) {
      const values = v128.load(block + (<usize>i << 2))
      const mine = lanesBelow(size - i)
      low = i32x4.min_u(low, v128.or(values, v128.not(mine)))
      high = i32x4.max_u(high, v128.and(values, mine))
    }
    const base = least(low)
    const width = widthOf(greatest(high) - base)
    let rest = base
    for (; rest >= 128; rest >>>= 7) store<u8>(next++, <u8>(rest | 128))
    store<u8>(next++, <u8>rest)
    store<u8>(next++, <u8>width)
    if (width == 0) continue
    let word: u64 = 0
    let used: u32 = 0
    const end = block + (<usize>size << 2)
    for (let place = block; place < end; place += 4) {
      word |= <u64>(load<u32>(place) - base) << used
      used += width
      if (used >= 32) {
        store<u32>(next, <u32>word)
        next += 4
        word >>= 32
        used -= 32
      }
    }
    if (used > 0) {
      store<u32>(next, <u32>word)
      next += 4
    }
  }
  return next
}

/** Writes `size` values of `width` bits, above 0 and up to 32, each plus `base`, to `out`; returns the end of what was read. */
// @ts-ignore: decorator
@inline
function unpackBlock(at: usize, size: i32, base: u32, width: u32, out: usize): usize {
  const mask = <u64>0xffffffff >>> <u64>(32 - width)
  const end = out + (<usize>size << 2)
  let next = at
  let word: u64 = 0
  let used: u32 = 0
  for (let place = out; place < end; place += 4) {
    if (used < width) {
      word |= <u64>load<u32>(next) << used
      next += 4
      used += 32
    }
    store<u32>(place, base + <u32>(word & mask))
    word >>= width
    used -= width
  }
  return next
}

/** Reads `count` values as blocks of bits from [at, end) to `out`; returns the end of them, 0 where they are not there as written. */
export function unpack(at: usize, end: usize, count: i32, out: usize): usize {
  let next = at
  for (let from = 0; from < count; from += blockValues) {
    const size = min(blockValues, count - from)
    let base: u64 = 0
    let byte: u32 = 128
    for (let shift: u64 = 0; byte >= 128; shift += 7) {
      if (next >= end || shift > 28) return 0
      byte = load<u8>(next++)
      base |= <u64>(byte & 127) << shift
    }
    if (next >= end || base > 0xffffffff) return 0
    const width = <u32>load<u8>(next++)
    if (width > 32 || next + <usize>(((<u32>size * width + 31) >>> 5) << 2) > end) return 0
    const to = out + (<usize>from << 2)
    if (width > 0) next = unpackBlock(next, size, <u32>base, width, to)
    else for (let i: usize = 0; i < <usize>size; i++) store<u32>(to + (i << 2), <u32>base)
  }
  return next
}

/** Writes byte `plane` of `count` values to `out`, 16 at a time: up to 15 bytes behind are written too. */
export function splitPlane(at: usize, count: i32, plane: i32, out: usize): void {
  const shift = plane << 3
  const low = i32x4.splat(0xff)
  for (let i = 0; i < count; i += 16) {
    const place = at + (<usize>i << 2)
    const a = v128.and(i32x4.shr_u(v128.load(place), shift), low)
    const b = v128.and(i32x4.shr_u(v128.load(place, 16), shift), low)
    const c = v128.and(i32x4.shr_u(v128.load(place, 32), shift), low)
    const d = v128.and(i32x4.shr_u(v128.load(place, 48), shift), low)
    v128.store(out + i, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d)))
  }
}
