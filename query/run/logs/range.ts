/**
 * Range aggregations of LogQL without unwrap: `count_over_time`, `rate`, `bytes_over_time`, `bytes_rate` (logql.md
 * §13). One pass over the rows fills sums per series and step; the operator then gives them out by batch.
 * Rows in error are left out, and a warning says how many.
 */
import type { NodeOf } from '../../plan/nodes.ts'
import { operatorMissing } from '../errors.ts'
import {
  bytesOfLabels,
  operatorOf,
  type Labels,
  type StepBatch,
  type VectorOperator,
} from '../operator.ts'
import { selectionOf } from './entries.ts'
import { errorLabel } from './label-filter.ts'
import { lineBytes, type LogRows } from './rows.ts'
import { LogScan } from './scan.ts'
import { SeriesTable } from './series.ts'
import { endStep, firstStep, windowsOf, type Windows } from './steps.ts'
import type { LogRun } from './run.ts'

type RangeNode = NodeOf<'range-aggregate'>

const functions: ReadonlySet<string> = new Set([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
])

/**
 * The operator of a range aggregation. `names` are the labels somebody above reads, where series that agree
 * in them may be one. Throws `not-supported` for functions and stages that are not built yet.
 */
export function rangeAggregation(
  node: RangeNode,
  names: 'all' | readonly string[],
  run: LogRun,
): VectorOperator {
  const { input } = node
  if (!functions.has(node.function) || input.kind !== 'window' || node.grouping !== null) {
    throw operatorMissing.make(`the function ${node.function} is not supported yet`)
  }
  const selection = selectionOf(input.input)
  const windows = windowsOf(run.context.range, input.rangeMs, input)
  const wanted = { ...selection, from: windows.from, to: windows.to, order: 'any' as const }
  const scans = run.sources.map((of) => new LogScan(of, wanted))
  const ofBytes = node.function.startsWith('bytes_')
  const perSecond = node.function === 'rate' || node.function === 'bytes_rate'
  return operatorOf(run.context, async () => {
    const sums = new StepSums(windows, ofBytes, run)
    for (const scan of scans) {
      for await (const rows of scan.rows()) {
        leaveErrorsOut(rows, run)
        if (rows.selection.length > 0) sums.add(rows, names)
      }
    }
    const { labels } = sums.table
    return { labels, fill: sums.giver(perSecond ? input.rangeMs / 1000 : 1) }
  })
}

function leaveErrorsOut(rows: LogRows, run: LogRun): void {
  const { codes, texts } = rows.label(errorLabel)
  if (texts.length === 1) return
  for (const row of rows.selection) {
    const error = texts[codes[row]!]!
    if (error !== '') run.errors.set(error, (run.errors.get(error) ?? 0) + 1)
  }
  rows.selection = rows.selection.filter((row) => codes[row] === 0)
}

/** A typed array beside its values. */
const sumBytes = 200

/** Per series and step, changes of the count and of the sum from the step before. */
class StepSums {
  readonly table = new SeriesTable()
  readonly #windows: Windows
  readonly #ofBytes: boolean
  readonly #run: LogRun
  readonly #counts: Float64Array[] = []
  readonly #bytes: Float64Array[] = []

  constructor(windows: Windows, ofBytes: boolean, run: LogRun) {
    this.#windows = windows
    this.#ofBytes = ofBytes
    this.#run = run
  }

  add(rows: LogRows, names: 'all' | readonly string[]): void {
    const numbers = this.table.numbersOf(rows, names, (labels) => this.#addSeries(labels))
    const { batch, selection } = rows
    const windows = this.#windows
    const base = Number(batch.timeBase - windows.baseNs)
    const bytesOf = this.#ofBytes ? lineBytes(rows) : null
    for (let i = 0; i < selection.length; i++) {
      const row = selection[i]!
      const relative = base + batch.time[row]!
      const from = firstStep(windows, relative)
      const to = endStep(windows, relative)
      if (from >= to) continue
      const counts = this.#counts[numbers[i]!]!
      counts[from]!++
      counts[to]!--
      if (bytesOf === null) continue
      const length = bytesOf(row)
      const bytes = this.#bytes[numbers[i]!]!
      bytes[from]! += length
      bytes[to]! -= length
    }
  }

  #addSeries(labels: Labels): void {
    const cells = this.#windows.steps + 1
    const perSum = cells * 8 + sumBytes
    this.#run.context.control.hold(perSum * (this.#ofBytes ? 2 : 1) + bytesOfLabels(labels))
    this.#counts.push(new Float64Array(cells))
    if (this.#ofBytes) this.#bytes.push(new Float64Array(cells))
  }

  /** Fills batches in order, from running sums. */
  giver(divisor: number): (batch: StepBatch) => void {
    const runningCounts = new Float64Array(this.#counts.length)
    const runningBytes = new Float64Array(this.#bytes.length)
    return ({ first, steps, values, present }) => {
      for (let s = 0; s < this.#counts.length; s++) {
        const counts = this.#counts[s]!
        const bytes = this.#bytes[s]
        for (let i = 0; i < steps; i++) {
          runningCounts[s]! += counts[first + i]!
          if (bytes !== undefined) runningBytes[s]! += bytes[first + i]!
          if (runningCounts[s] === 0) continue
          present[s * steps + i] = 1
          values[s * steps + i] =
            (bytes === undefined ? runningCounts[s]! : runningBytes[s]!) / divisor
        }
      }
    }
  }
}
