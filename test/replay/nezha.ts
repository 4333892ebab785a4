/**
 * `npm run replay -- nezha [--json]`: the data set `real/nezha` goes in as OTLP, times kept, and every row is
 * read back through the three query APIs: from memory, after SIGKILL and a new start, from blocks, and
 * from compacted blocks. Then once more with every trace cut into five pieces that lie in runs, L0 and
 * L1 at the same time.
 */
import { systemClock } from '#base/clock.ts'
import { dataPath, skipWithout } from '#test/data.ts'
import { checkLogs, checkMetrics, checkTraces, type Figures } from './check.ts'
import { readNezha, type Nezha } from './nezha-rows.ts'
import { logRequests, metricRequests, send, spanRequests } from './otlp.ts'
import { Report } from './report.ts'
import { Stage } from './stage.ts'

const data = 'real/nezha'

/** What the data set holds, counted in its files by other means. */
const known = {
  span_rows_count: 12_033,
  distinct_spans_count: 11_060,
  traces_count: 247,
  log_rows_count: 13_134,
  points_count: 229_710,
} as const satisfies Figures

/** The pieces of a trace, and where each is brought before the next is sent. */
const pieces = ['L1', 'L1', 'L0', 'L0', 'run'] as const

function read(report: Report, folder: string): Nezha {
  const nezha = readNezha(folder)
  const ids = new Set(nezha.spans.map(({ traceId }) => traceId))
  const spans = new Set(nezha.spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`))
  const figures = {
    span_rows_count: nezha.spans.length,
    distinct_spans_count: spans.size,
    traces_count: ids.size,
    log_rows_count: nezha.logs.length,
    points_count: nezha.series.reduce((sum, { points }) => sum + points.length, 0),
  }
  report.compare('read', figures, known)
  return nezha
}

async function sendAll(report: Report, stage: Stage, nezha: Nezha): Promise<void> {
  const { http } = stage.program.ports
  const from = systemClock.monotonicMs()
  const sent = {
    span_rows_count: await send(http, spanRequests(nezha.spans)),
    log_rows_count: await send(http, logRequests(nezha.logs)),
    points_count: await send(http, metricRequests(nezha.series)),
  }
  const { span_rows_count, log_rows_count, points_count } = known
  report.compare('sent', sent, { span_rows_count, log_rows_count, points_count })
  report.note('send_seconds', (systemClock.monotonicMs() - from) / 1000)
}

/** All checks of one state of the program. */
async function readBack(report: Report, where: string, stage: Stage, nezha: Nezha): Promise<void> {
  const { program } = stage
  await report.check(`${where}: traces`, () => checkTraces(program, nezha), {
    traces_by_id_count: 247,
    traces_by_search_count: 247,
    span_rows_found_count: 12_033,
    distinct_spans_count: 11_060,
    log_rows_with_trace_count: 13_134,
  })
  await report.check(`${where}: logs`, () => checkLogs(program, nezha), {
    log_rows_found_count: 13_134,
    log_rows_by_aggregation_count: 13_134,
  })
  if (nezha.series.length === 0) return
  await report.check(`${where}: metrics`, () => checkMetrics(program, nezha), {
    points_found_count: 229_710,
    series_found_count: 190,
  })
}

async function whole(report: Report, stage: Stage, nezha: Nezha): Promise<void> {
  await stage.start()
  await sendAll(report, stage, nezha)
  await readBack(report, 'in memory', stage, nezha)
  await stage.killAndStart()
  await readBack(report, 'after SIGKILL', stage, nezha)
  await stage.flush()
  await readBack(report, 'in L0', stage, nezha)
  await stage.fold()
  report.blocks('in L1', stage, ['l1'])
  await readBack(report, 'in L1', stage, nezha)
  await stage.compact()
  await readBack(report, 'compacted', stage, nezha)
  await stage.killAndStart()
  await readBack(report, 'compacted, after SIGKILL', stage, nezha)
}

/** Spans and logs only: every fifth row of a trace is a piece. */
async function cut(report: Report, stage: Stage, nezha: Nezha): Promise<void> {
  await stage.start()
  const { http } = stage.program.ports
  const rows = { ...nezha, series: [] }
  for (const [piece, place] of pieces.entries()) {
    const of = <Row>(all: readonly Row[]): Row[] =>
      all.filter((_, i) => i % pieces.length === piece)
    await send(http, spanRequests(of(nezha.spans)))
    await send(http, logRequests(of(nezha.logs)))
    if (place !== 'run') await stage.flush()
    if (place === 'L1') await stage.fold()
  }
  report.blocks('five pieces', stage, ['l0', 'l1'])
  await readBack(report, 'five pieces', stage, rows)
  await stage.killAndStart()
  await readBack(report, 'five pieces, after SIGKILL', stage, rows)
  await stage.flush()
  await stage.compact()
  // Old rows are merged into their windows as L1 where they are cut by time, else as L2.
  report.merged('five pieces, compacted', stage)
  await readBack(report, 'five pieces, compacted', stage, rows)
}

const folder = dataPath(data)
const report = new Report('nezha')
if (folder === null) {
  report.skip(String(skipWithout(data)))
} else {
  const nezha = read(report, folder)
  for (const way of [whole, cut]) {
    const stage = new Stage()
    try {
      await way(report, stage, nezha)
    } finally {
      await stage.end()
    }
  }
}
report.print()
