/**
 * The expressions of `| pattern` and of `|>`: literals and captures `<name>`, of which `<_>` throws
 * away what it covers. What does not look like a capture, such as `<1>` or `<a b>`, is literal.
 */
export type PatternPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'capture'; readonly name: string }

/** The name that discards. */
export const discard = '_'

const capture = /<([_a-zA-Z][_a-zA-Z0-9]*)>/g

/** The parts in order; literals are never empty and never neighbours. Linear in the text. */
export function splitPattern(text: string): readonly PatternPart[] {
  const parts: PatternPart[] = []
  let at = 0
  for (const match of text.matchAll(capture)) {
    if (match.index > at) parts.push({ kind: 'literal', text: text.slice(at, match.index) })
    parts.push({ kind: 'capture', name: match[1] ?? discard })
    at = match.index + match[0].length
  }
  if (at < text.length) parts.push({ kind: 'literal', text: text.slice(at) })
  return parts
}

/** What is wrong with the expression of the pattern parser, null when nothing is. */
export function patternParserProblem(text: string): string | null {
  if (text === '') {
    return 'parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL'
  }
  const parts = splitPattern(text)
  const names = parts.flatMap((part) =>
    part.kind === 'capture' && part.name !== discard ? [part.name] : [],
  )
  if (names.length === 0) return 'at least one capture is required'
  const adjacent = adjacentProblem(parts)
  if (adjacent !== null) return adjacent
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return `duplicate capture name (${name}): invalid expression`
    seen.add(name)
  }
  return null
}

/** What is wrong with the expression of a pattern filter; the empty one is allowed. */
export function patternFilterProblem(text: string): string | null {
  const parts = splitPattern(text)
  const adjacent = adjacentProblem(parts)
  if (adjacent !== null) return adjacent
  for (const part of parts) {
    if (part.kind === 'capture' && part.name !== discard) {
      return `named captures are not allowed: found '<${part.name}>'`
    }
  }
  return null
}

function adjacentProblem(parts: readonly PatternPart[]): string | null {
  let before: PatternPart | undefined
  for (const part of parts) {
    if (part.kind === 'capture' && before?.kind === 'capture') {
      return `found consecutive capture '<${before.name}><${part.name}>': invalid expression`
    }
    before = part
  }
  return null
}
