/**
 * How Loki names what OTLP sends (logql.md §21, §22): identity → stream labels and the structured
 * metadata that all rows of a stream share; keys of record attributes → names of structured metadata.
 * Computed when read, once per stream and once per column.
 *
 * A stream label is a resource attribute of `promoted`, and `service_name`, which every stream has. All
 * other resource attributes, the scope and its attributes, the fixed fields of a record and its
 * attributes are structured metadata. Where one name is written twice the later of this list wins:
 * record attribute, resource attribute, scope attribute, fixed field. Metadata with the name of a stream label
 * is read as `<name>_extracted`.
 *
 * A matcher of a selector may name any of them: the stream label of that name decides where the stream has
 * one, else the metadata of that name (`_extracted` never arises then), else the empty text.
 */
import { Buffer } from 'node:buffer'
import type { Attribute, AttributeValue } from '../attribute.ts'
import type { StreamIdentity } from '../identity.ts'

/** The resource attributes that Loki makes stream labels of by default. */
const promoted: ReadonlySet<string> = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
  'deployment.environment',
  'deployment.environment.name',
  'cloud.region',
  'cloud.availability_zone',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'container.name',
  'k8s.replicaset.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
])

/** The promoted attributes that stand in for a service name, in the order of Loki's list. */
const serviceLabels = ['container_name', 'k8s_container_name', 'k8s_job_name'] as const

export const unknownService = 'unknown_service'

/** What the rows of a stream have in common. Both maps are by name, ascending, without empty values. */
export interface LokiStream {
  readonly labels: ReadonlyMap<string, string>
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * A key as Loki names it: every run of characters that a label name may not have is one `_`, a leading digit
 * gets `key_`, a name of the form `__x__` stays. Null where nothing but underscores would be left:
 * such an attribute has no name and is not shown.
 */
export function lokiName(key: string): string | null {
  if (/^__[a-zA-Z0-9_]+__$/.test(key) && /[a-zA-Z0-9]/.test(key)) return key
  const name = key.replaceAll(/[^a-zA-Z0-9]+/g, '_')
  if (name === '' || name === '_') return null
  return /^[0-9]/.test(name) ? `key_${name}` : name
}

/** The labels and common metadata of a stream. */
export function lokiStream(identity: StreamIdentity): LokiStream {
  const labels = new Map<string, string>()
  const metadata = new Map<string, string>()
  for (const attribute of identity.resource.attributes) {
    if (promoted.has(attribute.key)) addAttribute(labels, attribute)
    else addAttribute(metadata, attribute)
  }
  for (const attribute of identity.scope.attributes) addAttribute(metadata, attribute)
  const { name, version, droppedAttributesCount } = identity.scope
  if (name !== '') metadata.set('scope_name', name)
  if (version !== '') metadata.set('scope_version', version)
  if (droppedAttributesCount > 0)
    metadata.set('scope_dropped_attributes_count', String(droppedAttributesCount))
  if (!labels.has('service_name')) labels.set('service_name', serviceOf(labels))
  return { labels: sorted(labels), metadata: sorted(extracted(labels, metadata)) }
}

function serviceOf(labels: ReadonlyMap<string, string>): string {
  const name = serviceLabels.find((label) => labels.has(label))
  return (name === undefined ? undefined : labels.get(name)) ?? unknownService
}

/** The metadata with the names of stream labels changed. */
function extracted(
  labels: ReadonlyMap<string, string>,
  metadata: ReadonlyMap<string, string>,
): Map<string, string> {
  const renamed = new Map<string, string>()
  for (const [name, value] of metadata) renamed.set(metadataName(labels, name), value)
  return renamed
}

/** The name under which a row of a stream with these labels shows its metadata `name`. */
export function metadataName(labels: ReadonlyMap<string, string>, name: string): string {
  return labels.has(name) ? `${name}_extracted` : name
}

function sorted(map: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...map].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/**
 * Sets an attribute under its name; the members of a map become names of their own, joined by `_`. An empty text is no
 * value, so it hides none.
 */
function addAttribute(into: Map<string, string>, { key, value }: Attribute): void {
  if (value.type === 'map') {
    for (const member of value.value)
      addAttribute(into, { key: `${key}_${member.key}`, value: member.value })
    return
  }
  const name = lokiName(key)
  const text = lokiText(value)
  if (name !== null && text !== '') into.set(name, text)
}

/** The names and texts of one record attribute: more than one where the value is a map. */
export function lokiMetadata(attribute: Attribute): ReadonlyMap<string, string> {
  const into = new Map<string, string>()
  addAttribute(into, attribute)
  return into
}

/** A value as a label value or as a log line: text as it is, bytes in base64, arrays and maps as JSON with sorted keys. */
export function lokiText(value: AttributeValue): string {
  switch (value.type) {
    case 'text':
      return value.value
    case 'int':
    case 'double':
    case 'bool':
      return String(value.value)
    case 'bytes':
      return Buffer.from(value.value).toString('base64')
    case 'array':
    case 'map':
      return json(value)
    case 'empty':
      return ''
  }
}

function json(value: AttributeValue): string {
  switch (value.type) {
    case 'array':
      return `[${value.value.map(json).join(',')}]`
    case 'map': {
      const members = value.value.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      return `{${members.map((member) => `${JSON.stringify(member.key)}:${json(member.value)}`).join(',')}}`
    }
    case 'int':
    case 'bool':
      return String(value.value)
    case 'double':
      // JSON has no word for these; as text they are not lost.
      return Number.isFinite(value.value)
        ? String(value.value)
        : JSON.stringify(String(value.value))
    case 'empty':
      return 'null'
    case 'text':
    case 'bytes':
      return JSON.stringify(lokiText(value))
  }
}
