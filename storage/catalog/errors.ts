/** Error codes of the catalog. */
import { defineError } from '#base/errors.ts'

export const catalogCorrupt = defineError({
  code: 'catalog-corrupt',
  kind: 'corrupt',
  help: 'An object of the catalog is damaged or was written by a newer release. The message names the object and what was expected. Objects never change, so a copy from a backup of the same name can take its place.',
})

export const catalogTooLarge = defineError({
  code: 'catalog-too-large',
  kind: 'unavailable',
  help: 'A commit was refused because an object of the catalog would have become too large to be read back. Mostly objects that should be deleted have piled up in the root: look whether the store refuses deletions. Nothing is lost; commits go on once deletions do.',
})

export const catalogConflict = defineError({
  code: 'catalog-conflict',
  kind: 'unavailable',
  help: 'A change of the catalog was prepared from a state that another writer has changed since. Its outputs are left for the sweep and the work is planned again; nothing is lost.',
})

export const chainBroken = defineError({
  code: 'chain-broken',
  kind: 'corrupt',
  help: 'The first-level objects of a log do not follow each other without a gap. Rows between them cannot be read. Report this; the message names the offsets.',
})

export const snapshotRetry = defineError({
  code: 'snapshot-moving',
  kind: 'unavailable',
  help: 'A consistent state of the store could not be read because it changed on every attempt. Ask again.',
})
