/**
 * Operators that change one input's labels or values and leave its cells where they are. Values are
 * changed in place, so a chain of functions works on one buffer.
 */
import { executionFailed } from './errors.ts'
import { joinEqual, withoutName } from './labels.ts'
import {
  operatorOf,
  pull,
  type Labels,
  type RunContext,
  type StepBatch,
  type VectorOperator,
} from './operator.ts'

/**
 * The input under other labels. Series that become equal are one series as long as they never have a
 * sample at the same step; else it throws `query-execution`, in Prometheus' words.
 */
export function relabel(
  input: VectorOperator,
  change: (labels: Labels) => Labels,
  context: RunContext,
): VectorOperator {
  return operatorOf(context, async () => {
    const before = await input.series()
    const { labels, rowOf } = joinEqual(before.map(change), context.control)
    return {
      labels,
      async fill(batch) {
        const from = await pull(input)
        if (labels.length === before.length) {
          batch.values.set(from.values)
          batch.present.set(from.present)
          return
        }
        for (let row = 0; row < rowOf.length; row++) mergeRow(from, row, batch, rowOf[row]!)
      },
    }
  })
}

function mergeRow(from: StepBatch, fromRow: number, to: StepBatch, toRow: number): void {
  const { steps } = from
  let a = fromRow * steps
  let b = toRow * steps
  for (let i = 0; i < steps; i++, a++, b++) {
    if (from.present[a] === 0) continue
    if (to.present[b] === 1) throw sameLabels()
    to.present[b] = 1
    to.values[b] = from.values[a]!
  }
}

/** The error for two samples of one label set at one step. */
export function sameLabels(): Error {
  return executionFailed.make('vector cannot contain metrics with the same labelset')
}

/** The input without its metric names. */
export function dropNames(input: VectorOperator, context: RunContext): VectorOperator {
  return relabel(input, withoutName, context)
}

/** The input with its batches changed in place; `change` sees every cell, also those without a sample. */
export function changed(
  input: VectorOperator,
  change: (batch: StepBatch) => void | Promise<void>,
): VectorOperator {
  return {
    series: () => input.series(),
    async next() {
      const batch = await input.next()
      if (batch !== null) await change(batch)
      return batch
    },
  }
}
