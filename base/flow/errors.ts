/** Error codes of flow control. */
import { defineError } from '../errors.ts'

export const overloaded = defineError({
  code: 'overloaded',
  kind: 'overloaded',
  help: 'A budget (request bytes, query bytes, store reads or run bytes) stayed full for longer than a request may wait. Retry after the given delay; raise `memory` if it happens under normal load.',
  setting: 'memory',
})

export const queryCanceled = defineError({
  code: 'canceled',
  kind: 'canceled',
  help: 'The client went away, or the query was cancelled by an operator.',
})

export const deadlineExceeded = defineError({
  code: 'deadline-exceeded',
  kind: 'timeout',
  help: 'The work did not finish within its time limit. Narrow the time range or the selector, or raise the limit.',
  setting: 'querier.timeout',
})

export const workerDied = defineError({
  code: 'worker-died',
  kind: 'unavailable',
  help: 'The worker thread that held this request ended unexpectedly and was started again. Retry the request.',
})
