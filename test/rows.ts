/**
 * Rows for tests, built by hand: intakes as a decoder would leave them, and canonical streams.
 */
import { ByteWriter } from '#base/bytes/writer.ts'
import { encodeStream } from '#schemas/identity-codec.ts'
import { absent, attributeCode, createIntake, resetIntake, type Intake } from '#schemas/intake.ts'

export interface LogRow {
  time: number
  body?: string
  stream?: number
  traceId?: string
  severity?: number
  attributes?: Record<string, string | number>
}

/** An intake of log rows; times are seconds. */
export function logsIntake(rows: readonly LogRow[]): Intake<'logs'> {
  const intake = createIntake('logs')
  const out = new ByteWriter()
  const put = (text: string): [number, number] => {
    const from = out.length
    out.raw(Buffer.from(text))
    return [from, out.length - from]
  }
  resetIntake(intake, new Uint8Array(0))
  intake.rows.reserve(rows.length + 1)
  intake.attributes.reserve(1000)
  const { columns } = intake.rows
  for (const [i, row] of rows.entries()) {
    const ns = BigInt(row.time) * 1_000_000_000n
    columns.timeLo[i] = Number(ns & 0xffffffffn)
    columns.timeHi[i] = Number(ns >> 32n)
    columns.stream[i] = row.stream ?? 0
    columns.severityNumber[i] = row.severity ?? 0
    columns.traceIdOffset[i] = row.traceId === undefined ? absent : put(row.traceId)[0]
    columns.spanIdOffset[i] = absent
    columns.bodyType[i] = row.body === undefined ? 0 : attributeCode.text
    const [from, length] = put(row.body ?? '')
    columns.bodyA[i] = from
    columns.bodyB[i] = length
    columns.attrFrom[i] = intake.attributes.rows
    for (const [key, value] of Object.entries(row.attributes ?? {})) {
      const at = intake.attributes.rows++
      const c = intake.attributes.columns
      ;[c.keyOffset[at], c.keyLength[at]] = put(key)
      c.type[at] = typeof value === 'string' ? attributeCode.text : attributeCode.int
      if (typeof value === 'string') [c.a[at], c.b[at]] = put(value)
      else c.a[at] = value
    }
  }
  intake.rows.rows = rows.length
  columns.attrFrom[rows.length] = intake.attributes.rows
  intake.bytes = out.copy()
  return intake
}

/** The canonical bytes of the stream of a service. */
export function serviceStream(service: string): Uint8Array {
  return encodeStream({
    resource: {
      attributes: [{ key: 'service.name', value: { type: 'text', value: service } }],
      droppedAttributesCount: 0,
      schemaUrl: '',
    },
    scope: { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    descriptor: null,
    attributes: [],
  })
}

/** Adds one group (resource with a service name, empty scope) and one stream of it per service, in order. */
export function addServices(intake: Intake<'logs'>, services: readonly string[]): void {
  const out = new ByteWriter()
  out.raw(intake.bytes)
  intake.groups.reserve(services.length)
  intake.streams.reserve(services.length)
  for (const [i, service] of services.entries()) {
    const value = Buffer.concat([Buffer.of(10, service.length), Buffer.from(service)])
    const pair = Buffer.concat([
      Buffer.of(10, 12),
      Buffer.from('service.name'),
      Buffer.of(18, value.length),
      value,
    ])
    const c = intake.groups.columns
    const from = out.length
    out.raw(Buffer.concat([Buffer.of(10, pair.length), pair]))
    c.resourceOffset[i] = from
    c.resourceLength[i] = out.length - from
    for (const name of ['resourceUrl', 'scope', 'scopeUrl'] as const) {
      c[`${name}Offset`][i] = 0
      c[`${name}Length`][i] = 0
    }
    intake.streams.columns.group[i] = i
    intake.streams.columns.descriptor[i] = absent
    intake.streams.columns.attributesOffset[i] = 0
    intake.streams.columns.attributesLength[i] = 0
  }
  intake.groups.rows = services.length
  intake.streams.rows = services.length
  intake.bytes = out.copy()
}
