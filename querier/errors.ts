/** Error codes of the querier. */
import { defineError } from '#base/errors.ts'

export const formTooLarge = defineError({
  code: 'query-too-large',
  kind: 'too-large',
  help: 'The form body of a query request is larger than a query may be.',
  setting: 'querier.maxFormBytes',
})

export const formInvalid = defineError({
  code: 'form-invalid',
  kind: 'unsupported',
  help: 'A query request with a body has to be a form (application/x-www-form-urlencoded).',
})

export const notFound = defineError({
  code: 'path-not-found',
  kind: 'not-found',
  help: 'No endpoint of this API has this path and method.',
})

export const blockGone = defineError({
  code: 'block-gone',
  kind: 'unavailable',
  help: 'An object of the catalog or a block that the query needs is not in the store. When it happens again, somebody or a rule of the bucket deleted it: the message names it.',
})

export const snapshotExpired = defineError({
  code: 'snapshot-expired',
  kind: 'unavailable',
  help: 'The query held memory that ingest needed, and was ended because it was the oldest. Run it again, over a shorter range.',
})
