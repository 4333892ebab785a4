/** What can be wrong with values and identities read back from bytes. */
import { defineError } from '#base/errors.ts'

export const valueTooDeep = defineError({
  code: 'value-too-deep',
  kind: 'invalid',
  help: 'An attribute value or log body nests arrays and maps deeper than 32 levels, which nothing can show or query.',
})

export const identityCorrupt = defineError({
  code: 'identity-corrupt',
  kind: 'corrupt',
  help: 'The stored bytes of a stream (resource, scope, metric descriptor, attributes) do not read back.',
})

export const tenantInvalid = defineError({
  code: 'tenant-invalid',
  kind: 'invalid',
  help: 'The X-Scope-OrgID header is missing, too long or holds a character that tenant ids may not have.',
})
