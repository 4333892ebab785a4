/** The query APIs. */
import type { Api } from '../endpoint.ts'
import { lokiApi } from './loki/index.ts'
import { prometheusApi } from './prometheus/index.ts'
import { tempoApi } from './tempo/index.ts'

export const apis: readonly Api[] = [lokiApi, prometheusApi, tempoApi]
