/** Whether a regular expression is one that Loki turns into substring tests, which decides how Loki prints it. */
import type { RegexNode } from '#base/regex/nodes.ts'
import { regexTree } from '#query/text/regex.ts'

/** Whether Loki evaluates the expression as substring tests. */
export function isSubstringTest(pattern: string): boolean {
  const tree = regexTree(pattern)
  return tree !== null && isSimple(withoutCaptures(tree))
}

/** Captures mean nothing to a filter; a concatenation inside one becomes part of the outer one. */
function withoutCaptures(node: RegexNode): RegexNode {
  if (node.op === 'capture') return withoutCaptures(node.sub)
  if (node.op === 'alternate') {
    // Captures keep Go from merging alternatives, so this is judged before they are gone.
    if (hasCharacterChoice(node.subs)) return { op: 'none' }
    return { op: 'alternate', subs: node.subs.map(withoutCaptures) }
  }
  if (node.op !== 'concat') return node
  const subs = node.subs.map(withoutCaptures)
  const flat = subs.flatMap((sub) => (sub.op === 'concat' ? sub.subs : [sub]))
  const rest = flat.filter((sub) => sub.op !== 'empty')
  const [only] = rest
  return rest.length === 1 && only !== undefined ? only : { op: 'concat', subs: rest }
}

function isSimple(node: RegexNode): boolean {
  switch (node.op) {
    case 'empty':
    case 'literal':
      return true
    case 'repeat':
      return isAnyChar(node.sub) && node.max === -1 && node.min <= 1
    case 'concat':
      return isSimpleConcat(node.subs)
    case 'alternate':
      return node.subs.every(isSimple)
    default:
      return false
  }
}

/** `.*` on either side of one literal, or a literal and then alternatives. */
function isSimpleConcat(subs: readonly RegexNode[]): boolean {
  if (subs.length > 3) return false
  const rest = subs.filter((sub) => !isAnything(sub))
  const [first, last] = rest
  if (first?.op !== 'literal' || rest.length > 2) return false
  if (last === undefined) return true
  return last === subs.at(-1) && last.op === 'alternate' && isSimple(last)
}

function isAnything(node: RegexNode): boolean {
  return node.op === 'repeat' && node.min === 0 && node.max === -1 && isAnyChar(node.sub)
}

/** `.`, with or without the newline. */
function isAnyChar(node: RegexNode): boolean {
  return node.op === 'class' && node.ranges[0] === 0 && node.ranges.at(-1) === 0x10ffff
}

/**
 * Go's parser takes common prefixes out of neighbouring literals and makes a class of neighbours
 * that are one character then: `value1|value5` is `value[15]`, which is no substring test.
 */
function hasCharacterChoice(subs: readonly RegexNode[]): boolean {
  return subs.some((sub, i) => {
    const next = subs[i + 1]
    if (sub.op !== 'literal' || next?.op !== 'literal' || sub.fold !== next.fold) return false
    const { runes } = sub
    if (runes.length !== next.runes.length || runes.length === 0) return false
    return runes.slice(0, -1).every((rune, at) => rune === next.runes[at])
  })
}
