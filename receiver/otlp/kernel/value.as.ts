/**
 * AnyValue and KeyValue: read into a type and two words, or only checked where they stand in a message
 * that is kept as it came. As `any-value.ts` and `check.ts`, field for field; what those would refuse or
 * skip makes the kernel give up.
 */
import { at, failed, fixed64, giveUp, isAscii, length, moveTo, tag, take, text, varint64 } from './wire.as'
import { attributeLimit, attributes, attributesAt, attributesCapacity, plainAt, setAttributes } from './memory.as'

/** Deepest nesting of arrays and maps: `maxValueDepth` of the tables. */
const maxDepth: i32 = 32

const typeText: u32 = 1
const typeInt: u32 = 2
const typeDouble: u32 = 3
const typeBool: u32 = 4
const typeBytes: u32 = 5
const typeOtlp: u32 = 6
const typeEmpty: u32 = 7

/** The value read last. */
export let type: u32 = 0
export let a: u32 = 0
export let b: u32 = 0

/** The longest of the request, in bytes: keys and values of attributes, bodies or names, attributes of streams; and most attributes of a row. */
export let longestKey: i32 = 0
export let longestValue: i32 = 0
export let longestText: i32 = 0
export let longestStream: i32 = 0
export let mostAttributes: i32 = 0

export function resetLongest(): void {
  longestKey = 0
  longestValue = 0
  longestText = 0
  longestStream = 0
  mostAttributes = 0
}

// @ts-ignore: decorator
@inline
export function sawText(size: i32): void {
  if (size > longestText) longestText = size
}

// @ts-ignore: decorator
@inline
export function sawStream(size: i32): void {
  if (size > longestStream) longestStream = size
}

// @ts-ignore: decorator
@inline
export function sawRow(count: i32): void {
  if (count > mostAttributes) mostAttributes = count
}

/** Reads the AnyValue that ends at `end`. */
export function readValue(end: i32): void {
  type = typeEmpty
  a = 0
  b = 0
  while (at < end) {
    const begin = at
    const field = tag(end)
    if (field == 10) {
      const from = text(end)
      a = from - plainAt
      b = at - from
      type = typeText
    } else if (field == 16) {
      a = varint64(end) == 0 ? 0 : 1
      b = 0
      type = typeBool
    } else if (field == 24) {
      const value = varint64(end)
      a = <u32>value
      b = <u32>(value >> 32)
      type = typeInt
    } else if (field == 33) {
      const value = fixed64(end)
      a = <u32>value
      b = <u32>(value >> 32)
      type = typeDouble
    } else if (field == 42 || field == 50) {
      const to = length(end) + at
      if (failed) return
      moveTo(begin)
      checkValue(to, 0)
      a = begin - plainAt
      b = to - begin
      type = typeOtlp
    } else if (field == 58) {
      const from = take(end)
      a = from - plainAt
      b = at - from
      type = typeBytes
    } else giveUp()
  }
}

/**
 * Whether the KeyValue [from, to) is a key and then a text, all ASCII and their lengths of one byte, as
 * nearly all are: field 1, key, field 2, field 1, text. `from + 1` holds the length of the key then.
 */
// @ts-ignore: decorator
@inline
export function isPlainPair(from: i32, to: i32): bool {
  if (to - from < 6 || load<u8>(from) != 10) return false
  const value = from + 2 + <i32>load<u8>(from, 1)
  // A length above 127 would not be ASCII, so that each is the byte it seems to be.
  if (value + 4 > to || load<u8>(value) != 18 || load<u8>(value, 2) != 10) return false
  if (<i32>load<u8>(value, 1) != to - value - 2 || <i32>load<u8>(value, 3) != to - value - 4) return false
  return isAscii(from, to)
}

/** Reads the KeyValue that ends at `end` into a row of the attributes. */
export function readAttribute(end: i32): void {
  const row = attributes
  if (row >= attributeLimit) {
    giveUp()
    return
  }
  let keyFrom = plainAt
  let keyLength = 0
  if (isPlainPair(at, end)) {
    keyFrom = at + 2
    keyLength = <i32>load<u8>(at, 1)
    const from = keyFrom + keyLength + 4
    addAttribute(row, keyFrom, keyLength, typeText, <u32>(from - plainAt), <u32>(end - from))
    if (end - from > longestValue) longestValue = end - from
    moveTo(end)
    return
  }
  type = typeEmpty
  a = 0
  b = 0
  while (at < end) {
    const field = tag(end)
    if (field == 10) {
      keyFrom = text(end)
      keyLength = at - keyFrom
    } else if (field == 18) {
      const size = length(end)
      readValue(at + size)
    } else giveUp()
  }
  addAttribute(row, keyFrom, keyLength, type, a, b)
  if ((type == typeText || type == typeBytes || type == typeOtlp) && <i32>b > longestValue) longestValue = <i32>b
}

// @ts-ignore: decorator
@inline
function addAttribute(row: i32, keyFrom: i32, keyLength: i32, type: u32, a: u32, b: u32): void {
  const place = <usize>attributesAt + (<usize>row << 2)
  store<u32>(place, keyFrom - plainAt)
  store<u32>(place, keyLength, 4 * attributesCapacity)
  store<u32>(place, type, 2 * 4 * attributesCapacity)
  store<u32>(place, a, 3 * 4 * attributesCapacity)
  store<u32>(place, b, 4 * 4 * attributesCapacity)
  setAttributes(row + 1)
  if (keyLength > longestKey) longestKey = keyLength
}

/** Checks the AnyValue that ends at `end`, inside of `depth` others. */
function checkValue(end: i32, depth: i32): void {
  if (depth > maxDepth) giveUp()
  while (at < end) {
    const field = tag(end)
    if (field == 10) text(end)
    else if (field == 16 || field == 24) varint64(end)
    else if (field == 33) fixed64(end)
    else if (field == 58) take(end)
    else if (field == 42) {
      const size = length(end)
      checkList(at + size, depth + 1)
    } else if (field == 50) {
      const size = length(end)
      checkMap(at + size, depth + 1)
    } else giveUp()
  }
}

function checkList(end: i32, depth: i32): void {
  if (depth > maxDepth) giveUp()
  while (at < end) {
    if (tag(end) != 10) giveUp()
    const size = length(end)
    if (!failed) checkValue(at + size, depth)
  }
}

function checkMap(end: i32, depth: i32): void {
  if (depth > maxDepth) giveUp()
  while (at < end) {
    if (tag(end) != 10) giveUp()
    const size = length(end)
    if (!failed) checkKeyValue(at + size, depth)
  }
}

/** Checks the KeyValue that ends at `end`. */
export function checkKeyValue(end: i32, depth: i32): void {
  if (isPlainPair(at, end)) {
    moveTo(end)
    return
  }
  while (at < end) {
    const field = tag(end)
    if (field == 10) text(end)
    else if (field == 18) {
      const size = length(end)
      if (!failed) checkValue(at + size, depth)
    } else giveUp()
  }
}

/** Checks the next field as a KeyValue message of its own. */
export function checkAttribute(end: i32): void {
  const size = length(end)
  if (!failed) checkKeyValue(at + size, 0)
}
