/** Error codes of the commands. */
import { defineError } from '#base/errors.ts'

export const noFile = defineError({
  code: 'no-such-file',
  kind: 'invalid',
  help: 'The command was given a path where there is no file or folder.',
})
