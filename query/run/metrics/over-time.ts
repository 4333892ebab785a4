/**
 * Functions that look at each window by itself: `*_over_time`, changes, resets, deriv and kin
 * (promql.md §9). Sums are compensated as Kahan and Neumaier do.
 */
import { quantileOf } from '../aggregate/quantile.ts'
import { deviation, linear, meanOf, sumOf } from './statistics.ts'
import type { View, WindowFunction } from './window.ts'

/** Makes a function of single windows of at least `least` samples; null is no result. */
function each(
  least: number,
  apply: (view: View, parameters: readonly number[]) => number | null,
): WindowFunction {
  return {
    evaluate({ steps, lo, hi, stepTimes, times }, values, out, parameters) {
      const view = { times, values, from: 0, to: 0, stepMs: 0 }
      for (let i = 0; i < steps; i++) {
        view.from = lo[i]!
        view.to = hi[i]!
        view.stepMs = stepTimes[i]!
        if (view.to - view.from < least) continue
        const at = parameters.map((parameter) => parameter[i]!)
        const result = apply(view, at)
        if (result === null) continue
        out.values[out.at + i] = result
        out.present[out.at + i] = 1
      }
    },
  }
}

/** The place of the extreme value, the last of equal ones; a NaN loses against anything. */
function extreme({ values, from, to }: View, isBetter: (a: number, b: number) => boolean): number {
  let best = from
  for (let i = from + 1; i < to; i++) {
    if (isBetter(values[i]!, values[best]!) || Number.isNaN(values[best])) best = i
  }
  return best
}

const atLeast = (a: number, b: number): boolean => a >= b
const atMost = (a: number, b: number): boolean => a <= b

function scratchOf({ values, from, to }: View): Float64Array {
  return values.slice(from, to)
}

function changesOf({ values, from, to }: View): number {
  let count = 0
  for (let i = from + 1; i < to; i++) {
    const both = Number.isNaN(values[i]) && Number.isNaN(values[i - 1])
    if (values[i] !== values[i - 1] && !both) count++
  }
  return count
}

function resetsOf({ values, from, to }: View): number {
  let count = 0
  for (let i = from + 1; i < to; i++) if (values[i]! < values[i - 1]!) count++
  return count
}

function medianDeviation(view: View): number {
  const values = scratchOf(view)
  if (values.some((value) => Number.isNaN(value))) return Number.NaN
  const median = quantileOf(0.5, values)
  return quantileOf(
    0.5,
    values.map((value) => Math.abs(value - median)),
  )
}

export const sumOverTime = each(1, sumOf)
export const avgOverTime = each(1, meanOf)
export const countOverTime = each(1, ({ from, to }) => to - from)
export const presentOverTime = each(1, () => 1)
export const lastOverTime = each(1, ({ values, to }) => values[to - 1]!)
export const firstOverTime = each(1, ({ values, from }) => values[from]!)
export const maxOverTime = each(1, (view) => view.values[extreme(view, atLeast)]!)
export const minOverTime = each(1, (view) => view.values[extreme(view, atMost)]!)
export const timeOfMax = each(1, (view) => view.times[extreme(view, atLeast)]! / 1000)
export const timeOfMin = each(1, (view) => view.times[extreme(view, atMost)]! / 1000)
export const timeOfFirst = each(1, ({ times, from }) => times[from]! / 1000)
export const timeOfLast = each(1, ({ times, to }) => times[to - 1]! / 1000)
export const stdvarOverTime = each(1, deviation)
export const stddevOverTime = each(1, (view) => Math.sqrt(deviation(view)))
export const quantileOverTime = each(1, (view, [q = Number.NaN]) => quantileOf(q, scratchOf(view)))
export const madOverTime = each(1, medianDeviation)
export const changes = each(1, changesOf)
export const resets = each(1, resetsOf)
export const deriv = each(2, (view) => linear(view, view.times[view.from]!).slope)
export const predictLinear = each(2, (view, [ahead = Number.NaN]) => {
  const { slope, intercept } = linear(view, view.stepMs)
  return slope * ahead + intercept
})
