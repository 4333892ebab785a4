/**
 * A plain OTLP request in the kernel's memory into the tables of an intake: the two outer layers that all
 * signals share, as `groups.ts`. `kernel.ts` is the only caller.
 *
 * Behind the tables there is room for the part that is made of them (`storage/run/fill-kernel.ts`).
 *
 * Build: --initialMemory 548
 */
import { at, failed, fixed32, giveUp, length, moveTo, start, tag, text, varint32 } from './wire.as'
import { checkAttribute, resetLongest, sawRow } from './value.as'
import { logAttrFrom, logStream, readRecord } from './logs.as'
import { readSpan, spanAttrFrom, spanStream } from './traces.as'
import { readMetric } from './metrics.as'
import { pointAttrFrom, scratch, startScratch } from './points.as'
import { absent, attributes, groups, groupsCapacity, plainAt, resetTables, rowLimit, rowPlace, rowStride, rows, setGroup, setGroups, setRows, setStreams, streamPlace, streams, streamsCapacity } from './memory.as'

export { attributes, attributesAt, attributesCapacity, descriptors, descriptorsAt, descriptorsCapacity, groups, groupsAt, groupsCapacity, plainAt, plainBytes, rows, rowsAt, rowsCapacity, streams, streamsAt, streamsCapacity, tablesEnd } from './memory.as'
export { scratch } from './points.as'
export { longestKey, longestStream, longestText, longestValue, mostAttributes } from './value.as'

const logs: i32 = 1
const metrics: i32 = 2

const resourceOffset: usize = 0
const resourceUrlOffset: usize = 2
const scopeOffset: usize = 4
const scopeUrlOffset: usize = 6

/** Least and greatest of the upper halves of the rows' times. */
export let timeHiLeast: u32 = 0
export let timeHiMost: u32 = 0

/** The upper halves of times are the second column of every signal. */
function boundTimes(): void {
  const column = rowPlace(0) + rowStride
  let least = i32x4.splat(-1)
  let most = i32x4.splat(0)
  let row = 0
  for (; row + 4 <= rows; row += 4) {
    const times = v128.load(column + (<usize>row << 2))
    least = i32x4.min_u(least, times)
    most = i32x4.max_u(most, times)
  }
  timeHiLeast = min(
    min(<u32>i32x4.extract_lane(least, 0), <u32>i32x4.extract_lane(least, 1)),
    min(<u32>i32x4.extract_lane(least, 2), <u32>i32x4.extract_lane(least, 3)),
  )
  timeHiMost = max(
    max(<u32>i32x4.extract_lane(most, 0), <u32>i32x4.extract_lane(most, 1)),
    max(<u32>i32x4.extract_lane(most, 2), <u32>i32x4.extract_lane(most, 3)),
  )
  for (; row < rows; row++) {
    const time = load<u32>(column + (<usize>row << 2))
    timeHiLeast = min(timeHiLeast, time)
    timeHiMost = max(timeHiMost, time)
  }
}

/** 1 logs, 2 metrics, 3 traces. */
let signal: i32 = 0

/**
 * Decodes the request of `size` bytes at `plainAt`. False when it gave up: nothing in the tables means
 * anything then. Request and scratch bytes end at `scratch`.
 */
export function decode(which: i32, size: i32, maxRows: i32, maxAttributes: i32): bool {
  signal = which
  resetTables(maxRows, maxAttributes)
  resetLongest()
  start(plainAt)
  const end = plainAt + size
  startScratch(end)
  while (at < end) {
    if (tag(end) != 10) giveUp()
    const inner = length(end)
    if (!failed) readResource(at + inner)
  }
  if (failed) return false
  boundTimes()
  // Attributes of data points belong to their streams, so no row has any.
  if (which == metrics) memory.fill(rowPlace(0) + pointAttrFrom * rowStride, 0, <usize>(rows + 1) << 2)
  else store<u32>(rowPlace(rows) + (which == logs ? logAttrFrom : spanAttrFrom) * rowStride, attributes)
  return true
}

function readResource(end: i32): void {
  const firstGroup = groups
  let offset = 0
  let size = 0
  let url = 0
  let urlSize = 0
  while (at < end) {
    const field = tag(end)
    if (field == 10) {
      if (size != 0) giveUp()
      size = length(end)
      offset = at - plainAt
      if (!failed) checkResource(at + size)
    } else if (field == 18) {
      const inner = length(end)
      if (!failed) readScope(at + inner)
    } else if (field == 26) {
      const from = text(end)
      url = from - plainAt
      urlSize = at - from
    } else giveUp()
  }
  for (let group = firstGroup; group < groups; group++) {
    setGroup(resourceOffset, group, offset)
    setGroup(resourceOffset + 1, group, size)
    setGroup(resourceUrlOffset, group, url)
    setGroup(resourceUrlOffset + 1, group, urlSize)
  }
}

function readScope(end: i32): void {
  const group = groups
  if (group == groupsCapacity) {
    giveUp()
    return
  }
  const rowsBefore = rows
  let offset = 0
  let size = 0
  let url = 0
  let urlSize = 0
  while (at < end) {
    const field = tag(end)
    if (field == 18) {
      const inner = length(end)
      if (!failed) readRow(group, at + inner)
    } else if (field == 10) {
      if (size != 0) giveUp()
      size = length(end)
      offset = at - plainAt
      if (!failed) checkScope(at + size)
    } else if (field == 26) {
      const from = text(end)
      url = from - plainAt
      urlSize = at - from
    } else giveUp()
  }
  if (rows == rowsBefore) return
  setGroup(scopeOffset, group, offset)
  setGroup(scopeOffset + 1, group, size)
  setGroup(scopeUrlOffset, group, url)
  setGroup(scopeUrlOffset + 1, group, urlSize)
  setGroups(group + 1)
}

function readRow(group: i32, end: i32): void {
  if (signal == metrics) {
    readMetric(group, end)
    return
  }
  if (rows >= rowLimit) {
    giveUp()
    return
  }
  const before = attributes
  if (signal == logs) {
    readRecord(end)
    store<u32>(rowPlace(rows), streamOfGroup(group), logStream * rowStride)
  } else {
    readSpan(end)
    store<u32>(rowPlace(rows), streamOfGroup(group), spanStream * rowStride)
  }
  sawRow(attributes - before)
  if (!failed) setRows(rows + 1)
}

/** The stream of a group whose rows all belong to one stream: made with its first row. */
function streamOfGroup(group: i32): i32 {
  const last = streams - 1
  if (last >= 0 && load<u32>(streamPlace(0, last)) == <u32>group) return last
  if (streams == streamsCapacity) {
    giveUp()
    return 0
  }
  store<u32>(streamPlace(0, streams), group)
  store<u32>(streamPlace(1, streams), absent)
  store<u32>(streamPlace(2, streams), 0)
  store<u32>(streamPlace(3, streams), 0)
  setStreams(streams + 1)
  return streams - 1
}

function checkResource(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 10) checkAttribute(end)
    else if (field == 16) varint32(end)
    else if (field == 26) {
      const size = length(end)
      if (!failed) checkEntity(at + size)
    } else giveUp()
  }
}

function checkEntity(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 10 || field == 18 || field == 26 || field == 34) text(end)
    else giveUp()
  }
}

function checkScope(end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 10 || field == 18) text(end)
    else if (field == 26) checkAttribute(end)
    else if (field == 32) varint32(end)
    else giveUp()
  }
}
