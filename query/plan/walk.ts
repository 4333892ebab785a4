/**
 * Walking and rebuilding plans. `inputsOf` is the table of which nodes a node holds, in evaluation
 * order; everything recursive here and in the passes goes through it. Recursion is as deep as the
 * plan, which the parsers bound (`maxDepth`).
 */
import { visit, type PlanNode, type PlanVisitor } from './nodes.ts'

const none: readonly PlanNode[] = []
const one = (node: { readonly input: PlanNode }): readonly PlanNode[] => [node.input]

const inputs: PlanVisitor<readonly PlanNode[]> = {
  select: () => none,
  pipeline: one,
  limit: one,
  instant: one,
  window: one,
  subquery: one,
  'range-aggregate': (node) => [node.input, ...node.parameters],
  aggregate: (node) => (node.parameter === null ? [node.input] : [node.input, node.parameter]),
  call: (node) => node.inputs,
  absent: one,
  info: (node) => [node.input, node.series],
  binary: (node) => [node.left, node.right],
  negate: one,
  number: () => none,
  string: () => none,
  variants: (node) => node.members,
  'step-invariant': one,
  let: (node) => [...node.bindings, node.body],
  reference: () => none,
  spans: one,
  'span-metric': one,
  'span-compare': one,
  'top-points': one,
  'filter-points': one,
  hints: one,
}

/** The nodes directly below, in evaluation order. */
export function inputsOf(node: PlanNode): readonly PlanNode[] {
  return visit(node, inputs)
}

/** The node with other inputs, in the order of `inputsOf`; there must be as many. The same node when none differs. */
export function withInputs(node: PlanNode, next: readonly PlanNode[]): PlanNode {
  const old = inputsOf(node)
  if (next.length !== old.length) {
    throw new RangeError(`${node.kind} has ${old.length} inputs, not ${next.length}`)
  }
  if (old.every((input, index) => input === next[index])) return node
  const at = (index: number): PlanNode => next[index] ?? node
  switch (node.kind) {
    case 'range-aggregate':
      return { ...node, input: at(0), parameters: next.slice(1) }
    case 'aggregate':
      return { ...node, input: at(0), parameter: node.parameter === null ? null : at(1) }
    case 'call':
      return { ...node, inputs: next }
    case 'info':
      return { ...node, input: at(0), series: at(1) }
    case 'binary':
      return { ...node, left: at(0), right: at(1) }
    case 'variants':
      return { ...node, members: next }
    case 'let':
      return { ...node, bindings: next.slice(0, -1), body: at(next.length - 1) }
    case 'select':
    case 'number':
    case 'string':
    case 'reference':
      return node
    case 'pipeline':
    case 'limit':
    case 'instant':
    case 'window':
    case 'subquery':
    case 'absent':
    case 'negate':
    case 'step-invariant':
    case 'spans':
    case 'span-metric':
    case 'span-compare':
    case 'top-points':
    case 'filter-points':
    case 'hints':
      return { ...node, input: at(0) }
  }
}

/** Rebuilds a plan from the bottom up: `change` sees each node after its inputs were changed. */
export function rewrite(node: PlanNode, change: (node: PlanNode) => PlanNode): PlanNode {
  const old = inputsOf(node)
  if (old.length === 0) return change(node)
  const next: PlanNode[] = []
  for (const input of old) next.push(rewrite(input, change))
  return change(withInputs(node, next))
}

/** Calls `see` for every node, a node before its inputs. */
export function walk(node: PlanNode, see: (node: PlanNode) => void): void {
  see(node)
  for (const input of inputsOf(node)) walk(input, see)
}

/** A key that is equal exactly for nodes that mean the same: their JSON without places in the text. */
export function keyOf(node: PlanNode): string {
  return JSON.stringify(node, (name, value: unknown) =>
    name === 'span' ? undefined : plain(value),
  )
}

/** JSON has no NaN, infinity or negative zero; they must not be taken for null and 0. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'number') return value
  if (Number.isFinite(value) && !Object.is(value, -0)) return value
  return Object.is(value, -0) ? '-0' : String(value)
}
