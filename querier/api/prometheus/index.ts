/** The Prometheus API: its endpoints and how it words errors. */
import type { Api, Endpoint } from '../../endpoint.ts'
import { envelope } from './errors.ts'
import { queryExemplars } from './exemplars.ts'
import { labels, labelValues, series } from './labels.ts'
import { metadata } from './metadata.ts'
import { query, queryRange } from './query.ts'
import { alerts, buildinfo, healthy, ready, rules } from './status.ts'

export const prometheusApi: Api = {
  product: 'prometheus',
  http2: 'the API of Prometheus is served over HTTP/1.1',
  endpoints: [
    query,
    queryRange,
    labels,
    labelValues,
    series,
    metadata,
    queryExemplars,
    buildinfo,
    rules,
    alerts,
    healthy,
    ready,
  ] as readonly Endpoint[], // each endpoint is only given parameters that it parsed itself
  envelope,
}
