/**
 * Data points into rows, as `points.ts`. Columns by their place in `metricColumns`. Attributes,
 * exemplars and what is left of a histogram or summary are copied behind the request, to the scratch
 * bytes, in the same order as there. A point that would be refused makes the kernel give up.
 */
import { copy, same } from '../../../base/kernel/bytes.as'
import { at, failed, fixed64, giveUp, length, moveTo, tag, take, varint32, varint64 } from './wire.as'
import { checkAttribute, checkKeyValue, isPlainPair, sawStream } from './value.as'
import { plainAt, plainBytes, rowPlace, rowStride, rows, setRows, setStreams, streamPlace, streams, streamsCapacity } from './memory.as'

const timeLo: usize = 0
const timeHi: usize = 1
const startTimeLo: usize = 2
const startTimeHi: usize = 3
const kind: usize = 4
const valueLo: usize = 5
const valueHi: usize = 6
const pointOffset: usize = 7
const pointLength: usize = 8
const flags: usize = 9
const exemplarsOffset: usize = 10
const exemplarsLength: usize = 11
const pointStream: usize = 12
export const pointAttrFrom: usize = 13

const streamGroup: usize = 0
const streamDescriptor: usize = 1
const streamAttributesOffset: usize = 2
const streamAttributesLength: usize = 3

const kindDouble: u32 = 1
const kindInt: u32 = 2
const kindHistogram: u32 = 3
const kindExponential: u32 = 4
const kindSummary: u32 = 5

export const gauge: u32 = 5
export const sum: u32 = 7
const histogram: u32 = 9
const exponential: u32 = 10
export const summary: u32 = 11

/** Bit 0 of a point's flags: the series has no value at this time. */
const noRecordedValue: u32 = 1

/** One past the scratch bytes. */
export let scratch: i32 = 0
/** The stream of the metric's last point, or -1. */
let lastStream: i32 = -1

export function startScratch(place: i32): void {
  scratch = place
  lastStream = -1
}

/** The next metric must not take this one's last stream for its own. */
export function endPoints(): void {
  lastStream = -1
}

/** Whether `size` bytes and what a copy writes behind them fit the scratch bytes; else gives up. */
// @ts-ignore: decorator
@inline
function room(size: i32): bool {
  if (size <= plainAt + plainBytes - scratch) return true
  giveUp()
  return false
}

/** Copies the message [from, to) to the scratch bytes as a field 1. */
function copyMessage(from: i32, to: i32): void {
  const size = to - from
  if (!room(size + 6)) return
  let place = scratch
  store<u8>(place++, 10)
  let rest = size
  for (; rest > 127; rest >>= 7) store<u8>(place++, (rest & 127) | 128)
  store<u8>(place++, rest)
  copy(place, from, to)
  scratch = place + size
}

/** Copies a field as it stands. */
function copyField(from: i32, to: i32): void {
  if (failed || !room(to - from)) return
  copy(scratch, from, to)
  scratch += to - from
}

/** Lists of attributes start at whole words, so that they are compared by words. */
// @ts-ignore: decorator
@inline
function align(): void {
  if (!room(4)) return
  store<u32>(scratch, 0)
  scratch = (scratch + 3) & ~3
}

/** Reads the data point of a metric of `type` that ends at `end`, and adds it as a row. */
export function readPoint(group: i32, descriptor: i32, type: u32, end: i32): void {
  const row = rowPlace(rows)
  const isNumber = type == gauge || type == sum
  store<u32>(row, 0, exemplarsOffset * rowStride)
  store<u32>(row, 0, exemplarsLength * rowStride)
  if (!isNumber) for (let column: usize = 0; column < exemplarsOffset; column++) store<u32>(row + column * rowStride, 0)
  const from = at
  align()
  const attributesFrom = scratch
  let exemplarsTag = 0
  let attributesTo = 0
  if (isNumber) {
    if (readNumber(row, end)) exemplarsTag = 42
    attributesTo = scratch
  } else {
    copyAttributes(type == histogram ? 74 : type == exponential ? 10 : 58, end)
    attributesTo = scratch
    if (failed) return
    moveTo(from)
    store<u32>(row, scratch - plainAt, pointOffset * rowStride)
    let found = false
    if (type == histogram) found = readHistogram(row, end)
    else if (type == exponential) found = readExponential(row, end)
    else readSummary(row, end)
    if (found) exemplarsTag = type == histogram ? 66 : 90
    store<u32>(row, scratch - attributesTo, pointLength * rowStride)
  }
  if (failed) return
  if (exemplarsTag != 0) copyExemplars(row, exemplarsTag, from, end)
  store<u32>(row, streamOf(group, descriptor, attributesFrom, attributesTo), pointStream * rowStride)
  if (!failed) setRows(rows + 1)
}

