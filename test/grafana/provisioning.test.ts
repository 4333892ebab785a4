/** The provisioned data sources: what Grafana reads of them, and that every link leads to one of them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { parse as parsePromql } from '#query/promql/parse.ts'

const folder = join(import.meta.dirname, '../../grafana/provisioning/datasources')

/** The keys that Grafana knows; a misspelt one would be ignored there without a word. */
const link = { datasourceUid: z.string(), urlDisplayLabel: z.string().optional() }
const derivedField = z.strictObject({
  ...link,
  name: z.string(),
  matcherType: z.enum(['label', 'regex']),
  matcherRegex: z.string(),
  url: z.string(),
})
const spanLink = {
  datasourceUid: z.string(),
  spanStartTimeShift: z.string(),
  spanEndTimeShift: z.string(),
  tags: z.array(z.strictObject({ key: z.string(), value: z.string() })),
}
const base = { name: z.string(), uid: z.string(), access: z.literal('proxy'), url: z.url() }
const loki = z.strictObject({
  ...base,
  type: z.literal('loki'),
  jsonData: z.strictObject({
    maxLines: z.int(),
    timeout: z.int(),
    derivedFields: z.array(derivedField),
  }),
})
const prometheus = z.strictObject({
  ...base,
  type: z.literal('prometheus'),
  isDefault: z.boolean(),
  jsonData: z.strictObject({
    httpMethod: z.literal('POST'),
    prometheusType: z.literal('Prometheus'),
    prometheusVersion: z.string().regex(/^\d+\.\d+\.\d+$/),
    timeInterval: z.string(),
    queryTimeout: z.string(),
    exemplarTraceIdDestinations: z.array(z.strictObject({ ...link, name: z.string() })),
  }),
})
const tempo = z.strictObject({
  ...base,
  type: z.literal('tempo'),
  jsonData: z.strictObject({
    streamingEnabled: z.strictObject({ search: z.boolean(), metrics: z.boolean() }),
    nodeGraph: z.strictObject({ enabled: z.boolean() }),
    traceQuery: z.strictObject({ timeShiftEnabled: z.boolean() }),
    tracesToLogsV2: z.strictObject({
      ...spanLink,
      filterByTraceID: z.boolean(),
      filterBySpanID: z.boolean(),
      customQuery: z.boolean(),
    }),
    tracesToMetrics: z.strictObject({
      ...spanLink,
      queries: z.array(z.strictObject({ name: z.string(), query: z.string() })),
    }),
  }),
})
const provisioning = z.strictObject({
  apiVersion: z.literal(1),
  prune: z.boolean(),
  datasources: z.tuple([loki, prometheus, tempo]),
})

const text = readFileSync(join(folder, 'signalbox.yaml'), 'utf8')
const file = provisioning.parse(parse(text))
const [logs, metrics, traces] = file.datasources

test('the data sources stand at the ports of a start without flags', (t) => {
  const urls = file.datasources.map(({ type, url }) => `${type} ${url}`)
  t.assert.deepEqual(urls, [
    'loki http://localhost:3100',
    'prometheus http://localhost:9090',
    'tempo http://localhost:3200',
  ])
})

test('logs and metrics lead to traces, traces to logs and metrics', (t) => {
  const targets = (links: readonly { datasourceUid: string }[]) =>
    links.map(({ datasourceUid }) => datasourceUid)
  const { derivedFields } = logs.jsonData
  const { exemplarTraceIdDestinations } = metrics.jsonData
  const { tracesToLogsV2, tracesToMetrics, streamingEnabled } = traces.jsonData
  t.assert.deepEqual(targets(derivedFields), [traces.uid, traces.uid])
  t.assert.deepEqual(targets(exemplarTraceIdDestinations), [traces.uid, traces.uid])
  t.assert.deepEqual(targets([tracesToLogsV2]), [logs.uid])
  t.assert.deepEqual(targets([tracesToMetrics]), [metrics.uid])
  // The id of OTLP is structured metadata: matched by its label, not in the line.
  t.assert.partialDeepStrictEqual(derivedFields[0], {
    matcherType: 'label',
    matcherRegex: 'trace_id',
  })
  t.assert.deepEqual(
    exemplarTraceIdDestinations.map(({ name }) => name),
    ['trace_id', 'traceID'],
  )
  t.assert.deepEqual(tracesToLogsV2.tags, [{ key: 'service.name', value: 'service_name' }])
  t.assert.equal(tracesToLogsV2.filterByTraceID, true)
  // Searches are not streamed.
  t.assert.deepEqual(streamingEnabled, { search: false, metrics: false })
})

test('what Grafana replaces later is not replaced when it reads the file', (t) => {
  const singles = text.match(/(?<!\$)\$(?!\$)/g) ?? []
  t.assert.equal(singles.length, 0)
  t.assert.equal(logs.jsonData.derivedFields[0]?.url, '$${__value.raw}')
})

test('the queries behind a span parse', (t) => {
  for (const { name, query } of traces.jsonData.tracesToMetrics.queries) {
    const filled = query.replaceAll('$$__tags', 'job="shop"')
    t.assert.doesNotThrow(() => parsePromql(filled), name)
    t.assert.match(query, /\{\$\$__tags\}/)
  }
})

test('a trace id in a line is found in the usual spellings', (t) => {
  const id = '5b8efff798038103d269b633813fc60c'
  const source = logs.jsonData.derivedFields[1]?.matcherRegex ?? ''
  t.assert.equal(source.startsWith('(?i)'), true)
  const regex = new RegExp(source.slice(4), 'i')
  const check = (line: string, want: string | undefined) =>
    t.assert.equal(regex.exec(line)?.[1], want, line)
  check(`traceID=${id} paid`, id)
  check(`{"trace_id": "${id}"}`, id)
  check(`TraceID: ${id} SpanID: 0102030405060708`, id)
  check(`trace 12 of 40`, undefined)
})
