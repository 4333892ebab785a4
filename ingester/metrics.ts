/** Metrics of the ingester. */
import { counter, gauge, histogram, secondsBuckets } from '#base/metrics.ts'

export const acceptedRows = counter(
  'signalbox_ingester_rows_total',
  'Rows acknowledged: durable in the Log and visible to queries.',
  ['signal'],
)

export const rejectedRowsTotal = counter(
  'signalbox_ingester_rejected_rows_total',
  'Rows refused in requests that were otherwise accepted.',
  ['signal', 'code'],
)

export const acceptSeconds = histogram(
  'signalbox_ingester_accept_seconds',
  'Time from handing a request to its ingest worker until its receipt.',
  { labels: ['signal'], buckets: secondsBuckets },
)

export const flushes = counter('signalbox_ingester_flushes_total', 'Blocks written from runs.', [
  'signal',
])

export const flushedBytes = counter(
  'signalbox_ingester_flushed_bytes_total',
  'Bytes of the blocks written from runs.',
  ['signal'],
)

export const freeSlabs = gauge(
  'signalbox_ingester_free_slabs',
  'Slabs of run memory that nobody uses.',
)

export const expiredQueries = counter(
  'signalbox_ingester_expired_queries_total',
  'Times the oldest query was told to end because ingest needed the memory it reads.',
)
