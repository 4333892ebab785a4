/**
 * Patterns of `=~` and `!~` at parse time: whether they are RE2 and whether they match the empty
 * value. Evaluation compiles them elsewhere. A matcher's pattern must match the whole value, and its
 * dot matches newlines too.
 */
import { isCode } from '#base/errors.ts'
import { regexInvalid } from '#base/regex/errors.ts'
import type { Assertion, RegexNode } from '#base/regex/nodes.ts'
import { parseRegex } from '#base/regex/parse.ts'

/** The message of Go's regexp package for a bad pattern; null for a good one. */
export function checkPattern(pattern: string): string | null {
  try {
    parseRegex(pattern, { dotAll: true })
    return null
  } catch (error) {
    if (isCode(error, regexInvalid)) return error.message
    throw error
  }
}

/** Whether the pattern matches the empty value. The pattern must be good. */
export function matchesEmpty(pattern: string): boolean {
  return acceptsEmpty(parseRegex(pattern, { dotAll: true }))
}

const assertedOfEmpty: Readonly<Record<Assertion, boolean>> = {
  'text-start': true,
  'text-end': true,
  'line-start': true,
  'line-end': true,
  'word-boundary': false,
  'no-word-boundary': true,
}

/** Recursion is safe: the parser of patterns bounds the height of its trees. */
function acceptsEmpty(node: RegexNode): boolean {
  switch (node.op) {
    case 'none':
    case 'class':
      return false
    case 'empty':
      return true
    case 'literal':
      return node.runes.length === 0
    case 'assert':
      return assertedOfEmpty[node.at]
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
