/**
 * The tree of a regular expression: plain data, made by `parse.ts`, rewritten by `simplify.ts`, read
 * by `literals.ts` and `program.ts`. Runes are Unicode code points. No node is deeper than
 * `maxHeight` of the parser, so walking the tree by recursion is safe.
 */

/** A zero-width condition. `^` and `$` are text or line ends depending on the flag `m`, decided by the parser. */
export type Assertion =
  | 'text-start'
  | 'text-end'
  | 'line-start'
  | 'line-end'
  | 'word-boundary'
  | 'no-word-boundary'

/** Pairs of first and last rune, both inclusive, ascending, neither overlapping nor touching. */
export type RuneRanges = readonly number[]

/** One piece of a regular expression. `max` of a repetition is -1 when there is no upper bound. */
export type RegexNode =
  | { readonly op: 'none' }
  | { readonly op: 'empty' }
  | { readonly op: 'literal'; readonly runes: readonly number[]; readonly fold: boolean }
  | { readonly op: 'class'; readonly ranges: RuneRanges }
  | { readonly op: 'assert'; readonly at: Assertion }
  | {
      readonly op: 'capture'
      readonly index: number
      readonly name: string | null
      readonly sub: RegexNode
    }
  | {
      readonly op: 'repeat'
      readonly sub: RegexNode
      readonly min: number
      readonly max: number
      readonly greedy: boolean
    }
  | { readonly op: 'concat'; readonly subs: readonly RegexNode[] }
  | { readonly op: 'alternate'; readonly subs: readonly RegexNode[] }

export const maxRune = 0x10ffff

/** The names of the capture groups by index; entry 0 is the whole match, unnamed groups are null. */
export function captureNames(node: RegexNode): (string | null)[] {
  const names: (string | null)[] = [null]
  const visit = (at: RegexNode): void => {
    if (at.op === 'capture') names[at.index] = at.name
    for (const sub of subNodes(at)) visit(sub)
  }
  visit(node)
  return names
}

/** The direct children of a node. */
export function subNodes(node: RegexNode): readonly RegexNode[] {
  if (node.op === 'concat' || node.op === 'alternate') return node.subs
  return node.op === 'capture' || node.op === 'repeat' ? [node.sub] : []
}
