/** Small matrices as operators and back, for tests of operators over operators. */
import {
  labelsKey,
  operatorOf,
  type Labels,
  type RunContext,
  type VectorOperator,
} from '#query/run/operator.ts'
import { showMetric } from '#query/run/labels.ts'
import { Annotations } from '#query/promql/annotations.ts'

/** A context of `steps` steps of one second from 0, without limits. */
export function contextOf(steps: number): RunContext {
  const endMs = (steps - 1) * 1000
  return {
    range: { startMs: 0, endMs, stepMs: 1000, startRestNs: 0, endRestNs: 0 },
    control: { check: () => {}, hold: () => {} },
    annotations: new Annotations(),
  }
}

/** `a=1 b=2` as labels. */
export function labelsOf(text: string): Labels {
  return text
    .split(' ')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('=') as [string, string])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** `{ 'a=1 b=2': '1 _ 3' }`: a series per entry, a value or `_` per step. */
export function matrix(
  rows: Readonly<Record<string, string>>,
  context: RunContext,
): VectorOperator {
  const series = Object.entries(rows)
  return operatorOf(context, () => ({
    labels: series.map(([labels]) => labelsOf(labels)),
    fill({ first, steps, values, present }) {
      for (const [s, [, text]] of series.entries()) {
        for (const [i, value] of text
          .split(' ')
          .slice(first, first + steps)
          .entries()) {
          if (value === '_') continue
          values[s * steps + i] = Number(value)
          present[s * steps + i] = 1
        }
      }
    },
  }))
}

/** Every series with its values, as `{a="1"} 1 _ 3`; series without any sample are left out. */
export async function show(operator: VectorOperator): Promise<string[]> {
  const labels = await operator.series()
  if (new Set(labels.map(labelsKey)).size < labels.length) throw new Error('equal label sets')
  const cells: string[][] = labels.map(() => [])
  for (let batch = await operator.next(); batch !== null; batch = await operator.next()) {
    const { steps, values, present } = batch
    for (const [s, row] of cells.entries()) {
      for (let i = s * steps; i < (s + 1) * steps; i++) {
        row.push(present[i] === 1 ? String(values[i]) : '_')
      }
    }
  }
  return cells.flatMap((row, s) =>
    row.some((cell) => cell !== '_') ? [`${showMetric(labels[s] ?? [])} ${row.join(' ')}`] : [],
  )
}
