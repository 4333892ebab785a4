/** Error codes of the query engine. */
import { defineError } from '#base/errors.ts'

export const operatorMissing = defineError({
  code: 'not-supported',
  kind: 'unsupported',
  help: 'The query is valid, but uses an operator that this release does not run yet; the message names it.',
})

export const executionFailed = defineError({
  code: 'query-execution',
  kind: 'invalid',
  help: 'The query is valid, but cannot be answered over this data: series meet that must not, or a parameter has no meaning. The message says which.',
})

export const tooManySamples = defineError({
  code: 'query-too-many-samples',
  kind: 'too-large',
  help: 'The query would hold more samples in memory than one query may. Narrow its time range or its selector.',
})
