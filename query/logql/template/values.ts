/**
 * The values a template computes with, and how Go's fmt prints them. Integers are bigint, floats are
 * number, so that `1` and `1.0` stay apart as they do in Go. Go's int and int64 are one here.
 */
import { formatFloat } from '#query/text/numbers.ts'
import { formatTime, type TimeValue } from './time.ts'

/** The labels of an entry: a name that is not there is the empty text. */
export interface LabelsValue {
  readonly kind: 'labels'
  readonly labels: ReadonlyMap<string, string>
}

export type Value =
  | null
  | boolean
  | string
  | bigint
  | number
  | TimeValue
  | LabelsValue
  | readonly Value[]
  | ReadonlyMap<string, Value>

export function isTime(value: Value): value is TimeValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'time'
}

export function isLabels(value: Value): value is LabelsValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'labels'
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

export function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map
}

/** The entries of a map or of the labels by key, null for what is none. */
export function entriesOf(value: Value): [string, Value][] | null {
  const map = isLabels(value) ? value.labels : isMap(value) ? value : null
  return map === null ? null : [...map].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
}

/** The Go type, for messages. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    case 'bigint':
      return 'int64'
    case 'number':
      return 'float64'
    default:
      if (value === null) return '<nil>'
      if (isTime(value)) return 'time.Time'
      if (isLabels(value)) return 'map[string]string'
      return isList(value) ? '[]interface {}' : 'map[string]interface {}'
  }
}

/** Go's truth: everything but nil, false, zero, and what is empty. */
export function isTrue(value: Value): boolean {
  if (value === null) return false
  if (isTime(value)) return true
  if (isList(value)) return value.length > 0
  if (isLabels(value)) return value.labels.size > 0
  if (isMap(value)) return value.size > 0
  return Boolean(value) || Number.isNaN(value)
}

/** How `%v` prints the value. */
export function show(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return formatFloat(value, 'g')
    case 'boolean':
    case 'bigint':
      return String(value)
    default:
      if (value === null) return '<nil>'
      if (isTime(value)) return formatTime(value, '2006-01-02 15:04:05.999999999 -0700 MST')
      if (isList(value)) return `[${value.map(show).join(' ')}]`
      return `map[${(entriesOf(value) ?? []).map(([key, item]) => `${key}:${show(item)}`).join(' ')}]`
  }
}

/** How an action prints the value: nil is `<no value>`. */
export function showResult(value: Value): string {
  return value === null ? '<no value>' : show(value)
}
