/**
 * Arithmetic and comparisons of two vectors (promql.md §7). Series meet by a key of labels; which of
 * them may meet is found once, from the series, and which do at each step, from the samples: two
 * series of one key may take turns. The "one" side must have one sample per key and step, the "many"
 * side, without group_left and group_right, too.
 */
import { must } from '#base/assert.ts'
import type { Matching } from '../plan/vectors.ts'
import { combiner, isComparison, type BinaryNode } from './binary-node.ts'
import { executionFailed } from './errors.ts'
import {
  dropLabels,
  keepLabels,
  labelValue,
  metricName,
  showLabels,
  withLabel,
  withoutName,
} from './labels.ts'
import {
  bytesOfKey,
  bytesOfLabels,
  labelsKey,
  operatorOf,
  pull,
  type Labels,
  type RunContext,
  type StepBatch,
  type VectorOperator,
} from './operator.ts'

import type { Control } from './source.ts'

export interface Sides {
  readonly left: VectorOperator
  readonly right: VectorOperator
}

/** What of a series' labels must agree for it to meet another. */
export function matchLabels({ mode, labels }: Matching): (series: Labels) => Labels {
  const names = new Set(labels)
  if (mode === 'on') return (series) => keepLabels(series, names)
  names.add(metricName)
  return (series) => dropLabels(series, names)
}

/** The series of both sides that share a key. */
interface Meeting {
  readonly key: Labels
  readonly many: number[]
  readonly one: number[]
}

/** What a pair of series yields: for `pairs[i]` of a meeting's many × one, the row of the result. */
interface Plan {
  readonly meetings: readonly Meeting[]
  readonly labels: readonly Labels[]
  readonly rows: readonly Uint32Array[]
}

export function matchVectors(
  { left, right }: Sides,
  node: BinaryNode,
  context: RunContext,
): VectorOperator {
  const matching = must(node.matching, 'two vectors meet by a matching')
  const swapped = matching.cardinality === 'one-to-many'
  const apply = combiner(node)
  const filters = isComparison(node.operator) && !node.returnBool
  return operatorOf(context, async () => {
    const many = await (swapped ? right : left).series()
    const one = await (swapped ? left : right).series()
    const plan = planOf(many, one, { node, matching, control: context.control })
    const run = { plan, many, one, matching, swapped, apply, filters }
    return {
      labels: plan.labels,
      async fill(batch) {
        const ofLeft = await pull(left)
        const ofRight = await pull(right)
        const sides = swapped ? { many: ofRight, one: ofLeft } : { many: ofLeft, one: ofRight }
        fillMatches(run, sides, batch)
        for (let c = 0; c < batch.present.length; c++) batch.present[c]! &= 1
      },
    }
  })
}

interface Planning {
  readonly node: BinaryNode
  readonly matching: Matching
  /** For what the plan holds: one key of thousands of series on either side has millions of pairs. */
  readonly control: Control
}

/** A pair's place in the result, bytes; and a meeting beside its key, with a series in it. */
const pairBytes = 4
const meetingBytes = 240
const memberBytes = 16

function planOf(
  many: readonly Labels[],
  one: readonly Labels[],
  { node, matching, control }: Planning,
): Plan {
  const meetings = meet(many, one, matchLabels(matching), control)
  const labels: Labels[] = []
  const places = new Map<string, number>()
  const rows = meetings.map((meeting) => {
    control.hold(meeting.many.length * meeting.one.length * pairBytes)
    const out = new Uint32Array(meeting.many.length * meeting.one.length)
    for (const [i, m] of meeting.many.entries()) {
      control.check()
      for (const [j, o] of meeting.one.entries()) {
        const result = resultLabels(many[m] ?? [], one[o] ?? [], node, matching)
        const key = labelsKey(result)
        let row = places.get(key)
        if (row === undefined) {
          control.hold(bytesOfLabels(result))
          row = labels.length
          places.set(key, row)
          labels.push(result)
        }
        out[i * meeting.one.length + j] = row
      }
    }
    return out
  })
  return { meetings, labels, rows }
}

