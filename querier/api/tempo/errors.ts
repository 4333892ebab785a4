/** Error codes of the Tempo API. */
import { defineError } from '#base/errors.ts'

export const parameterInvalid = defineError({
  code: 'tempo-parameter-invalid',
  kind: 'invalid',
  help: 'A parameter of a Tempo API request cannot be read or is out of its range; the message names it.',
})

export const traceNotFound = defineError({
  code: 'trace-not-found',
  kind: 'not-found',
  help: 'No span of this trace id is stored (or in the given range). The body of the answer is empty, as Tempo does it.',
})

export const traceTooLarge = defineError({
  code: 'trace-too-large',
  kind: 'too-large',
  help: 'The trace is larger than an answer of /api/traces may be. /api/v2/traces answers with as much of it as fits.',
})

export const notServed = defineError({
  code: 'tempo-not-served',
  kind: 'unsupported',
  help: 'This call of the Tempo API is not served by this release; the message names it and says what to use.',
})
