/**
 * ExportLogsServiceRequest into an intake. An id that is not of its length or all zero counts as not
 * there, as the protocol tells receivers of log records to do; no log record is refused here.
 */
import { absent, type Intake } from '#schemas/intake.ts'
import { logRecord, logsRequest } from '#schemas/otlp/logs.ts'
import { readAttribute, readValue } from './any-value.ts'
import type { Decoding } from './decoding.ts'
import { isZero, readRequest, streamOfGroup } from './groups.ts'

/** Fills `intake` from the plain protobuf in `intake.bytes`; throws only `invalid` and `too-large`. */
export function decodeLogs(d: Decoding, intake: Intake<'logs'>): void {
  readRequest(d, intake, logsRequest, readRecord)
  const { rows } = intake
  rows.reserve(rows.rows + 1)
  rows.columns.attrFrom[rows.rows] = intake.attributes.rows
}

// oxlint-disable-next-line max-lines-per-function, complexity -- one case per field, straight into its column
function readRecord(d: Decoding, intake: Intake<'logs'>, group: number, end: number): void {
  const { wire } = d
  const row = intake.rows.rows
  d.checkRows(row + 1)
  intake.rows.reserve(row + 1)
  const c = intake.rows.columns
  clear(c, row)
  c.attrFrom[row] = intake.attributes.rows
  while (wire.at < end) {
    const tag = wire.tag(end)
    switch (tag) {
      case 9:
        wire.fixed64(end)
        c.timeLo[row] = wire.lo
        c.timeHi[row] = wire.hi
        break
      case 16:
        c.severityNumber[row] = wire.varint32(end)
        break
      case 26: {
        const from = d.text(end, 'LogRecord.severityText')
        c.severityTextOffset[row] = from
        c.severityTextLength[row] = wire.at - from
        break
      }
      case 42: {
        const length = wire.length(end)
        readValue(d, wire.at + length)
        c.bodyType[row] = d.type
        c.bodyA[row] = d.a
        c.bodyB[row] = d.b
        break
      }
      case 50: {
        const length = wire.length(end)
        readAttribute(d, intake, wire.at + length)
        break
      }
      case 56:
        c.droppedAttributesCount[row] = wire.varint32(end)
        break
      case 69:
        c.flags[row] = wire.fixed32(end)
        break
      case 74:
        c.traceIdOffset[row] = readId(d, end, 16)
        break
      case 82:
        c.spanIdOffset[row] = readId(d, end, 8)
        break
      case 89:
        wire.fixed64(end)
        c.observedTimeLo[row] = wire.lo
        c.observedTimeHi[row] = wire.hi
        break
      case 98: {
        const from = d.text(end, 'LogRecord.eventName')
        c.eventNameOffset[row] = from
        c.eventNameLength[row] = wire.at - from
        break
      }
      default:
        d.skip(tag, end, logRecord)
    }
  }
  c.stream[row] = streamOfGroup(intake, group)
  intake.rows.rows = row + 1
}

/** Where a valid id of `length` bytes starts, or `absent`. */
function readId(d: Decoding, end: number, length: number): number {
  const from = d.take(end)
  if (d.wire.at - from !== length || isZero(d.wire.bytes, from, length)) return absent
  return from
}

/** The columns are reused memory: what a message leaves out is zero. */
function clear(c: Intake<'logs'>['rows']['columns'], row: number): void {
  c.timeLo[row] = 0
  c.timeHi[row] = 0
  c.observedTimeLo[row] = 0
  c.observedTimeHi[row] = 0
  c.severityNumber[row] = 0
  c.severityTextOffset[row] = 0
  c.severityTextLength[row] = 0
  c.bodyType[row] = 0
  c.bodyA[row] = 0
  c.bodyB[row] = 0
  c.traceIdOffset[row] = absent
  c.spanIdOffset[row] = absent
  c.flags[row] = 0
  c.eventNameOffset[row] = 0
  c.eventNameLength[row] = 0
  c.droppedAttributesCount[row] = 0
}
