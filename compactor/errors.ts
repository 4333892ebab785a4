/** Error codes of the compactor. */
import { defineError } from '#base/errors.ts'

export const jobTooOld = defineError({
  code: 'compaction-job-too-old',
  kind: 'timeout',
  help: 'A fold or merge took so long that its outputs may already count as orphans. It is dropped and planned again. If it repeats, the machine or the store is too slow for the load.',
})

export const noRoom = defineError({
  code: 'compaction-no-room',
  kind: 'unavailable',
  help: 'There is no disk space for the output of a fold or merge. Space is freed first by retention and eviction; the work is planned again.',
  setting: 'storage.budget',
})
