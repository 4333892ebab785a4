/**
 * Binary operators of the metric languages (promql.md §7), by what meets: two scalars, a vector and a
 * scalar, or two vectors (`match.ts` and `set-operator.ts`). Arithmetic and comparisons with `bool`
 * drop the metric's name; a comparison without it keeps the vector's sample whole, whichever side it
 * is on.
 */
import { combiner, isComparison, type BinaryNode } from './binary-node.ts'
import { operatorMissing } from './errors.ts'
import { matchVectors } from './match.ts'
import { pull, type RunContext, type StepBatch, type VectorOperator } from './operator.ts'
import { changed, dropNames } from './relabel.ts'
import { setOperator } from './set-operator.ts'

/** One side of an operator. */
export interface Operand {
  readonly operator: VectorOperator
  /** Whether it is a number per step and not a vector. */
  readonly scalar: boolean
}

/** Both sides combined as the node says. Throws `not-supported` for what is not built yet. */
export function binary(
  left: Operand,
  right: Operand,
  node: BinaryNode,
  context: RunContext,
): VectorOperator {
  const { operator, matching } = node
  if (operator === '</' || operator === '>/') {
    throw operatorMissing.make(`the histogram operator ${operator} is not supported yet`)
  }
  if (matching !== null && (matching.fillLeft !== null || matching.fillRight !== null)) {
    throw operatorMissing.make('fill modifiers of binary operators are not supported yet')
  }
  const sides = { left: left.operator, right: right.operator }
  if (left.scalar && right.scalar) return twoScalars(sides.left, sides.right, node)
  if (left.scalar)
    return withScalar({ vector: sides.right, scalar: sides.left, scalarLeft: true, node }, context)
  if (right.scalar)
    return withScalar({ vector: sides.left, scalar: sides.right, scalarLeft: false, node }, context)
  return operator === 'and' || operator === 'or' || operator === 'unless'
    ? setOperator(sides, node, context)
    : matchVectors(sides, node, context)
}

function twoScalars(left: VectorOperator, right: VectorOperator, node: BinaryNode): VectorOperator {
  const apply = combiner(node)
  return changed(left, async ({ steps, values }) => {
    const other = await pull(right)
    for (let i = 0; i < steps; i++) values[i] = apply(values[i]!, other.values[i]!)
  })
}

interface WithScalar {
  readonly vector: VectorOperator
  readonly scalar: VectorOperator
  readonly scalarLeft: boolean
  readonly node: BinaryNode
}

function withScalar(sides: WithScalar, context: RunContext): VectorOperator {
  const { vector, scalar, scalarLeft, node } = sides
  const filters = isComparison(node.operator) && !node.returnBool
  const input = filters ? vector : dropNames(vector, context)
  const apply = combiner(node)
  const ordered = scalarLeft ? (value: number, other: number) => apply(other, value) : apply
  return changed(input, async (batch) => {
    const other = await pull(scalar)
    if (filters) keepWhere(batch, other.values, ordered)
    else combineEach(batch, other.values, ordered)
  })
}

type Combine = (value: number, other: number) => number

function combineEach({ steps, values }: StepBatch, other: Float64Array, apply: Combine): void {
  for (let at = 0; at < values.length; at += steps) {
    for (let i = 0; i < steps; i++) values[at + i] = apply(values[at + i]!, other[i]!)
  }
}

function keepWhere(batch: StepBatch, other: Float64Array, holds: Combine): void {
  const { steps, values, present } = batch
  for (let at = 0; at < values.length; at += steps) {
    for (let i = 0; i < steps; i++) {
      if (holds(values[at + i]!, other[i]!) === 0) present[at + i] = 0
    }
  }
}
