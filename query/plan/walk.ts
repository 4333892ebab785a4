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

type Rebuild = (next: readonly PlanNode[]) => PlanNode

const same =
  (node: PlanNode): Rebuild =>
  () =>
    node

function onlyInput(node: Extract<PlanNode, { readonly input: PlanNode }>): Rebuild {
  return ([input = node.input]) => ({ ...node, input })
}

const rebuilds: PlanVisitor<Rebuild> = {
  select: same,
  pipeline: onlyInput,
  limit: onlyInput,
  instant: onlyInput,
  window: onlyInput,
  subquery: onlyInput,
  'range-aggregate':
    (node) =>
    ([input = node.input, ...parameters]) => ({ ...node, input, parameters }),
  aggregate:
    (node) =>
    ([input = node.input, parameter = null]) => ({ ...node, input, parameter }),
  call: (node) => (inputs) => ({ ...node, inputs }),
  absent: onlyInput,
  info:
    (node) =>
    ([input = node.input, series = node.series]) => ({ ...node, input, series }),
  binary:
    (node) =>
    ([left = node.left, right = node.right]) => ({ ...node, left, right }),
  negate: onlyInput,
  number: same,
  string: same,
  variants: (node) => (members) => ({ ...node, members }),
  'step-invariant': onlyInput,
  let: (node) => (next) => ({
    ...node,
    bindings: next.slice(0, -1),
    body: next.at(-1) ?? node.body,
  }),
  reference: same,
  spans: onlyInput,
  'span-metric': onlyInput,
  'span-compare': onlyInput,
  'top-points': onlyInput,
  'filter-points': onlyInput,
  hints: onlyInput,
}

/** The node with other inputs, in the order of `inputsOf`; there must be as many. The same node when none differs. */
export function withInputs(node: PlanNode, next: readonly PlanNode[]): PlanNode {
  const old = inputsOf(node)
  if (next.length !== old.length) {
    throw new RangeError(`${node.kind} has ${old.length} inputs, not ${next.length}`)
  }
  if (old.every((input, index) => input === next[index])) return node
  return visit(node, rebuilds)(next)
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
  // A replacer makes JSON.stringify several times slower; few nodes hold numbers that need it.
  if (!mayHoldOddNumbers(node)) return JSON.stringify({ ...node, span: undefined })
  return JSON.stringify(node, (name, value: unknown) =>
    name === 'span' ? undefined : plain(value),
  )
}

function mayHoldOddNumbers(node: PlanNode): boolean {
  switch (node.kind) {
    case 'instant':
    case 'window':
    case 'subquery':
    case 'range-aggregate':
    case 'aggregate':
    case 'call':
    case 'reference':
    case 'string':
      return false
    case 'select':
      return node.conditions.length > 0
    case 'binary':
      return node.matching?.fillLeft != null || node.matching?.fillRight != null
    default:
      return true
  }
}

/** JSON has no NaN, infinity or negative zero; they must not be taken for null and 0. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'number') return value
  if (Number.isFinite(value) && !Object.is(value, -0)) return value
  return Object.is(value, -0) ? '-0' : String(value)
}
