/**
 * Span into a row, as `traces.ts`. Columns by their place in `spanColumns`. A span that would be refused
 * makes the kernel give up, since the text of a refusal is made elsewhere.
 */
import { at, failed, fixed32, fixed64, giveUp, length, tag, take, text, varint32 } from './wire.as'
import { checkAttribute, readAttribute, sawText } from './value.as'
import { absent, attributes, plainAt, rowPlace, rowStride, rows } from './memory.as'

const timeLo: usize = 0
const timeHi: usize = 1
const endTimeLo: usize = 2
const endTimeHi: usize = 3
const traceIdOffset: usize = 4
const spanIdOffset: usize = 5
const parentSpanIdOffset: usize = 6
const nameOffset: usize = 7
const nameLength: usize = 8
const kind: usize = 9
const statusCode: usize = 10
const statusMessageOffset: usize = 11
const statusMessageLength: usize = 12
const traceStateOffset: usize = 13
const traceStateLength: usize = 14
const flags: usize = 15
const eventsOffset: usize = 16
const eventsLength: usize = 17
const linksOffset: usize = 18
const linksLength: usize = 19
const droppedAttributesCount: usize = 20
const droppedEventsCount: usize = 21
const droppedLinksCount: usize = 22
export const spanStream: usize = 23
export const spanAttrFrom: usize = 24

export function readSpan(end: i32): void {
  const row = rowPlace(rows)
  for (let column: usize = 0; column < spanStream; column++) store<u32>(row + column * rowStride, 0)
  store<u32>(row, attributes, spanAttrFrom * rowStride)
  let traceId = 0
  let spanId = 0
  let parent = 0
  let time: u64 = 0
  let traceIdLength = 0
  let spanIdLength = 0
  let parentLength = 0
  while (at < end) {
    const begin = at
    switch (tag(end)) {
      case 10:
        traceId = take(end)
        traceIdLength = at - traceId
        break
      case 18:
        spanId = take(end)
        spanIdLength = at - spanId
        break
      case 26: {
        const from = text(end)
        store<u32>(row, from - plainAt, traceStateOffset * rowStride)
        store<u32>(row, at - from, traceStateLength * rowStride)
        break
      }
      case 34:
        parent = take(end)
        parentLength = at - parent
        break
      case 42: {
        const from = text(end)
        store<u32>(row, from - plainAt, nameOffset * rowStride)
        store<u32>(row, at - from, nameLength * rowStride)
        sawText(at - from)
        break
      }
      case 48:
        store<u32>(row, varint32(end), kind * rowStride)
        break
      case 57:
        time = fixed64(end)
        break
      case 65: {
        const value = fixed64(end)
        store<u32>(row, <u32>value, endTimeLo * rowStride)
        store<u32>(row, <u32>(value >> 32), endTimeHi * rowStride)
        break
      }
      case 74: {
        const size = length(end)
        if (!failed) readAttribute(at + size)
        break
      }
      case 80:
        store<u32>(row, varint32(end), droppedAttributesCount * rowStride)
        break
      case 90: {
        const size = length(end)
        if (!failed) checkEvent(at + size)
        join(row + eventsOffset * rowStride, begin)
        break
      }
      case 96:
        store<u32>(row, varint32(end), droppedEventsCount * rowStride)
        break
      case 106: {
        const size = length(end)
        if (!failed) checkLink(at + size)
        join(row + linksOffset * rowStride, begin)
        break
      }
      case 112:
        store<u32>(row, varint32(end), droppedLinksCount * rowStride)
        break
      case 122: {
        const size = length(end)
        if (!failed) readStatus(row, at + size)
        break
      }
      case 133:
        store<u32>(row, fixed32(end), flags * rowStride)
        break
      default:
        giveUp()
    }
  }
  store<u32>(row, <u32>time, timeLo * rowStride)
  store<u32>(row, <u32>(time >> 32), timeHi * rowStride)
  store<u32>(row, traceId - plainAt, traceIdOffset * rowStride)
  store<u32>(row, spanId - plainAt, spanIdOffset * rowStride)
  if (failed || time == 0 || traceIdLength != 16 || spanIdLength != 8) giveUp()
  else if ((load<u64>(traceId) | load<u64>(traceId + 8)) == 0 || load<u64>(spanId) == 0) giveUp()
  else if (parentLength != 8 && parentLength != 0) giveUp()
  const root = parentLength == 0 || load<u64>(parent) == 0
  store<u32>(row, root ? absent : parent - plainAt, parentSpanIdOffset * rowStride)
}

/** Adds the field [begin, at) to the range at `place`; they touch, or the kernel gives up. */
function join(place: usize, begin: i32): void {
  const known = load<u32>(place, rowStride)
  if (known == 0) store<u32>(place, begin - plainAt)
  else if (load<u32>(place) + known != begin - plainAt) giveUp()
  store<u32>(place, known + (at - begin), rowStride)
}

function checkEvent(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 9) fixed64(end)
    else if (field == 18) text(end)
    else if (field == 26) checkAttribute(end)
    else if (field == 32) varint32(end)
    else giveUp()
  }
}

function checkLink(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 10 || field == 18) take(end)
    else if (field == 26) text(end)
    else if (field == 34) checkAttribute(end)
    else if (field == 40) varint32(end)
    else if (field == 53) fixed32(end)
    else giveUp()
  }
}

function readStatus(row: usize, end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 18) {
      const from = text(end)
      store<u32>(row, from - plainAt, statusMessageOffset * rowStride)
      store<u32>(row, at - from, statusMessageLength * rowStride)
    } else if (field == 24) store<u32>(row, varint32(end), statusCode * rowStride)
    else giveUp()
  }
}
