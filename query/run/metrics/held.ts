/**
 * Vectors that are evaluated once and read more than once: the bindings of `let`, each read by several
 * operators at their own pace, and step-invariant parts, whose one step stands for all.
 */
import {
  operatorOf,
  pull,
  stepCount,
  type Labels,
  type RunContext,
  type StepBatch,
  type VectorOperator,
} from '../operator.ts'

/** A vector that can be read any number of times. Its batches are held until the query ends. */
export class HeldVector {
  readonly #input: VectorOperator
  readonly #context: RunContext
  readonly #batches: StepBatch[] = []

  constructor(input: VectorOperator, context: RunContext) {
    this.#input = input
    this.#context = context
  }

  /** One more reading of it, from the first step on. */
  read(): VectorOperator {
    let next = 0
    return operatorOf(this.#context, async () => ({
      labels: await this.#input.series(),
      fill: async (batch) => {
        const from = await this.#batch(next++)
        batch.values.set(from.values)
        batch.present.set(from.present)
      },
    }))
  }

  async #batch(index: number): Promise<StepBatch> {
    while (this.#batches.length <= index) {
      const batch = await pull(this.#input)
      this.#context.control.hold(batch.values.length * 9)
      this.#batches.push({
        ...batch,
        values: batch.values.slice(),
        present: batch.present.slice(),
      })
    }
    // The loop above ends when there are enough.
    return this.#batches[index]!
  }
}

/** The only step of `input`, repeated for every step of the context. */
export function repeated(input: VectorOperator, context: RunContext): VectorOperator {
  let only: StepBatch | null = null
  return operatorOf(context, async () => ({
    labels: await input.series(),
    async fill({ steps, values, present }) {
      only ??= await pull(input)
      for (let row = 0; row < only.values.length; row++) {
        if (only.present[row] === 0) continue
        values.fill(only.values[row]!, row * steps, (row + 1) * steps)
        present.fill(1, row * steps, (row + 1) * steps)
      }
    },
  }))
}

/** All of a vector, for what needs it whole: cell (s, i) at s * steps + i with all steps of the query. */
export interface WholeVector {
  readonly labels: readonly Labels[]
  readonly steps: number
  readonly values: Float64Array
  readonly present: Uint8Array
}

/** Reads a vector to its end; what it returns is held against the query's allowance. */
export async function readWhole(input: VectorOperator, context: RunContext): Promise<WholeVector> {
  const labels = await input.series()
  const steps = stepCount(context.range)
  context.control.hold(labels.length * steps * 9)
  const values = new Float64Array(labels.length * steps)
  const present = new Uint8Array(labels.length * steps)
  for (let batch = await input.next(); batch !== null; batch = await input.next()) {
    for (let s = 0; s < labels.length; s++) {
      const from = s * batch.steps
      const to = s * steps + batch.first
      values.set(batch.values.subarray(from, from + batch.steps), to)
      present.set(batch.present.subarray(from, from + batch.steps), to)
    }
  }
  return { labels, steps, values, present }
}
