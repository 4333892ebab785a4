/**
 * The bounds that keep a hostile query from exhausting the stack or the time: the size of the text,
 * the nesting a recursive parser follows, and the height of the tree it built. Recursive functions
 * over trees and plans rely on `maxDepth`, so every parser applies all three.
 */
import { QueryError, type Span } from './position.ts'

/** Loki refuses a query of this size and more, Tempo one that is larger; PromQL takes the same bound. */
export const maxQueryBytes = 128 * 1024

/**
 * Levels of nesting and of tree height. Ten frames per level fit the 984 KiB stack of V8's main
 * thread. No dashboard or rule seen is deeper than 40; the reference products have no bound.
 */
export const maxDepth = 1000

/** Counts the levels of a recursive parser; `enter` throws where the stack would be at risk. */
export class Depth {
  #level = 0

  /** Call on the way into a nested construct, with the place of its opening. */
  enter(span: Span): void {
    this.#level++
    if (this.#level > maxDepth) throw tooDeep(span)
  }

  /** Call on the way out, unless an error is thrown. */
  leave(): void {
    this.#level--
  }
}

/**
 * Nodes on the way from a root to a leaf that no token is spent on, like the query around its first
 * pipeline: of these a tree of every language has a handful at most.
 */
const maxWrappers = 16

/** How a parser's nodes are looked at to find the height of their tree. */
interface Shape<T> {
  readonly children: (node: T) => readonly T[]
  readonly spanOf: (node: T) => Span
}

/**
 * Throws when the tree is higher than `maxDepth`, without recursion. Chains such as `1+1+1+…` are
 * read by a loop but build a tree as high as they are long, which no nesting guard sees; so parsers
 * call this once on the finished root. `tokens` is how many tokens the tree was made of: but for
 * wrappers no way down is longer, so a tree of few tokens needs no look.
 */
export function checkHeight<T>(root: T, tokens: number, { children, spanOf }: Shape<T>): void {
  if (tokens <= maxDepth - maxWrappers) return
  let row: T[] = [root]
  for (let height = 1; row.length > 0; height++) {
    const [first] = row
    if (height > maxDepth && first !== undefined) throw tooDeep(spanOf(first))
    const next: T[] = []
    for (const node of row) for (const child of children(node)) next.push(child)
    row = next
  }
}

function tooDeep(span: Span): QueryError {
  return new QueryError(`query is nested too deeply: the limit is ${maxDepth} levels`, span)
}
