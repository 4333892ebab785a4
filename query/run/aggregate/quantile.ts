/** `quantile(q, v)`: the interpolated quantile of each group and step. */
import type { Span } from '../../text/position.ts'
import type { Grouping } from '../../plan/vectors.ts'
import { invalidQuantile } from '../../promql/annotations.ts'
import { operatorOf, pull, type RunContext, type VectorOperator } from '../operator.ts'
import { groupsOf, membersOf } from './groups.ts'

export interface QuantileOptions {
  readonly input: VectorOperator
  readonly parameter: VectorOperator | null
  readonly grouping: Grouping | null
  readonly span: Span
}

export function quantile(options: QuantileOptions, context: RunContext): VectorOperator {
  const { input, parameter, grouping, span } = options
  return operatorOf(context, async () => {
    const groups = groupsOf(await input.series(), grouping, context.control)
    const members = membersOf(groups, context.control)
    const scratch = new Float64Array(Math.max(0, ...members.map((rows) => rows.length)))
    return {
      labels: groups.labels,
      async fill({ steps, values, present }) {
        const from = await pull(input)
        const wanted = parameter === null ? null : await pull(parameter)
        const wantedAt = (i: number): number => wanted?.values[i] ?? Number.NaN
        for (let i = 0; i < steps; i++) {
          const q = wantedAt(i)
          if (!(q >= 0 && q <= 1)) context.annotations.add(invalidQuantile(span, q))
        }
        for (const [group, rows] of members.entries()) {
          for (let i = 0; i < steps; i++) {
            let count = 0
            for (const row of rows) {
              const cell = row * steps + i
              if (from.present[cell] === 1) scratch[count++] = from.values[cell]!
            }
            if (count === 0) continue
            values[group * steps + i] = quantileOf(wantedAt(i), scratch.subarray(0, count))
            present[group * steps + i] = 1
          }
        }
      },
    }
  })
}

/**
 * The quantile of at least one value, which are sorted in place: NaN lowest, linear between neighbours. Outside
 * of [0, 1] it is an infinity, for NaN it is NaN.
 */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  // The sort of typed arrays puts NaN last; the first of them belong before the smallest number.
  values.sort()
  let numbers = values.length
  while (numbers > 0 && Number.isNaN(values[numbers - 1]!)) numbers--
  if (numbers < values.length) {
    values.copyWithin(values.length - numbers, 0, numbers)
    values.fill(Number.NaN, 0, values.length - numbers)
  }
  const rank = q * (values.length - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(values.length - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  return values[lower]! * (1 - weight) + values[upper]! * weight
}
