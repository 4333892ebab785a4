/**
 * `GET /api/metrics/query_range` and `/api/metrics/query`: TraceQL metrics. The query is parsed and checked, so
 * that what is wrong with it is said; its operators are not run yet and are refused by name.
 */
import { search } from '#query/run/spans/search.ts'
import { checkMetrics } from '#query/traceql/check.ts'
import type { Endpoint, QueryRequest } from '../../endpoint.ts'
import { parameter } from './parameters.ts'
import { planOfText } from './plan.ts'

function endpoint(name: string, route: string): Endpoint<{ readonly query: string }> {
  return {
    name,
    methods: ['GET'],
    route,
    contentType: 'application/json',
    parse: (request: QueryRequest) => ({
      query: parameter(request, 'q') ?? parameter(request, 'query') ?? '',
    }),
    needs: () => [],
    // oxlint-disable-next-line require-yield -- refuses before there is anything to send
    async *answer({ query }) {
      await search(planOfText(query, checkMetrics), { from: 0n, to: 0n }, [])
    },
  }
}

export const metricsRange = endpoint('tempo.metrics.range', '/api/metrics/query_range')
export const metricsInstant = endpoint('tempo.metrics.instant', '/api/metrics/query')
