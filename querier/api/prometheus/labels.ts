/** `labels`, `label/NAME/values` and `series` (promql.md §13.4, grafana-api-contract.md §3.5). */
import { must } from '#base/assert.ts'
import type { Matcher } from '#query/plan/column.ts'
import { compareLabels } from '#query/run/labels.ts'
import { listPointSeries, listSeries, SeriesSet, type ListRange } from '#query/run/metrics/list.ts'
import { nanoseconds } from '#query/run/metrics/load.ts'
import type { Endpoint, NeededRange, QueryRequest, World } from '../../endpoint.ts'
import { badParameter } from './errors.ts'
import { chunks, labelsJson, success, truncated } from './json.ts'
import { invalid, limitOf, maxTimeMs, minTimeMs, selectorsOf, timeOf } from './parameters.ts'

interface ListParameters {
  readonly selectors: readonly (readonly Matcher[])[]
  readonly range: ListRange
  readonly limit: number
}

function parseList({ parameters }: QueryRequest): ListParameters {
  const clamp = (ms: number): number => Math.max(minTimeMs, Math.min(maxTimeMs, ms))
  const startMs = clamp(timeOf(parameters, 'start', minTimeMs))
  const endMs = clamp(timeOf(parameters, 'end', maxTimeMs))
  if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time')
  return {
    selectors: selectorsOf(parameters),
    range: { from: nanoseconds(startMs), to: nanoseconds(endMs + 1) },
    limit: limitOf(parameters),
  }
}

function needs({ range }: ListParameters): readonly NeededRange[] {
  return [{ signal: 'metrics', ...range }]
}

/** What a text holds in a set, bytes besides its characters. */
const textBytes = 64

/** Distinct texts, counted against the query's allowance. */
function countedTexts(sources: World['sources']): {
  readonly all: ReadonlySet<string>
  /** Nothing is added for undefined. */
  add(text: string | undefined): void
} {
  const { control } = must(sources[0], 'a query has a source')
  const all = new Set<string>()
  return {
    all,
    add(text) {
      if (text === undefined || all.has(text)) return
      control.hold(text.length * 2 + textBytes)
      all.add(text)
    },
  }
}

/** Sorted texts as the data of an answer, cut to the limit. */
function* texts(values: ReadonlySet<string>, limit: number): Generator<Uint8Array> {
  const sorted = [...values].sort()
  const cut = limit > 0 && sorted.length > limit
  const shown = cut ? sorted.slice(0, limit) : sorted
  const remarks = { warnings: cut ? [truncated] : [], infos: [] }
  yield* chunks(success(listPieces(shown, JSON.stringify), remarks))
}

/** A list as JSON, item by item. */
function* listPieces<T>(items: readonly T[], json: (item: T) => string): Generator<string> {
  yield '['
  for (const [i, item] of items.entries()) yield (i === 0 ? '' : ',') + json(item)
  yield ']'
}

export const labels: Endpoint<ListParameters> = {
  name: 'prometheus.labels',
  methods: ['GET', 'POST'],
  route: '/api/v1/labels',
  contentType: 'application/json',
  parse: parseList,
  needs,
  async *answer({ selectors, range, limit }, { sources }) {
    const names = countedTexts(sources)
    for await (const series of listSeries(sources, selectors, range)) {
      for (const [name] of series.labels) names.add(name)
      if (series.pointLabel !== null) names.add(series.pointLabel)
    }
    yield* texts(names.all, limit)
  },
}

interface ValuesParameters extends ListParameters {
  readonly label: string
}

export const labelValues: Endpoint<ValuesParameters> = {
  name: 'prometheus.label_values',
  methods: ['GET'],
  route: '/api/v1/label/:name/values',
  contentType: 'application/json',
  parse(request) {
    const label = labelOf(request.path['name'] ?? '')
    return { ...parseList(request), label }
  },
  needs,
  async *answer({ selectors, range, limit, label }, { sources }) {
    const values = countedTexts(sources)
    let ofPoints = false
    for await (const series of listSeries(sources, selectors, range)) {
      if (series.pointLabel === label) ofPoints = true
      else values.add(series.labels.find(([name]) => name === label)?.[1])
    }
    if (ofPoints) {
      for await (const series of listPointSeries(sources, selectors, range)) {
        values.add(series.find(([name]) => name === label)?.[1])
      }
    }
    yield* texts(values.all, limit)
  },
}

/** A name as the path has it: `U__` begins one with characters that are written as `_HEX_`, an underscore as two. */
export function labelOf(path: string): string {
  const name = path.startsWith('U__') ? unescapeName(path.slice(3)) : path
  if (name === '') throw badParameter.make(`invalid label name: ${JSON.stringify(path)}`)
  return name
}

function unescapeName(text: string): string {
  return text.replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (whole, hex: string | undefined) => {
    if (hex === undefined) return '_'
    const rune = Number.parseInt(hex, 16)
    return rune > 0x10ffff ? whole : String.fromCodePoint(rune)
  })
}

export const series: Endpoint<ListParameters> = {
  name: 'prometheus.series',
  methods: ['GET', 'POST'],
  route: '/api/v1/series',
  contentType: 'application/json',
  parse(request) {
    const asked = parseList(request)
    if (asked.selectors.length === 0) throw badParameter.make('no match[] parameter provided')
    return asked
  },
  needs,
  async *answer(asked, world) {
    const found = await seriesOf(asked, world)
    const all = found.all().sort(compareLabels)
    const warnings = found.truncated ? [truncated] : []
    yield* chunks(success(listPieces(all, labelsJson), { warnings, infos: [] }))
  },
}

async function seriesOf(
  { selectors, range, limit }: ListParameters,
  { sources }: World,
): Promise<SeriesSet> {
  const found = new SeriesSet(must(sources[0], 'a query has a source'), limit)
  let ofPoints = false
  for await (const one of listSeries(sources, selectors, range)) {
    if (one.pointLabel !== null) ofPoints = true
    else if (!found.add(one.labels)) return found
  }
  if (!ofPoints) return found
  for await (const one of listPointSeries(sources, selectors, range)) {
    if (!found.add(one)) return found
  }
  return found
}
