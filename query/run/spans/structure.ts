/**
 * Structural operators between two sets of spans of one trace (traceql.md §5.8). The answer is spans of the
 * right side that have a span of the left side as parent, ancestor, child, descendant or sibling; negated
 * those that have none; in a union both sides of every pair.
 */
import type { SpansetExpression } from '../../plan/spans.ts'
import type { Span, Trace } from './trace.ts'

export type Structural = Extract<SpansetExpression, { kind: 'structural' }>

export function relate(
  { relation, form }: Structural,
  trace: Trace,
  left: readonly Span[],
  right: readonly Span[],
): Span[] {
  const { parents } = trace
  const lefts = marks(parents.length, left)
  const has = relatives[relation](parents, lefts)
  if (form === 'negated') return right.filter(({ index }) => has[index] === 0)
  const kept = right.filter(({ index }) => has[index] === 1)
  if (form === 'plain') return kept
  // A left span qualifies when a right span stands to it in the inverse relation.
  const inverse = relatives[inverses[relation]](parents, marks(parents.length, right))
  const both = new Set([...kept, ...left.filter(({ index }) => inverse[index] === 1)])
  return [...both].toSorted((a, b) => a.index - b.index)
}

function marks(count: number, spans: readonly Span[]): Uint8Array {
  const marked = new Uint8Array(count)
  for (const { index } of spans) marked[index] = 1
  return marked
}

type Relation = Structural['relation']

const inverses: Readonly<Record<Relation, Relation>> = {
  parent: 'child',
  child: 'parent',
  ancestor: 'descendant',
  descendant: 'ancestor',
  sibling: 'sibling',
}

/** For every span 1 where a marked span is its `relation`. */
const relatives: Readonly<
  Record<Relation, (parents: Int32Array, marked: Uint8Array) => Uint8Array>
> = {
  parent: (parents, marked) => Uint8Array.from(parents, (parent) => marked[parent] ?? 0),
  child(parents, marked) {
    const has = new Uint8Array(parents.length)
    parents.forEach((parent, span) => {
      if (parent >= 0 && marked[span] === 1) has[parent] = 1
    })
    return has
  },
  ancestor(parents, marked) {
    const order = fromRoots(parents)
    const has = new Uint8Array(parents.length)
    for (const span of order) {
      const parent = parents[span]!
      if (parent >= 0) has[span] = marked[parent]! | has[parent]!
    }
    return has
  },
  descendant(parents, marked) {
    const order = fromRoots(parents)
    const has = new Uint8Array(parents.length)
    for (let i = order.length - 1; i >= 0; i--) {
      const span = order[i]!
      const parent = parents[span]!
      if (parent >= 0) has[parent]! |= marked[span]! | has[span]!
    }
    return has
  },
  sibling(parents, marked) {
    // Roots are siblings of each other: they share the place beyond the last span.
    const count = parents.length
    const members = new Uint32Array(count + 1)
    const place = (span: number): number => (parents[span]! < 0 ? count : parents[span]!)
    for (let span = 0; span < count; span++) members[place(span)]! += marked[span]!
    return Uint8Array.from(parents, (_, span) => Number(members[place(span)]! - marked[span]! > 0))
  },
}

/** All spans, a parent before its children. */
function fromRoots(parents: Int32Array): Uint32Array {
  const order = new Uint32Array(parents.length)
  const done = new Uint8Array(parents.length)
  const path: number[] = []
  let count = 0
  for (let span = 0; span < parents.length; span++) {
    for (let at = span; at >= 0 && done[at] === 0; at = parents[at]!) {
      done[at] = 1
      path.push(at)
    }
    for (let at = path.pop(); at !== undefined; at = path.pop()) order[count++] = at
  }
  return order
}
