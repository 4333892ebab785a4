/** The `data` of a query's answer: `{"resultType":…,"result":…}`, series by series. */
import { compareLabels } from '#query/run/labels.ts'
import type { Answer, WindowSeries } from '#query/run/metrics/evaluate.ts'
import type { WholeVector } from '#query/run/metrics/held.ts'
import type { QueryRange } from '#query/plan/time.ts'
import { formatFloat } from '#query/text/numbers.ts'
import { labelsJson, timeJson, valueText } from './json.ts'

export interface ResultOptions {
  readonly range: QueryRange
  /** Most series; 0 is no limit. */
  readonly limit: number
}

export interface Result {
  readonly pieces: Iterable<string>
  /** Whether series were left out because of the limit. */
  readonly truncated: boolean
}

/** The answer as JSON text in pieces. A range query is always a matrix, ordered by labels. */
export function resultJson(answer: Answer, { range, limit }: ResultOptions): Result {
  const time = timeJson(range.startMs)
  switch (answer.type) {
    case 'string':
      return one('string', `[${time},${JSON.stringify(answer.value)}]`)
    case 'matrix':
      return list('matrix', answer.series.map(windowJson), limit)
    case 'scalar':
      if (range.stepMs > 0) return list('matrix', matrixRows(answer.whole, range), limit)
      // A scalar alone never has an exponent.
      return one('scalar', `[${time},"${formatFloat(answer.whole.values[0] ?? Number.NaN, 'f')}"]`)
    case 'vector':
      return range.stepMs > 0
        ? list('matrix', matrixRows(answer.whole, range), limit)
        : list('vector', vectorRows(answer.whole, time), limit)
  }
}

/** A series' JSON, made when it is written. */
type Row = () => string

function one(type: string, result: string): Result {
  return { pieces: [`{"resultType":"${type}","result":${result}}`], truncated: false }
}

function list(type: string, rows: readonly Row[], limit: number): Result {
  const truncated = limit > 0 && rows.length > limit
  return { pieces: listPieces(type, truncated ? rows.slice(0, limit) : rows), truncated }
}

function* listPieces(type: string, rows: readonly Row[]): Generator<string> {
  yield `{"resultType":"${type}","result":[`
  for (const [i, row] of rows.entries()) yield (i === 0 ? '' : ',') + row()
  yield ']}'
}

function windowJson({ labels, times, values }: WindowSeries): Row {
  return () => {
    let text = `{"metric":${labelsJson(labels)},"values":[`
    for (let i = 0; i < times.length; i++) {
      text += `${i === 0 ? '' : ','}[${timeJson(times[i]!)},"${valueText(values[i]!)}"]`
    }
    return `${text}]}`
  }
}

function vectorRows({ labels, values, present }: WholeVector, time: string): Row[] {
  return labels.flatMap((one, s) =>
    present[s] === 1
      ? [() => `{"metric":${labelsJson(one)},"value":[${time},"${valueText(values[s]!)}"]}`]
      : [],
  )
}

function matrixRows(whole: WholeVector, { startMs, stepMs }: QueryRange): Row[] {
  const { labels, steps, values, present } = whole
  const rows = labels
    .map((_, s) => s)
    .filter((s) => present.subarray(s * steps, (s + 1) * steps).includes(1))
    .sort((a, b) => compareLabels(labels[a] ?? [], labels[b] ?? []))
  // Every series has the same times.
  const times = Array.from({ length: steps }, (_, i) => timeJson(startMs + i * stepMs))
  return rows.map((s) => () => {
    let text = `{"metric":${labelsJson(labels[s] ?? [])},"values":[`
    let first = true
    for (let i = 0; i < steps; i++) {
      const cell = s * steps + i
      if (present[cell] === 0) continue
      text += `${first ? '' : ','}[${times[i]},"${valueText(values[cell]!)}"]`
      first = false
    }
    return `${text}]}`
  })
}
