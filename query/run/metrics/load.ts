/**
 * Reads the rows of a selection into samples by series. A row of a number is a sample; of a histogram
 * or summary one for each of its series that the matchers ask for; and one of `target_info`, where that is
 * asked for. The work per stream (labels, which parts match) is done when its first row is met.
 */
import { must } from '#base/assert.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnOf } from '#schemas/batch.ts'
import type { ColumnRef, Texts, Vector } from '#schemas/column.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import { prometheusStream } from '#schemas/names/prometheus.ts'
import { metrics, pointKind } from '#schemas/signals/metrics.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import type { Matcher } from '../../plan/column.ts'
import type { Control, Source } from '../source.ts'
import { Collector } from './collector.ts'
import { Families } from './families.ts'
import { selectorsOf, SeriesMatcher, tenantOf } from './matchers.ts'
import { PointReader } from './points.ts'
import type { Samples } from './samples.ts'
import { seriesOfStream, type StreamSeries } from './stream-series.ts'

const column = {
  value: rowColumn(metrics, 'value'),
  kind: rowColumn(metrics, 'kind'),
  flags: rowColumn(metrics, 'flags'),
  point: rowColumn(metrics, 'point'),
} satisfies Record<string, ColumnRef>

export interface Selection {
  readonly matchers: readonly Matcher[]
  /** Times after `fromMs`, up to and including `toMs`. */
  readonly fromMs: number
  readonly toMs: number
}

export interface Loaded {
  readonly samples: Samples
  /** Names of native histograms that match and were left out. */
  readonly native: ReadonlySet<string>
}

/** Where the engine has samples from: the sources of a query, or what a test holds in memory. */
export interface Reader {
  readonly control: Control
  read(selection: Selection): Promise<Loaded>
}

/** Reads from the sources of a query, at least one. */
export function readerOf(sources: readonly Source[]): Reader {
  const { control } = must(sources[0], 'a query has a source')
  return { control, read: (selection) => load(sources, selection) }
}

/** The samples of a selection out of every source. With several tenants their series get a label `__tenant_id__`. */
async function load(sources: readonly Source[], selection: Selection): Promise<Loaded> {
  const control = must(sources[0], 'a query has a source').control
  const collector = new Collector(control)
  const native = new Set<string>()
  const families = new Families(control)
  for (const source of sources) {
    const tenant = tenantOf(source, sources)
    const [matchers] = selectorsOf([selection.matchers], tenant)
    if (matchers === undefined) continue
    const matcher = new SeriesMatcher(matchers)
    const loader = new Loader({ collector, families, matcher, native, tenant })
    const scan = source.scan({
      signal: 'metrics',
      from: nanoseconds(Math.floor(selection.fromMs) + 1),
      to: nanoseconds(Math.floor(selection.toMs) + 1),
      streams: (identity) => loader.wants(identity),
      hints: matcher.hints,
      predicates: [],
      columns: Object.values(column),
      // What was written long ago first: then most series come sorted.
      order: 'oldest',
    })
    for await (const batch of scan) {
      control.check()
      loader.add(batch)
    }
  }
  families.addTo(collector)
  return { samples: collector.finish(), native }
}

const maxNs = 2n ** 63n - 1n

/** Milliseconds as ns, kept within int64. */
export function nanoseconds(ms: number): bigint {
  const ns = BigInt(ms) * 1_000_000n
  return ns > maxNs ? maxNs : ns < -maxNs ? -maxNs : ns
}

interface LoaderOptions {
  readonly collector: Collector
  readonly families: Families
  readonly matcher: SeriesMatcher
  readonly native: Set<string>
  readonly tenant: string | null
}

/** The bit of a data point's flags that says that the series has no value at this time. */
const noRecordedValue = 1

class Loader {
  readonly #options: LoaderOptions
  /** The list of the batch before, and the series of its streams: those of one list come together. */
  #list: StreamList | null = null
  #streams: (StreamSeries | undefined)[] = []
  readonly #points = new PointReader()

  constructor(options: LoaderOptions) {
    this.#options = options
  }