/** Gauge and sum: everything to columns. Returns whether the point has exemplars. */
function readNumber(row: usize, end: i32): bool {
  let exemplars = false
  let startTime: u64 = 0
  let time: u64 = 0
  let value: u64 = 0
  let kindOf: u32 = 0
  let flagBits: u32 = 0
  while (at < end) {
    const field = tag(end)
    switch (field) {
      case 17:
        startTime = fixed64(end)
        break
      case 25:
        time = fixed64(end)
        break
      case 33:
        value = fixed64(end)
        kindOf = kindDouble
        break
      case 49:
        value = fixed64(end)
        kindOf = kindInt
        break
      case 42:
        exemplars = true
        take(end)
        break
      case 58:
        copyAttribute(end)
        break
      case 64:
        flagBits = varint32(end)
        break
      default:
        giveUp()
    }
  }
  if ((flagBits & noRecordedValue) != 0) {
    kindOf = 0
    value = 0
  }
  store<u32>(row, <u32>time, timeLo * rowStride)
  store<u32>(row, <u32>(time >> 32), timeHi * rowStride)
  store<u32>(row, <u32>startTime, startTimeLo * rowStride)
  store<u32>(row, <u32>(startTime >> 32), startTimeHi * rowStride)
  store<u32>(row, kindOf, kind * rowStride)
  store<u32>(row, <u32>value, valueLo * rowStride)
  store<u32>(row, <u32>(value >> 32), valueHi * rowStride)
  store<u32>(row, 0, pointOffset * rowStride)
  store<u32>(row, 0, pointLength * rowStride)
  store<u32>(row, flagBits, flags * rowStride)
  return exemplars
}

function copyAttribute(end: i32): void {
  const size = length(end)
  const from = at
  if (failed) return
  if (size < 128 && isPlainPair(from, from + size)) {
    if (!room(size + 2)) return
    store<u16>(scratch, <u16>(10 | (size << 8)))
    copy(scratch + 2, from, from + size)
    scratch += size + 2
    moveTo(from + size)
    return
  }
  checkKeyValue(from + size, 0)
  if (!failed) copyMessage(from, from + size)
}

/** Moves over a field of any type; returns the place behind it. */
function skip(field: i32, end: i32): void {
  const wire = field & 7
  if (wire == 0) varint64(end)
  else if (wire == 1) fixed64(end)
  else if (wire == 2) take(end)
  else giveUp()
}

/** Copies all fields with this tag, KeyValue messages, to the scratch bytes. */
function copyAttributes(wanted: i32, end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == wanted) copyAttribute(end)
    else skip(field, end)
  }
}

function copyExemplars(row: usize, wanted: i32, from: i32, end: i32): void {
  const start = scratch
  moveTo(from)
  while (at < end) {
    const field = tag(end)
    if (field == wanted) {
      const size = length(end)
      const begin = at
      if (failed) return
      checkExemplar(begin + size)
      if (!failed) copyMessage(begin, begin + size)
    } else skip(field, end)
  }
  store<u32>(row, start - plainAt, exemplarsOffset * rowStride)
  store<u32>(row, scratch - start, exemplarsLength * rowStride)
}

function checkExemplar(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 17 || field == 25 || field == 49) fixed64(end)
    else if (field == 34 || field == 42) take(end)
    else if (field == 58) checkAttribute(end)
    else giveUp()
  }
}

