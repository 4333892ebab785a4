/**
 * The cursor of the kernel: protobuf fields of the request, every read inside the end of its message.
 * What is broken, unknown or beyond the kernel's room makes it give up: `failed` is set and the cursor
 * moves behind all messages, so that every loop `while (at < end)` ends. The decoder in JavaScript then
 * reads the request again and says what is wrong with it.
 */

/** The place in memory of the next byte. */
export let at: i32 = 0
export let failed: bool = false

const behindAll: i32 = 0x7fffffff

export function start(place: i32): void {
  at = place
  failed = false
}

// @ts-ignore: decorator
@inline
export function moveTo(place: i32): void { at = place }

export function giveUp(): void {
  failed = true
  at = behindAll
}

/** A varint of up to ten bytes; bits above 64 are cut. */
export function varint64(end: i32): u64 {
  let value: u64 = 0
  for (let shift: u64 = 0; shift < 70; shift += 7) {
    if (at >= end) break
    const byte = <u64>load<u8>(at++)
    value |= (byte & 127) << shift
    if (byte < 128) return value
  }
  giveUp()
  return 0
}

// @ts-ignore: decorator
@inline
export function varint32(end: i32): u32 {
  if (at < end) {
    const byte = <u32>load<u8>(at)
    if (byte < 128) {
      at++
      return byte
    }
  }
  return <u32>varint64(end)
}

function longTag(end: i32): i32 {
  const tag = varint64(end)
  if (tag < 8 || tag > 0x7fffffff) giveUp()
  return <i32>tag
}

/** Number * 8 + wire type of the next field. Call only where at < end. */
// @ts-ignore: decorator
@inline
export function tag(end: i32): i32 {
  const byte = <i32>load<u8>(at)
  if (byte < 128 && byte > 7) {
    at++
    return byte
  }
  return longTag(end)
}

function longLength(end: i32): i32 {
  const length = varint64(end)
  if (failed) return 0
  if (length > <u64>(end - at)) {
    giveUp()
    return 0
  }
  return <i32>length
}

/** The length of a length-delimited field; its bytes lie inside of `end`. */
// @ts-ignore: decorator
@inline
export function length(end: i32): i32 {
  if (at < end) {
    const byte = <i32>load<u8>(at)
    if (byte < 128) {
      at++
      if (byte > end - at) {
        giveUp()
        return 0
      }
      return byte
    }
  }
  return longLength(end)
}

/** Eight little-endian bytes. */
// @ts-ignore: decorator
@inline
export function fixed64(end: i32): u64 {
  const from = at
  if (end - from < 8) {
    giveUp()
    return 0
  }
  at = from + 8
  return load<u64>(from)
}

// @ts-ignore: decorator
@inline
export function fixed32(end: i32): u32 {
  const from = at
  if (end - from < 4) {
    giveUp()
    return 0
  }
  at = from + 4
  return load<u32>(from)
}

/** Moves over a length-delimited field; returns where its bytes start. */
// @ts-ignore: decorator
@inline
export function take(end: i32): i32 {
  const size = length(end)
  const from = at
  if (!failed) at = from + size
  return from
}

/** The same for a text, which must be UTF-8. */
// @ts-ignore: decorator
@inline
export function text(end: i32): i32 {
  const from = take(end)
  if (!failed && !isUtf8(from, at)) giveUp()
  return from
}

/** Whether bytes [from, to) are ASCII. */
// @ts-ignore: decorator
@inline
export function isAscii(from: i32, to: i32): bool {
  let place = from
  for (; place + 16 <= to; place += 16) if (i8x16.bitmask(v128.load(place)) != 0) return false
  return (i8x16.bitmask(v128.load(place)) & ((1 << (to - place)) - 1)) == 0
}

/** Whether bytes [from, to) are UTF-8: 16 at a time while they are ASCII. */
function isUtf8(from: i32, to: i32): bool {
  let place = from
  for (; place + 16 <= to; place += 16) {
    if (i8x16.bitmask(v128.load(place)) != 0) return isUtf8Slow(place, to)
  }
  const left = to - place
  // The bytes behind the text are whatever follows it: their bits do not count.
  if (left > 0 && (i8x16.bitmask(v128.load(place)) & ((1 << left) - 1)) != 0) return isUtf8Slow(place, to)
  return true
}

/** RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
function isUtf8Slow(from: i32, to: i32): bool {
  let place = from
  while (place < to) {
    const first = <u32>load<u8>(place++)
    if (first < 0x80) continue
    if (first < 0xc2 || first > 0xf4) return false
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    if (to - place < more) return false
    const second = <u32>load<u8>(place)
    const low: u32 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80
    const high: u32 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf
    if (second < low || second > high) return false
    for (let i = 1; i < more; i++) if ((load<u8>(place + i) & 0xc0) != 0x80) return false
    place += more
  }
  return true
}
