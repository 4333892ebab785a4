/**
 * What must be found after a replay. Rows are compared as a whole, every field; a check adds one line
 * of figures and the first few differences.
 */
import type { Started } from '#test/signalbox.ts'
import { podMetrics, type LogRow, type Nezha, type SpanRow } from './nezha-rows.ts'
import { countLogs, readLogs, readMetric, readTrace, searchTraces } from './read.ts'

/** Names end with their unit. */
export type Figures = Record<string, number>

/** What a check found; `wrong` is empty when everything is there and nothing else. */
export interface Found {
  readonly figures: Figures
  readonly wrong: readonly string[]
}

/** Differences that are shown of one check. */
const shown = 5

/** Compares what was found with what was sent: how many of the wanted are there, and what is not or is too much. */
export function compare(
  what: string,
  found: readonly string[],
  wanted: readonly string[],
): { matched: number; wrong: string[] } {
  const left = new Map<string, number>()
  for (const row of wanted) left.set(row, (left.get(row) ?? 0) + 1)
  let matched = 0
  const extra: string[] = []
  for (const row of found) {
    const count = left.get(row) ?? 0
    if (count > 0) {
      left.set(row, count - 1)
      matched++
    } else extra.push(row)
  }
  const missing = [...left].filter(([, count]) => count > 0).map(([row]) => row)
  const lines = (kind: string, rows: readonly string[]): string[] =>
    rows.length === 0
      ? []
      : [`${rows.length} ${what} ${kind}`, ...rows.slice(0, shown).map((row) => `  ${row}`)]
  return { matched, wrong: [...lines('missing', missing), ...lines('not sent', extra)] }
}

const spanText = (row: SpanRow): string =>
  [row.traceId, row.spanId, row.parentId, row.pod, row.name, row.startNs, row.endNs].join(' ')

const logText = (row: LogRow): string =>
  [row.timeNs, row.pod, row.node, row.file, row.severity, row.traceId, row.spanId, row.line].join(
    ' ',
  )

/** Every trace by its id, whole, and all of them by a search; the trace of every log row, with the span that wrote it. */
export async function checkTraces({ ports }: Started, { spans, logs }: Nezha): Promise<Found> {
  const byTrace = Map.groupBy(spans, ({ traceId }) => traceId)
  const found = new Set<string>()
  const writers = new Set<string>()
  const wrong: string[] = []
  let matched = 0
  for (const [traceId, rows] of byTrace) {
    const whole = await readTrace(ports, traceId)
    const texts = whole.map(spanText)
    for (const text of texts) found.add(text)
    for (const { spanId } of whole) writers.add(`${traceId} ${spanId}`)
    // A span that stands in both files is one span.
    const result = compare(`spans of ${traceId}`, texts, [...new Set(rows.map(spanText))])
    wrong.push(...result.wrong)
    matched += result.matched
  }
  const searched = await searchTraces(ports)
  wrong.push(...compare('traces by search', searched, [...byTrace.keys()]).wrong)
  const figures = {
    traces_by_id_count: byTrace.size,
    traces_by_search_count: searched.length,
    span_rows_found_count: spans.filter((row) => found.has(spanText(row))).length,
    distinct_spans_count: matched,
    log_rows_with_trace_count: logs.filter((row) => writers.has(`${row.traceId} ${row.spanId}`))
      .length,
  }
  return { figures, wrong }
}

/** Every log row by pages and by an aggregation. */
export async function checkLogs({ ports }: Started, { logs }: Nezha): Promise<Found> {
  const found = await readLogs(ports)
  const { matched, wrong } = compare('log rows', found.map(logText), logs.map(logText))
  const counted = await countLogs(ports)
  if (counted !== logs.length) wrong.push(`count_over_time says ${counted} log rows`)
  const figures = { log_rows_found_count: matched, log_rows_by_aggregation_count: counted }
  return { figures, wrong }
}

/** Every point of every pod with its time (whole ms, as PromQL has it) and value. */
export async function checkMetrics({ ports }: Started, { series }: Nezha): Promise<Found> {
  const wrong: string[] = []
  let matched = 0
  let found = 0
  for (const metric of podMetrics) {
    const byPod = await readMetric(ports, { metric })
    const foundTexts = [...byPod].flatMap(([pod, points]) =>
      points.map(({ timeMs, value }) => `${metric.prometheus} ${pod} ${timeMs} ${value}`),
    )
    const wanted = series
      .filter((one) => one.metric === metric)
      .flatMap(({ pod, points }) =>
        points.map(
          ({ timeNs, value }) => `${metric.prometheus} ${pod} ${timeNs.slice(0, -6)} ${value}`,
        ),
      )
    const result = compare('points', foundTexts, wanted)
    found += byPod.size
    matched += result.matched
    wrong.push(...result.wrong)
  }
  return { figures: { points_found_count: matched, series_found_count: found }, wrong }
}
