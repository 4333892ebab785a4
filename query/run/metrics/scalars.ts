/** `scalar()`, `absent()` and their kind: from vectors to one series. */
import { operatorOf, pull, type Labels, type RunContext, type VectorOperator } from '../operator.ts'

/** The only sample of each step as a number, NaN where there is none or more than one. */
export function toScalar(input: VectorOperator, context: RunContext): VectorOperator {
  return operatorOf(context, async () => {
    const rows = (await input.series()).length
    return {
      labels: [[]],
      async fill({ steps, values, present }) {
        const from = await pull(input)
        for (let i = 0; i < steps; i++) {
          let found = Number.NaN
          let count = 0
          for (let row = 0; row < rows; row++) {
            if (from.present[row * steps + i] === 0) continue
            found = from.values[row * steps + i]!
            count++
          }
          values[i] = count === 1 ? found : Number.NaN
        }
        present.fill(1)
      },
    }
  })
}

/** 1 under these labels at every step at which the input has nothing. */
export function absentOf(
  input: VectorOperator,
  labels: Labels,
  context: RunContext,
): VectorOperator {
  return operatorOf(context, () => ({
    labels: [labels],
    async fill({ steps, values, present }) {
      const from = await pull(input)
      present.fill(1)
      for (let cell = 0; cell < from.present.length; cell++) {
        if (from.present[cell] === 1) present[cell % steps] = 0
      }
      values.fill(1)
    },
  }))
}
