/** The rows of a request as the reference understood it, in the shape of `unfold`: every default filled in. */
import type { Plain } from './reference.ts'

const list = (value: unknown): Plain[] => (Array.isArray(value) ? value : []) // messages, by the schema
const message = (value: unknown): Plain =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** Attributes with their key spelt out; a missing value is an empty one. */
const attributes = (value: unknown): Plain[] =>
  list(value).map(({ key, value: inner }) => ({ key: key ?? '', value: message(inner) }))

/** An id of zeros is no id, where the row may do without. */
const optionalId = (value: unknown): unknown =>
  typeof value !== 'string' || /^A*=*$/.test(value) ? '' : value

function eachScope(request: Plain, signal: 'Logs' | 'Spans' | 'Metrics', rows: string) {
  return list(request[`resource${signal}`]).flatMap((outer) =>
    list(outer[`scope${signal}`]).flatMap((inner) =>
      list(inner[rows]).map((row) => ({
        group: {
          resource: message(outer['resource']),
          resourceUrl: outer['schemaUrl'] ?? '',
          scope: message(inner['scope']),
          scopeUrl: inner['schemaUrl'] ?? '',
        },
        row,
      })),
    ),
  )
}

export function flattenLogs(request: Plain): Plain[] {
  return eachScope(request, 'Logs', 'logRecords').map(({ group, row }) => ({
    ...group,
    timeUnixNano: row['timeUnixNano'] ?? '0',
    observedTimeUnixNano: row['observedTimeUnixNano'] ?? '0',
    severityNumber: row['severityNumber'] ?? 0,
    severityText: row['severityText'] ?? '',
    body: row['body'] ?? null,
    attributes: attributes(row['attributes']),
    droppedAttributesCount: row['droppedAttributesCount'] ?? 0,
    flags: row['flags'] ?? 0,
    traceId: optionalId(row['traceId']),
    spanId: optionalId(row['spanId']),
    eventName: row['eventName'] ?? '',
  }))
}

/** Spans that are not to be refused. */
export function flattenSpans(request: Plain): Plain[] {
  return eachScope(request, 'Spans', 'spans')
    .filter(
      ({ row }) =>
        optionalId(row['traceId']) !== '' &&
        optionalId(row['spanId']) !== '' &&
        (row['startTimeUnixNano'] ?? '0') !== '0',
    )
    .map(({ group, row }) => {
      const { message: text, code } = message(row['status'])
      return {
        ...group,
        traceId: row['traceId'],
        spanId: row['spanId'],
        traceState: row['traceState'] ?? '',
        parentSpanId: optionalId(row['parentSpanId']),
        name: row['name'] ?? '',
        kind: row['kind'] ?? 0,
        startTimeUnixNano: row['startTimeUnixNano'],
        endTimeUnixNano: row['endTimeUnixNano'] ?? '0',
        attributes: attributes(row['attributes']),
        droppedAttributesCount: row['droppedAttributesCount'] ?? 0,
        events: list(row['events']),
        droppedEventsCount: row['droppedEventsCount'] ?? 0,
        links: list(row['links']),
        droppedLinksCount: row['droppedLinksCount'] ?? 0,
        status: { message: text ?? '', code: code ?? 0 },
        flags: row['flags'] ?? 0,
      }
    })
}

const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']

/** Data points that are not to be refused. */
export function flattenPoints(request: Plain): Plain[] {
  return eachScope(request, 'Metrics', 'metrics').flatMap(({ group, row: metric }) => {
    const data = kinds.find((kind) => metric[kind] !== undefined) ?? 'none'
    const { dataPoints, aggregationTemporality, isMonotonic } = message(metric[data])
    if ((metric['name'] ?? '') === '') return []
    return list(dataPoints)
      .filter((point) => data !== 'histogram' || bucketsFit(point))
      .map((point) => {
        const {
          attributes: labels,
          timeUnixNano,
          startTimeUnixNano,
          flags,
          exemplars,
          ...rest
        } = point
        const recorded = (Number(flags ?? 0) & 1) === 0 || !['gauge', 'sum'].includes(data)
        return {
          ...group,
          name: metric['name'],
          description: metric['description'] ?? '',
          unit: metric['unit'] ?? '',
          metadata: list(metric['metadata']),
          data,
          temporality: aggregationTemporality ?? 0,
          monotonic: isMonotonic ?? false,
          attributes: list(labels),
          timeUnixNano: timeUnixNano ?? '0',
          startTimeUnixNano: startTimeUnixNano ?? '0',
          flags: flags ?? 0,
          exemplars: list(exemplars),
          point: recorded ? rest : {},
        }
      })
  })
}

function bucketsFit(point: Plain): boolean {
  const counts = list(point['bucketCounts']).length
  const bounds = list(point['explicitBounds']).length
  return counts === bounds + 1 || (counts === 0 && bounds === 0)
}
