/**
 * The two outer layers that all signals share: ResourceX { resource = 1, scopeX = 2, schema_url = 3 }
 * and ScopeX { scope = 1, rows = 2, schema_url = 3 }. Fields may come in any order, so a group's
 * ranges are filled in when its message ends; a group without rows leaves nothing behind.
 */
import { absent, type AnyIntake } from '#schemas/intake.ts'
import { resource, scope } from '#schemas/otlp/common.ts'
import type { Message } from '#schemas/otlp/message.ts'
import { checkMessage } from './check.ts'
import type { Decoding } from './decoding.ts'

/** Reads one row message (log record, metric, span) that ends at `end`, into group `group`. */
export type ReadRows<I extends AnyIntake> = (
  d: Decoding,
  intake: I,
  group: number,
  end: number,
) => void

/** Reads a whole request: `request` is its table, from which the names of the layers come. */
export function readRequest<I extends AnyIntake>(
  d: Decoding,
  intake: I,
  request: Message,
  read: ReadRows<I>,
): void {
  const { wire } = d
  const end = intake.bytes.length
  const layer = inner(request, 1)
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 10) {
      const length = wire.length(end)
      readResource(d, intake, { layer, end: wire.at + length, read })
    } else {
      d.skip(tag, end, request)
    }
  }
}

interface Layer<I extends AnyIntake> {
  readonly layer: Message
  readonly end: number
  readonly read: ReadRows<I>
}

/** The message of a field that the tables say is one. */
function inner(message: Message, number: number): Message {
  const type = message.byNumber[number]?.type
  if (typeof type !== 'function') throw new TypeError(`${message.name} has no message ${number}`)
  return type()
}

function readResource<I extends AnyIntake>(d: Decoding, intake: I, at: Layer<I>): void {
  const { wire } = d
  const { layer, end, read } = at
  const firstGroup = intake.groups.rows
  const below = inner(layer, 2)
  let offset = 0
  let length = 0
  let urlOffset = 0
  let urlLength = 0
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 10) {
      const from = checked(d, resource, end)
      offset = d.join(offset, length, from)
      length += wire.at - from
    } else if (tag === 18) {
      const to = wire.length(end) + wire.at
      readScope(d, intake, { layer: below, end: to, read })
    } else if (tag === 26) {
      urlOffset = d.text(end, `${layer.name}.schemaUrl`)
      urlLength = wire.at - urlOffset
    } else {
      d.skip(tag, end, layer)
    }
  }
  const { columns } = intake.groups
  for (let group = firstGroup; group < intake.groups.rows; group++) {
    columns.resourceOffset[group] = offset
    columns.resourceLength[group] = length
    columns.resourceUrlOffset[group] = urlOffset
    columns.resourceUrlLength[group] = urlLength
  }
}

function readScope<I extends AnyIntake>(d: Decoding, intake: I, at: Layer<I>): void {
  const { wire } = d
  const { layer, end, read } = at
  const { groups } = intake
  const group = groups.rows
  const rowsBefore = intake.rows.rows
  groups.reserve(group + 1)
  let offset = 0
  let length = 0
  let urlOffset = 0
  let urlLength = 0
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag === 10) {
      const from = checked(d, scope, end)
      offset = d.join(offset, length, from)
      length += wire.at - from
    } else if (tag === 18) {
      const to = wire.length(end) + wire.at
      read(d, intake, group, to)
    } else if (tag === 26) {
      urlOffset = d.text(end, `${layer.name}.schemaUrl`)
      urlLength = wire.at - urlOffset
    } else {
      d.skip(tag, end, layer)
    }
  }
  if (intake.rows.rows === rowsBefore) return
  const { columns } = groups
  columns.scopeOffset[group] = offset
  columns.scopeLength[group] = length
  columns.scopeUrlOffset[group] = urlOffset
  columns.scopeUrlLength[group] = urlLength
  groups.rows = group + 1
}

/** Reads and checks a message that is kept as it stands; returns where its bytes start. */
function checked(d: Decoding, message: Message, end: number): number {
  const { wire } = d
  const length = wire.length(end)
  const from = wire.at
  checkMessage(wire, message, from + length)
  return from
}

/** The stream of a group whose rows all belong to one stream: made with its first row. */
export function streamOfGroup(intake: AnyIntake, group: number): number {
  const { streams } = intake
  const last = streams.rows - 1
  if (last >= 0 && streams.columns.group[last] === group) return last
  const stream = streams.rows
  streams.reserve(stream + 1)
  const { columns } = streams
  columns.group[stream] = group
  columns.descriptor[stream] = absent
  columns.attributesOffset[stream] = 0
  columns.attributesLength[stream] = 0
  streams.rows = stream + 1
  return stream
}

/** True when `bytes[from, from + length)` are all zero. */
export function isZero(bytes: Uint8Array, from: number, length: number): boolean {
  for (let at = from; at < from + length; at++) if (bytes[at] !== 0) return false
  return true
}
