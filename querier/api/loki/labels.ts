/**
 * `labels`, `label/:name/values` and `series`: what streams there are, without reading a row. Names
 * listed are stream labels; values are given for metadata of streams too, since a selector may name it.
 */
import { parse } from '#query/logql/parse.ts'
import { check } from '#query/logql/check.ts'
import { compileSelector, labelName, type Selector } from '#query/run/logs/selector.ts'
import { logSources } from '#query/run/logs/run.ts'
import { planMatcher } from '#query/logql/plan-stages.ts'
import type { Matcher } from '#query/plan/column.ts'
import { bytesOfLabels, labelsKey, type Labels } from '#query/run/operator.ts'
import type { LokiStream } from '#schemas/names/loki.ts'
import { logs } from '#schemas/signals/logs.ts'
import type { Endpoint, QueryRequest, World } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'
import { chunksOf, labelsJson } from './json.ts'
import { parameter, rangeOf, type TimeRange } from './parameters.ts'

const utf8 = new TextEncoder()

interface StreamsWanted extends TimeRange {
  /** One list of matchers for each selector, any of which may hold; none: all streams. */
  readonly selectors: readonly (readonly Matcher[])[]
}

/** A selector without a matcher, which means all streams. */
const unnarrowed = /^\s*\{\s*\}\s*$/

/** The matchers of a selector; a pipeline behind it says nothing about streams. */
export function selectorOf(text: string): Matcher[] {
  const query = parse(text)
  if (query.kind !== 'log-query') throw parameterInvalid.make('only label matchers are supported')
  return query.selector.matchers.map(planMatcher)
}

function parseNarrowed(request: QueryRequest): StreamsWanted {
  const text = parameter(request, 'query')
  const narrowed = text === null || unnarrowed.test(text) ? [] : [selectorOf(text)]
  return { ...rangeOf(request), selectors: narrowed }
}

/** The streams of all tenants that a selector holds for, each once. */
export async function* streamsOf(
  { from, to, selectors }: StreamsWanted,
  world: World,
): AsyncGenerator<LokiStream> {
  const compiled: Selector[] = selectors.map((matchers) => compileSelector(matchers, []))
  for (const { source, streams } of logSources(world.sources)) {
    for await (const identity of source.streams(logs.name, from, to)) {
      source.control.check()
      const stream = streams.name(identity)
      if (compiled.length === 0 || compiled.some((selector) => selector.mayMatch(stream)))
        yield stream
    }
  }
}

/** What a name or value holds while it is collected, bytes besides its text. */
const itemBytes = 64

async function* list(texts: AsyncIterable<string>, world: World): AsyncGenerator<Uint8Array> {
  const found = new Set<string>()
  for await (const text of texts) {
    if (found.has(text)) continue
    world.sources[0]?.control.hold(text.length * 2 + itemBytes)
    found.add(text)
  }
  yield* chunksOf(success([...found].toSorted(), (text) => JSON.stringify(text)))
}

/** An answer with a list, item by item. */
function* success<T>(items: readonly T[], json: (item: T) => string): Generator<string> {
  yield '{"status":"success","data":['
  for (const [i, item] of items.entries()) yield (i === 0 ? '' : ',') + json(item)
  yield ']}'
}

const needs: Endpoint<StreamsWanted>['needs'] = ({ from, to }) => [{ signal: logs.name, from, to }]

async function* names(wanted: StreamsWanted, world: World): AsyncGenerator<string> {
  for await (const { labels } of streamsOf(wanted, world)) yield* labels.keys()
}

const labelsBase = {
  methods: ['GET', 'POST'],
  contentType: 'application/json; charset=UTF-8',
} as const

function labelsAt(name: string, route: string): Endpoint<StreamsWanted> {
  return {
    ...labelsBase,
    name,
    route,
    parse: parseNarrowed,
    needs,
    answer: (wanted, world) => list(names(wanted, world), world),
  }
}

