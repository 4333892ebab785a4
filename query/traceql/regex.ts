/**
 * Whether a regular expression is one: the one place where TraceQL meets RE2. JavaScript's parser stands
 * in: it refuses what both refuse, brackets that do not match above all.
 */

/** What is wrong with the pattern, null if nothing. */
export function regexError(pattern: string): string | null {
  try {
    new RegExp(pattern, 's')
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
