/** Error codes of the object stores. */
import { defineError } from '#base/errors.ts'

export const objectMissing = defineError({
  code: 'object-missing',
  kind: 'not-found',
  help: 'An object that was asked for by name is not in the store. Readers of the catalog list again; a query is answered with block-gone.',
})

export const objectChanged = defineError({
  code: 'object-changed',
  kind: 'unavailable',
  help: 'An object is not the one that was listed: it was deleted and written again under the same name. The reader starts again from a new listing.',
})

export const storeUnavailable = defineError({
  code: 'store-unavailable',
  kind: 'unavailable',
  help: 'The object store did not answer, or answered that it cannot serve now. The write may or may not have happened. It is tried again with the same bytes under the same name.',
})

export const storeFull = defineError({
  code: 'store-full',
  kind: 'unavailable',
  help: 'The disk or quota of the store is full. Free space, or lower storage.budget; nothing acknowledged is lost and work goes on by itself.',
  setting: 'storage.budget',
})

export const storeRefused = defineError({
  code: 'store-refused',
  kind: 'internal',
  help: 'The store refused a request in a way that trying again does not cure: wrong credentials, a missing bucket or a missing right. Check storage.url and the credentials.',
  setting: 'storage.url',
})

export const storeKey = defineError({
  code: 'store-key',
  kind: 'internal',
  help: 'The program built an object name that the grammar of names does not allow. This is a fault of the program.',
})

export const storeRange = defineError({
  code: 'store-range',
  kind: 'invalid',
  help: 'A read asked for bytes outside the object.',
})

export const storeUnfit = defineError({
  code: 'store-unfit',
  kind: 'internal',
  help: 'The store failed the self-test at start: it does not create objects exclusively, or does not show them at once. Data would be lost on it, so the program does not start.',
  setting: 'storage.url',
})

export const storeUrl = defineError({
  code: 'store-url',
  kind: 'invalid',
  help: 'storage.url is not of the form s3://bucket/prefix.',
  setting: 'storage.url',
})
