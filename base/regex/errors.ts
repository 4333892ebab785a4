/**
 * The error of a bad pattern, worded exactly as Go's regexp/syntax words it, because LogQL, PromQL
 * and TraceQL users (and their tests) see that text inside the languages' own messages.
 */
import { type AppError, defineError } from '#base/errors.ts'

export const regexInvalid = defineError({
  code: 'regex-invalid',
  kind: 'invalid',
  help: 'The regular expression is not valid RE2 syntax, or larger than one may be. The message names the part that is wrong.',
})

/** What is wrong with a pattern; the values are Go's texts. */
export const problem = {
  charRange: 'invalid character class range',
  escape: 'invalid escape sequence',
  namedCapture: 'invalid named capture',
  perlOp: 'invalid or unsupported Perl syntax',
  repeatOp: 'invalid nested repetition operator',
  repeatSize: 'invalid repeat count',
  utf8: 'invalid UTF-8',
  missingBracket: 'missing closing ]',
  missingParen: 'missing closing )',
  missingRepeatArgument: 'missing argument to repetition operator',
  trailingBackslash: 'trailing backslash at end of expression',
  unexpectedParen: 'unexpected )',
  nestingDepth: 'expression nests too deeply',
  large: 'expression too large',
} as const

/** The error for `part` of a pattern, as Go prints it. */
export function regexError(what: (typeof problem)[keyof typeof problem], part: string): AppError {
  return regexInvalid.make(`error parsing regexp: ${what}: \`${part}\``)
}
