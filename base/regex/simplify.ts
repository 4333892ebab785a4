/**
 * Trees made smaller without changing what they answer. `forTest` drops all that a yes or no does
 * not need: captures, preferences, and repetitions at the edges of an unanchored pattern, where the
 * rest of the text may be anything. `.*Exception.*` becomes `Exception`, a plain substring.
 */
import { maxRune, type RegexNode } from './nodes.ts'

/** What decides whether a text matches: a pattern, and at which ends of the text it must begin and end. */
export interface TestPattern {
  readonly node: RegexNode
  readonly fromStart: boolean
  readonly toEnd: boolean
}

/** The pattern that finds a match exactly where `node` does; `anchored` asks for the whole text. */
export function forTest(node: RegexNode, anchored: boolean): TestPattern {
  const all = partsOf(withoutCaptures(node))
  let from = 0
  let to = all.length
  while (from < to && isAssertion(all[from], 'text-start')) from++
  while (from < to && isAssertion(all[to - 1], 'text-end')) to--
  let fromStart = anchored || from > 0
  let toEnd = anchored || to < all.length
  let parts = all.slice(from, to)
  // Any text at an end is as good as none there; what of it must be is left, and may be anywhere.
  const startIsFree = fromStart && isAnything(parts[0])
  const endIsFree = toEnd && isAnything(parts.at(-1))
  if (startIsFree) fromStart = false
  if (endIsFree) toEnd = false
  if (!fromStart) parts = trimmed(parts, 0)
  if (!toEnd) parts = trimmed(parts, -1)
  return { node: concat(parts), fromStart, toEnd }
}

/** The whole tree with its ends as assertions. */
export function withEnds({ node, fromStart, toEnd }: TestPattern): RegexNode {
  const parts = partsOf(node)
  return concat([
    ...(fromStart ? [{ op: 'assert', at: 'text-start' } as const] : []),
    ...parts,
    ...(toEnd ? [{ op: 'assert', at: 'text-end' } as const] : []),
  ])
}

/** The parts of a sequence; a node that is none is its only part. */
export function partsOf(node: RegexNode): readonly RegexNode[] {
  if (node.op === 'empty') return []
  return node.op === 'concat' ? node.subs : [node]
}

export function concat(parts: readonly RegexNode[]): RegexNode {
  const [only] = parts
  if (only === undefined) return { op: 'empty' }
  return parts.length === 1 ? only : { op: 'concat', subs: parts }
}

function isAssertion(node: RegexNode | undefined, at: string): boolean {
  return node?.op === 'assert' && node.at === at
}

/** Repetitions at an edge that need not take anything more take only what they must. */
function trimmed(parts: readonly RegexNode[], edge: 0 | -1): RegexNode[] {
  const step = edge === 0 ? 1 : -1
  let at = edge === 0 ? 0 : parts.length - 1
  let part = parts[at]
  while (part?.op === 'repeat' && (part.min === 0 || part.min !== part.max)) {
    if (part.min === 0) part = parts[(at += step)]
    else part = part.min === 1 ? part.sub : { ...part, max: part.min }
  }
  if (part === undefined) return []
  return edge === 0 ? [part, ...parts.slice(at + 1)] : [...parts.slice(0, at), part]
}

/** True for `.*` and `.+` under the flag `s`: any text at all, of some length. */
function isAnything(node: RegexNode | undefined): boolean {
  if (node?.op !== 'repeat' || node.max !== -1) return false
  const { sub } = node
  return sub.op === 'class' && sub.ranges[0] === 0 && sub.ranges[1] === maxRune
}

function withoutCaptures(node: RegexNode): RegexNode {
  switch (node.op) {
    case 'capture':
      return withoutCaptures(node.sub)
    case 'concat':
      return concat(node.subs.flatMap((sub) => partsOf(withoutCaptures(sub))))
    case 'alternate':
      return { op: 'alternate', subs: node.subs.map(withoutCaptures) }
    case 'repeat': {
      const sub = withoutCaptures(node.sub)
      if (node.max === 0 || sub.op === 'empty') return { op: 'empty' }
      return node.min === 1 && node.max === 1 ? sub : { ...node, sub }
    }
    default:
      return node
  }
}
