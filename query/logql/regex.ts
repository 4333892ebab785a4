/**
 * What LogQL's checks ask about a regular expression: is it RE2, which captures has it, can it match
 * nothing, and is it one that Loki turns into substring tests (which decides how Loki prints it).
 */
import { isCode } from '#base/errors.ts'
import { regexInvalid } from '#base/regex/errors.ts'
import { captureNames, type RegexNode } from '#base/regex/nodes.ts'
import { parseRegex } from '#base/regex/parse.ts'

/** What is wrong with the expression, in Go's words; null when it is RE2. */
export function regexProblem(pattern: string): string | null {
  const parsed = tryParse(pattern)
  return 'error' in parsed ? parsed.error : null
}

/** The names of the named captures, in their order; none for an invalid expression. */
export function captureLabels(pattern: string): readonly string[] {
  const parsed = tryParse(pattern)
  if ('error' in parsed) return []
  return captureNames(parsed.node).filter((name): name is string => typeof name === 'string')
}

/** Whether the expression, anchored on both ends, matches the empty text. */
export function matchesNothing(pattern: string): boolean {
  const parsed = tryParse(pattern)
  return 'node' in parsed && acceptsEmpty(parsed.node)
}

/** Whether Loki evaluates the expression as substring tests. */
export function isSubstringTest(pattern: string): boolean {
  const parsed = tryParse(pattern)
  return 'node' in parsed && isSimple(withoutCaptures(parsed.node))
}

type Parsed = { node: RegexNode } | { error: string }

/** Several checks, the plan and the printer ask about the same few expressions of one query. */
const maxCached = 64
const cache = new Map<string, Parsed>()

function tryParse(pattern: string): Parsed {
  const known = cache.get(pattern)
  if (known !== undefined) return known
  if (cache.size >= maxCached) cache.clear()
  const parsed = parseAnew(pattern)
  cache.set(pattern, parsed)
  return parsed
}

function parseAnew(pattern: string): Parsed {
  try {
    return { node: parseRegex(pattern) }
  } catch (error) {
    if (isCode(error, regexInvalid)) return { error: error.message }
    throw error
  }
}

function acceptsEmpty(node: RegexNode): boolean {
  switch (node.op) {
    case 'empty':
      return true
    case 'none':
    case 'class':
      return false
    case 'literal':
      return node.runes.length === 0
    case 'assert':
      return node.at !== 'word-boundary'
    case 'capture':
      return acceptsEmpty(node.sub)
    case 'repeat':
      return node.min === 0 || acceptsEmpty(node.sub)
    case 'concat':
      return node.subs.every(acceptsEmpty)
    case 'alternate':
      return node.subs.some(acceptsEmpty)
  }
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
