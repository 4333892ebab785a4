/**
 * Walking and rebuilding plans. `mappers` is the table of which nodes a node holds, in evaluation
 * order; everything recursive here and in the passes goes through it. Recursion is as deep as the
 * plan, which the parsers bound (`maxDepth`). A node that does not change is not made anew, and
 * looking at the nodes below one allocates nothing.
 */
import type { NodeOf, PlanKind, PlanNode } from './nodes.ts'

/** What an input becomes; `index` counts the inputs of its node. */
export type ChangeInput<C> = (input: PlanNode, context: C, index: number) => PlanNode

type Mapper<K extends PlanKind> = <C>(
  node: NodeOf<K>,
  change: ChangeInput<C>,
  context: C,
) => PlanNode

const leaf = (node: PlanNode): PlanNode => node

function onlyInput<C>(
  node: Extract<PlanNode, { readonly input: PlanNode }>,
  change: ChangeInput<C>,
  context: C,
): PlanNode {
  const input = change(node.input, context, 0)
  return input === node.input ? node : { ...node, input }
}

/** The list itself when no node of it changes. `first` is the index of its first node. */
function mapList<C>(
  list: readonly PlanNode[],
  change: ChangeInput<C>,
  context: C,
  first: number,
): readonly PlanNode[] {
  let changed: PlanNode[] | null = null
  for (let i = 0; i < list.length; i++) {
    const old = list[i]
    if (old === undefined) continue
    const next = change(old, context, first + i)
    if (next === old) continue
    changed ??= list.slice()
    changed[i] = next
  }
  return changed ?? list
}

/**
 * The node with `change` applied to each node directly below, in evaluation order. What most plans hold
 * has an entry of its own, since one place that copies nodes of many kinds is several times slower.
 */
const mappers: { readonly [K in PlanKind]: Mapper<K> } = {
  select: leaf,
  pipeline: (node, change, context) => {
    const input = change(node.input, context, 0)
    return input === node.input ? node : { ...node, input }
  },
  limit: onlyInput,
  instant: (node, change, context) => {
    const input = change(node.input, context, 0)
    return input === node.input ? node : { ...node, input }
  },
  window: (node, change, context) => {
    const input = change(node.input, context, 0)
    return input === node.input ? node : { ...node, input }
  },
  subquery: onlyInput,
  'range-aggregate': (node, change, context) => {
    const input = change(node.input, context, 0)
    const parameters = mapList(node.parameters, change, context, 1)
    const same = input === node.input && parameters === node.parameters
    return same ? node : { ...node, input, parameters }
  },
  aggregate: (node, change, context) => {
    const input = change(node.input, context, 0)
    const parameter = node.parameter === null ? null : change(node.parameter, context, 1)
    const same = input === node.input && parameter === node.parameter
    return same ? node : { ...node, input, parameter }
  },
  call: (node, change, context) => {
    const inputs = mapList(node.inputs, change, context, 0)
    return inputs === node.inputs ? node : { ...node, inputs }
  },
  absent: onlyInput,
  info: (node, change, context) => {
    const input = change(node.input, context, 0)
    const series = change(node.series, context, 1)
    return input === node.input && series === node.series ? node : { ...node, input, series }
  },
  binary: (node, change, context) => {
    const left = change(node.left, context, 0)
    const right = change(node.right, context, 1)
    return left === node.left && right === node.right ? node : { ...node, left, right }
  },
  negate: onlyInput,
  number: leaf,
  string: leaf,
  variants: (node, change, context) => {
    const members = mapList(node.members, change, context, 0)
    return members === node.members ? node : { ...node, members }
  },
  'step-invariant': onlyInput,
  let: (node, change, context) => {
    const bindings = mapList(node.bindings, change, context, 0)
    const body = change(node.body, context, bindings.length)
    return bindings === node.bindings && body === node.body ? node : { ...node, bindings, body }
  },
  reference: leaf,
  spans: (node, change, context) => {
    const input = change(node.input, context, 0)
    return input === node.input ? node : { ...node, input }
  },
  'span-metric': onlyInput,
  'span-compare': onlyInput,
  'top-points': onlyInput,
  'filter-points': onlyInput,
  hints: onlyInput,
}

/** The node with each node directly below changed; the same node when none differs. */
export function mapInputs<C>(node: PlanNode, change: ChangeInput<C>, context: C): PlanNode {
  // The table maps each kind to a function of that kind's node, which the compiler cannot follow
  // through an index by a union.
  const mapper = mappers[node.kind] as (
    node: PlanNode,
    change: ChangeInput<C>,
    context: C,
  ) => PlanNode
  return mapper(node, change, context)
}

/** The nodes directly below, in evaluation order. */
export function inputsOf(node: PlanNode): readonly PlanNode[] {
  const inputs: PlanNode[] = []
  mapInputs(node, addTo, inputs)
  return inputs
}

function addTo(input: PlanNode, inputs: PlanNode[]): PlanNode {
  inputs.push(input)
  return input
}

/** The node with other inputs, in the order of `inputsOf`; there must be as many. The same node when none differs. */
export function withInputs(node: PlanNode, next: readonly PlanNode[]): PlanNode {
  let count = 0
  const changed = mapInputs(node, (input) => next[count++] ?? input, null)
  if (next.length !== count) {
    throw new RangeError(`${node.kind} has ${count} inputs, not ${next.length}`)
  }
  return changed
}

type Change = (node: PlanNode) => PlanNode

/** Rebuilds a plan from the bottom up: `change` sees each node after its inputs were changed. */
export function rewrite(node: PlanNode, change: Change): PlanNode {
  return change(mapInputs(node, rewriteInput, change))
}

function rewriteInput(input: PlanNode, change: Change): PlanNode {
  return change(mapInputs(input, rewriteInput, change))
}

type See = (node: PlanNode) => void

/** Calls `see` for every node, a node before its inputs. */
export function walk(node: PlanNode, see: See): void {
  walkInput(node, see)
}

function walkInput(node: PlanNode, see: See): PlanNode {
  see(node)
  return mapInputs(node, walkInput, see)
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
