/**
 * Instant selectors: at each step the newest sample after ref - look-back and up to ref, where ref is
 * the step's time or the one of `@`, less the offset. A stale marker there means that the series is gone
 * (promql.md §6).
 */
import type { Shift } from '../../plan/time.ts'
import { operatorOf, type RunContext, type StepBatch, type VectorOperator } from '../operator.ts'
import { timeColumns, type Samples, type TimeColumn } from './samples.ts'

export interface InstantOptions extends Shift {
  readonly lookBackMs: number
  /** The sample's own time in seconds instead of its value: `timestamp(selector)`. */
  readonly timestamps: boolean
}

export function instant(
  load: () => Promise<Samples>,
  options: InstantOptions,
  context: RunContext,
): VectorOperator {
  const refs = stepRefs(options, context)
  return operatorOf(context, async () => {
    const samples = await load()
    const columns = timeColumns(samples)
    const cursors = Uint32Array.from(columns, ({ from }) => from)
    const places = new Int32Array(64)
    return {
      labels: samples.labels,
      fill(batch) {
        for (const [c, column] of columns.entries()) {
          const refAt = (i: number) => refs(batch.first + i)
          cursors[c] = findPlaces(
            samples,
            column,
            { refAt, options, from: cursors[c]! },
            places,
            batch.steps,
          )
          for (const series of column.series) {
            fillSeries(samples, { series, column, timestamps: options.timestamps }, places, batch)
          }
        }
      },
    }
  })
}

/** The reference time of each step in ms. */
export function stepRefs(
  { atMs, offsetMs }: Shift,
  { range }: RunContext,
): (step: number) => number {
  if (atMs !== null) return () => atMs - offsetMs
  return (step) => range.startMs + step * range.stepMs - offsetMs
}

interface Look {
  readonly refAt: (i: number) => number
  readonly options: InstantOptions
  /** No sample before this place is at or after the first reference time's. */
  readonly from: number
}

/** For each step the place in the column of the newest sample within the look-back, -1 for none; returns the cursor. */
// oxlint-disable-next-line max-params -- the column, what is looked for, and where it goes
function findPlaces(
  { times }: Samples,
  column: TimeColumn,
  { refAt, options, from }: Look,
  places: Int32Array,
  steps: number,
): number {
  let next = from
  for (let i = 0; i < steps; i++) {
    const ref = refAt(i)
    while (next < column.to && times[next]! <= ref) next++
    const found = next > column.from && times[next - 1]! > ref - options.lookBackMs
    places[i] = found ? next - 1 - column.from : -1
  }
  return next
}

interface Filled {
  readonly series: number
  readonly column: TimeColumn
  readonly timestamps: boolean
}

// oxlint-disable-next-line max-params -- the series, the places found and where they go
function fillSeries(
  { at, values, times, stale }: Samples,
  { series, timestamps }: Filled,
  places: Int32Array,
  { steps, values: out, present }: StepBatch,
): void {
  const base = at[series]!
  for (let i = 0; i < steps; i++) {
    const place = places[i]!
    if (place === -1 || (stale !== null && stale[base + place] === 1)) continue
    const cell = series * steps + i
    out[cell] = timestamps ? times[base + place]! / 1000 : values[base + place]!
    present[cell] = 1
  }
}
