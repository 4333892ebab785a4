/**
 * What PromQL sees of a metric stream (promql.md §14, Prometheus' defaults): its name by
 * `metric-name.ts`, its labels from the point's attributes, `job` and `instance` from the resource.
 * A number is one series; a histogram is `_bucket` with `le`, `_count` and `_sum`; a summary is a series
 * per `quantile`, `_count` and `_sum`. `target_info` is a series per resource, derived when read.
 *
 * Order of precedence, later wins: attributes · job, instance · le, quantile. Attributes that fall on
 * one label are joined with `;` in the order of their keys. Resource and scope attributes are no
 * labels. Streams whose labels are equal are one series: their points are merged by time, and of two
 * points of one millisecond the one written later counts.
 */
import type { Attribute } from '../attribute.ts'
import { metricType, temporality, type Resource, type StreamIdentity } from '../identity.ts'
import { labelName } from './label-name.ts'
import { isCounter, prometheusName, prometheusUnit } from './metric-name.ts'
import { valueText } from './value-text.ts'

/** Ascending by name, no empty values; as `Labels` of the query engine. */
export type SeriesLabels = readonly (readonly [name: string, value: string])[]

/** What of a point a series shows. */
export type PartName = 'value' | 'bucket' | 'count' | 'sum' | 'quantile' | 'native'

export interface SeriesPart {
  readonly part: PartName
  /** The series' `__name__`. */
  readonly name: string
  /** The label that tells series of this part apart, from the point itself; null when there is one series. */
  readonly pointLabel: 'le' | 'quantile' | null
}

export interface PrometheusStream {
  /** The name of the metric as its metadata are listed, without what a part adds. */
  readonly name: string
  /** Without `__name__` and the point's label. */
  readonly labels: SeriesLabels
  readonly parts: readonly SeriesPart[]
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown'
  readonly unit: string
  /** Whether its points are differences and become cumulative when read. */
  readonly delta: boolean
}

/** Identities live as long as the stream table they come from, and so does what was computed of them. */
const streams = new WeakMap<StreamIdentity, PrometheusStream | 'none'>()
const infos = new WeakMap<StreamIdentity, SeriesLabels | 'none'>()

/** What PromQL sees of a stream; null for a name of which nothing is left. */
export function prometheusStream(identity: StreamIdentity): PrometheusStream | null {
  let stream = streams.get(identity)
  if (stream === undefined) {
    stream = makeStream(identity) ?? 'none'
    streams.set(identity, stream)
  }
  return stream === 'none' ? null : stream
}

function makeStream({ descriptor, resource, attributes }: StreamIdentity): PrometheusStream | null {
  if (descriptor === null) return null
  const name = prometheusName(descriptor)
  if (name === null) return null
  const labels = new Map<string, string>()
  addAttributes(labels, attributes)
  addTarget(labels, resource)
  return {
    name,
    labels: sorted(labels),
    parts: partsOf(name, descriptor.type),
    type: typeOf(descriptor.type, isCounter(descriptor)),
    unit: prometheusUnit(descriptor.unit),
    delta: descriptor.temporality === temporality.delta,
  }
}

function partsOf(name: string, type: number): readonly SeriesPart[] {
  const rest: readonly SeriesPart[] = [
    { part: 'count', name: `${name}_count`, pointLabel: null },
    { part: 'sum', name: `${name}_sum`, pointLabel: null },
  ]
  switch (type) {
    case metricType.histogram:
      return [{ part: 'bucket', name: `${name}_bucket`, pointLabel: 'le' }, ...rest]
    case metricType.summary:
      return [{ part: 'quantile', name, pointLabel: 'quantile' }, ...rest]
    case metricType.exponentialHistogram:
      return [{ part: 'native', name, pointLabel: null }]
    default:
      return [{ part: 'value', name, pointLabel: null }]
  }
}

function typeOf(type: number, counter: boolean): PrometheusStream['type'] {
  switch (type) {
    case metricType.gauge:
      return 'gauge'
    case metricType.sum:
      return counter ? 'counter' : 'gauge'
    case metricType.histogram:
    case metricType.exponentialHistogram:
      return 'histogram'
    case metricType.summary:
      return 'summary'
    default:
      return 'unknown'
  }
}

function addAttributes(labels: Map<string, string>, attributes: readonly Attribute[]): void {
  for (const { key, value } of attributes) {
    const name = labelName(key)
    if (name === null || name === '__name__') continue
    const text = valueText(value)
    const before = labels.get(name)
    labels.set(name, before === undefined ? text : `${before};${text}`)
  }
}

function textOf(resource: Resource, key: string): string {
  const found = resource.attributes.find((attribute) => attribute.key === key)
  return found === undefined ? '' : valueText(found.value)
}

/** `job` and `instance` of the resource where it has them. */
function addTarget(labels: Map<string, string>, resource: Resource): void {
  const service = textOf(resource, 'service.name')
  const namespace = textOf(resource, 'service.namespace')
  const instance = textOf(resource, 'service.instance.id')
  if (service !== '') labels.set('job', namespace === '' ? service : `${namespace}/${service}`)
  if (instance !== '') labels.set('instance', instance)
}

const identifying = new Set(['service.name', 'service.namespace', 'service.instance.id'])

/** The labels of the stream's `target_info`, with the name; null when its resource has none. */
export function targetInfo(identity: StreamIdentity): SeriesLabels | null {
  let labels = infos.get(identity)
  if (labels === undefined) {
    labels = makeInfo(identity.resource) ?? 'none'
    infos.set(identity, labels)
  }
  return labels === 'none' ? null : labels
}

function makeInfo(resource: Resource): SeriesLabels | null {
  const labels = new Map<string, string>()
  addAttributes(
    labels,
    resource.attributes.filter(({ key }) => !identifying.has(key)),
  )
  if (labels.size === 0) return null
  addTarget(labels, resource)
  if (!labels.has('job') && !labels.has('instance')) return null
  labels.set('__name__', 'target_info')
  return sorted(labels)
}

function sorted(labels: ReadonlyMap<string, string>): SeriesLabels {
  return [...labels].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1))
}

/**
 * Attribute keys that a label of this name can only come from, for pre-filters by attribute: the name
 * itself where no other key is translated to it, else null. `job`, `instance`, `le` and `quantile` have
 * sources of their own.
 */
export function onlyKeyOf(label: string): string | null {
  const special = label === 'job' || label === 'instance' || label === 'le' || label === 'quantile'
  return !special && /^[a-zA-Z][a-zA-Z0-9]*$/.test(label) ? label : null
}

/** Whether a label of this value can only come from an attribute that is this text: not from a number, flag, list or bytes. */
export function isOnlyText(value: string): boolean {
  if (value.includes(';') || /^(?:[-+]?[0-9]|[[{]|(?:true|false|NaN|[-+]Inf)$)/.test(value))
    return false
  return value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)
}
