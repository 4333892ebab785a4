/**
 * `query_exemplars`: the exemplars of every selector of a query (grafana-api-contract.md §3.6). Any times
 * are accepted: Grafana's probe sends milliseconds where seconds are read.
 */
import type { Matcher } from '#query/plan/column.ts'
import { walk } from '#query/plan/walk.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { planQuery } from '#query/run/metrics/evaluate.ts'
import { readExemplars, type ExemplarSeries } from '#query/run/metrics/exemplars.ts'
import { compareLabels } from '#query/run/labels.ts'
import { nanoseconds } from '#query/run/metrics/load.ts'
import type { Endpoint } from '../../endpoint.ts'
import { chunks, labelsJson, success, timeJson, valueText } from './json.ts'
import { maxTimeMs, minTimeMs, timeOf } from './parameters.ts'
import { parseQuery } from './query.ts'

interface ExemplarParameters {
  readonly selectors: readonly (readonly Matcher[])[]
  readonly startMs: number
  readonly endMs: number
}

/** A point comes at most this long after its exemplars: the longest usual interval of an exporter. */
const pointDelayMs = 600_000

function rangeOf({ startMs, endMs }: ExemplarParameters) {
  const clamp = (ms: number): number => Math.max(minTimeMs, Math.min(maxTimeMs, ms))
  return { from: nanoseconds(clamp(startMs)), to: nanoseconds(clamp(endMs + pointDelayMs)) }
}

export const queryExemplars: Endpoint<ExemplarParameters> = {
  name: 'prometheus.query_exemplars',
  methods: ['GET', 'POST'],
  route: '/api/v1/query_exemplars',
  contentType: 'application/json',
  parse({ parameters }) {
    const query = parameters.get('query') ?? ''
    const selectors: (readonly Matcher[])[] = []
    walk(planQuery(parseQuery(query), defaultPlanOptions, query), (node) => {
      if (node.kind === 'select') selectors.push(node.matchers)
    })
    const startMs = timeOf(parameters, 'start', minTimeMs)
    return { selectors, startMs, endMs: timeOf(parameters, 'end', maxTimeMs) }
  },
  needs: (asked) => [{ signal: 'metrics', ...rangeOf(asked) }],
  async *answer(asked, { sources }) {
    const { selectors, startMs, endMs } = asked
    const found =
      selectors.length === 0 ? [] : await readExemplars(sources, selectors, rangeOf(asked))
    const shown = found
      .map(({ labels, exemplars }) => ({
        labels,
        exemplars: exemplars
          .filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs)
          .sort((a, b) => a.timeMs - b.timeMs),
      }))
      .filter(({ exemplars }) => exemplars.length > 0)
      .sort((a, b) => compareLabels(a.labels, b.labels))
    const pieces = shown.map((one, i) => (i === 0 ? '' : ',') + seriesJson(one))
    yield* chunks(success(['[', ...pieces, ']']))
  },
}

function seriesJson({ labels, exemplars }: ExemplarSeries): string {
  const items = exemplars.map(
    (one) =>
      `{"labels":${labelsJson(one.labels)},"value":"${valueText(one.value)}","timestamp":${timeJson(one.timeMs)}}`,
  )
  return `{"seriesLabels":${labelsJson(labels)},"exemplars":[${items.join(',')}]}`
}