/** Times, which all kinds of points have under the same tags: whether the field was one. */
// @ts-ignore: decorator
@inline
function readTime(row: usize, field: i32, end: i32): bool {
  if (field != 17 && field != 25) return false
  const value = fixed64(end)
  const column = field == 17 ? startTimeLo : timeLo
  store<u32>(row + column * rowStride, <u32>value)
  store<u32>(row + (column + 1) * rowStride, <u32>(value >> 32))
  return true
}

function readHistogram(row: usize, end: i32): bool {
  store<u32>(row, kindHistogram, kind * rowStride)
  let exemplars = false
  let counts = 0
  let bounds = 0
  while (at < end) {
    const begin = at
    const field = tag(end)
    if (readTime(row, field, end)) continue
    if (field == 80) store<u32>(row, varint32(end), flags * rowStride)
    else if (field == 74) take(end)
    else if (field == 66) {
      exemplars = true
      take(end)
    } else if (field == 50 || field == 58) {
      const from = take(end)
      const size = at - from
      if ((size & 7) != 0) giveUp()
      if (field == 50) counts += size >> 3
      else bounds += size >> 3
      copyField(begin, at)
    } else if (field == 33 || field == 41 || field == 49 || field == 57 || field == 89 || field == 97) {
      fixed64(end)
      if (field == 49) counts++
      else if (field == 57) bounds++
      copyField(begin, at)
    } else giveUp()
  }
  // One count more than bounds, or neither.
  if (counts != bounds + 1 && (counts | bounds) != 0) giveUp()
  return exemplars
}

function readExponential(row: usize, end: i32): bool {
  store<u32>(row, kindExponential, kind * rowStride)
  let exemplars = false
  while (at < end) {
    const begin = at
    const field = tag(end)
    if (readTime(row, field, end)) continue
    if (field == 80) store<u32>(row, varint32(end), flags * rowStride)
    else if (field == 10) take(end)
    else if (field == 90) {
      exemplars = true
      take(end)
    } else if (field == 33 || field == 41 || field == 57 || field == 97 || field == 105 || field == 113) {
      fixed64(end)
      copyField(begin, at)
    } else if (field == 48) {
      varint32(end)
      copyField(begin, at)
    } else if (field == 66 || field == 74) {
      const size = length(end)
      if (!failed) checkBuckets(at + size)
      copyField(begin, at)
    } else giveUp()
  }
  return exemplars
}

function checkBuckets(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 8 || field == 16) varint64(end)
    else if (field == 18) {
      const to = length(end) + at
      while (at < to) varint64(to)
    } else giveUp()
  }
}

function readSummary(row: usize, end: i32): void {
  store<u32>(row, kindSummary, kind * rowStride)
  while (at < end) {
    const begin = at
    const field = tag(end)
    if (readTime(row, field, end)) continue
    if (field == 64) store<u32>(row, varint32(end), flags * rowStride)
    else if (field == 58) take(end)
    else if (field == 33 || field == 41) {
      fixed64(end)
      copyField(begin, at)
    } else if (field == 50) {
      const size = length(end)
      if (!failed) checkQuantile(at + size)
      copyField(begin, at)
    } else giveUp()
  }
}

function checkQuantile(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 9 || field == 17) fixed64(end)
    else giveUp()
  }
}

/** The stream of a point with the attributes [from, to): the last one again when they are equal. */
function streamOf(group: i32, descriptor: i32, from: i32, to: i32): i32 {
  const size = to - from
  if (lastStream >= 0 && load<u32>(streamPlace(streamAttributesLength, lastStream)) == <u32>size) {
    if (same(<i32>load<u32>(streamPlace(streamAttributesOffset, lastStream)) + plainAt, from, size)) {
      // Nothing refers to the second copy; it goes unless more was copied after it.
      if (scratch == to) scratch = from
      return lastStream
    }
  }
  const stream = streams
  if (stream == streamsCapacity) {
    giveUp()
    return 0
  }
  store<u32>(streamPlace(streamGroup, stream), group)
  store<u32>(streamPlace(streamDescriptor, stream), descriptor)
  store<u32>(streamPlace(streamAttributesOffset, stream), from - plainAt)
  store<u32>(streamPlace(streamAttributesLength, stream), size)
  setStreams(stream + 1)
  sawStream(size)
  lastStream = stream
  return stream
}
