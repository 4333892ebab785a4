/**
 * Columns of an intake into the lanes and bytes of a part, as `fill.ts` and `part.ts` do it, value for value
 * and byte for byte. `fill-kernel.ts` is the only caller: it names the columns and lays out the memory,
 * which is the one that the intake stands in. `rows` are the places of the `count` rows to take.
 *
 * Build: --importMemory --initialMemory 1
 */
import { copy, same } from '../../../base/kernel/bytes.as'
import { addLane, header, headerWords, startPart, streamBounds, timeBounds, wordsSoFar } from './pack.as'

const absent: u32 = 0xffffffff

const typeText: u32 = 1
const typeBool: u32 = 4
const typeOtlp: u32 = 6
const typeEmpty: u32 = 7

/** Where the intake's bytes start. */
let source: i32 = 0
let rows: usize = 0
let count: i32 = 0
/** The part's bytes: where they start, how many there are and how many there may be. */
let target: i32 = 0
export let used: i32 = 0
let room: i32 = 0
/** More bytes or keys than there is room for, or a body that only the other way knows. */
export let failed: bool = false

/** Begins a part whose bytes already hold `taken`. */
export function begin(sourceAt: i32, rowsAt: usize, rowCount: i32, targetAt: i32, taken: i32, most: i32): void {
  source = sourceAt
  rows = rowsAt
  count = rowCount
  target = targetAt
  used = taken
  room = most
  failed = false
}

// @ts-ignore: decorator
@inline
function rowAt(i: i32): usize { return <usize>load<u32>(rows + (<usize>i << 2)) << 2 }

/** Copies a value of the intake; returns its place in the part's bytes. */
export function keep(from: i32, size: i32): i32 {
  const at = used
  if (size > room - at) {
    failed = true
    return 0
  }
  copy(target + at, source + from, source + from + size)
  used = at + size
  return at
}

export function fill(lane: usize, value: u32): void {
  for (let i = 0; i < count; i++) store<u32>(lane + (<usize>i << 2), value)
}

export function words(lane: usize, column: usize): void {
  for (let i = 0; i < count; i++) store<u32>(lane + (<usize>i << 2), load<u32>(column + rowAt(i)))
}

/** The stream ids of the rows: those of the intake's streams are at `ids`. */
export function streams(lane: usize, column: usize, ids: usize): void {
  for (let i = 0; i < count; i++) {
    const stream = <usize>load<u32>(column + rowAt(i))
    store<u32>(lane + (<usize>i << 2), load<u32>(ids + (stream << 2)))
  }
}

/** Ranges; one equal to that of the row before shares its bytes, an empty one is absent. */
export function ranges(offsetLane: usize, lengthLane: usize, offsets: usize, lengths: usize): void {
  let lastFrom = -1
  let lastSize = -1
  let lastAt = 0
  for (let i = 0; i < count; i++) {
    const row = rowAt(i)
    const size = <i32>load<u32>(lengths + row)
    store<u32>(lengthLane + (<usize>i << 2), size)
    if (size == 0) {
      store<u32>(offsetLane + (<usize>i << 2), absent)
      continue
    }
    const from = <i32>load<u32>(offsets + row)
    if (size != lastSize || (from != lastFrom && !same(source + from, source + lastFrom, size))) lastAt = keep(from, size)
    lastFrom = from
    lastSize = size
    store<u32>(offsetLane + (<usize>i << 2), lastAt)
  }
}

/** Ids of `width` bytes; one equal to that of the row before shares its bytes. */
export function ids(lane: usize, offsets: usize, width: i32): void {
  let lastFrom = -1
  let lastAt = 0
  for (let i = 0; i < count; i++) {
    const from = load<u32>(offsets + rowAt(i))
    if (from == absent) {
      store<u32>(lane + (<usize>i << 2), absent)
      continue
    }
    if (lastFrom < 0 || !same(source + <i32>from, source + lastFrom, width)) lastAt = keep(<i32>from, width)
    lastFrom = <i32>from
    store<u32>(lane + (<usize>i << 2), lastAt)
  }
}

