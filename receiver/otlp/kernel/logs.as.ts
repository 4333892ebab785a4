/** LogRecord into a row, as `logs.ts`. Columns by their place in `logColumns`. */
import { at, failed, fixed32, fixed64, giveUp, length, tag, take, text, varint32 } from './wire.as'
import { a, b, readAttribute, readValue, sawText, type } from './value.as'
import { absent, attributes, plainAt, rowPlace, rowStride, rows } from './memory.as'

const timeLo: usize = 0
const timeHi: usize = 1
const observedTimeLo: usize = 2
const observedTimeHi: usize = 3
const severityNumber: usize = 4
const severityTextOffset: usize = 5
const severityTextLength: usize = 6
const bodyType: usize = 7
const bodyA: usize = 8
const bodyB: usize = 9
const traceIdOffset: usize = 10
const spanIdOffset: usize = 11
const flags: usize = 12
const eventNameOffset: usize = 13
const eventNameLength: usize = 14
const droppedAttributesCount: usize = 15
export const logStream: usize = 16
export const logAttrFrom: usize = 17

export function readRecord(end: i32): void {
  const row = rowPlace(rows)
  clear(row)
  store<u32>(row, attributes, logAttrFrom * rowStride)
  while (at < end) {
    switch (tag(end)) {
      case 9: {
        const value = fixed64(end)
        store<u32>(row, <u32>value, timeLo * rowStride)
        store<u32>(row, <u32>(value >> 32), timeHi * rowStride)
        break
      }
      case 16:
        store<u32>(row, varint32(end), severityNumber * rowStride)
        break
      case 26: {
        const from = text(end)
        store<u32>(row, from - plainAt, severityTextOffset * rowStride)
        store<u32>(row, at - from, severityTextLength * rowStride)
        break
      }
      case 42: {
        const size = length(end)
        if (failed) break
        readValue(at + size)
        store<u32>(row, type, bodyType * rowStride)
        store<u32>(row, a, bodyA * rowStride)
        store<u32>(row, b, bodyB * rowStride)
        if (type == 1 || type == 5 || type == 6) sawText(<i32>b)
        break
      }
      case 50: {
        const size = length(end)
        if (!failed) readAttribute(at + size)
        break
      }
      case 56:
        store<u32>(row, varint32(end), droppedAttributesCount * rowStride)
        break
      case 69:
        store<u32>(row, fixed32(end), flags * rowStride)
        break
      case 74: {
        const from = take(end)
        const good = at - from == 16 && (load<u64>(from) | load<u64>(from + 8)) != 0
        store<u32>(row, good ? from - plainAt : absent, traceIdOffset * rowStride)
        break
      }
      case 82: {
        const from = take(end)
        const good = at - from == 8 && load<u64>(from) != 0
        store<u32>(row, good ? from - plainAt : absent, spanIdOffset * rowStride)
        break
      }
      case 89: {
        const value = fixed64(end)
        store<u32>(row, <u32>value, observedTimeLo * rowStride)
        store<u32>(row, <u32>(value >> 32), observedTimeHi * rowStride)
        break
      }
      case 98: {
        const from = text(end)
        store<u32>(row, from - plainAt, eventNameOffset * rowStride)
        store<u32>(row, at - from, eventNameLength * rowStride)
        break
      }
      default:
        giveUp()
    }
  }
}

/** The tables are reused: what a message leaves out is zero. */
// @ts-ignore: decorator
@inline
function clear(row: usize): void {
  store<u32>(row, 0, timeLo * rowStride)
  store<u32>(row, 0, timeHi * rowStride)
  store<u32>(row, 0, observedTimeLo * rowStride)
  store<u32>(row, 0, observedTimeHi * rowStride)
  store<u32>(row, 0, severityNumber * rowStride)
  store<u32>(row, 0, severityTextOffset * rowStride)
  store<u32>(row, 0, severityTextLength * rowStride)
  store<u32>(row, 0, bodyType * rowStride)
  store<u32>(row, 0, bodyA * rowStride)
  store<u32>(row, 0, bodyB * rowStride)
  store<u32>(row, absent, traceIdOffset * rowStride)
  store<u32>(row, absent, spanIdOffset * rowStride)
  store<u32>(row, 0, flags * rowStride)
  store<u32>(row, 0, eventNameOffset * rowStride)
  store<u32>(row, 0, eventNameLength * rowStride)
  store<u32>(row, 0, droppedAttributesCount * rowStride)
}
