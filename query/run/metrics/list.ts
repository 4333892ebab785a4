/**
 * The series that exist, for the endpoints that list names, values and label sets. Most are known from
 * the streams alone; only those that a point's own label tells apart (`le`, `quantile`) need the
 * points to be read, and only when a caller asks for them.
 */
import type { Texts } from '#schemas/column.ts'
import { columnOf, type Batch } from '#schemas/batch.ts'
import { prometheusStream, targetInfo, type SeriesPart } from '#schemas/names/prometheus.ts'
import { metrics } from '#schemas/signals/metrics.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import type { Matcher } from '../../plan/column.ts'
import { formatFloat } from '../../text/numbers.ts'
import { metricName, withLabel } from '../labels.ts'
import { bytesOfLabels, labelsKey, type Labels } from '../operator.ts'
import type { Source } from '../source.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { selectorsOf, SeriesMatcher, tenantOf, withTenant } from './matchers.ts'
import { PointReader } from './points.ts'

/** A series or, where `pointLabel` is not null, a family of series that differ in that label. */
export interface ListedSeries {
  readonly labels: Labels
  readonly pointLabel: 'le' | 'quantile' | null
}

export interface ListRange {
  /** ns, [from, to). */
  readonly from: bigint
  readonly to: bigint
}

/** Series of the streams that any of the selectors matches; without selectors all. A label set may come more than once. */
export async function* listSeries(
  sources: readonly Source[],
  selectors: readonly (readonly Matcher[])[],
  range: ListRange,
): AsyncGenerator<ListedSeries> {
  for (const source of sources) {
    const tenant = tenantOf(source, sources)
    const matchers = matchersOf(selectors, tenant)
    if (matchers.length === 0) continue
    for await (const identity of source.streams('metrics', range.from, range.to)) {
      const labels = withTenant(prometheusStream(identity)?.labels ?? [], tenant)
      for (const part of partsOf(matchers, (matcher) => matcher.parts(identity))) {
        yield { labels: withLabel(labels, metricName, part.name), pointLabel: part.pointLabel }
      }
      const info = matchers.some((matcher) => matcher.info(identity)) ? targetInfo(identity) : null
      if (info !== null) yield { labels: withTenant(info, tenant), pointLabel: null }
    }
  }
}

/** None when none is for the tenant. */
function matchersOf(
  selectors: readonly (readonly Matcher[])[],
  tenant: Tenant | null,
): readonly SeriesMatcher[] {
  const all = selectors.length === 0 ? [[]] : selectors
  return selectorsOf(all, tenant).map((one) => new SeriesMatcher(one))
}

function partsOf(
  matchers: readonly SeriesMatcher[],
  parts: (matcher: SeriesMatcher) => readonly SeriesPart[],
): ReadonlySet<SeriesPart> {
  return new Set(matchers.flatMap(parts))
}

const pointColumn = rowColumn(metrics, 'point')

/** The series of histograms and summaries that a point's label tells apart, whole. A label set may come more than once. */
export async function* listPointSeries(
  sources: readonly Source[],
  selectors: readonly (readonly Matcher[])[],
  range: ListRange,
): AsyncGenerator<Labels> {
  for (const source of sources) {
    const tenant = tenantOf(source, sources)
    const matchers = matchersOf(selectors, tenant)
    if (matchers.length === 0) continue
    const scan = source.scan({
      signal: 'metrics',
      ...range,
      streams: (identity) =>
        matchers.some((matcher) =>
          matcher.parts(identity).some(({ pointLabel }) => pointLabel !== null),
        ),
      predicates: [],
      columns: [pointColumn],
      order: 'any',
    })
    for await (const batch of scan) {
      source.control.check()
      for (const labels of seriesOfBatch(batch, matchers)) yield withTenant(labels, tenant)
    }
  }
}

/** The bounds of a stream's points seldom change, so a point like the one before is passed over by its numbers. */
function* seriesOfBatch(batch: Batch, matchers: readonly SeriesMatcher[]): Generator<Labels> {
  const texts = textsOf(batch)
  if (texts === null) return
  const reader = new PointReader()
  const seen = new Map<number, string>()
  const rows = batch.selection ?? batch.stream.keys()
  for (const row of rows) {
    // A marker that a series has ended has no point.
    if (texts.present !== null && texts.present[row] === 0) continue
    const id = batch.stream[row]!
    const identity = batch.streams.identity(id)
    const stream = prometheusStream(identity)
    const family = stream?.parts.find(({ pointLabel }) => pointLabel !== null)
    if (stream === null || family === undefined) continue
    const numbers = numbersOf(reader, texts, row, family)
    const text = numbers.join(' ')
    if (seen.get(id) === text) continue
    seen.set(id, text)
    const label = family.pointLabel ?? 'le'
    const asking = matchers.filter((matcher) => matcher.parts(identity).includes(family))
    const base = withLabel(stream.labels, metricName, family.name)
    for (const number of numbers) {
      const value = formatFloat(number, 'f')
      if (asking.some((matcher) => matcher.pointLabel(label, value))) {
        yield withLabel(base, label, value)
      }
    }
  }
}

// oxlint-disable-next-line max-params -- the reader, and which point of what kind
function numbersOf(
  reader: PointReader,
  { texts, codes }: PointTexts,
  row: number,
  family: SeriesPart,
): number[] {
  const at = codes === null ? row : codes[row]!
  const from = texts.offsets[at]!
  const to = texts.offsets[at + 1]!
  if (family.pointLabel === 'quantile') {
    reader.summary(texts.bytes, from, to)
    return Array.from(reader.quantiles.subarray(0, reader.quantileCount))
  }
  reader.histogram(texts.bytes, from, to)
  return [...reader.bounds.subarray(0, reader.boundCount), Infinity]
}

interface PointTexts {
  readonly texts: Texts
  readonly codes: Uint32Array | null
  readonly present: Uint8Array | null
}

function textsOf(batch: Batch): PointTexts | null {
  const vector = columnOf(batch, pointColumn)
  if (vector?.kind !== 'texts' && vector?.kind !== 'dictionary') return null
  const { present } = vector
  return vector.kind === 'texts'
    ? { texts: vector.texts, codes: null, present }
    : { texts: vector.values, codes: vector.codes, present }
}

/** Distinct label sets, counted against the query's allowance, up to `most`; whether there were more. */
export class SeriesSet {
  readonly #seen = new Map<string, Labels>()
  readonly #most: number
  readonly #source: Source
  truncated = false

  /** `most` 0 is no limit. */
  constructor(source: Source, most: number) {
    this.#source = source
    this.#most = most
  }

  /** False when the set is full. */
  add(labels: Labels): boolean {
    const key = labelsKey(labels)
    if (this.#seen.has(key)) return true
    if (this.#most > 0 && this.#seen.size >= this.#most) {
      this.truncated = true
      return false
    }
    this.#source.control.hold(bytesOfLabels(labels))
    this.#seen.set(key, labels)
    return true
  }

  all(): Labels[] {
    return [...this.#seen.values()]
  }
}
