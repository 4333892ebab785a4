/**
 * Aggregations that keep some samples of each group with all their labels: topk, bottomk, limitk,
 * limit_ratio. They choose anew at each step. NaN is the worst in both topk and bottomk, and of equal
 * values the first series' is kept. An instant query answers group by group, best first, so there the
 * order of the series is that of the result.
 */
import type { Span } from '../../text/position.ts'
import { formatFloat } from '../../text/numbers.ts'
import type { Grouping } from '../../plan/vectors.ts'
import { invalidRatio } from '../../promql/annotations.ts'
import { executionFailed } from '../errors.ts'
import {
  labelsKey,
  operatorOf,
  pull,
  stepCount,
  type Labels,
  type Prepared,
  type RunContext,
  type StepBatch,
  type VectorOperator,
} from '../operator.ts'
import { groupsOf, membersOf } from './groups.ts'

export interface PickOptions {
  readonly input: VectorOperator
  readonly parameter: VectorOperator | null
  readonly operator: 'topk' | 'bottomk' | 'limitk' | 'limit_ratio'
  readonly grouping: Grouping | null
  readonly span: Span
}

export function pick(options: PickOptions, context: RunContext): VectorOperator {
  const { input, parameter, grouping, operator } = options
  return operatorOf(context, async () => {
    const labels = await input.series()
    const groups = membersOf(groupsOf(labels, grouping, context.control), context.control)
    const choose = chooserOf(operator, labels)
    const fill = async (batch: StepBatch): Promise<void> => {
      const from = await pull(input)
      const parameters = parameter === null ? null : await pull(parameter)
      batch.values.set(from.values)
      for (let i = 0; i < from.steps; i++) {
        const wanted = parameters === null ? 0 : parameters.values[i]!
        const amount = amountOf(options, wanted, context)
        for (const rows of groups) choose({ from, rows, step: i, amount }, batch)
      }
    }
    const ranked = operator === 'topk' || operator === 'bottomk'
    return ranked && stepCount(context.range) === 1
      ? inOrderOfResult({ labels, fill }, groups, operator === 'topk')
      : { labels, fill }
  })
}

interface Choice {
  readonly from: StepBatch
  readonly rows: Uint32Array
  readonly step: number
  /** How many samples, or which share of them. */
  readonly amount: number
}

type Choose = (choice: Choice, to: StepBatch) => void

function chooserOf(operator: PickOptions['operator'], labels: readonly Labels[]): Choose {
  if (operator === 'limit_ratio') {
    const places = Float64Array.from(labels, placeOf)
    return (choice, to) => chooseRatio(choice, places, to)
  }
  if (operator === 'limitk') return chooseFirst
  const largest = operator === 'topk'
  return (choice, to) => chooseBest(choice, largest, to)
}

/** The parameter of a step, checked also where there is nothing to choose from. */
function amountOf({ operator, span }: PickOptions, parameter: number, context: RunContext): number {
  if (operator !== 'limit_ratio') return countOf(parameter)
  if (Number.isNaN(parameter)) throw executionFailed.make('Ratio value is NaN')
  const ratio = Math.max(-1, Math.min(1, parameter))
  if (ratio !== parameter) context.annotations.add(invalidRatio(span, parameter, ratio))
  return ratio
}

function countOf(parameter: number): number {
  if (Number.isNaN(parameter)) throw executionFailed.make('Parameter value is NaN')
  if (parameter >= 2 ** 63 || parameter <= -(2 ** 63)) {
    const way = parameter > 0 ? 'overflows' : 'underflows'
    throw executionFailed.make(`Scalar value ${formatFloat(parameter, 'g')} ${way} int64`)
  }
  return Math.trunc(parameter)
}

function chooseFirst({ from, rows, step, amount }: Choice, to: StepBatch): void {
  let left = amount
  for (const row of rows) {
    const cell = row * from.steps + step
    if (left < 1) return
    if (from.present[cell] === 0) continue
    to.present[cell] = 1
    left--
  }
}

function chooseBest(choice: Choice, largest: boolean, to: StepBatch): void {
  const { from, rows, step, amount: count } = choice
  if (count < 1) return
  const cells: number[] = []
  for (const row of rows) {
    const cell = row * from.steps + step
    if (from.present[cell] === 1) cells.push(cell)
  }
  if (cells.length > count) {
    cells.sort((a, b) => rank(from.values[a]!, from.values[b]!, largest))
    cells.length = count
  }
  for (const cell of cells) to.present[cell] = 1
}

/** Best first; NaN last in both directions. Sorting is stable, so equal values keep the order of the series. */
function rank(a: number, b: number, largest: boolean): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  if (a === b) return 0
  return a > b === largest ? -1 : 1
}

function chooseRatio(choice: Choice, places: Float64Array, to: StepBatch): void {
  const { from, rows, step, amount: ratio } = choice
  for (const row of rows) {
    const cell = row * from.steps + step
    const kept = ratio >= 0 ? places[row]! < ratio : places[row]! >= 1 + ratio
    if (from.present[cell] === 1 && kept) to.present[cell] = 1
  }
}

/** A stable place of a label set in [0, 1): the characters of its key mixed as MurmurHash3 does (the reference hashes its own bytes). */
function placeOf(labels: Labels): number {
  let hash = 0
  const key = labelsKey(labels)
  for (let i = 0; i < key.length; i++) {
    let word = Math.imul(key.charCodeAt(i), 0xcc9e2d51)
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593)
    hash ^= word
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  hash ^= key.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** The chosen samples of the only step, group by group and best first, as the series. */
async function inOrderOfResult(
  { labels, fill }: Prepared,
  groups: readonly Uint32Array[],
  largest: boolean,
): Promise<Prepared> {
  const values = new Float64Array(labels.length)
  const present = new Uint8Array(labels.length)
  await fill({ first: 0, steps: 1, values, present })
  const rows: number[] = []
  for (const group of groups) {
    const kept = Array.from(group).filter((row) => present[row] === 1)
    rows.push(...kept.sort((a, b) => rank(values[a]!, values[b]!, largest)))
  }
  return {
    labels: rows.map((row) => labels[row] ?? []),
    fill(batch) {
      for (const [i, row] of rows.entries()) batch.values[i] = values[row]!
      batch.present.fill(1)
    },
  }
}
