/**
 * Data points into rows. Numbers stand in two words. Attributes, exemplars and what is left of a
 * histogram or summary are copied to the scratch bytes, since in the message they carry tags that
 * differ by kind and may stand apart: attributes and exemplars get the tag of field 1 (0x0a).
 */
import { metricType } from '#schemas/identity.ts'
import type { Intake } from '#schemas/intake.ts'
import { keyValue } from '#schemas/otlp/common.ts'
import { exemplar } from '#schemas/otlp/metrics.ts'
import type { Message } from '#schemas/otlp/message.ts'
import { pointKind } from '#schemas/signals/metrics.ts'
import { histogramBuckets } from '../errors.ts'
import { readKeyValue } from './any-value.ts'
import { checkMessage } from './check.ts'
import type { Decoding } from './decoding.ts'

/** Where the points of a metric go and how their kind is encoded. */
export interface PointPlace {
  readonly group: number
  readonly descriptor: number
  /** One of `metricType`. */
  readonly type: number
  readonly message: Message
  /** Tags of fields whose numbers differ by kind; -1 where the kind has none. */
  readonly attributesTag: number
  readonly exemplarsTag: number
  readonly flagsTag: number
}

export function pointPlace(
  group: number,
  descriptor: number,
  type: number,
  message: Message,
): PointPlace {
  const tag = (json: string, wireType: number) => {
    const field = message.byJson.get(json)
    return field === undefined ? -1 : (field.number << 3) | wireType
  }
  return {
    group,
    descriptor,
    type,
    message,
    attributesTag: tag('attributes', 2),
    exemplarsTag: tag('exemplars', 2),
    flagsTag: tag('flags', 0),
  }
}

/** Points seen in this request, refused ones too. */
let points = 0
/** The stream of the last point of the same metric, or -1: points often come in runs of one series. */
let lastStream = -1
/** Bucket counts and bounds of the histogram point being read. */
let bucketCounts = 0
let bounds = 0
/** Whether the point being read has exemplars, and where its attributes end in the scratch bytes. */
let hasExemplars = false
let attributesEnd = 0

export function startPoints(): void {
  points = 0
  lastStream = -1
}

export function endPoints(): void {
  lastStream = -1
}

/** Reads one data point that ends at `end` and appends it as a row, unless it is refused. */
export function readPoint(
  d: Decoding,
  intake: Intake<'metrics'>,
  place: PointPlace,
  end: number,
): void {
  const row = intake.rows.rows
  d.checkRows(++points)
  intake.rows.reserve(row + 1)
  clear(intake.rows.columns, row)
  const from = d.wire.at
  // Lists of attributes start at whole words, so that they are compared by words.
  while (((d.scratchBase + d.scratch.length) & 3) !== 0) d.scratch.u8(0)
  const attributesAt = d.scratch.length
  hasExemplars = false
  bucketCounts = 0
  bounds = 0
  if (place.type === metricType.gauge || place.type === metricType.sum) {
    readNumber(d, intake, place, row, end)
  } else {
    copyRepeated(d, keyValue, place.attributesTag, end)
    attributesEnd = d.scratch.length
    d.wire.at = from
    readAggregate(d, intake, place, row, end)
  }
  if (place.type === metricType.histogram && !fitting(bucketCounts, bounds)) {
    d.reject(
      histogramBuckets,
      `data point ${points} of the request was refused: ${bucketCounts} bucket counts with ${bounds} bounds`,
    )
    d.scratch.length = attributesAt
    return
  }
  if (hasExemplars) copyExemplars(d, intake, place, row, from)
  intake.rows.columns.stream[row] = streamOf(d, intake, place, attributesAt)
  intake.rows.rows = row + 1
}

/** One count more than bounds, or neither: a histogram that has only sum and count. */
function fitting(counts: number, bounds: number): boolean {
  return counts === bounds + 1 || (counts === 0 && bounds === 0)
}

/** Copies the fields with this tag to the scratch bytes as fields 1, checked. */
function copyRepeated(d: Decoding, message: Message, wanted: number, end: number): void {
  const { wire, scratch } = d
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === wanted) {
      const from = d.take(end)
      const to = wire.at
      wire.at = from
      checkMessage(wire, message, to)
      scratch.u8(10)
      scratch.varint(to - from)
      scratch.raw(wire.bytes, from, to)
    } else {
      wire.skip(tag, end)
    }
  }
}

// oxlint-disable-next-line max-lines-per-function, max-params, complexity -- the hottest loop of metrics: one case per field
function readNumber(
  d: Decoding,
  intake: Intake<'metrics'>,
  place: PointPlace,
  row: number,
  end: number,
): void {
  const { wire, scratch } = d
  const c = intake.rows.columns
  while (wire.at < end) {
    const tag = wire.tag(end)
    switch (tag) {
      case 17:
        wire.fixed64(end)
        c.startTimeLo[row] = wire.lo
        c.startTimeHi[row] = wire.hi
        break
      case 25:
        wire.fixed64(end)
        c.timeLo[row] = wire.lo
        c.timeHi[row] = wire.hi
        break
      case 33:
      case 49:
        wire.fixed64(end)
        c.valueLo[row] = wire.lo
        c.valueHi[row] = wire.hi
        c.kind[row] = tag === 33 ? pointKind.double : pointKind.int
        break
      case 42:
        hasExemplars = true
        wire.skip(tag, end)
        break
      case 58: {
        const length = wire.length(end)
        const from = wire.at
        readKeyValue(d, from + length)
        scratch.u8(10)
        scratch.varint(length)
        scratch.raw(wire.bytes, from, from + length)
        break
      }
      case 64:
        c.flags[row] = wire.varint32(end)
        break
      default:
        d.skip(tag, end, place.message)
    }
  }
  attributesEnd = scratch.length
  if ((c.flags[row]! & noRecordedValue) !== 0) {
    c.kind[row] = pointKind.none
    c.valueLo[row] = 0
    c.valueHi[row] = 0
  }
}

