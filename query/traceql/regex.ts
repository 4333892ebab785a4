/** Whether a regular expression is one: the one place where TraceQL's check meets RE2. */
import { isCode } from '#base/errors.ts'
import { regexInvalid } from '#base/regex/errors.ts'
import { parseRegex } from '#base/regex/parse.ts'

/** What is wrong with the pattern, in Go's words, null if nothing. */
export function regexError(pattern: string): string | null {
  try {
    parseRegex(pattern, { dotAll: true })
    return null
  } catch (error) {
    if (isCode(error, regexInvalid)) return error.message
    throw error
  }
}
