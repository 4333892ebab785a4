/** The query API of Tempo: its endpoints and how it words errors. */
import type { Api } from '../../endpoint.ts'
import { envelope } from './envelope.ts'
import { search } from './search.ts'
import { buildInfo, echo, overrides, ready, streaming } from './status.ts'
import { traceById, traceByIdV2 } from './trace.ts'

export const tempoApi: Api = {
  product: 'tempo',
  endpoints: [echo, search, traceByIdV2, traceById, buildInfo, overrides, ready, streaming],
  envelope,
}