  /** Whether any series of the stream is asked for; native histograms are only noted. */
  wants(identity: StreamIdentity): boolean {
    const { matcher, native } = this.#options
    if (matcher.info(identity)) return true
    const parts = matcher.parts(identity)
    if (parts.some(({ part }) => part === 'native')) {
      native.add(prometheusStream(identity)?.name ?? '')
    }
    return parts.some(({ part }) => part !== 'native')
  }

  add(batch: Batch): void {
    const { streams, stream, rows, selection } = batch
    if (streams !== this.#list) {
      this.#list = streams
      this.#streams = []
    }
    const known = this.#streams
    const columns = columnsOf(batch)
    const times = timesOf(batch)
    const count = selection === null ? rows : selection.length
    for (let k = 0; k < count; k++) {
      const row = selection === null ? k : selection[k]!
      const id = stream[row]!
      const series = (known[id] ??= seriesOfStream(streams.identity(id), this.#options))
      if (series.info !== -1) series.addInfo(times(row), batch.offset)
      if (!series.any) continue
      this.#addRow(columns, row, series, { timeMs: times(row), offset: batch.offset })
    }
  }

  // oxlint-disable-next-line max-params -- once per row: the columns, the place, the series and the time
  #addRow(columns: Columns, row: number, series: StreamSeries, at: RowTime): void {
    const { timeMs, offset } = at
    const kind = columns.kind === null ? pointKind.none : columns.kind[row]!
    if (columns.flags !== null && (columns.flags[row]! & noRecordedValue) !== 0) {
      series.addStale(timeMs, offset)
      return
    }
    switch (kind) {
      case pointKind.double:
      case pointKind.int:
        if (columns.value === null) return
        if (columns.bits !== null && isStale(columns.bits, row)) series.addStale(timeMs, offset)
        else series.addNumber(timeMs, columns.value[row]!, offset)
        return
      case pointKind.histogram:
      case pointKind.summary: {
        const texts = columns.point
        if (texts === null) return
        const at = columns.pointCodes === null ? row : columns.pointCodes[row]!
        const from = texts.offsets[at]!
        const to = texts.offsets[at + 1]!
        if (kind === pointKind.histogram) this.#points.histogram(texts.bytes, from, to)
        else this.#points.summary(texts.bytes, from, to)
        series.addPoint(timeMs, this.#points, offset)
        return
      }
      default:
    }
  }
}

interface RowTime {
  readonly timeMs: number
  readonly offset: number
}

interface Columns {
  readonly kind: Uint32Array | null
  readonly flags: Uint32Array | null
  readonly value: Float64Array | null
  /** The bits of `value`, two words each, low first. */
  readonly bits: Uint32Array | null
  readonly point: Texts | null
  readonly pointCodes: Uint32Array | null
}

function columnsOf(batch: Batch): Columns {
  const value = columnOf(batch, column.value)
  const point = columnOf(batch, column.point)
  const values = value?.kind === 'doubles' ? value.values : null
  return {
    kind: wordsOf(columnOf(batch, column.kind)),
    flags: wordsOf(columnOf(batch, column.flags)),
    value: values,
    bits:
      values === null ? null : new Uint32Array(values.buffer, values.byteOffset, values.length * 2),
    point:
      point?.kind === 'texts' ? point.texts : point?.kind === 'dictionary' ? point.values : null,
    pointCodes: point?.kind === 'dictionary' ? point.codes : null,
  }
}

function wordsOf(vector: Vector | null): Uint32Array | null {
  return vector?.kind === 'words' ? vector.values : null
}

/** Prometheus' stale marker, a NaN with bits of its own: remote writers send it as a value. */
function isStale(bits: Uint32Array, row: number): boolean {
  return bits[2 * row + 1] === 0x7ff00000 && bits[2 * row] === 2
}

/** The time of a row in ms: its ns, rounded down. */
function timesOf({ timeBase, time }: Batch): (row: number) => number {
  const restNs = ((timeBase % 1_000_000n) + 1_000_000n) % 1_000_000n
  const baseMs = Number((timeBase - restNs) / 1_000_000n)
  const rest = Number(restNs)
  return (row) => baseMs + Math.floor((rest + time[row]!) / 1_000_000)
}
