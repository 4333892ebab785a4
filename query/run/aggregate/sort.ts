/** `sort` and `sort_desc`: the order of an instant query's series; a range query's are ordered by labels anyway. */
import { operatorOf, pull, stepCount, type RunContext, type VectorOperator } from '../operator.ts'

export function sortValues(
  input: VectorOperator,
  ascending: boolean,
  context: RunContext,
): VectorOperator {
  if (stepCount(context.range) > 1) return input
  return operatorOf(context, async () => {
    const series = await input.series()
    const { values, present } = await pull(input)
    const rows = series.map((_, row) => row).filter((row) => present[row] === 1)
    rows.sort((a, b) => orderOf(values[a]!, values[b]!, ascending))
    return {
      labels: rows.map((row) => series[row] ?? []),
      fill(batch) {
        for (const [i, row] of rows.entries()) batch.values[i] = values[row]!
        batch.present.fill(1)
      },
    }
  })
}

/** NaN comes last in both directions. */
function orderOf(a: number, b: number, ascending: boolean): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return ascending ? a - b : b - a
}