export const labelsEndpoint = labelsAt('loki.labels', '/loki/api/v1/labels')
export const labelEndpoint = labelsAt('loki.label', '/loki/api/v1/label')

interface ValuesWanted extends StreamsWanted {
  readonly label: string
}

async function* values(wanted: ValuesWanted, world: World): AsyncGenerator<string> {
  for await (const { labels, metadata } of streamsOf(wanted, world)) {
    const value = labels.get(wanted.label) ?? metadata.get(wanted.label) ?? ''
    if (value !== '') yield value
  }
}

export const labelValuesEndpoint: Endpoint<ValuesWanted> = {
  ...labelsBase,
  name: 'loki.label_values',
  route: '/loki/api/v1/label/:name/values',
  parse: (request) => ({
    ...parseNarrowed(request),
    label: labelName(request.path['name'] ?? ''),
  }),
  needs,
  answer: (wanted, world) => list(values(wanted, world), world),
}

function parseSeries(request: QueryRequest): StreamsWanted {
  const { parameters } = request
  const texts = [...parameters.getAll('match[]'), ...parameters.getAll('match')]
  const [only, ...others] = new Set(texts.filter((text) => text !== ''))
  const none = only === undefined || (others.length === 0 && unnarrowed.test(only))
  const selectors = (none ? [] : [only, ...others]).map((text) => {
    const query = parse(text)
    check(query, { anySelector: true })
    if (query.kind !== 'log-query' || query.stages.length > 0)
      throw parameterInvalid.make('only label matchers are supported')
    return query.selector.matchers.map(planMatcher)
  })
  return { ...rangeOf(request), selectors }
}

async function* seriesAnswer(wanted: StreamsWanted, world: World): AsyncGenerator<Uint8Array> {
  const found = new Map<string, Labels>()
  for await (const { labels } of streamsOf(wanted, world)) {
    const key = labelsKey([...labels])
    if (found.has(key)) continue
    const list = [...labels]
    world.sources[0]?.control.hold(bytesOfLabels(list))
    found.set(key, list)
  }
  const data = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))
  yield* chunksOf(success(data, ([, labels]) => labelsJson(labels)))
}

export const seriesEndpoint: Endpoint<StreamsWanted> = {
  ...labelsBase,
  name: 'loki.series',
  route: '/loki/api/v1/series',
  parse: parseSeries,
  needs,
  answer: seriesAnswer,
}

/** Values that name one thing each: a label with only such is not worth a list. */
const idLike = /^(?:[0-9]+(?:\.[0-9]+)?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/** Labels that are shown whatever their values are. */
const alwaysShown = new Set(['cluster', 'namespace', 'instance', 'pod'])

async function* detected(wanted: StreamsWanted, world: World): AsyncGenerator<Uint8Array> {
  const values = new Map<string, Set<string>>()
  for await (const { labels } of streamsOf(wanted, world)) {
    for (const [name, value] of labels) {
      const known = values.get(name) ?? new Set<string>()
      values.set(name, known)
      if (!known.has(value)) world.sources[0]?.control.hold(value.length * 2 + itemBytes)
      known.add(value)
    }
  }
  const shown = [...values]
    .filter(
      ([name, texts]) => alwaysShown.has(name) || ![...texts].every((text) => idLike.test(text)),
    )
    .map(([label, texts]) => ({ label, cardinality: texts.size }))
  yield utf8.encode(JSON.stringify({ detectedLabels: shown.toSorted(byLabel) }))
}

function byLabel(a: { label: string }, b: { label: string }): number {
  return a.label < b.label ? -1 : 1
}

export const detectedLabelsEndpoint: Endpoint<StreamsWanted> = {
  ...labelsBase,
  name: 'loki.detected_labels',
  route: '/loki/api/v1/detected_labels',
  parse: parseNarrowed,
  needs,
  answer: detected,
}
