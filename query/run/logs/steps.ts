/**
 * Windows (T - range, T] over the steps T of a query: which steps a row belongs to, and sums per series
 * and step. A row adds at its first step and takes away after its last, so it costs the same however
 * many windows it is in.
 */
import type { Shift, QueryRange } from '../../plan/time.ts'
import { stepCount } from '../operator.ts'

const nsPerMs = 1e6

export interface Windows {
  /** Times are counted from here, ns. */
  readonly baseNs: bigint
  readonly steps: number
  /** 1 ns for an instant query, which has one step. */
  readonly stepNs: number
  readonly rangeNs: number
}

/** The windows of a range; `from` and `to` are the rows they need, [from, to) in ns. */
export function windowsOf(
  range: QueryRange,
  rangeMs: number,
  { atMs, offsetMs }: Shift,
): Windows & { readonly from: bigint; readonly to: bigint } {
  const steps = stepCount(range)
  const offsetNs = BigInt(Math.round(offsetMs * nsPerMs))
  const rangeNs = Math.round(rangeMs * nsPerMs)
  const baseNs = BigInt(atMs ?? range.startMs) * 1_000_000n - offsetNs
  const stepNs = range.stepMs === 0 ? 1 : range.stepMs * nsPerMs
  const last = baseNs + BigInt(steps - 1) * BigInt(stepNs)
  return { baseNs, steps, stepNs, rangeNs, from: baseNs - BigInt(rangeNs) + 1n, to: last + 1n }
}

/** The first step at or after `relativeNs`, which is exact below 2^53 ns. */
function stepAtOrAfter(relativeNs: number, stepNs: number): number {
  const floor = Math.floor(relativeNs / stepNs)
  const rest = relativeNs - floor * stepNs
  // The quotient is rounded, so it may be off by one where the time is next to a step.
  if (rest < 0) return floor
  if (rest === 0) return floor
  return rest > stepNs ? floor + 2 : floor + 1
}

/** First step whose window holds a row, relative to `baseNs`; may be beyond the last. */
export function firstStep(windows: Windows, relativeNs: number): number {
  return Math.max(0, stepAtOrAfter(relativeNs, windows.stepNs))
}

/** The step after the last whose window holds the row. */
export function endStep(windows: Windows, relativeNs: number): number {
  return Math.min(windows.steps, stepAtOrAfter(relativeNs + windows.rangeNs, windows.stepNs))
}
