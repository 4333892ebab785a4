/**
 * The fixed fields of a log record that Loki shows as structured metadata (logql.md §21), and the
 * attribute columns behind a name.
 */
import type { ColumnRef } from '#schemas/column.ts'
import { levelNames } from '#schemas/names/detected-level.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { logs } from '#schemas/signals/logs.ts'
import { mayHaveName } from './label-column.ts'

const column = (key: string): ColumnRef => rowColumn(logs, key)

export const bodyColumn = column('body')
export const bodyValueColumn = column('bodyValue')
export const severityNumberColumn = column('severityNumber')
export const traceIdColumn = column('traceId')
export const spanIdColumn = column('spanId')

/** Metadata name → column of the record. A zero in a number is no value. */
export const fixedFields: ReadonlyMap<string, ColumnRef> = new Map([
  ['observed_timestamp', column('observedTime')],
  ['severity_number', severityNumberColumn],
  ['severity_text', column('severityText')],
  ['flags', column('flags')],
  ['dropped_attributes_count', column('droppedAttributesCount')],
  ['trace_id', traceIdColumn],
  ['span_id', spanIdColumn],
  ['event_name', column('eventName')],
])

export const detectedLevel = 'detected_level'

const extracted = '_extracted'

/** The name without the suffix that metadata gets beside a stream label of its name; null without it. */
export function unextracted(name: string): string | null {
  return name.endsWith(extracted) ? name.slice(0, -extracted.length) : null
}

/** What the level of a row is read from. */
function levelColumns(attributes: readonly ColumnRef[]): ColumnRef[] {
  const named = [detectedLevel, ...levelNames].flatMap((name) => attributesOf(name, attributes))
  return [...named, severityNumberColumn, column('severityText'), bodyColumn, bodyValueColumn]
}

function attributesOf(name: string, attributes: readonly ColumnRef[]): ColumnRef[] {
  return attributes.filter(({ key, type }) => mayHaveName(key, type === 'otlp', name))
}

/** The columns that may hold the label `name`, of the attribute columns there are. */
export function columnsOfName(name: string, attributes: readonly ColumnRef[]): ColumnRef[] {
  if (name === detectedLevel) return levelColumns(attributes)
  const fixed = fixedFields.get(name)
  const plain = unextracted(name)
  return [
    ...(fixed === undefined ? [] : [fixed]),
    ...attributesOf(name, attributes),
    ...(plain === null ? [] : columnsOfName(plain, attributes)),
  ]
}
