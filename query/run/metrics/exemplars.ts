/**
 * Exemplars of the series that selectors match (promql.md §14.4): of counters and exponential
 * histograms at their series, of other histograms at the bucket they fall in. Senders repeat an exemplar with every point until the next
 * one, so each is given once. Exemplars of gauges and summaries are no series' of Prometheus.
 */
import { Wire } from '#base/bytes/wire.ts'
import { columnOf, type Batch } from '#schemas/batch.ts'
import type { ColumnRef } from '#schemas/column.ts'
import { prometheusStream, type PrometheusStream } from '#schemas/names/prometheus.ts'
import { labelName } from '#schemas/names/label-name.ts'
import { valueText } from '#schemas/names/value-text.ts'
import { metrics } from '#schemas/signals/metrics.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { decodeKeyValue, doubleOf, integer } from '#schemas/value-codec.ts'
import type { Matcher } from '../../plan/column.ts'
import { formatFloat } from '../../text/numbers.ts'
import { metricName, withLabel } from '../labels.ts'
import { labelsKey, type Labels } from '../operator.ts'
import type { Source } from '../source.ts'
import type { ListRange } from './list.ts'
import { selectorsOf, SeriesMatcher, tenantOf, withTenant } from './matchers.ts'
import { PointReader } from './points.ts'

export interface Exemplar {
  readonly timeMs: number
  readonly value: number
  readonly labels: Labels
}

export interface ExemplarSeries {
  readonly labels: Labels
  readonly exemplars: Exemplar[]
}

/** Characters that the labels of an exemplar may have in all, as in OpenMetrics; beyond it only the ids stay. */
const maxLabelRunes = 128

const exemplarsColumn = rowColumn(metrics, 'exemplars')
const pointColumn = rowColumn(metrics, 'point')

/** The exemplars of rows in the range, by series. */
export async function readExemplars(
  sources: readonly Source[],
  selectors: readonly (readonly Matcher[])[],
  range: ListRange,
): Promise<readonly ExemplarSeries[]> {
  const found = new Map<string, ExemplarSeries & { readonly seen: Set<string> }>()
  for (const source of sources) {
    const tenant = tenantOf(source, sources)
    const matchers = selectorsOf(selectors, tenant).map((selector) => new SeriesMatcher(selector))
    if (matchers.length === 0) continue
    const scan = source.scan({
      signal: 'metrics',
      ...range,
      streams: (identity) => matchers.some((matcher) => matcher.parts(identity).length > 0),
      predicates: [],
      columns: [exemplarsColumn, pointColumn],
      order: 'oldest',
    })
    for await (const batch of scan) {
      source.control.check()
      eachExemplar(batch, matchers, (own, exemplar) => {
        const labels = withTenant(own, tenant)
        const key = labelsKey(labels)
        const series = found.get(key) ?? { labels, exemplars: [], seen: new Set() }
        found.set(key, series)
        const text = `${exemplar.timeMs} ${exemplar.value} ${labelsKey(exemplar.labels)}`
        if (series.seen.has(text)) return
        source.control.hold(key.length + text.length * 4)
        series.seen.add(text)
        series.exemplars.push(exemplar)
      })
    }
  }
  return [...found.values()]
}

function eachExemplar(
  batch: Batch,
  matchers: readonly SeriesMatcher[],
  take: (labels: Labels, exemplar: Exemplar) => void,
): void {
  const bytesOf = bytesReader(batch, exemplarsColumn)
  const pointOf = bytesReader(batch, pointColumn)
  const points = new PointReader()
  for (const row of batch.selection ?? batch.stream.keys()) {
    const bytes = bytesOf(row)
    if (bytes === null) continue
    const identity = batch.streams.identity(batch.stream[row]!)
    const stream = prometheusStream(identity)
    if (stream === null) continue
    const point = pointOf(row)
    if (point !== null && stream.type === 'histogram') points.histogram(point, 0, point.length)
    for (const exemplar of exemplarsOf(bytes)) {
      const series = seriesOf(stream, exemplar.value, points)
      const fits = (matcher: SeriesMatcher): boolean =>
        series !== null &&
        matcher.parts(identity).some(({ part }) => part === series.part) &&
        (series.le === null || matcher.pointLabel('le', series.le))
      if (series !== null && matchers.some(fits)) take(series.labels, exemplar)
    }
  }
}

