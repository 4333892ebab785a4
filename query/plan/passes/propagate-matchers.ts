/**
 * Matcher propagation: what one side of a join demands of a label they meet on, the other side's
 * selectors may demand too, since a series without it finds no partner.
 *
 *     a{job="x"} / b                     a{job="x"} / b{job="x"}
 *     a unless on(job) b{job="x"}        the same: an unmatched left series stays
 *     a{job="x"} unless on(job) b        a{job="x"} unless on(job) b{job="x"}
 *
 * Only in PromQL: a LogQL label may come from the line. Never through `or`, a fill, `without`, a
 * function that changes labels, or a second use of the name. A join also fails when its "one" side has two series
 * for one partner, matched or not; so that side is narrowed only where it cannot have (promql.md §7).
 */
import type { Matcher } from '../column.ts'
import { keepsLabels } from '../label-keeping.ts'
import type { NodeOf, PlanNode } from '../nodes.ts'
import { mapInputs, rewrite } from '../walk.ts'
import type { Matching } from '../vectors.ts'

export function propagateMatchers(plan: PlanNode): PlanNode {
  return rewrite(plan, (node) => (node.kind === 'binary' ? propagate(node) : node))
}

function propagate(node: NodeOf<'binary'>): PlanNode {
  const { matching, operator, dialect } = node
  if (dialect !== 'promql' || matching === null || operator === 'or') return node
  if (matching.fillLeft !== null || matching.fillRight !== null) return node
  const toRight = demanded(node.left, matching)
  const toLeft = operator === 'unless' ? none : demanded(node.right, matching)
  const left = toLeft.length > 0 && mayNarrow(node, 'left') ? demand(node.left, toLeft) : node.left
  const right =
    toRight.length > 0 && mayNarrow(node, 'right') ? demand(node.right, toRight) : node.right
  return left === node.left && right === node.right ? node : { ...node, left, right }
}

const none: readonly Matcher[] = []

/** Whether no error of the join can vanish with the series that find no partner. */
function mayNarrow({ operator, matching, left, right }: NodeOf<'binary'>, side: string): boolean {
  if (matching === null) return false
  if (operator === 'and' || operator === 'unless') return true
  const one = matching.cardinality === 'one-to-many' ? 'left' : 'right'
  return side !== one || isUnique(side === 'left' ? left : right, matching)
}

/** Whether no two series of the node can meet the same partner. */
function isUnique(node: PlanNode, matching: Matching): boolean {
  if (node.kind === 'aggregate' && isPlainAggregate(node)) {
    const labels = node.grouping?.labels ?? []
    if (node.grouping?.mode === 'without') return meetsOnAll(matching)
    const meets = (label: string) => isMetOn(label, matching)
    return labels.every(meets)
  }
  const labelsKept = node.kind === 'range-aggregate' || labelKeepingInput(node) !== null
  if (!labelsKept && node.kind !== 'window' && node.kind !== 'instant') return false
  const select = selectOf(node)
  const named = select?.matchers.some((m) => m.label === '__name__' && m.operator === '=') ?? false
  return named && meetsOnAll(matching)
}

function meetsOnAll({ mode, labels }: Matching): boolean {
  return mode === 'ignoring' && labels.length === 0
}

function isMetOn(label: string, { mode, labels }: Matching): boolean {
  if (mode === 'on') return labels.includes(label)
  return label !== '__name__' && !labels.includes(label)
}

/** The matchers every series of a node fulfils, of the labels it is met on. */
function demanded(node: PlanNode, matching: Matching): readonly Matcher[] {
  const select = selectOf(node)
  if (select === null) return none
  return select.matchers.filter(
    ({ label }) => label !== '__name__' && isMetOn(label, matching) && comesThrough(node, label),
  )
}

/** Whether a label of the selection below is one of the node's, with the same value. */
function comesThrough(node: PlanNode, label: string): boolean {
  if (node.kind === 'select') return true
  const through = inputThatKeepsLabels(node)
  return through !== null && keeps(node, label) && comesThrough(through, label)
}

/** The node with matchers added to its selections, as far as its labels are theirs. */
function demand(node: PlanNode, matchers: readonly Matcher[]): PlanNode {
  if (matchers.length === 0) return node
  if (node.kind === 'select') {
    const fresh = matchers.filter((matcher) => !node.matchers.some((own) => isSame(own, matcher)))
    return fresh.length === 0 ? node : { ...node, matchers: [...node.matchers, ...fresh] }
  }
  const through = inputThatKeepsLabels(node)
  if (through === null) return node
  const kept = matchers.filter(({ label }) => keeps(node, label))
  return mapInputs(node, (input) => (input === through ? demand(input, kept) : input), null)
}

function isSame(a: Matcher, b: Matcher): boolean {
  return a.label === b.label && a.operator === b.operator && a.value === b.value
}

/** Whether a label of the input, and its groups of series, come through a node unchanged. */
function keeps(node: PlanNode, label: string): boolean {
  if (node.kind !== 'aggregate') return label !== '__name__'
  const { grouping } = node
  if (grouping === null || grouping.mode === 'without') return false
  return grouping.labels.includes(label)
}

const groupwise = new Set([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'quantile',
])

function isPlainAggregate(node: NodeOf<'aggregate'>): boolean {
  return groupwise.has(node.operator)
}

/** The input of a function, or of a sign, that leaves the labels alone; null for any other node. */
function labelKeepingInput(node: PlanNode): PlanNode | null {
  if (node.kind === 'negate') return node.input
  if (node.kind !== 'call' || !keepsLabels(node.function)) return null
  return node.inputs[0] ?? null
}

/** The one input whose series, name aside, are the node's; null where labels or series differ otherwise. */
function inputThatKeepsLabels(node: PlanNode): PlanNode | null {
  if (node.kind === 'instant' || node.kind === 'window') {
    return node.input.kind === 'select' ? node.input : null
  }
  if (node.kind === 'step-invariant') return node.input
  if (node.kind === 'aggregate') return isPlainAggregate(node) ? node.input : null
  // What a function reports about a series that finds no partner is a warning, not an answer.
  if (node.kind === 'range-aggregate') return node.grouping === null ? node.input : null
  return labelKeepingInput(node)
}

function selectOf(node: PlanNode): NodeOf<'select'> | null {
  if (node.kind === 'select') return node
  const through = inputThatKeepsLabels(node)
  return through === null ? null : selectOf(through)
}
