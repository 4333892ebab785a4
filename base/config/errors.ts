/** What can be wrong with a configuration. */
import { defineError } from '../errors.ts'

export const configInvalid = defineError({
  code: 'config-invalid',
  kind: 'invalid',
  help: 'A setting has a value it cannot have, or is not known. The message names the setting and where the value came from.',
})
