/** Error codes of the query engine. */
import { defineError } from '#base/errors.ts'

export const operatorMissing = defineError({
  code: 'not-supported',
  kind: 'unsupported',
  help: 'The query is valid, but uses an operator that this release does not run yet; the message names it.',
})
