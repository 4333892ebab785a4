/**
 * The words of a part (`part.ts` has their places), written one after the other: header, a descriptor per
 * lane, keys, the lanes whose entries are not all equal.
 */
import { copy } from '../../../base/kernel/bytes.as'

export const headerWords: i32 = 16

/** Where the part starts, the next lane's descriptor, and the next word behind all that was written. */
let part: usize = 0
let descriptor: usize = 0
let next: usize = 0

/** Starts a part whose keys, offset and length first, are `keyBytes` apart. */
export function startPart(place: usize, lanes: i32, keys: usize, keyCount: i32, keyBytes: usize): void {
  part = place
  memory.fill(part, 0, headerWords * 4)
  descriptor = part + headerWords * 4
  next = descriptor + (<usize>lanes << 3)
  for (let key = 0; key < keyCount; key++) {
    store<u64>(next, load<u64>(keys + <usize>key * keyBytes))
    next += 8
  }
}

/** Words of the part so far. */
// @ts-ignore: decorator
@inline
export function wordsSoFar(): i32 { return <i32>((next - part) >>> 2) }

// @ts-ignore: decorator
@inline
export function header(word: usize, value: u32): void { store<u32>(part + (word << 2), value) }

function isConstant(lane: usize, entries: i32): bool {
  const first = load<u32>(lane)
  const all = i32x4.splat(<i32>first)
  let i = 0
  for (; i + 4 <= entries; i += 4) {
    if (i8x16.bitmask(i32x4.eq(v128.load(lane + (<usize>i << 2)), all)) != 0xffff) return false
  }
  for (; i < entries; i++) if (load<u32>(lane + (<usize>i << 2)) != first) return false
  return true
}

/** Adds the next lane. Up to three words behind it are written too. */
export function addLane(lane: usize, entries: i32): void {
  const constant = isConstant(lane, entries)
  store<u32>(descriptor, constant ? 1 : 0)
  store<u32>(descriptor, constant ? (entries == 0 ? 0 : load<u32>(lane)) : <u32>wordsSoFar(), 4)
  descriptor += 8
  if (constant) return
  const size = entries << 2
  copy(<i32>next, <i32>lane, <i32>lane + size)
  next += <usize>size
}

/** Least and greatest of a lane of stream ids into two header words. */
export function streamBounds(lane: usize, rows: i32, word: usize): void {
  let least = load<u32>(lane)
  let greatest = least
  for (let i = 1; i < rows; i++) {
    const stream = load<u32>(lane + (<usize>i << 2))
    least = min(least, stream)
    greatest = max(greatest, stream)
  }
  header(word, least)
  header(word + 1, greatest)
}

/** Least and greatest of times in two lanes, lo and hi, into four header words. */
export function timeBounds(lo: usize, hi: usize, rows: i32, word: usize): void {
  let least = timeAt(lo, hi, 0)
  let greatest = least
  for (let i = 1; i < rows; i++) {
    const time = timeAt(lo, hi, i)
    least = min(least, time)
    greatest = max(greatest, time)
  }
  header(word, <u32>least)
  header(word + 1, <u32>(least >> 32))
  header(word + 2, <u32>greatest)
  header(word + 3, <u32>(greatest >> 32))
}

// @ts-ignore: decorator
@inline
function timeAt(lo: usize, hi: usize, row: i32): i64 {
  return <i64>(<u64>load<u32>(lo + (<usize>row << 2)) | (<u64>load<u32>(hi + (<usize>row << 2)) << 32))
}
