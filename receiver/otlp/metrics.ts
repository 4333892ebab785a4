/**
 * ExportMetricsServiceRequest into an intake: metrics become descriptors, data points rows, each
 * distinct list of attributes beside its neighbour a stream. Names, temporality and the like may
 * come after the points on the wire, so a descriptor is filled in when its metric ends. Where a
 * metric holds two kinds of data the last kind wins, as protobuf's oneof says.
 */
import { metricType } from '#schemas/identity.ts'
import type { Intake } from '#schemas/intake.ts'
import { keyValue } from '#schemas/otlp/common.ts'
import {
  exponentialHistogramDataPoint,
  histogramDataPoint,
  metricsRequest,
  numberDataPoint,
  summaryDataPoint,
} from '#schemas/otlp/metrics.ts'
import type { Message } from '#schemas/otlp/message.ts'
import { metricWithoutName } from '../errors.ts'
import { checkMessage } from './check.ts'
import type { Decoding } from './decoding.ts'
import { readRequest } from './groups.ts'
import { endPoints, pointPlace, readPoint, startPoints } from './points.ts'

/** Fills `intake` from the plain protobuf in `intake.bytes`; throws only `invalid` and `too-large`. */
export function decodeMetrics(d: Decoding, intake: Intake<'metrics'>): void {
  startPoints()
  readRequest(d, intake, metricsRequest, readMetric)
  const { rows } = intake
  rows.reserve(rows.rows + 1)
  // Attributes of data points belong to their streams, so no row has any.
  rows.columns.attrFrom.fill(0, 0, rows.rows + 1)
}

const metric = metricsRequestMetric()

/** The Metric message, three layers down in the request's table. */
function metricsRequestMetric(): Message {
  let message: Message = metricsRequest
  for (const number of [1, 2, 2]) {
    const type = message.byNumber[number]?.type
    if (typeof type !== 'function') throw new TypeError(`${message.name} has no message ${number}`)
    message = type()
  }
  return message
}

/** The data point message of a kind of metric. */
const pointOf = new Map<number, Message>([
  [metricType.gauge, numberDataPoint],
  [metricType.sum, numberDataPoint],
  [metricType.histogram, histogramDataPoint],
  [metricType.exponentialHistogram, exponentialHistogramDataPoint],
  [metricType.summary, summaryDataPoint],
])

// oxlint-disable-next-line max-lines-per-function -- one case per field, straight into its column
function readMetric(d: Decoding, intake: Intake<'metrics'>, group: number, end: number): void {
  const { wire } = d
  const { descriptors } = intake
  const at = descriptors.rows
  descriptors.reserve(at + 1)
  const c = descriptors.columns
  for (const name of Object.keys(c) as (keyof typeof c)[]) c[name][at] = 0 // the keys of the record
  const rowsBefore = intake.rows.rows
  const streamsBefore = intake.streams.rows
  while (wire.at < end) {
    const start = wire.at
    const tag = wire.tag(end)
    switch (tag) {
      case 10:
        c.nameOffset[at] = d.text(end, 'Metric.name')
        c.nameLength[at] = wire.at - c.nameOffset[at]
        break
      case 18:
        c.descriptionOffset[at] = d.text(end, 'Metric.description')
        c.descriptionLength[at] = wire.at - c.descriptionOffset[at]
        break
      case 26:
        c.unitOffset[at] = d.text(end, 'Metric.unit')
        c.unitLength[at] = wire.at - c.unitOffset[at]
        break
      case 42:
      case 58:
      case 74:
      case 82:
      case 90: {
        const to = wire.length(end) + wire.at
        if (c.type[at] !== 0 && c.type[at] !== tag >>> 3) {
          intake.rows.rows = rowsBefore
          intake.streams.rows = streamsBefore
          endPoints()
          c.temporality[at] = 0
          c.monotonic[at] = 0
        }
        c.type[at] = tag >>> 3
        readData(d, intake, group, to)
        break
      }
      case 98: {
        const length = wire.length(end)
        checkMessage(wire, keyValue, wire.at + length)
        c.metadataOffset[at] = d.join(c.metadataOffset[at]!, c.metadataLength[at]!, start)
        c.metadataLength[at]! += wire.at - start
        break
      }
      default:
        d.skip(tag, end, metric)
    }
  }
  const rows = intake.rows.rows - rowsBefore
  if (rows === 0) return
  if (c.nameLength[at] === 0) {
    d.reject(metricWithoutName, `${rows} data points were refused: their metric has no name`, rows)
    intake.rows.rows = rowsBefore
    intake.streams.rows = streamsBefore
  } else {
    descriptors.rows = at + 1
  }
  // The next metric must not take this one's last stream for its own.
  endPoints()
}

/** Gauge, Sum, Histogram, ExponentialHistogram and Summary: points = 1, temporality = 2, monotonic = 3. */
function readData(d: Decoding, intake: Intake<'metrics'>, group: number, end: number): void {
  const { wire } = d
  const at = intake.descriptors.rows
  const c = intake.descriptors.columns
  const type = c.type[at]!
  const place = pointPlace(group, at, type, pointOf.get(type) ?? numberDataPoint)
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 10) {
      const length = wire.length(end)
      readPoint(d, intake, place, wire.at + length)
    } else if (tag === 16 && type !== metricType.gauge && type !== metricType.summary) {
      c.temporality[at] = wire.varint32(end)
    } else if (tag === 24 && type === metricType.sum) {
      wire.varint64(end)
      c.monotonic[at] = (wire.lo | wire.hi) === 0 ? 0 : 1
    } else {
      wire.skip(tag, end)
    }
  }
}