/** Text bodies and those that are lists and maps. One that is a number or bytes is left to the other way. */
export function bodies(offsetLane: usize, lengthLane: usize, valueOffsetLane: usize, valueLengthLane: usize, types: usize, offsets: usize, lengths: usize): void {
  for (let i = 0; i < count; i++) {
    const row = rowAt(i)
    const type = load<u32>(types + row)
    const place = <usize>i << 2
    const isText = type == typeText
    const isValue = type == typeOtlp
    let at = absent
    let size: u32 = 0
    if (isText || isValue) {
      size = load<u32>(lengths + row)
      at = <u32>keep(<i32>load<u32>(offsets + row), <i32>size)
    } else if (type != 0 && type != typeEmpty) failed = true
    store<u32>(offsetLane + place, isText ? at : absent)
    store<u32>(lengthLane + place, isText ? size : 0)
    store<u32>(valueOffsetLane + place, isValue ? at : absent)
    store<u32>(valueLengthLane + place, isValue ? size : 0)
  }
}

/** Duration = end − start in 64 bits. */
export function durations(lo: usize, hi: usize, startLo: usize, startHi: usize, endLo: usize, endHi: usize): void {
  for (let i = 0; i < count; i++) {
    const row = rowAt(i)
    const start = <u64>load<u32>(startLo + row) | (<u64>load<u32>(startHi + row) << 32)
    const end = <u64>load<u32>(endLo + row) | (<u64>load<u32>(endHi + row) << 32)
    store<u32>(lo + (<usize>i << 2), <u32>(end - start))
    store<u32>(hi + (<usize>i << 2), <u32>((end - start) >> 32))
  }
}

const kindInt: u32 = 2
/** Integers up to this are exact as doubles: 2^53 - 1. */
const safeInteger: i64 = 9007199254740991

/** Integers become doubles; those a double cannot hold keep their bits beside it. */
export function integers(kinds: usize, lo: usize, hi: usize, exactLo: usize, exactHi: usize): void {
  for (let i = 0; i < count; i++) {
    const place = <usize>i << 2
    if (load<u32>(kinds + place) != kindInt) continue
    const value = <i64>(<u64>load<u32>(lo + place) | (<u64>load<u32>(hi + place) << 32))
    if (value > safeInteger || value < -safeInteger) {
      store<u32>(exactLo + place, <u32>value)
      store<u32>(exactHi + place, <u32>(value >> 32))
    }
    const bits = reinterpret<u64>(<f64>value)
    store<u32>(lo + place, <u32>bits)
    store<u32>(hi + place, <u32>(bits >> 32))
  }
}

/** Keys of a part: as many as the table below can hold half full, at places up to its size. */
export const keysMost: i32 = 2048
const slotMask: i32 = 4095
export const placesMost: i32 = 4096
/** Per key: offset and length of its name in the part's bytes, offset and length of its last value. */
export const keyWords: i32 = 4

let keys: usize = 0
let slots: usize = 0
let places: usize = 0
export let keyCount: i32 = 0
/** Attributes so far. */
export let entries: i32 = 0

/** Bytes of the tables below, which `attributes` is given room for. */
export const tableBytes: i32 = keysMost * keyWords * 4 + (slotMask + 1) * 4 + placesMost * 4

function hashOf(from: i32, size: i32): i32 {
  let hash: u32 = 0x811c9dc5
  for (let i = 0; i < size; i++) hash = (hash ^ <u32>load<u8>(from + i)) * 0x01000193
  return <i32>(hash ^ (hash >>> 15))
}

// @ts-ignore: decorator
@inline
function isKey(key: i32, from: i32, size: i32): bool {
  const entry = keys + (<usize>key << 4)
  return load<u32>(entry, 4) == <u32>size && same(target + <i32>load<u32>(entry), source + from, size)
}

/** The id of a key that did not stand at its place in the row before; a new one when the part lacks it. */
function findKey(from: i32, size: i32): i32 {
  let slot = hashOf(source + from, size) & slotMask
  for (; ; slot = (slot + 1) & slotMask) {
    const key = <i32>load<u32>(slots + (<usize>slot << 2)) - 1
    if (key < 0) break
    if (isKey(key, from, size)) return key
  }
  if (keyCount == keysMost) {
    failed = true
    return 0
  }
  const key = keyCount++
  const entry = keys + (<usize>key << 4)
  store<u32>(entry, keep(from, size))
  store<u32>(entry, size, 4)
  store<u32>(entry, 0, 8)
  store<u32>(entry, absent, 12)
  store<u32>(slots + (<usize>slot << 2), key + 1)
  return key
}

/** Whether `size` bytes at two places are equal: at once when they are few. */
// @ts-ignore: decorator
@inline
function sameShort(a: i32, b: i32, size: i32): bool {
  if (size > 16) return same(a, b, size)
  const wanted = (1 << size) - 1
  return (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) & wanted) == wanted
}

