/** Error codes of the Loki API. */
import { defineError } from '#base/errors.ts'

export const parameterInvalid = defineError({
  code: 'loki-parameter-invalid',
  kind: 'invalid',
  help: 'A parameter of a Loki API request cannot be read or is out of its range; the message names it.',
})

export const notServed = defineError({
  code: 'loki-not-served',
  kind: 'unsupported',
  help: 'This call of the Loki API is not served by this release; the message names it and says what to use.',
})
