/**
 * `and`, `or` and `unless` of two vectors: samples pass whole and unchanged, chosen step by step by
 * whether their key has a sample on the other side (promql.md §7).
 */
import { must } from '#base/assert.ts'
import type { BinaryNode } from './binary-node.ts'
import { joinEqual } from './labels.ts'
import { matchLabels, type Sides } from './match.ts'
import {
  operatorOf,
  pull,
  type Labels,
  type RunContext,
  type StepBatch,
  type VectorOperator,
} from './operator.ts'
import { sameLabels } from './relabel.ts'

export function setOperator(
  { left, right }: Sides,
  node: BinaryNode,
  context: RunContext,
): VectorOperator {
  const matching = must(node.matching, 'two vectors meet by a matching')
  return operatorOf(context, async () => {
    const ofLeft = await left.series()
    const ofRight = await right.series()
    // Keys of both sides numbered together, so that meeting is a look-up by number.
    const { control } = context
    const keys = joinEqual([...ofLeft, ...ofRight].map(matchLabels(matching)), control)
    const keyOfLeft = keys.rowOf.subarray(0, ofLeft.length)
    const keyOfRight = keys.rowOf.subarray(ofLeft.length)
    const result = joinEqual(node.operator === 'or' ? [...ofLeft, ...ofRight] : ofLeft, control)
    return {
      labels: result.labels,
      async fill(batch) {
        const a = await pull(left)
        const b = await pull(right)
        if (node.operator === 'or') {
          copyWhere(a, result.rowOf, batch, null)
          const filter = { keyOf: keyOfRight, has: presence(a, keyOfLeft, keys.labels), wanted: 0 }
          copyWhere(b, result.rowOf.subarray(ofLeft.length), batch, filter)
        } else {
          const wanted = node.operator === 'and' ? 1 : 0
          const filter = { keyOf: keyOfLeft, has: presence(b, keyOfRight, keys.labels), wanted }
          copyWhere(a, result.rowOf, batch, filter)
        }
      },
    }
  })
}

/** Per key and step, whether some row of that key has a sample. */
function presence(from: StepBatch, keyOf: Uint32Array, keys: readonly Labels[]): Uint8Array {
  const { steps, present } = from
  const has = new Uint8Array(keys.length * steps)
  for (let row = 0; row < keyOf.length; row++) {
    const key = keyOf[row]! * steps
    for (let i = 0; i < steps; i++) has[key + i]! |= present[row * steps + i]!
  }
  return has
}

interface Filter {
  readonly keyOf: Uint32Array
  readonly has: Uint8Array
  readonly wanted: number
}

// oxlint-disable-next-line max-params -- from, to and which
function copyWhere(
  from: StepBatch,
  rowOf: Uint32Array,
  to: StepBatch,
  filter: Filter | null,
): void {
  const { steps, values, present } = from
  const rows = steps === 0 ? 0 : present.length / steps
  for (let row = 0; row < rows; row++) {
    const key = filter === null ? 0 : filter.keyOf[row]! * steps
    const at = rowOf[row]! * steps
    for (let i = 0; i < steps; i++) {
      if (present[row * steps + i] === 0) continue
      if (filter !== null && filter.has[key + i] !== filter.wanted) continue
      if (to.present[at + i] === 1) throw sameLabels()
      to.values[at + i] = values[row * steps + i]!
      to.present[at + i] = 1
    }
  }
}
