/**
 * `count_values("label", v)`: how many series of a group have each value. The series are the values
 * that occur at any step, so all batches are read before the first is given out; they are held.
 */
import type { Grouping } from '../../plan/vectors.ts'
import { formatFloat } from '../../text/numbers.ts'
import { withLabel } from '../labels.ts'
import {
  bytesOfLabels,
  labelsKey,
  operatorOf,
  stepCount,
  type Labels,
  type RunContext,
  type VectorOperator,
} from '../operator.ts'
import { groupsOf } from './groups.ts'

// oxlint-disable-next-line max-params -- one more than an aggregation without a parameter
export function countValues(
  input: VectorOperator,
  label: string,
  grouping: Grouping | null,
  context: RunContext,
): VectorOperator {
  return operatorOf(context, async () => {
    const groups = groupsOf(await input.series(), grouping, context.control)
    const total = stepCount(context.range)
    const counts = new Map<string, { readonly labels: Labels; readonly counts: Float64Array }>()
    for (let batch = await input.next(); batch !== null; batch = await input.next()) {
      const { first, steps, values, present } = batch
      for (let cell = 0; cell < values.length; cell++) {
        if (present[cell] === 0) continue
        const group = groups.labels[groups.rowOf[Math.floor(cell / steps)]!] ?? []
        const labels = withLabel(group, label, formatFloat(values[cell]!, 'f'))
        const key = labelsKey(labels)
        let known = counts.get(key)
        if (known === undefined) {
          context.control.hold(total * 8 + bytesOfLabels(labels))
          known = { labels, counts: new Float64Array(total) }
          counts.set(key, known)
        }
        known.counts[first + (cell % steps)]! += 1
      }
    }
    const rows = [...counts.values()]
    return {
      labels: rows.map((row) => row.labels),
      fill({ first, steps, values, present }) {
        for (const [i, row] of rows.entries()) {
          for (let k = 0; k < steps; k++) {
            const count = row.counts[first + k]!
            if (count === 0) continue
            values[i * steps + k] = count
            present[i * steps + k] = 1
          }
        }
      },
    }
  })
}