function bytesReader(batch: Batch, column: ColumnRef): (row: number) => Uint8Array | null {
  const vector = columnOf(batch, column)
  if (vector?.kind !== 'texts' && vector?.kind !== 'dictionary') return () => null
  const { offsets, bytes } = vector.kind === 'texts' ? vector.texts : vector.values
  const { present } = vector
  return (row) => {
    if (present !== null && present[row] === 0) return null
    const at = vector.kind === 'texts' ? row : vector.codes[row]!
    const from = offsets[at]!
    const to = offsets[at + 1]!
    return from === to ? null : bytes.subarray(from, to)
  }
}

/** The series an exemplar of this value belongs to; null where Prometheus has none. */
function seriesOf(stream: PrometheusStream, value: number, point: PointReader) {
  if (stream.type === 'counter') {
    return { part: 'value', le: null, labels: withLabel(stream.labels, metricName, stream.name) }
  }
  if (stream.parts.some(({ part }) => part === 'native')) {
    return { part: 'native', le: null, labels: withLabel(stream.labels, metricName, stream.name) }
  }
  if (!stream.parts.some(({ part }) => part === 'bucket')) return null
  let bound = Infinity
  for (let b = point.boundCount - 1; b >= 0; b--)
    if (value <= point.bounds[b]!) bound = point.bounds[b]!
  const le = formatFloat(bound, 'f')
  const named = withLabel(stream.labels, metricName, `${stream.name}_bucket`)
  return { part: 'bucket', le, labels: withLabel(named, 'le', le) }
}

/** Exemplar messages one after the other, each as a field 1. */
function* exemplarsOf(bytes: Uint8Array): Generator<Exemplar> {
  const wire = new Wire(bytes)
  while (wire.at < bytes.length) {
    wire.tag(bytes.length)
    const length = wire.length(bytes.length)
    yield readExemplar(wire, wire.at + length)
  }
}

function readExemplar(wire: Wire, end: number): Exemplar {
  let timeMs = 0
  let value = 0
  const ids = new Map<string, string>()
  const attributes = new Map<string, string>()
  while (wire.at < end) {
    const tag = wire.tag(end)
    switch (tag) {
      case 17:
        wire.fixed64(end)
        timeMs = Number(BigInt(integer(wire.lo, wire.hi)) / 1_000_000n)
        break
      case 25:
        wire.fixed64(end)
        value = doubleOf(wire.lo, wire.hi)
        break
      case 49:
        wire.fixed64(end)
        value = Number(integer(wire.lo, wire.hi))
        break
      case 34:
      case 42:
      case 58: {
        const length = wire.length(end)
        const field = wire.bytes.subarray(wire.at, wire.at + length)
        wire.at += length
        if (tag === 58) addAttribute(attributes, field)
        else if (length > 0)
          ids.set(tag === 34 ? 'span_id' : 'trace_id', Buffer.from(field).toString('hex'))
        break
      }
      default:
        wire.skip(tag, end)
    }
  }
  return { timeMs, value, labels: labelsOf(ids, attributes) }
}

function addAttribute(attributes: Map<string, string>, field: Uint8Array): void {
  const { key, value } = decodeKeyValue(field, 0, field.length)
  const name = labelName(key)
  if (name !== null) attributes.set(name, valueText(value))
}

function labelsOf(
  ids: ReadonlyMap<string, string>,
  attributes: ReadonlyMap<string, string>,
): Labels {
  const all = [...new Map([...attributes, ...ids])]
  const runes = all.reduce((sum, pair) => sum + Array.from(pair.join('')).length, 0)
  return (runes > maxLabelRunes ? [...ids] : all).sort(([a], [b]) => (a < b ? -1 : 1))
}
