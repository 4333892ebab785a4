/**
 * A piece of a tree under construction with the measures its limits need, kept up as pieces are put
 * together so that no limit check has to walk a tree.
 */
import { foldOrbit, foldRune } from './fold.ts'
import type { RegexNode, RuneRanges } from './nodes.ts'

export interface Fragment {
  readonly node: RegexNode
  /** Nodes on the longest way down, this one included. */
  readonly height: number
  /** Instructions it stands for, as Go estimates them. */
  readonly size: number
  /** Groups on the longest way down, those that capture nothing included. */
  readonly groups: number
  /** Copies of its most repeated part: the largest product of nested counts. */
  readonly copies: number
}

/** A node over the given parts, measured. Classes that are one rune in one or both cases become literals. */
export function fragmentOf(node: RegexNode, parts: readonly Fragment[]): Fragment {
  let height = 0
  let groups = 0
  let copies = 1
  let size = 0
  for (const part of parts) {
    height = Math.max(height, part.height)
    groups = Math.max(groups, part.groups)
    copies = Math.max(copies, part.copies)
    size += part.size
  }
  if (node.op === 'repeat') copies = node.max === 0 ? 1 : copies * Math.max(1, node.max, node.min)
  return {
    node: node.op === 'class' ? literalOrClass(node.ranges) : node,
    height: height + 1,
    size: Math.max(1, sizeOf(node, size, parts.length)),
    groups,
    copies,
  }
}

function sizeOf(node: RegexNode, partsSize: number, parts: number): number {
  switch (node.op) {
    case 'literal':
      return node.runes.length
    case 'capture':
      return 2 + partsSize
    case 'alternate':
      return partsSize + parts - 1
    case 'repeat': {
      const { min, max } = node
      if (max !== -1) return max * partsSize + max - min
      return min === 0 ? 2 + partsSize : 1 + min * partsSize
    }
    default:
      return partsSize
  }
}

function literalOrClass(ranges: RuneRanges): RegexNode {
  const [first = 0, last = 0, second, secondLast] = ranges
  if (ranges.length === 2 && first === last) return { op: 'literal', runes: [first], fold: false }
  const pair = ranges.length === 4 && first === last && second === secondLast
  const other = pair ? second : ranges.length === 2 && last === first + 1 ? last : undefined
  if (other !== undefined && foldRune(other) === first && foldOrbit(first).length === 2) {
    return { op: 'literal', runes: [first], fold: true }
  }
  return { op: 'class', ranges }
}

/** The pieces one after the other. Literals in a row become one, sequences inside are flattened. */
export function joined(items: readonly Fragment[]): Fragment {
  if (items.length === 0) return fragmentOf({ op: 'empty' }, [])
  const parts: Fragment[] = []
  let run: Fragment[] = []
  const endRun = (): void => {
    if (run.length > 0) parts.push(run.length === 1 && run[0] ? run[0] : joinedLiterals(run))
    run = []
  }
  for (const item of items) {
    if (run[0] !== undefined && !sameCase(run[0].node, item.node)) endRun()
    if (item.node.op === 'literal') run.push(item)
    else parts.push(item)
  }
  endRun()
  return flattened('concat', parts)
}

function sameCase(a: RegexNode, b: RegexNode): boolean {
  return a.op === 'literal' && b.op === 'literal' && a.fold === b.fold
}

function joinedLiterals(run: readonly Fragment[]): Fragment {
  const runes: number[] = []
  let fold = false
  for (const { node } of run) {
    if (node.op !== 'literal') continue
    for (const rune of node.runes) runes.push(rune)
    fold = node.fold
  }
  return fragmentOf({ op: 'literal', runes, fold }, [])
}

/** A choice of the pieces, the earlier preferred. */
export function alternated(alternatives: readonly Fragment[]): Fragment {
  return flattened('alternate', alternatives)
}

/** One node over the parts; a part that is such a node itself gives its own parts instead. */
function flattened(op: 'concat' | 'alternate', parts: readonly Fragment[]): Fragment {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const subs: RegexNode[] = []
  let flatter = false
  for (const { node } of parts) {
    if (node.op === op) {
      flatter = true
      for (const sub of node.subs) subs.push(sub)
    } else subs.push(node)
  }
  const whole = fragmentOf({ op, subs }, parts)
  // Parts of the same kind vanish into this node, so they do not add to its height.
  const height = flatter
    ? 1 +
      parts.reduce((most, part) => Math.max(most, part.height - (part.node.op === op ? 1 : 0)), 0)
    : whole.height
  return { ...whole, height }
}
