/**
 * An intake as rows of plain data, every column turned back into the fields of OTLP: what a decoder
 * understood, comparable to what the reference understood (`flatten`).
 */
import { absent, attributeCode, type AnyIntake, type Intake } from '#schemas/intake.ts'
import { metricType } from '#schemas/identity.ts'
import { pointKind } from '#schemas/signals/metrics.ts'
import { decodeReference, repeatedReference, type Plain } from './reference.ts'

type Columns = Readonly<Record<string, Uint32Array>>

/** Field access to one row of a table. */
class Row {
  readonly #intake: AnyIntake
  readonly #columns: Columns
  readonly #row: number

  constructor(intake: AnyIntake, columns: Columns, row: number) {
    this.#intake = intake
    this.#columns = columns
    this.#row = row
  }

  word(name: string): number {
    const column = this.#columns[name]
    if (column === undefined) throw new RangeError(`no column ${name}`)
    return column[this.#row] ?? 0
  }

  bytes(name: string): Uint8Array {
    const from = this.word(`${name}Offset`)
    return this.#intake.bytes.slice(from, from + this.word(`${name}Length`))
  }

  text(name: string): string {
    return Buffer.from(this.bytes(name)).toString()
  }

  long(name: string): string {
    return String((BigInt(this.word(`${name}Hi`)) << 32n) | BigInt(this.word(`${name}Lo`)))
  }

  id(name: string, length: number): string {
    const from = this.word(`${name}Offset`)
    if (from === absent) return ''
    return Buffer.from(this.#intake.bytes.subarray(from, from + length)).toString('base64')
  }

  value(type: string, a: string, b: string): Plain | null {
    return value(this.#intake, this.word(type), this.word(a), this.word(b))
  }
}

/** An AnyValue of its type and words; null when there is none. */
function value(intake: AnyIntake, type: number, a: number, b: number): Plain | null {
  const bytes = Buffer.from(intake.bytes.subarray(a, a + b))
  const long = (BigInt(b | 0) << 32n) | BigInt(a)
  switch (type) {
    case 0:
      return null
    case attributeCode.text:
      return { stringValue: bytes.toString() }
    case attributeCode.int:
      return { intValue: String(long) }
    case attributeCode.double:
      return { doubleValue: double(a, b) }
    case attributeCode.bool:
      return { boolValue: a === 1 }
    case attributeCode.bytes:
      return { bytesValue: bytes.toString('base64') }
    case attributeCode.otlp:
      return decodeReference('AnyValue', bytes)
    default:
      return {}
  }
}

function double(lo: number, hi: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setUint32(0, lo, true)
  view.setUint32(4, hi, true)
  return view.getFloat64(0, true)
}

function attributes(intake: AnyIntake, row: number): Plain[] {
  const from = intake.rows.columns.attrFrom[row] ?? 0
  const to = intake.rows.columns.attrFrom[row + 1] ?? 0
  return Array.from({ length: to - from }, (_, at) => {
    const attribute = new Row(intake, intake.attributes.columns, from + at)
    return { key: attribute.text('key'), value: attribute.value('type', 'a', 'b') }
  })
}

function groupOf(intake: AnyIntake, row: Row): { group: Plain; stream: Row } {
  const stream = new Row(intake, intake.streams.columns, row.word('stream'))
  const group = new Row(intake, intake.groups.columns, stream.word('group'))
  return {
    stream,
    group: {
      resource: decodeReference('Resource', group.bytes('resource')),
      resourceUrl: group.text('resourceUrl'),
      scope: decodeReference('InstrumentationScope', group.bytes('scope')),
      scopeUrl: group.text('scopeUrl'),
    },
  }
}

export function unfold(intake: AnyIntake): Plain[] {
  const columns: Columns = intake.rows.columns
  return Array.from({ length: intake.rows.rows }, (_, at) => {
    const row = new Row(intake, columns, at)
    if (intake.signal === 'logs') return unfoldLog(intake, row, at)
    if (intake.signal === 'traces') return unfoldSpan(intake, row, at)
    return unfoldPoint(intake, row)
  })
}

function unfoldLog(intake: Intake<'logs'>, row: Row, at: number): Plain {
  return {
    ...groupOf(intake, row).group,
    timeUnixNano: row.long('time'),
    observedTimeUnixNano: row.long('observedTime'),
    severityNumber: row.word('severityNumber') | 0,
    severityText: row.text('severityText'),
    body: row.value('bodyType', 'bodyA', 'bodyB'),
    attributes: attributes(intake, at),
    droppedAttributesCount: row.word('droppedAttributesCount'),
    flags: row.word('flags'),
    traceId: row.id('traceId', 16),
    spanId: row.id('spanId', 8),
    eventName: row.text('eventName'),
  }
}

function unfoldSpan(intake: Intake<'traces'>, row: Row, at: number): Plain {
  const { events, links } = decodeReference(
    'Span',
    Buffer.concat([row.bytes('events'), row.bytes('links')]),
  )
  return {
    ...groupOf(intake, row).group,
    traceId: row.id('traceId', 16),
    spanId: row.id('spanId', 8),
    traceState: row.text('traceState'),
    parentSpanId: row.id('parentSpanId', 8),
    name: row.text('name'),
    kind: row.word('kind') | 0,
    startTimeUnixNano: row.long('time'),
    endTimeUnixNano: row.long('endTime'),
    attributes: attributes(intake, at),
    droppedAttributesCount: row.word('droppedAttributesCount'),
    events: events ?? [],
    droppedEventsCount: row.word('droppedEventsCount'),
    links: links ?? [],
    droppedLinksCount: row.word('droppedLinksCount'),
    status: { message: row.text('statusMessage'), code: row.word('statusCode') | 0 },
    flags: row.word('flags'),
  }
}

const dataNames = new Map<number, readonly [data: string, point: string]>([
  [metricType.gauge, ['gauge', 'NumberDataPoint']],
  [metricType.sum, ['sum', 'NumberDataPoint']],
  [metricType.histogram, ['histogram', 'HistogramDataPoint']],
  [metricType.exponentialHistogram, ['exponentialHistogram', 'ExponentialHistogramDataPoint']],
  [metricType.summary, ['summary', 'SummaryDataPoint']],
])

function unfoldPoint(intake: Intake<'metrics'>, row: Row): Plain {
  const { group, stream } = groupOf(intake, row)
  const descriptor = new Row(intake, intake.descriptors.columns, stream.word('descriptor'))
  const [data, point] = dataNames.get(descriptor.word('type')) ?? ['none', 'Resource']
  const kind = row.word('kind')
  const lo = row.word('valueLo')
  const hi = row.word('valueHi')
  return {
    ...group,
    name: descriptor.text('name'),
    description: descriptor.text('description'),
    unit: descriptor.text('unit'),
    metadata: decodeReference('Metric', descriptor.bytes('metadata'))['metadata'] ?? [],
    data,
    temporality: descriptor.word('temporality') | 0,
    monotonic: descriptor.word('monotonic') === 1,
    attributes: decodeReference('Resource', stream.bytes('attributes'))['attributes'] ?? [],
    timeUnixNano: row.long('time'),
    startTimeUnixNano: row.long('startTime'),
    flags: row.word('flags'),
    exemplars: repeatedReference('Exemplar', row.bytes('exemplars')),
    point: {
      ...(kind === pointKind.double && { asDouble: double(lo, hi) }),
      ...(kind === pointKind.int && { asInt: String((BigInt(hi | 0) << 32n) | BigInt(lo)) }),
      ...decodeReference(point, row.bytes('point')),
    },
  }
}
