/**
 * Aggregations that read each sample once: sum, avg, count, min, max, group, stddev, stdvar. The state
 * of a batch is one cell per group and step; a row of the input is added to its group's cells in one
 * loop. Algorithms and their corner cases: promql.md §6 and §8.
 */
import type { Grouping } from '../../plan/vectors.ts'
import {
  operatorOf,
  pull,
  type RunContext,
  type StepBatch,
  type VectorOperator,
} from '../operator.ts'
import { groupsOf } from './groups.ts'

export type FoldName = 'sum' | 'avg' | 'count' | 'min' | 'max' | 'group' | 'stddev' | 'stdvar'

/** A row's samples on the way into the cells of its group, which begin at `cell`. */
interface Row {
  readonly from: StepBatch
  readonly at: number
  readonly cell: number
}

/** One way to fold. `values` of the batch hold the main state, `more` what else is needed. */
interface Fold {
  /** Further state cells per cell. */
  readonly width: number
  readonly add: (this: void, row: Row, to: StepBatch, more: Float64Array) => void
  /** Turns the state into the result. */
  readonly end?: (this: void, to: StepBatch, more: Float64Array) => void
}

const counting: Fold = {
  width: 0,
  add({ from, at, cell }, to) {
    for (let i = 0; i < from.steps; i++) {
      if (from.present[at + i] === 0) continue
      to.values[cell + i] = to.present[cell + i] === 1 ? to.values[cell + i]! + 1 : 1
      to.present[cell + i] = 1
    }
  },
}

const grouping: Fold = {
  width: 0,
  add({ from, at, cell }, to) {
    for (let i = 0; i < from.steps; i++) {
      if (from.present[at + i] === 0) continue
      to.values[cell + i] = 1
      to.present[cell + i] = 1
    }
  },
}

const smallest: Fold = {
  width: 0,
  add({ from, at, cell }, to) {
    for (let i = 0; i < from.steps; i++) {
      if (from.present[at + i] === 0) continue
      const value = from.values[at + i]!
      const held = to.values[cell + i]!
      // A NaN that is held loses against anything.
      if (to.present[cell + i] === 0 || held > value || held !== held) to.values[cell + i] = value
      to.present[cell + i] = 1
    }
  },
}

const largest: Fold = {
  width: 0,
  add({ from, at, cell }, to) {
    for (let i = 0; i < from.steps; i++) {
      if (from.present[at + i] === 0) continue
      const value = from.values[at + i]!
      const held = to.values[cell + i]!
      if (to.present[cell + i] === 0 || held < value || held !== held) to.values[cell + i] = value
      to.present[cell + i] = 1
    }
  },
}

/** Kahan's sum as Neumaier improved it; `more` is the compensation. */
const summing: Fold = {
  width: 1,
  add({ from, at, cell }, to, more) {
    for (let i = 0; i < from.steps; i++) {
      if (from.present[at + i] === 0) continue
      const value = from.values[at + i]!
      const c = cell + i
      if (to.present[c] === 0) {
        to.present[c] = 1
        to.values[c] = value
        continue
      }
      const sum = to.values[c]!
      const next = sum + value
      if (!Number.isFinite(next)) more[c] = 0
      else if (Math.abs(sum) >= Math.abs(value)) more[c]! += sum - next + value
      else more[c]! += value - next + sum
      to.values[c] = next
    }
  },
  end({ values }, more) {
    for (let c = 0; c < values.length; c++) values[c]! += more[c]!
  },
}

/**
 * The mean as sum by count; where the sum overflows, from there on as a running mean. `more` is per
 * cell: compensation, count, whether the mean is running.
 */
const averaging: Fold = {
  width: 3,
  add({ from, at, cell }, to, more) {
    for (let i = 0; i < from.steps; i++) {
      if (from.present[at + i] === 0) continue
      const c = cell + i
      let value = from.values[at + i]!
      if (to.present[c] === 0) {
        to.present[c] = 1
        to.values[c] = value
        more[3 * c + 1] = 1
        continue
      }
      const count = ++more[3 * c + 1]!
      let sum = to.values[c]!
      if (more[3 * c + 2] === 0 && !Number.isFinite(sum + value) && Number.isFinite(sum)) {
        more[3 * c + 2] = 1
        sum /= count - 1
        more[3 * c]! /= count - 1
      }
      if (more[3 * c + 2] === 1) {
        const share = (count - 1) / count
        sum *= share
        more[3 * c]! *= share
        value /= count
      }
      const next = sum + value
      if (!Number.isFinite(next)) more[3 * c] = 0
      else if (Math.abs(sum) >= Math.abs(value)) more[3 * c]! += sum - next + value
      else more[3 * c]! += value - next + sum
      to.values[c] = next
    }
  },
  end({ values }, more) {
    for (let c = 0; c < values.length; c++) {
      const count = more[3 * c + 2] === 1 ? 1 : more[3 * c + 1]!
      values[c] = values[c]! / count + more[3 * c]! / count
    }
  },
}

/** Welford's algorithm; `values` is the mean, `more` per cell the count and the sum of squares. */
const varying: Fold = {
  width: 2,
  add({ from, at, cell }, to, more) {
    for (let i = 0; i < from.steps; i++) {
      if (from.present[at + i] === 0) continue
      const c = cell + i
      const value = from.values[at + i]!
      const count = ++more[2 * c]!
      if (to.present[c] === 0) {
        to.present[c] = 1
        to.values[c] = value
        more[2 * c + 1] = Number.isFinite(value) ? 0 : Number.NaN
        continue
      }
      const delta = value - to.values[c]!
      to.values[c]! += delta / count
      more[2 * c + 1]! += delta * (value - to.values[c]!)
    }
  },
  end({ values }, more) {
    for (let c = 0; c < values.length; c++) values[c] = more[2 * c + 1]! / more[2 * c]!
  },
}

const deviating: Fold = {
  ...varying,
  end({ values }, more) {
    for (let c = 0; c < values.length; c++) values[c] = Math.sqrt(more[2 * c + 1]! / more[2 * c]!)
  },
}

const table: Readonly<Record<FoldName, Fold>> = {
  sum: summing,
  avg: averaging,
  count: counting,
  min: smallest,
  max: largest,
  group: grouping,
  stddev: deviating,
  stdvar: varying,
}

/** One series per group, folded by `name`. */
export function fold(
  input: VectorOperator,
  name: FoldName,
  by: Grouping | null,
  context: RunContext,
): VectorOperator {
  const { width, add, end } = table[name]
  return operatorOf(context, async () => {
    const { labels, rowOf } = groupsOf(await input.series(), by, context.control)
    let more = new Float64Array(0)
    return {
      labels,
      async fill(batch) {
        const from = await pull(input)
        const cells = batch.values.length * width
        if (more.length < cells) {
          context.control.hold(cells * 8)
          more = new Float64Array(cells)
        } else more.fill(0)
        for (let row = 0; row < rowOf.length; row++) {
          add({ from, at: row * from.steps, cell: rowOf[row]! * from.steps }, batch, more)
        }
        end?.(batch, more)
      },
    }
  })
}
