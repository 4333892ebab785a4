/**
 * Patterns of `=~` and `!~` at parse time: whether they are RE2 and whether they match the empty
 * value. Evaluation compiles them elsewhere. A matcher's pattern must match the whole value, and its
 * dot matches newlines too.
 */

/** The message of Go's regexp package for a bad pattern; null for a good one. */
export function checkPattern(pattern: string): string | null {
  return compile(pattern) instanceof RegExp ? null : 'error parsing regexp'
}

/** Whether the pattern matches the empty value. The pattern must be good. */
export function matchesEmpty(pattern: string): boolean {
  const compiled = compile(pattern)
  return compiled !== null && compiled.test('')
}

function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`, 's')
  } catch {
    return null
  }
}
