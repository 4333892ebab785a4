/**
 * Functions of windows: at each step the samples after ref - range and up to ref. The bounds of the windows
 * are found once per distinct column of times and batch, then every series of the column is
 * evaluated with them.
 */
import type { Shift } from '../../plan/time.ts'
import { operatorOf, pull, type Labels, type RunContext, type VectorOperator } from '../operator.ts'
import { batchSteps } from '../operator.ts'
import { stepRefs } from './instant.ts'
import { timeColumns, withoutStale, type Samples } from './samples.ts'

/** The windows of a column of times for the steps of a batch. */
export interface Windows {
  readonly steps: number
  /** Window i is [lo[i], hi[i]) of the column. */
  readonly lo: Int32Array
  readonly hi: Int32Array
  /** The reference time of each step, the window's end. */
  readonly ends: Float64Array
  /** The time of each step, which `@` and offsets do not move. */
  readonly stepTimes: Float64Array
  readonly rangeMs: number
  /** The times of the column; place 0 is its first. */
  readonly times: Float64Array
  /** What a function worked out of the times alone; kept for the series of one column. */
  readonly scratch: Float64Array
}

/** One window: samples [from, to) of a series, evaluated at a step. */
export interface View {
  readonly times: Float64Array
  readonly values: Float64Array
  from: number
  to: number
  /** The time of the step in ms. */
  stepMs: number
}

/** Where a series' results go: cell `at + i` for step i. */
export interface WindowOutput {
  readonly values: Float64Array
  readonly present: Uint8Array
  readonly at: number
}

export interface WindowFunction {
  /** Called once per column and batch, before its series. */
  readonly prepare?: (this: void, windows: Windows) => void
  /** Sets the cells of one series; `values` are its samples in the places of the column. */
  readonly evaluate: (
    this: void,
    windows: Windows,
    values: Float64Array,
    out: WindowOutput,
    parameters: readonly Float64Array[],
  ) => void
}

export interface WindowOptions extends Shift {
  readonly rangeMs: number
  /** Scalars that may differ from step to step. */
  readonly parameters: readonly VectorOperator[]
  /** Called once for each series that has any result. */
  readonly seen?: (labels: Labels) => void
}

/** One series per series of the samples, with its name; the caller drops it where the function does. */
// oxlint-disable-next-line max-params -- samples, function, its options and the context of the run
export function windowed(
  load: () => Promise<Samples>,
  fn: WindowFunction,
  options: WindowOptions,
  context: RunContext,
): VectorOperator {
  const refs = stepRefs(options, context)
  return operatorOf(context, async () => {
    const samples = withoutStale(await load())
    const columns = timeColumns(samples)
    const cursors = columns.map(
      ({ from, to }) => new Cursor(samples.times.subarray(from, to), options),
    )
    const reported = new Uint8Array(samples.labels.length)
    return {
      labels: samples.labels,
      async fill({ first, steps, values, present }) {
        const parameters: Float64Array[] = []
        for (const parameter of options.parameters) parameters.push((await pull(parameter)).values)
        const { startMs, stepMs } = context.range
        for (let i = 0; i < steps; i++) stepTimes[i] = startMs + (first + i) * stepMs
        for (const [c, column] of columns.entries()) {
          const windows = cursors[c]!.windows(steps, (i) => refs(first + i))
          fn.prepare?.(windows)
          for (const series of column.series) {
            const out = { values, present, at: series * steps }
            fn.evaluate(windows, valuesOf(samples, series), out, parameters)
            if (options.seen === undefined || reported[series] === 1) continue
            if (present.subarray(out.at, out.at + steps).includes(1)) {
              reported[series] = 1
              options.seen(samples.labels[series] ?? [])
            }
          }
        }
      },
    }
  })
}

function valuesOf({ at, values }: Samples, series: number): Float64Array {
  return values.subarray(at[series], at[series + 1])
}

const lo = new Int32Array(batchSteps)
const hi = new Int32Array(batchSteps)
const ends = new Float64Array(batchSteps)
const stepTimes = new Float64Array(batchSteps)
const scratch = new Float64Array(batchSteps * 4)

/** How far the windows of a column have come. */
class Cursor {
  readonly #times: Float64Array
  readonly #rangeMs: number
  #lo = 0
  #hi = 0

  constructor(times: Float64Array, { rangeMs }: { readonly rangeMs: number }) {
    this.#times = times
    this.#rangeMs = rangeMs
  }

  /** The windows of the next steps, in arrays that all cursors share. */
  windows(steps: number, refAt: (i: number) => number): Windows {
    const times = this.#times
    for (let i = 0; i < steps; i++) {
      const ref = refAt(i)
      while (this.#hi < times.length && times[this.#hi]! <= ref) this.#hi++
      while (this.#lo < this.#hi && times[this.#lo]! <= ref - this.#rangeMs) this.#lo++
      lo[i] = this.#lo
      hi[i] = this.#hi
      ends[i] = ref
    }
    return { steps, lo, hi, ends, stepTimes, rangeMs: this.#rangeMs, times, scratch }
  }
}
