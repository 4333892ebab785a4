/** What the operators of two operands read from their node. */
import { combine } from '../plan/arithmetic.ts'
import type { NodeOf } from '../plan/nodes.ts'

export type BinaryNode = NodeOf<'binary'>

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

export function isComparison(operator: string): boolean {
  return comparisons.has(operator)
}

/** The operator on two numbers: arithmetic, or a comparison as 1 and 0. */
export function combiner({ operator, dialect }: BinaryNode): (a: number, b: number) => number {
  return (a, b) => combine(operator, a, b, dialect) ?? Number.NaN
}
