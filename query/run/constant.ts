/** Scalars: operators with one series without labels, present at every step. */
import { operatorOf, type Labels, type RunContext, type VectorOperator } from './operator.ts'

const noLabels: Labels = []

/** The same number at every step; as a vector it is `vector(number)`. */
export function constant(value: number, context: RunContext): VectorOperator {
  return perStep(() => value, context)
}

/** A number computed from the time of each step in ms. */
export function perStep(valueAt: (stepMs: number) => number, context: RunContext): VectorOperator {
  const { startMs, stepMs } = context.range
  return operatorOf(context, () => ({
    labels: [noLabels],
    fill({ first, steps, values, present }) {
      for (let i = 0; i < steps; i++) values[i] = valueAt(startMs + (first + i) * stepMs)
      present.fill(1)
    },
  }))
}
