/**
 * `metadata`: type, unit and help of each metric, by the name its family has in Prometheus. Type and unit come
 * from the streams, help from the newest description that was sent.
 */
import { columnOf } from '#schemas/batch.ts'
import { prometheusStream } from '#schemas/names/prometheus.ts'
import type { Predicate } from '#schemas/predicate.ts'
import { metrics } from '#schemas/signals/metrics.ts'
import { rowColumn } from '#schemas/signals/signal.ts'
import { nanoseconds } from '#query/run/metrics/load.ts'
import type { Source } from '#query/run/source.ts'
import type { Endpoint } from '../../endpoint.ts'
import { chunks, success } from './json.ts'
import { limitOf, maxTimeMs, minTimeMs } from './parameters.ts'

interface MetadataParameters {
  readonly metric: string
  readonly limit: number
  readonly limitPerMetric: number
}

interface Entry {
  readonly type: string
  readonly unit: string
}

const description = rowColumn(metrics, 'description')
const everything = { from: nanoseconds(minTimeMs), to: nanoseconds(maxTimeMs) }

export const metadata: Endpoint<MetadataParameters> = {
  name: 'prometheus.metadata',
  methods: ['GET'],
  route: '/api/v1/metadata',
  contentType: 'application/json',
  parse: ({ parameters }) => ({
    metric: parameters.get('metric') ?? '',
    limit: limitOf(parameters),
    limitPerMetric: limitOf(parameters, 'limit_per_metric'),
  }),
  needs: () => [{ signal: 'metrics', ...everything }],
  async *answer({ metric, limit, limitPerMetric }, { sources }) {
    const entries = new Map<string, Entry[]>()
    const helps = new Map<string, Help>()
    for (const source of sources) {
      await readEntries(source, metric, entries)
      await readHelps(source, metric, helps)
    }
    const names = [...entries.keys()].sort().slice(0, limit > 0 ? limit : undefined)
    const data = Object.fromEntries(
      names.map((name) => {
        const all = entries.get(name) ?? []
        const shown = limitPerMetric > 0 ? all.slice(0, limitPerMetric) : all
        const help = helps.get(name)?.text ?? ''
        return [name, shown.map(({ type, unit }) => ({ type, help, unit }))]
      }),
    )
    yield* chunks(success([JSON.stringify(data)]))
  },
}

/** Streams of one name may disagree in type or unit: each pair is an entry. */
async function readEntries(
  source: Source,
  metric: string,
  entries: Map<string, Entry[]>,
): Promise<void> {
  for await (const identity of source.streams('metrics', everything.from, everything.to)) {
    const stream = prometheusStream(identity)
    if (stream === null || (metric !== '' && stream.name !== metric)) continue
    const { name, type, unit } = stream
    const known = entries.get(name) ?? []
    if (known.some((one) => one.type === type && one.unit === unit)) continue
    if (known.length === 0) source.control.hold(name.length * 2 + 256)
    entries.set(name, [...known, { type, unit }])
  }
}

interface Help {
  readonly text: string
  readonly time: bigint
}

const described: Predicate = {
  column: description,
  absent: false,
  testTexts: (_, count, out) => out.fill(1, 0, count),
  literals: [],
}

async function readHelps(source: Source, metric: string, helps: Map<string, Help>): Promise<void> {
  const scan = source.scan({
    signal: 'metrics',
    ...everything,
    predicates: [described],
    columns: [description],
    order: 'any',
    ...(metric !== '' && { streams: (identity) => prometheusStream(identity)?.name === metric }),
  })
  for await (const batch of scan) {
    source.control.check()
    const vector = columnOf(batch, description)
    if (vector?.kind !== 'texts' && vector?.kind !== 'dictionary') continue
    const { offsets, bytes } = vector.kind === 'texts' ? vector.texts : vector.values
    for (const row of batch.selection ?? batch.stream.keys()) {
      if (vector.present !== null && vector.present[row] === 0) continue
      const name = prometheusStream(batch.streams.identity(batch.stream[row]!))?.name
      const time = batch.timeBase + BigInt(batch.time[row]!)
      if (name === undefined || (helps.get(name)?.time ?? -(2n ** 63n)) > time) continue
      const at = vector.kind === 'texts' ? row : vector.codes[row]!
      const text = Buffer.from(bytes.subarray(offsets[at], offsets[at + 1])).toString()
      helps.set(name, { text, time })
    }
  }
}