/** Bit 0 of a point's flags: the series has no value at this time. */
const noRecordedValue = 1

const aggregateKind = new Map<number, number>([
  [metricType.histogram, pointKind.histogram],
  [metricType.exponentialHistogram, pointKind.exponentialHistogram],
  [metricType.summary, pointKind.summary],
])

/** Histograms and summaries: times and flags to columns, the rest of the message to `point`. */
// oxlint-disable-next-line max-params -- as above
function readAggregate(
  d: Decoding,
  intake: Intake<'metrics'>,
  place: PointPlace,
  row: number,
  end: number,
): void {
  const { wire, scratch } = d
  const c = intake.rows.columns
  c.kind[row] = aggregateKind.get(place.type) ?? pointKind.none
  c.pointOffset[row] = d.scratchBase + scratch.length
  const pointAt = scratch.length
  while (wire.at < end) {
    const start = wire.at
    const tag = wire.tag(end)
    if (tag === 17) {
      wire.fixed64(end)
      c.startTimeLo[row] = wire.lo
      c.startTimeHi[row] = wire.hi
    } else if (tag === 25) {
      wire.fixed64(end)
      c.timeLo[row] = wire.lo
      c.timeHi[row] = wire.hi
    } else if (tag === place.flagsTag) {
      c.flags[row] = wire.varint32(end)
    } else if (tag === place.attributesTag) {
      wire.skip(tag, end)
    } else if (tag === place.exemplarsTag) {
      hasExemplars = true
      wire.skip(tag, end)
    } else {
      copyField(d, place, tag, start, end)
    }
  }
  c.pointLength[row] = scratch.length - pointAt
}

/** Checks one field of a histogram or summary and copies it as it stands; unknown ones are left out. */
// oxlint-disable-next-line max-params -- as above
function copyField(d: Decoding, place: PointPlace, tag: number, start: number, end: number): void {
  const { wire, scratch } = d
  if (place.message.byNumber[tag >>> 3] === undefined) {
    wire.skip(tag, end)
    return
  }
  wire.skip(tag, end)
  const to = wire.at
  wire.at = start
  checkMessage(wire, place.message, to)
  scratch.raw(wire.bytes, start, to)
  if (place.type !== metricType.histogram) return
  // Eight bytes each: counts are field 6, bounds field 7, packed (tag, length, values) or one by one.
  if (tag === 49) bucketCounts++
  else if (tag === 57) bounds++
  else if (tag === 50) bucketCounts += packedCount(d, start, to)
  else if (tag === 58) bounds += packedCount(d, start, to)
}

/** How many eight-byte numbers the packed field [start, to) holds. */
function packedCount(d: Decoding, start: number, to: number): number {
  const { wire } = d
  wire.at = start
  wire.tag(to)
  const count = wire.length(to) / 8
  wire.at = to
  return count
}

/** A second pass over the point that ends at the cursor, for points that have exemplars. */
// oxlint-disable-next-line max-params -- as above
function copyExemplars(
  d: Decoding,
  intake: Intake<'metrics'>,
  place: PointPlace,
  row: number,
  from: number,
): void {
  const end = d.wire.at
  const start = d.scratch.length
  d.wire.at = from
  copyRepeated(d, exemplar, place.exemplarsTag, end)
  intake.rows.columns.exemplarsOffset[row] = d.scratchBase + start
  intake.rows.columns.exemplarsLength[row] = d.scratch.length - start
}

/** The stream of a point whose attributes start at `from`: the last one again when they are equal. */
function streamOf(d: Decoding, intake: Intake<'metrics'>, place: PointPlace, from: number): number {
  const to = attributesEnd
  const { streams } = intake
  const { scratch, scratchBase } = d
  if (lastStream >= 0 && streams.columns.attributesLength[lastStream] === to - from) {
    const { bytes } = scratch
    let a = streams.columns.attributesOffset[lastStream]! - scratchBase
    let b = from
    while (b < to && bytes[a] === bytes[b]) {
      a++
      b++
    }
    if (b === to) {
      // Nothing refers to the second copy; it goes unless more was copied after it.
      if (scratch.length === to) scratch.length = from
      return lastStream
    }
  }
  const stream = streams.rows
  streams.reserve(stream + 1)
  const c = streams.columns
  c.group[stream] = place.group
  c.descriptor[stream] = place.descriptor
  c.attributesOffset[stream] = scratchBase + from
  c.attributesLength[stream] = to - from
  streams.rows = stream + 1
  lastStream = stream
  return stream
}

/** The columns are reused memory: what a message leaves out is zero. */
function clear(c: Intake<'metrics'>['rows']['columns'], row: number): void {
  c.timeLo[row] = 0
  c.timeHi[row] = 0
  c.startTimeLo[row] = 0
  c.startTimeHi[row] = 0
  c.kind[row] = pointKind.none
  c.valueLo[row] = 0
  c.valueHi[row] = 0
  c.pointOffset[row] = 0
  c.pointLength[row] = 0
  c.flags[row] = 0
  c.exemplarsOffset[row] = 0
  c.exemplarsLength[row] = 0
}
