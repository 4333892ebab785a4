/** The query API of Loki: its endpoints and how it words errors. */
import type { Api, Endpoint } from '../../endpoint.ts'
import { envelope } from './envelope.ts'
import {
  detectedLabelsEndpoint,
  labelEndpoint,
  labelsEndpoint,
  labelValuesEndpoint,
  seriesEndpoint,
} from './labels.ts'
import { indexStatsEndpoint } from './index-stats.ts'
import { queryEndpoint, queryRangeEndpoint } from './query.ts'
import { volumeEndpoint, volumeRangeEndpoint } from './volume.ts'
import { buildInfo, drilldownLimits, ready, refusedEndpoints } from './status.ts'

export const lokiApi: Api = {
  product: 'loki',
  http2: 'the API of Loki is served over HTTP/1.1',
  endpoints: [
    queryRangeEndpoint,
    queryEndpoint,
    labelsEndpoint,
    labelEndpoint,
    labelValuesEndpoint,
    seriesEndpoint,
    detectedLabelsEndpoint,
    indexStatsEndpoint,
    volumeEndpoint,
    volumeRangeEndpoint,
    ready,
    buildInfo,
    drilldownLimits,
    ...refusedEndpoints,
  ] as readonly Endpoint[], // whoever calls `answer` passes what the same endpoint parsed
  envelope,
}
