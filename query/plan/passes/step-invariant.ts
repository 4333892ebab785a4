/**
 * Step-invariant parts: what does not change from step to step is evaluated at the first and repeated.
 *
 *     rate(x[5m]) / sum(x @ 1000)        rate(x[5m]) / once(sum(x @ 1000))
 *
 * A part is invariant when every selector or subquery in it has `@` and it uses no function that knows
 * the step or the sample's time (promql.md §5.4). `timestamp(x @ 1000)` of a plain selector is.
 * The inside of a subquery is left alone: its steps are its own.
 */
import type { PlanNode } from '../nodes.ts'
import { resultOf } from '../result.ts'
import { inputsOf, walk, withInputs } from '../walk.ts'

const knowsTheStep = new Set<string>([
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
  'predict_linear',
  'time',
  'timestamp',
  'start',
  'end',
  'range',
  'step',
])

interface Seen {
  readonly node: PlanNode
  readonly invariant: boolean
  /** Whether it reads anything: constants need no wrapping. */
  readonly reads: boolean
}

export function markStepInvariant(plan: PlanNode): PlanNode {
  return hasFixedTime(plan) ? wrap(see(plan)) : plan
}

/** Every part worth marking reads at a fixed time. Most plans end here. */
function hasFixedTime(plan: PlanNode): boolean {
  let found = false
  walk(plan, (node) => {
    if (node.kind === 'instant' || node.kind === 'window' || node.kind === 'subquery') {
      found ||= node.atMs !== null
    }
  })
  return found
}

/** `node` with its variable parts' invariant inputs wrapped; itself unwrapped, so that the largest part is. */
function see(node: PlanNode): Seen {
  // A lowering may have wrapped the largest part already.
  if (node.kind === 'step-invariant') return { node, invariant: false, reads: true }
  if (node.kind === 'instant' || node.kind === 'window' || node.kind === 'subquery') {
    return { node, invariant: node.atMs !== null, reads: true }
  }
  const parts = inputsOf(node).map(see)
  const reads = parts.some((part) => part.reads)
  const invariant = parts.every((part) => part.invariant) && keepsInvariance(node)
  if (invariant) return { node, invariant, reads }
  return { node: withInputs(node, parts.map(wrap)), invariant, reads }
}

function keepsInvariance(node: PlanNode): boolean {
  if (node.kind === 'select' || node.kind === 'spans') return false
  if (node.kind !== 'call' && node.kind !== 'range-aggregate') return true
  if (!knowsTheStep.has(node.function)) return true
  return node.kind === 'call' && node.function === 'timestamp' && node.inputs[0]?.kind === 'instant'
}

/** Windows cannot be repeated by themselves: the function over them is. */
function wrap({ node, invariant, reads }: Seen): PlanNode {
  if (!invariant || !reads) return node
  const result = resultOf(node)
  if (result !== 'vector' && result !== 'scalar') return node
  return { kind: 'step-invariant', input: node }
}
