/** What can be wrong with the text of a query. */
import { defineError } from '#base/errors.ts'

export const querySyntax = defineError({
  code: 'query-syntax',
  kind: 'invalid',
  help: 'The query text is not valid in its language. The message says what was expected and where.',
})
