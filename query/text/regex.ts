/**
 * What the languages ask about a regular expression before anything runs: is it RE2, which captures has
 * it, does it match the empty value. Evaluation compiles expressions elsewhere.
 */
import { isCode } from '#base/errors.ts'
import { regexInvalid } from '#base/regex/errors.ts'
import { captureNames, type RegexNode } from '#base/regex/nodes.ts'
import { parseRegex } from '#base/regex/parse.ts'

interface Answers {
  readonly problem: string | null
  readonly matchesEmpty: boolean
  readonly captures: readonly string[]
}

/** What is wrong with the expression, in the words of Go's regexp package; null when it is RE2. */
export function regexProblem(pattern: string): string | null {
  return answersOf(pattern).problem
}

/** The names of the named captures, in their order; none for an invalid expression. */
export function captureLabels(pattern: string): readonly string[] {
  return answersOf(pattern).captures
}

/** Whether the expression, anchored on both ends, matches the empty value; false for an invalid one. */
export function matchesEmpty(pattern: string): boolean {
  return answersOf(pattern).matchesEmpty
}

/**
 * Whether a label matcher lets the empty value pass, which is what a label has that is not there.
 * The operators mean the same in LogQL and PromQL.
 */
export function passesEmpty(op: '=' | '!=' | '=~' | '!~', value: string): boolean {
  switch (op) {
    case '=':
      return value === ''
    case '!=':
      return value !== ''
    case '=~':
      return matchesEmpty(value)
    case '!~':
      return !matchesEmpty(value)
  }
}

/** The tree of the expression, made anew; null for an invalid one. */
export function regexTree(pattern: string): RegexNode | null {
  const parsed = tryParse(pattern)
  return typeof parsed === 'string' ? null : parsed
}

/**
 * Checks and plans ask about the same few expressions, and boards send the same queries again. Only
 * answers are kept, as the tree of a short expression may hold megabytes of character ranges.
 */
const maxCached = 256

/** Longer expressions, in UTF-16 units, are read again, which bounds the memory of the cache. */
const maxCachedLength = 1024

const cache = new Map<string, Answers>()

function answersOf(pattern: string): Answers {
  const known = cache.get(pattern)
  if (known !== undefined) return known
  const answers = ask(tryParse(pattern))
  if (pattern.length > maxCachedLength) return answers
  if (cache.size >= maxCached) cache.clear()
  // The pattern is a part of the query's text, all of which it would keep alive; its copy is not.
  cache.set(copyOf(pattern), answers)
  return answers
}

function copyOf(text: string): string {
  return String(JSON.parse(JSON.stringify(text)))
}

function ask(parsed: RegexNode | string): Answers {
  if (typeof parsed === 'string') return { problem: parsed, matchesEmpty: false, captures: [] }
  const captures = captureNames(parsed)
    .filter((name) => name !== null)
    .map(copyOf)
  return { problem: null, matchesEmpty: acceptsEmpty(parsed), captures }
}

/** The tree, or Go's message. Which characters `.` stands for changes no answer of this file. */
function tryParse(pattern: string): RegexNode | string {
  try {
    return parseRegex(pattern)
  } catch (error) {
    if (isCode(error, regexInvalid)) return copyOf(error.message)
    throw error
  }
}

/** Recursion is safe: the parser of patterns bounds the height of its trees. */
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
