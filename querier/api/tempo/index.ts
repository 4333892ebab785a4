/** The query API of Tempo: its endpoints and how it words errors. */
import type { Api } from '../../endpoint.ts'
import { envelope } from './envelope.ts'
import { metricsInstant, metricsRange } from './metrics.ts'
import { search } from './search.ts'
import { buildInfo, echo, overrides, ready, streaming, streamingRefusal } from './status.ts'
import { tagValuesV1, tagValuesV2 } from './tag-values.ts'
import { tags, tagsV2 } from './tags.ts'
import { traceById, traceByIdV2 } from './trace.ts'

export const tempoApi: Api = {
  product: 'tempo',
  endpoints: [
    echo,
    search,
    tags,
    tagsV2,
    tagValuesV1,
    tagValuesV2,
    metricsRange,
    metricsInstant,
    traceByIdV2,
    traceById,
    buildInfo,
    overrides,
    ready,
    streaming,
  ],
  http2: streamingRefusal,
  envelope,
}
