/**
 * ExportTraceServiceRequest into an intake. Spans without a valid trace id, span id or start time
 * are refused one by one; the rest of the request goes on.
 */
import type { DefinedError } from '#base/errors.ts'
import { absent, type Intake } from '#schemas/intake.ts'
import type { Message } from '#schemas/otlp/message.ts'
import { span, spanEvent, spanLink, tracesRequest } from '#schemas/otlp/traces.ts'
import { spanId, spanTraceId, spanWithoutStart } from '../errors.ts'
import { readAttribute } from './any-value.ts'
import { checkMessage } from './check.ts'
import type { Decoding } from './decoding.ts'
import { isZero, readRequest, streamOfGroup } from './groups.ts'

/** Fills `intake` from the plain protobuf in `intake.bytes`; throws only `invalid` and `too-large`. */
export function decodeTraces(d: Decoding, intake: Intake<'traces'>): void {
  spans = 0
  readRequest(d, intake, tracesRequest, readSpan)
  const { rows } = intake
  rows.reserve(rows.rows + 1)
  rows.columns.attrFrom[rows.rows] = intake.attributes.rows
}

/** Spans seen in this request, refused ones too: their number in messages. */
let spans = 0
/** Lengths of the ids of the span being read, to judge them when it ends. */
let traceIdLength = 0
let spanIdLength = 0
let parentIdLength = 0

function readSpan(d: Decoding, intake: Intake<'traces'>, group: number, end: number): void {
  const row = intake.rows.rows
  const attributes = intake.attributes.rows
  d.checkRows(++spans)
  intake.rows.reserve(row + 1)
  clear(intake.rows.columns, row)
  intake.rows.columns.attrFrom[row] = attributes
  traceIdLength = 0
  spanIdLength = 0
  parentIdLength = 0
  readFields(d, intake, row, end)
  if (fault(d, intake, row)) {
    intake.attributes.rows = attributes
    return
  }
  intake.rows.columns.stream[row] = streamOfGroup(intake, group)
  intake.rows.rows = row + 1
}

// oxlint-disable-next-line max-lines-per-function, complexity -- one case per field, straight into its column
function readFields(d: Decoding, intake: Intake<'traces'>, row: number, end: number): void {
  const { wire } = d
  const c = intake.rows.columns
  while (wire.at < end) {
    const start = wire.at
    const tag = wire.tag(end)
    switch (tag) {
      case 10:
        c.traceIdOffset[row] = d.take(end)
        traceIdLength = wire.at - c.traceIdOffset[row]
        break
      case 18:
        c.spanIdOffset[row] = d.take(end)
        spanIdLength = wire.at - c.spanIdOffset[row]
        break
      case 26:
        c.traceStateOffset[row] = d.text(end, 'Span.traceState')
        c.traceStateLength[row] = wire.at - c.traceStateOffset[row]
        break
      case 34:
        c.parentSpanIdOffset[row] = d.take(end)
        parentIdLength = wire.at - c.parentSpanIdOffset[row]
        break
      case 42:
        c.nameOffset[row] = d.text(end, 'Span.name')
        c.nameLength[row] = wire.at - c.nameOffset[row]
        break
      case 48:
        c.kind[row] = wire.varint32(end)
        break
      case 57:
        wire.fixed64(end)
        c.timeLo[row] = wire.lo
        c.timeHi[row] = wire.hi
        break
      case 65:
        wire.fixed64(end)
        c.endTimeLo[row] = wire.lo
        c.endTimeHi[row] = wire.hi
        break
      case 74: {
        const length = wire.length(end)
        readAttribute(d, intake, wire.at + length)
        break
      }
      case 80:
        c.droppedAttributesCount[row] = wire.varint32(end)
        break
      case 90:
        checked(d, spanEvent, end)
        c.eventsOffset[row] = d.join(c.eventsOffset[row]!, c.eventsLength[row]!, start)
        c.eventsLength[row]! += wire.at - start
        break
      case 96:
        c.droppedEventsCount[row] = wire.varint32(end)
        break
      case 106:
        checked(d, spanLink, end)
        c.linksOffset[row] = d.join(c.linksOffset[row]!, c.linksLength[row]!, start)
        c.linksLength[row]! += wire.at - start
        break
      case 112:
        c.droppedLinksCount[row] = wire.varint32(end)
        break
      case 122: {
        const length = wire.length(end)
        readStatus(d, c, row, wire.at + length)
        break
      }
      case 133:
        c.flags[row] = wire.fixed32(end)
        break
      default:
        d.skip(tag, end, span)
    }
  }
}

function checked(d: Decoding, message: Message, end: number): void {
  const length = d.wire.length(end)
  checkMessage(d.wire, message, d.wire.at + length)
}

type Columns = Intake<'traces'>['rows']['columns']

function readStatus(d: Decoding, c: Columns, row: number, end: number): void {
  const { wire } = d
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 18) {
      const from = d.text(end, 'Status.message')
      c.statusMessageOffset[row] = from
      c.statusMessageLength[row] = wire.at - from
    } else if (tag === 24) {
      c.statusCode[row] = wire.varint32(end)
    } else {
      // Field 1 was an older status code and is reserved.
      wire.skip(tag, end)
    }
  }
}

/** Whether the span just read is refused, and says why. */
function fault(d: Decoding, intake: Intake<'traces'>, row: number): boolean {
  const { bytes } = d.wire
  const c = intake.rows.columns
  const refuse = (error: DefinedError, what: string) => {
    d.reject(error, `span ${spans} of the request was refused: ${what}`)
    return true
  }
  if (traceIdLength !== 16) {
    return refuse(spanTraceId, `its trace id has ${traceIdLength} bytes, not 16`)
  }
  if (isZero(bytes, c.traceIdOffset[row]!, 16)) {
    return refuse(spanTraceId, 'its trace id is all zero')
  }
  if (spanIdLength !== 8) return refuse(spanId, `its span id has ${spanIdLength} bytes, not 8`)
  if (isZero(bytes, c.spanIdOffset[row]!, 8)) return refuse(spanId, 'its span id is all zero')
  if (parentIdLength !== 8 && parentIdLength !== 0) {
    return refuse(spanId, `its parent span id has ${parentIdLength} bytes, not 8`)
  }
  if (parentIdLength === 0 || isZero(bytes, c.parentSpanIdOffset[row]!, 8)) {
    // A zero parent is a root: some exporters write it so.
    c.parentSpanIdOffset[row] = absent
  }
  if (c.timeLo[row] === 0 && c.timeHi[row] === 0) {
    return refuse(spanWithoutStart, 'it has no start time')
  }
  return false
}

/** The columns are reused memory: what a message leaves out is zero. */
function clear(c: Columns, row: number): void {
  c.timeLo[row] = 0
  c.timeHi[row] = 0
  c.endTimeLo[row] = 0
  c.endTimeHi[row] = 0
  c.traceIdOffset[row] = absent
  c.spanIdOffset[row] = absent
  c.parentSpanIdOffset[row] = absent
  c.nameOffset[row] = 0
  c.nameLength[row] = 0
  c.kind[row] = 0
  c.statusCode[row] = 0
  c.statusMessageOffset[row] = 0
  c.statusMessageLength[row] = 0
  c.traceStateOffset[row] = 0
  c.traceStateLength[row] = 0
  c.flags[row] = 0
  c.eventsOffset[row] = 0
  c.eventsLength[row] = 0
  c.linksOffset[row] = 0
  c.linksLength[row] = 0
  c.droppedAttributesCount[row] = 0
  c.droppedEventsCount[row] = 0
  c.droppedLinksCount[row] = 0
}
