/** Why rows are refused, and who may not come in. The row codes stand in Rejects, not in errors of the request. */
import { defineError } from '#base/errors.ts'

export const tenantMissing = defineError({
  code: 'tenant-missing',
  kind: 'unauthenticated',
  setting: 'distributor.tenancy',
  help: 'Tenancy is on and the request has no X-Scope-OrgID header.',
})

export const timeFuture = defineError({
  code: 'time-future',
  kind: 'invalid',
  setting: 'distributor.maxFuture',
  help: 'A row was refused because its time is further ahead of the server clock than allowed. Check the clock of the sender.',
})

export const timePast = defineError({
  code: 'time-past',
  kind: 'invalid',
  setting: 'compactor.logsRetention',
  help: 'A row was refused because its time is older than the retention: it would be deleted at once.',
})

export const rowAttributes = defineError({
  code: 'row-attributes',
  kind: 'too-large',
  setting: 'distributor.maxAttributesPerRow',
  help: 'A row was refused because it has more attributes than allowed.',
})

export const attributeKey = defineError({
  code: 'attribute-key',
  kind: 'too-large',
  setting: 'distributor.maxKeyBytes',
  help: 'A row was refused because the key of one of its attributes is longer than allowed.',
})

export const attributeValue = defineError({
  code: 'attribute-value',
  kind: 'too-large',
  setting: 'distributor.maxValueBytes',
  help: 'A row was refused because the value of one of its attributes is longer than allowed.',
})

export const bodyLength = defineError({
  code: 'log-body',
  kind: 'too-large',
  setting: 'distributor.maxLogBodyBytes',
  help: 'A log record was refused because its body is longer than allowed.',
})

export const nameLength = defineError({
  code: 'name-length',
  kind: 'too-large',
  setting: 'distributor.maxNameBytes',
  help: 'A row was refused because the name of its metric or span is longer than allowed.',
})

export const streamLength = defineError({
  code: 'stream-length',
  kind: 'too-large',
  setting: 'distributor.maxStreamBytes',
  help: 'A row was refused because its resource, scope and (of data points) attributes take more bytes than a stream may.',
})

export const requestStreamBytes = defineError({
  code: 'request-stream-bytes',
  kind: 'limited',
  setting: 'memory',
  help: 'Rows were refused because the streams of one request, each with its resource, scope and attributes, take more memory than there is for them. Send fewer streams in a request, or raise `memory`.',
})

export const requestStreams = defineError({
  code: 'request-streams',
  kind: 'limited',
  setting: 'distributor.maxStreams',
  help: 'Rows were refused because one request holds more streams than allowed.',
})
