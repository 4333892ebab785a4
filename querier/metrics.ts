/** Metrics of the querier. */
import { counter, gauge, histogram, secondsBuckets } from '#base/metrics.ts'

export const queries = counter(
  'signalbox_querier_queries_total',
  'Query requests by endpoint and outcome.',
  ['endpoint', 'outcome'],
)

export const querySeconds = histogram(
  'signalbox_querier_query_seconds',
  'Time from a request to the end of its answer.',
  {
    labels: ['endpoint'],
    buckets: secondsBuckets,
  },
)

export const queriesRunning = gauge('signalbox_querier_queries_running', 'Queries under way.')
