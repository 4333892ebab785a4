/** Error codes of the ingester. */
import { defineError } from '#base/errors.ts'

export const runsFull = defineError({
  code: 'runs-full',
  kind: 'overloaded',
  help: 'All memory for the newest rows is in use and flushing has not freed any in time. Retry after the given delay; raise `memory`, or look at why flushes are slow (disk, object store).',
  setting: 'memory',
})

export const replaying = defineError({
  code: 'replaying',
  kind: 'unavailable',
  help: 'The process started a moment ago and is still reading the Log; a query that may touch those rows waits up to 5 s and then gets this. Retry.',
})

export const requestTooLarge = defineError({
  code: 'row-too-large',
  kind: 'too-large',
  help: 'One row of the request does not fit into a run. Send smaller rows.',
  setting: 'receiver.maxBodyBytes',
})
