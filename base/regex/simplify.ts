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
  let parts = partsOf(withoutCaptures(node))
  let fromStart = anchored
  let toEnd = anchored
  while (parts[0]?.op === 'assert' && parts[0].at === 'text-start') {
    fromStart = true
    parts = parts.slice(1)
  }
  for (
    let last = parts.at(-1);
    last?.op === 'assert' && last.at === 'text-end';
    last = parts.at(-1)
  ) {
    toEnd = true
    parts = parts.slice(0, -1)
  }
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

/** Repetitions at an edge that need not take anything more take only what they must. */
function trimmed(parts: readonly RegexNode[], edge: 0 | -1): readonly RegexNode[] {
  let left = parts
  for (let part = left.at(edge); part?.op === 'repeat'; part = left.at(edge)) {
    const rest = edge === 0 ? left.slice(1) : left.slice(0, -1)
    if (part.min > 0) {
      if (part.min === part.max) return left
      const least: RegexNode = part.min === 1 ? part.sub : { ...part, max: part.min }
      return edge === 0 ? [least, ...rest] : [...rest, least]
    }
    left = rest
  }
  return left
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
