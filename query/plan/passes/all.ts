/**
 * The passes in the order in which they run. Matchers are complete before conditions and columns are
 * chosen; equal parts are looked for last, when what differed needlessly no longer does.
 */
import type { PlanNode } from '../nodes.ts'
import { foldConstants } from './fold-constants.ts'
import { needColumns } from './need-columns.ts'
import { propagateMatchers } from './propagate-matchers.ts'
import { pushDown } from './push-down.ts'
import { share } from './share.ts'
import { markStepInvariant } from './step-invariant.ts'

export interface Pass {
  readonly name: string
  run(plan: PlanNode): PlanNode
}

export const passes: readonly Pass[] = [
  { name: 'constant folding', run: foldConstants },
  { name: 'matcher propagation', run: propagateMatchers },
  { name: 'condition push-down', run: pushDown },
  { name: 'needed columns', run: needColumns },
  { name: 'step-invariant parts', run: markStepInvariant },
  { name: 'common sub-expressions', run: share },
]

/** The plan after every pass. */
export function optimize(plan: PlanNode): PlanNode {
  let current = plan
  for (const pass of passes) current = pass.run(current)
  return current
}
