/**
 * Splitting by time. A step query is cut into parts of whole steps that are evaluated apart and put one
 * after another; each part's selections read what its first step looks back on. A row query is cut
 * into slices of its range.
 *
 *     rate(x[5m]) over 0…60 m step 10 m     parts of 30 m: steps 0…20, reads (-5, 20]; 30…50, reads (25, 50]; 60 …
 *
 * `readsOf` says which times each selection of a plan reads, in milliseconds; it is what storage is
 * asked for (promql.md §5.5).
 */
import type { PlanNode } from './nodes.ts'
import type { Select } from './rows.ts'
import type { QueryRange, Shift } from './time.ts'
import { inputsOf, walk } from './walk.ts'

/** At most this many parts: beyond it the parts get wider. */
export const maxParts = 1000

/**
 * The parts of a range, in rising order, each at most `widthMs` wide where the limit on their number lets
 * it; the range itself when the plan cannot be split. Steps keep their times: cuts fall on multiples of the
 * width, so that a shifted request meets the same parts.
 */
export function splitRange(
  plan: PlanNode,
  range: QueryRange,
  widthMs: number,
): readonly QueryRange[] {
  const { startMs, endMs, stepMs } = range
  const width = Math.max(widthMs, Math.ceil((endMs - startMs) / maxParts), 1)
  if (endMs - startMs <= width || !isSplittable(plan)) return [range]
  if (isRowQuery(plan)) return sliceRows(range, width)
  if (stepMs <= 0 || stepMs >= width) return [range]
  const parts: QueryRange[] = []
  for (let start = startMs; start <= endMs;) {
    const cut = (Math.floor(start / width) + 1) * width
    const steps = Math.max(Math.ceil((cut - start) / stepMs), 1)
    const end = Math.min(start + (steps - 1) * stepMs, endMs)
    parts.push({ ...range, startMs: start, endMs: end })
    start += steps * stepMs
  }
  return parts
}

/** Rows of [start, end) in slices, the first and the last keep the nanoseconds of the request. */
function sliceRows(range: QueryRange, width: number): readonly QueryRange[] {
  const parts: QueryRange[] = []
  for (let start = range.startMs; start < range.endMs;) {
    const end = Math.min((Math.floor(start / width) + 1) * width, range.endMs)
    parts.push({
      ...range,
      startMs: start,
      endMs: end,
      startRestNs: start === range.startMs ? range.startRestNs : 0,
      endRestNs: end === range.endMs ? range.endRestNs : 0,
    })
    start = end
  }
  return parts
}

/** `limit` over log rows is split by whoever stops early; traces may cross a cut, totals cannot be put side by side. */
function isSplittable(plan: PlanNode): boolean {
  let splittable = true
  walk(plan, (node) => {
    if (node.kind === 'span-compare') splittable = false
    if (node.kind === 'limit' && node.intervalMs > 0) splittable = false
    if (node.kind === 'select' && node.signal === 'traces' && node.reach === null) {
      splittable &&= !isRowQuery(plan)
    }
  })
  return splittable
}

function isRowQuery(plan: PlanNode): boolean {
  if (plan.kind === 'hints' || plan.kind === 'let') {
    const body = inputsOf(plan).at(-1)
    return body !== undefined && isRowQuery(body)
  }
  return ['limit', 'select', 'pipeline', 'spans'].includes(plan.kind)
}

/** The times a selection reads: after `fromMs`, up to and including `toMs`; a row query: from, and before. */
export interface Reads {
  readonly select: Select
  readonly fromMs: number
  readonly toMs: number
}

/** Every selection of the plan with what it reads, in the order of the plan; a shared one once per reference. */
export function readsOf(plan: PlanNode, range: QueryRange): readonly Reads[] {
  const found: Reads[] = []
  collect(plan, { fromMs: range.startMs, toMs: range.endMs }, { found, bindings: [] })
  return found
}

interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

interface Collecting {
  readonly found: Reads[]
  readonly bindings: readonly PlanNode[]
}

function collect(node: PlanNode, steps: Interval, into: Collecting): void {
  switch (node.kind) {
    case 'select':
      into.found.push({ select: node, ...readBy(node, steps) })
      return
    case 'let':
      collect(node.body, steps, { found: into.found, bindings: node.bindings })
      return
    case 'reference': {
      const bound = into.bindings[node.index]
      if (bound !== undefined) collect(bound, steps, into)
      return
    }
    case 'step-invariant':
      collect(node.input, { fromMs: steps.fromMs, toMs: steps.fromMs }, into)
      return
    case 'subquery':
      collect(node.input, innerSteps(steps, node), into)
      return
    default:
      for (const input of inputsOf(node)) collect(input, steps, into)
  }
}

function readBy({ reach }: Select, steps: Interval): Interval {
  if (reach === null) return steps
  const { fromMs, toMs } = shifted(steps, reach)
  return { fromMs: fromMs - reach.beforeMs, toMs: toMs + reach.afterMs }
}

function shifted(steps: Interval, { atMs, offsetMs }: Shift): Interval {
  return { fromMs: (atMs ?? steps.fromMs) - offsetMs, toMs: (atMs ?? steps.toMs) - offsetMs }
}

/** The multiples of the inner step in (from - range, to], as their first and last. */
function innerSteps(
  steps: Interval,
  node: Shift & { readonly rangeMs: number; readonly stepMs: number },
): Interval {
  const { fromMs, toMs } = shifted(steps, node)
  const first = (Math.floor((fromMs - node.rangeMs) / node.stepMs) + 1) * node.stepMs
  return { fromMs: first, toMs: Math.max(first, Math.floor(toMs / node.stepMs) * node.stepMs) }
}