/**
 * The attributes of the rows: five columns of the intake at `columns`, `columnBytes` apart, into four
 * lanes at `lanes`, `laneBytes` apart. `tables` has room for `tableBytes`.
 */
export function attributes(fromLane: usize, fromColumn: usize, columns: usize, columnBytes: usize, lanes: usize, laneBytes: usize, tables: usize): void {
  keys = tables
  slots = keys + <usize>(keysMost * keyWords * 4)
  places = slots + <usize>((slotMask + 1) * 4)
  keyCount = 0
  entries = 0
  if (count == 0 || load<u32>(fromColumn + rowAt(count - 1), 4) == load<u32>(fromColumn + rowAt(0))) {
    memory.fill(fromLane, 0, <usize>(count + 1) << 2)
    return
  }
  memory.fill(slots, 0, <usize>((slotMask + 1) * 4 + placesMost * 4))
  let entry = 0
  // What the loop reads for every attribute, out of the globals.
  const from0 = source
  const to0 = target
  const keys0 = keys
  const places0 = places
  for (let i = 0; i < count && !failed; i++) {
    store<u32>(fromLane + (<usize>i << 2), entry)
    const row = rowAt(i)
    const first = <i32>load<u32>(fromColumn + row)
    const end = <i32>load<u32>(fromColumn + row, 4)
    for (let at = first; at < end; at++) {
      const column = columns + (<usize>at << 2)
      const from = <i32>load<u32>(column)
      const size = <i32>load<u32>(column + columnBytes)
      const type = load<u32>(column + columnBytes * 2)
      let a = load<u32>(column + columnBytes * 3)
      const b = load<u32>(column + columnBytes * 4)
      const place = places0 + (<usize>min(at - first, placesMost - 1) << 2)
      let key = <i32>load<u32>(place) - 1
      let known = keys0 + (<usize>key << 4)
      if (key < 0 || load<u32>(known, 4) != <u32>size || !sameShort(to0 + <i32>load<u32>(known), from0 + from, size)) {
        key = findKey(from, size)
        known = keys0 + (<usize>key << 4)
        store<u32>(place, key + 1)
      }
      const lane = lanes + (<usize>entry << 2)
      entry++
      store<u32>(lane, key)
      store<u32>(lane + laneBytes, type == typeEmpty ? typeOtlp : type)
      // Numbers are their own words, and no value is two zeros.
      if (type == typeText || (type > typeBool && type != typeEmpty)) {
        // The value is where the key's last one stands, when it is equal.
        const last = <i32>load<u32>(known, 8)
        if (load<u32>(known, 12) != b || !sameShort(to0 + last, from0 + <i32>a, <i32>b)) {
          a = <u32>keep(<i32>a, <i32>b)
          store<u32>(known, a, 8)
          store<u32>(known, b, 12)
        } else a = <u32>last
      }
      store<u32>(lane + laneBytes * 2, a)
      store<u32>(lane + laneBytes * 3, b)
    }
  }
  store<u32>(fromLane + (<usize>count << 2), entry)
  entries = entry
}

/** How many words `pack` wrote. */
export let packedWords: i32 = 0

/**
 * The part's words, made of its lanes and put behind its `taken` bytes: returns their place, or 0 when there
 * is no room. Row lanes are at `lanes`, `laneBytes` apart, the four of the attributes at `attributeLanes`.
 */
export function pack(taken: i32, tenantLength: i32, lanes: usize, laneBytes: usize, laneCount: i32, attrFromLane: i32, streamLane: i32, attributeLanes: usize, attributeBytes: usize): i32 {
  const place = (target + taken + 15) & ~15
  const most = headerWords + (laneCount + 4 + keyCount) * 2 + laneCount * (count + 1) + 4 * entries
  if (most > (target + room - place) >> 2) return 0
  startPart(<usize>place, laneCount + 4, keys, keyCount, <usize>(keyWords * 4))
  for (let lane = 0; lane < laneCount; lane++) {
    addLane(lanes + <usize>lane * laneBytes, lane == attrFromLane ? count + 1 : count)
  }
  for (let lane = 0; lane < 4; lane++) addLane(attributeLanes + <usize>lane * attributeBytes, entries)
  packedWords = wordsSoFar()
  header(0, packedWords + ((taken + 3) >>> 2))
  header(1, count)
  header(5, tenantLength)
  streamBounds(lanes + <usize>streamLane * laneBytes, count, 6)
  header(8, entries)
  header(9, taken)
  header(10, keyCount)
  header(11, laneCount + 4)
  timeBounds(lanes, lanes + laneBytes, count, 12)
  return place
}
