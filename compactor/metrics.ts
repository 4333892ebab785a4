/** Metrics of the compactor. */
import { counter, gauge, histogram, secondsBuckets } from '#base/metrics.ts'

const signal = ['signal']

export const jobs = counter(
  'signalbox_compactor_jobs_total',
  'Folds and merges that were committed.',
  ['signal', 'kind'],
)
export const failures = counter(
  'signalbox_compactor_failures_total',
  'Folds and merges that were given up; they are planned again.',
  ['signal', 'kind', 'code'],
)
export const inputBytes = counter(
  'signalbox_compactor_input_bytes_total',
  'Stored bytes of the blocks that were folded or merged.',
  ['signal', 'kind'],
)
export const jobSeconds = histogram(
  'signalbox_compactor_job_seconds',
  'Time of a fold or merge from plan to commit.',
  { labels: ['kind'], buckets: secondsBuckets },
)
export const removedBlocks = counter(
  'signalbox_compactor_removed_blocks_total',
  'Blocks that were taken out of the catalog by age or by the disk budget.',
  ['signal', 'reason'],
)
export const deletedObjects = counter(
  'signalbox_compactor_deleted_objects_total',
  'Objects that were deleted because nothing names them any more.',
  ['signal', 'reason'],
)
export const waitingObjects = gauge(
  'signalbox_compactor_waiting_objects',
  'First-level objects that wait to be folded.',
  signal,
)
export const blocks = gauge(
  'signalbox_compactor_blocks',
  'Blocks in the catalog, first level left out.',
  signal,
)
export const blockBytes = gauge(
  'signalbox_compactor_block_bytes',
  'Stored bytes of the blocks in the catalog.',
  signal,
)