/** Keys in the order of the many side's series, then those that only the one side has. */
// oxlint-disable-next-line max-params -- both sides, how they meet, and who allows it
function meet(
  many: readonly Labels[],
  one: readonly Labels[],
  keyOf: (series: Labels) => Labels,
  control: Control,
): Meeting[] {
  control.hold((many.length + one.length) * memberBytes)
  const meetings = new Map<string, Meeting>()
  const at = (series: Labels): Meeting => {
    const key = keyOf(series)
    const text = labelsKey(key)
    let meeting = meetings.get(text)
    if (meeting === undefined) {
      control.hold(bytesOfKey(key) + meetingBytes)
      meeting = { key, many: [], one: [] }
      meetings.set(text, meeting)
    }
    return meeting
  }
  for (const [row, series] of many.entries()) at(series).many.push(row)
  for (const [row, series] of one.entries()) at(series).one.push(row)
  return [...meetings.values()]
}

// oxlint-disable-next-line max-params -- both series, and how they meet
function resultLabels(many: Labels, one: Labels, node: BinaryNode, matching: Matching): Labels {
  const keepsName = isComparison(node.operator) && !node.returnBool
  let labels = keepsName ? many : withoutName(many)
  if (matching.cardinality === 'one-to-one') {
    const names = new Set(matching.labels)
    return matching.mode === 'on' ? keepLabels(labels, names) : dropLabels(labels, names)
  }
  for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name))
  return labels
}

interface Run {
  readonly plan: Plan
  readonly many: readonly Labels[]
  readonly one: readonly Labels[]
  readonly matching: Matching
  readonly swapped: boolean
  readonly apply: (left: number, right: number) => number
  readonly filters: boolean
}

interface Inputs {
  readonly many: StepBatch
  readonly one: StepBatch
}

function fillMatches(run: Run, from: Inputs, to: StepBatch): void {
  const manyThere = stepsWithSamples(from.many)
  const oneThere = stepsWithSamples(from.one)
  for (const [index, meeting] of run.plan.meetings.entries()) {
    const rows = run.plan.rows[index]!
    for (let i = 0; i < to.steps; i++) {
      // With one side empty nothing is looked at, so nothing is an error.
      if (manyThere[i] === 1 && oneThere[i] === 1) fillStep(run, { ...from, meeting, rows, i }, to)
    }
  }
}

interface Step extends Inputs {
  readonly meeting: Meeting
  readonly rows: Uint32Array
  readonly i: number
}

function fillStep(run: Run, step: Step, to: StepBatch): void {
  const { meeting, rows, many, one, i } = step
  const { steps } = to
  let found = -1
  for (let o = 0; o < meeting.one.length; o++) {
    if (one.present[meeting.one[o]! * steps + i] === 0) continue
    if (found !== -1) throw duplicate(run, meeting, found, o)
    found = o
  }
  if (found === -1) return
  const other = one.values[meeting.one[found]! * steps + i]!
  let matches = 0
  for (let m = 0; m < meeting.many.length; m++) {
    const cell = meeting.many[m]! * steps + i
    if (many.present[cell] === 0) continue
    if (++matches > 1 && run.matching.cardinality === 'one-to-one') throw ambiguous()
    const row = rows[m * meeting.one.length + found]! * steps + i
    if (to.present[row] !== 0) throw ungrouped()
    const value = many.values[cell]!
    const left = run.swapped ? other : value
    const result = run.swapped ? run.apply(other, value) : run.apply(value, other)
    // 2 marks a sample that the comparison filtered out: it still counts as a match.
    to.present[row] = run.filters && result === 0 ? 2 : 1
    to.values[row] = run.filters ? left : result
  }
}

/** 1 for each step at which the batch has a sample. */
export function stepsWithSamples({ steps, present }: StepBatch): Uint8Array {
  const there = new Uint8Array(steps)
  for (let at = 0; at < present.length; at += steps) {
    for (let i = 0; i < steps; i++) there[i]! |= present[at + i]!
  }
  return there
}

// oxlint-disable-next-line max-params -- the two series of the meeting that collide
function duplicate(run: Run, { key, one }: Meeting, a: number, b: number): Error {
  const side = run.swapped ? 'left' : 'right'
  const shown = [a, b].map((place) => showLabels(run.one[one[place]!] ?? [])).sort()
  return executionFailed.make(
    `found duplicate series for the match group ${showLabels(key)} on the ${side} hand-side of the operation: ` +
      `[${shown.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
  )
}

function ambiguous(): Error {
  return executionFailed.make(
    'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
  )
}

function ungrouped(): Error {
  return executionFailed.make(
    'multiple matches for labels: grouping labels must ensure unique matches',
  )
}
