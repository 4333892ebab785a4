/**
 * Answers of the query endpoints as JSON, key by key in the order that Grafana's reader needs
 * (grafana-api-contract.md §2.3).
 */
import type { Entry, EntryLabels } from '#query/run/logs/entries.ts'
import type { LogSource } from '#query/run/logs/scan.ts'
import { showLabels } from '#query/run/labels.ts'
import type { Labels } from '#query/run/operator.ts'
import { formatFloat } from '#query/text/numbers.ts'

const utf8 = new TextEncoder()

/** Characters after which a chunk is given away. */
const chunkChars = 64 * 1024

/** Texts as chunks of bytes. */
export function* chunksOf(texts: Iterable<string>): Generator<Uint8Array> {
  let waiting = ''
  for (const text of texts) {
    waiting += text
    if (waiting.length < chunkChars) continue
    yield utf8.encode(waiting)
    waiting = ''
  }
  if (waiting !== '') yield utf8.encode(waiting)
}

/** What stands around the result of a query. */
export interface Frame {
  readonly resultType: 'streams' | 'matrix' | 'vector' | 'scalar'
  readonly categorized: boolean
  readonly warnings: readonly string[]
  /** JSON. */
  readonly stats: string
}

/** The whole answer; `result` are the pieces of the JSON of `data.result`. */
export function* framed(frame: Frame, result: Iterable<string>): Generator<string> {
  const { resultType, categorized, warnings, stats } = frame
  const warned = warnings.length === 0 ? '' : `"warnings":${JSON.stringify(warnings)},`
  const flags = categorized ? '"encodingFlags":["categorize-labels"],' : ''
  yield `{"status":"success",${warned}"data":{"resultType":"${resultType}",${flags}"result":`
  yield* result
  yield `,"stats":${stats}}}`
}

/** Labels as a JSON object. */
export function labelsJson(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

/** A sample value as Prometheus writes it, in quotes. */
export function valueJson(value: number): string {
  return `"${formatFloat(value, 'f')}"`
}

/** A time in ms as seconds. */
export function secondsJson(ms: number): string {
  return String(ms / 1000)
}

/** Entries as streams: grouped by all labels, or by stream labels with the others beside each line. */
export function* streamsJson(entries: readonly Entry[], categorized: boolean): Generator<string> {
  const groups = new Map<string, Group>()
  const groupOf = new Map<EntryLabels, Group>()
  for (const entry of entries) {
    let group = groupOf.get(entry.labels)
    if (group === undefined) {
      const labels = categorized ? entry.labels.stream : allLabels(entry.labels)
      const text = showLabels(labels)
      group = groups.get(text) ?? { labels, entries: [] }
      groups.set(text, group)
      groupOf.set(entry.labels, group)
    }
    group.entries.push(entry)
  }
  const sorted = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))
  yield '['
  for (const [i, [, group]] of sorted.entries()) {
    yield `${i === 0 ? '' : ','}{"stream":${labelsJson(group.labels)},"values":[`
    for (const [j, entry] of group.entries.entries())
      yield `${j === 0 ? '' : ','}${entryJson(entry, categorized)}`
    yield ']}'
  }
  yield ']'
}

interface Group {
  readonly labels: Labels
  readonly entries: Entry[]
}

function allLabels({ stream, metadata, parsed }: EntryLabels): Labels {
  return [...stream, ...metadata, ...parsed].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function entryJson({ ns, line, labels }: Entry, categorized: boolean): string {
  const pair = `"${ns}",${JSON.stringify(line)}`
  if (!categorized) return `[${pair}]`
  const parts = [
    labels.metadata.length === 0 ? '' : `"structuredMetadata":${labelsJson(labels.metadata)}`,
    labels.parsed.length === 0 ? '' : `"parsed":${labelsJson(labels.parsed)}`,
  ]
  return `[${pair},{${parts.filter((part) => part !== '').join(',')}}]`
}

/** What `stats` is computed from. */
export interface Read {
  readonly sources: readonly LogSource[]
  readonly seconds: number
  readonly entries: number
}

/** Loki's statistics of a query; blocks of what this engine does not have are empty. */
export function statsJson({ sources, seconds, entries }: Read): string {
  const sum = (pick: (read: LogSource['read']) => number): number =>
    sources.reduce((total, { read }) => total + pick(read), 0)
  const bytes = sum((read) => read.bytes)
  const lines = sum((read) => read.lines)
  const perSecond = (count: number): number => (seconds > 0 ? Math.round(count / seconds) : 0)
  return JSON.stringify({
    summary: {
      bytesProcessedPerSecond: perSecond(bytes),
      linesProcessedPerSecond: perSecond(lines),
      totalBytesProcessed: bytes,
      totalLinesProcessed: lines,
      execTime: seconds,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: entries,
      splits: 0,
      shards: 0,
      totalPostFilterLines: sum((read) => read.passed),
      totalStructuredMetadataBytesProcessed: 0,
    },
    querier: {},
    ingester: {},
    cache: {},
  })
}
