/**
 * The labels that Loki shows of a row, by logql.md §21: a record's attributes, then those of the resource
 * and the scope, then fixed fields, the later over the earlier; metadata beside a stream label is `_extracted`.
 */
import type { Group, LogRow, Pair, Value } from './rows.ts'

/** A value as text: maps and arrays as JSON. */
export function plainText(value: Value): string {
  if (value.stringValue !== undefined) return value.stringValue
  return value.bytesValue ?? (isEmpty(value) ? '' : jsonText(value))
}

function isEmpty(value: Value): boolean {
  return Object.keys(value).length === 0
}

function jsonText(value: Value): string {
  const { arrayValue, kvlistValue, bytesValue, stringValue } = value
  if (arrayValue !== undefined) return `[${arrayValue.values.map(jsonText).join(',')}]`
  if (kvlistValue !== undefined) {
    const members = kvlistValue.values.map(
      (one) => `${JSON.stringify(one.key)}:${jsonText(one.value)}`,
    )
    return `{${members.toSorted().join(',')}}`
  }
  if (stringValue !== undefined || bytesValue !== undefined)
    return JSON.stringify(stringValue ?? bytesValue)
  return String(value.intValue ?? value.doubleValue ?? value.boolValue ?? null)
}

/** Names and texts of attributes; the members of a map have names of their own. */
function named(pairs: readonly Pair[]): [string, string][] {
  return pairs.flatMap(({ key, value }): [string, string][] => {
    if (value.kvlistValue !== undefined) {
      return named(value.kvlistValue.values.map((one) => ({ ...one, key: `${key}_${one.key}` })))
    }
    const name = key.replaceAll(/[^a-zA-Z0-9]+/g, '_')
    const text = plainText(value)
    return name === '' || name === '_' || text === '' ? [] : [[name, text]]
  })
}

export function shownLabels(group: Group<LogRow>, row: LogRow): Map<string, string> {
  const isService = ({ key }: Pair): boolean => key === 'service.name'
  const service = named(group.resource.filter(isService))[0]?.[1] ?? 'unknown_service'
  const fixed: [string, string][] = [
    ['severity_number', row.severityNumber === undefined ? '' : String(row.severityNumber || '')],
    ['severity_text', row.severityText ?? ''],
    ['trace_id', row.traceId ?? ''],
    ['scope_name', group.scope],
  ]
  const metadata = new Map([
    ...named(row.attributes),
    ...named(group.resource.filter((pair) => !isService(pair))),
    ...fixed.filter(([, text]) => text !== ''),
  ])
  return new Map([...metadata, ['service_name', service]])
}
