/**
 * The answer of a search as JSON, key by key in Tempo's order. Grafana from 12.3 reads it with a strict
 * protobuf reader, so no field is sent that its schema of 2025 does not have; 64-bit numbers are strings,
 * and what is 0 or empty is left out as protobuf's JSON does.
 */
import { formatGoDuration } from '#query/text/durations.ts'
import type { ColumnName } from '#query/plan/column.ts'
import type { FoundTrace, SearchAnswer } from '#query/run/spans/search.ts'
import { single, type Spanset } from '#query/run/spans/stages.ts'
import type { Span, Trace } from '#query/run/spans/trace.ts'
import type { Value } from '#query/run/spans/value.ts'
import type { AttributeValue } from '#schemas/attribute.ts'
import { shortTraceId } from '#schemas/names/tempo.ts'
import { doubleJson } from './proto-json.ts'

const utf8 = new TextEncoder()

/** A chunk per trace. */
export function* searchJson(answer: SearchAnswer): Generator<Uint8Array> {
  const shown = shownColumns(answer.columns)
  let before = '{"traces":['
  for (const found of answer.traces) {
    yield utf8.encode(before + traceJson(found, shown, answer.spansPerSpanset))
    before = ','
  }
  const open = answer.traces.length === 0 ? before : ''
  yield utf8.encode(`${open}],"metrics":${metricsJson(answer)}}`)
}

function metricsJson({ inspectedTraces, inspectedSpans }: SearchAnswer): string {
  return object([
    ['inspectedTraces', inspectedTraces === 0 ? null : String(inspectedTraces)],
    ['completedJobs', '1'],
    ['totalJobs', '1'],
    ['inspectedSpans', inspectedSpans === 0 ? null : `"${inspectedSpans}"`],
  ])
}

interface Shown {
  readonly name: boolean
  /** Columns that are shown as attributes, by the bare name. */
  readonly attributes: readonly (readonly [key: string, column: ColumnName])[]
}

/** What has a place of its own in the answer. */
const placed = new Set([
  'name',
  'duration',
  'span:id',
  'trace:id',
  'traceDuration',
  'rootName',
  'rootServiceName',
])

function shownColumns(columns: readonly ColumnName[]): Shown {
  const attributes = new Map<string, ColumnName>()
  let name = false
  for (const column of columns) {
    const { scope, key } = column
    if (scope === 'intrinsic' && key === 'name') name = true
    if (scope === 'intrinsic' && placed.has(key)) continue
    if (!attributes.has(key)) attributes.set(key, column)
  }
  return { name, attributes: [...attributes] }
}

type Member = readonly [key: string, json: string | null]

/** An object without the members that are null. */
function object(members: readonly Member[]): string {
  const texts = members.flatMap(([key, json]) => (json === null ? [] : [`"${key}":${json}`]))
  return `{${texts.join(',')}}`
}

function text(value: string): string | null {
  return value === '' ? null : JSON.stringify(value)
}

function traceJson({ trace, spansets }: FoundTrace, shown: Shown, most: number): string {
  const sets = spansets.map((spanset) => spansetJson(spanset, trace, shown, most))
  const durationMs = (trace.end - trace.start) / 1_000_000n
  return object([
    ['traceID', `"${shortTraceId(trace.id)}"`],
    ['rootServiceName', text(trace.rootService)],
    ['rootTraceName', text(trace.rootName)],
    ['startTimeUnixNano', `"${trace.start}"`],
    ['durationMs', durationMs === 0n ? null : String(durationMs)],
    ['spanSet', sets[0] ?? null],
    ['spanSets', `[${sets.join(',')}]`],
    ['serviceStats', statsJson(trace)],
  ])
}

function statsJson(trace: Trace): string {
  const services = [...trace.serviceStats()].map(([service, { spanCount, errorCount }]) => {
    const stats = object([
      ['spanCount', String(spanCount)],
      ['errorCount', errorCount === 0 ? null : String(errorCount)],
    ])
    return `${JSON.stringify(service)}:${stats}`
  })
  return `{${services.join(',')}}`
}

// oxlint-disable-next-line max-params -- a spanset of a trace and what is shown of it
function spansetJson(
  { spans, attributes }: Spanset,
  trace: Trace,
  shown: Shown,
  most: number,
): string {
  const some = most === 0 ? spans : spans.slice(0, most)
  const own = attributes.flatMap(([key, value]) => keyValueJson(key, value ?? nil) ?? [])
  return object([
    ['spans', `[${some.map((span) => spanJson(span, trace, shown)).join(',')}]`],
    ['matched', String(spans.length)],
    ['attributes', own.length === 0 ? null : `[${own.join(',')}]`],
  ])
}

/** A group of spans without a value is named so on the wire. */
const nil: Value = { type: 'string', value: 'nil' }

function spanJson(span: Span, trace: Trace, shown: Shown): string {
  const attributes = shown.attributes.flatMap(([key, column]) => {
    const value = single(trace.valueOf(span, column))
    return value === null ? [] : (keyValueJson(key, value) ?? [])
  })
  return object([
    ['spanID', `"${span.id}"`],
    ['name', shown.name ? text(span.name) : null],
    ['startTimeUnixNano', `"${span.start}"`],
    ['durationNanos', span.duration === 0n ? null : `"${BigInt.asUintN(64, span.duration)}"`],
    ['attributes', attributes.length === 0 ? null : `[${attributes.join(',')}]`],
  ])
}

function keyValueJson(key: string, value: Value): string | null {
  return `{"key":${JSON.stringify(key)},"value":${anyValueJson(value)}}`
}

function anyValueJson(value: Value): string {
  switch (value.type) {
    case 'int':
      return `{"intValue":"${value.value}"}`
    case 'duration':
      return `{"stringValue":"${formatGoDuration(value.value)}"}`
    case 'float':
      return `{"doubleValue":${doubleJson(value.value)}}`
    case 'bool':
      return `{"boolValue":${value.value}}`
    case 'string':
    case 'status':
    case 'kind':
      return `{"stringValue":${JSON.stringify(value.value)}}`
    case 'array':
      return `{"arrayValue":{"values":[${value.value.map(anyValueJson).join(',')}]}}`
    case 'other':
      return `{"stringValue":${JSON.stringify(JSON.stringify(plain(value.value)))}}`
  }
}

/** What cannot be queried, as plain JSON for display. */
function plain(value: AttributeValue): unknown {
  switch (value.type) {
    case 'int':
      return Number(value.value)
    case 'bytes':
      return value.value.toBase64()
    case 'array':
      return value.value.map(plain)
    case 'map':
      return Object.fromEntries(value.value.map((one) => [one.key, plain(one.value)]))
    case 'empty':
      return null
    case 'text':
    case 'double':
    case 'bool':
      return value.value
  }
}
