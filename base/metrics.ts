/**
 * Metrics about ourselves, behind one file so that the library can be replaced. A room declares its
 * metrics once, in its `metrics.ts`, as data; `createMetrics` turns declarations into live ones. Names
 * are `signalbox_<room>_<thing>_<unit>[_total]`; label values come from closed sets.
 */
import { assert } from './assert.ts'
import type { Sample, Scraped } from './metrics-text.ts'

export interface MetricDeclaration {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of the buckets of a histogram. */
  readonly buckets?: readonly number[]
}

type Labels = Readonly<Record<string, string>>

export interface Metrics {
  /** Adds to a counter, or to a gauge. */
  add(metric: MetricDeclaration, value: number, labels?: Labels): void
  /** Sets a gauge. */
  set(metric: MetricDeclaration, value: number, labels?: Labels): void
  /** Records a value in a histogram. */
  observe(metric: MetricDeclaration, value: number, labels?: Labels): void
  /** Calls `read` whenever metrics are scraped and sets the gauge to its answer. */
  onScrape(metric: MetricDeclaration, read: () => number): void
  /** All metrics as Prometheus text. */
  text(): Promise<string>
  readonly contentType: string
}

/** Declares a metric that only grows. */
export function counter(
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDeclaration {
  assert(name.endsWith('_total'), `the counter ${name} ends in _total`)
  return { kind: 'counter', name, help, labels }
}

/** Declares a metric that goes up and down. */
export function gauge(
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDeclaration {
  return { kind: 'gauge', name, help, labels }
}

/** Declares a distribution. */
export function histogram(
  name: string,
  help: string,
  options: { labels?: readonly string[]; buckets: readonly number[] },
): MetricDeclaration {
  return { kind: 'histogram', name, help, labels: options.labels ?? [], buckets: options.buckets }
}

/** Buckets for durations in seconds from 1 ms to 30 s. */
export const secondsBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

/** Live values of one metric, by its label values joined; what label values are is in `labels`. */
interface Live {
  readonly metric: MetricDeclaration
  readonly values: Map<string, { readonly labels: Labels; value: number }>
  readonly distributions: Map<string, Distribution>
  read: (() => number) | null
}

interface Distribution {
  readonly labels: Labels
  /** Values by the first bucket they fit into, the last for larger ones. */
  readonly counts: Float64Array
  sum: number
}

const noLabels: Labels = {}

/** A key for the label values, in the order of the declaration. */
function keyOf(metric: MetricDeclaration, labels: Labels): string {
  let key = ''
  for (const name of metric.labels) key += `${labels[name] ?? ''}\n`
  return key
}

/**
 * Live metrics of one process; several may exist, so that tests can build a whole cluster. Values are
 * kept here, since requests count several times each; the library that writes the text of a scrape
 * is loaded with the first one.
 */
export function createMetrics(): Metrics {
  const live = new Map<string, Live>()
  const find = (metric: MetricDeclaration, kind: boolean): Live => {
    assert(kind, `${metric.name} is a ${metric.kind}`)
    const known = live.get(metric.name)
    if (known !== undefined) return known
    const made = { metric, values: new Map(), distributions: new Map(), read: null }
    live.set(metric.name, made)
    return made
  }
  const valueOf = (metric: MetricDeclaration, kind: boolean, labels: Labels) => {
    const { values } = find(metric, kind)
    const key = keyOf(metric, labels)
    const known = values.get(key)
    if (known !== undefined) return known
    const made = { labels, value: 0 }
    values.set(key, made)
    return made
  }
  return {
    add(metric, value, labels = noLabels) {
      valueOf(metric, metric.kind !== 'histogram', labels).value += value
    },
    set(metric, value, labels = noLabels) {
      valueOf(metric, metric.kind === 'gauge', labels).value = value
    },
    observe(metric, value, labels = noLabels) {
      const { distributions } = find(metric, metric.kind === 'histogram')
      const key = keyOf(metric, labels)
      const bounds = metric.buckets ?? secondsBuckets
      let found = distributions.get(key)
      if (found === undefined) {
        found = { labels, counts: new Float64Array(bounds.length + 1), sum: 0 }
        distributions.set(key, found)
      }
      let bucket = 0
      while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++
      found.counts[bucket] = (found.counts[bucket] ?? 0) + 1
      found.sum += value
    },
    onScrape(metric, read) {
      assert(!live.has(metric.name), `${metric.name} is read in one place`)
      find(metric, metric.kind === 'gauge').read = read
    },
    async text() {
      const { metricsText } = await import('./metrics-text.ts')
      return metricsText([...live.values()].map(scrape))
    },
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  }
}

function scrape({ metric, values, distributions, read }: Live): Scraped {
  const { name } = metric
  if (read !== null) return { metric, samples: [{ name, labels: noLabels, value: read() }] }
  const samples: Sample[] = []
  for (const { labels, value } of values.values()) samples.push({ name, labels, value })
  for (const { labels, counts, sum } of distributions.values()) {
    let count = 0
    for (const [i, own] of counts.entries()) {
      count += own
      const le = (metric.buckets ?? secondsBuckets)[i] ?? '+Inf'
      samples.push({ name: `${name}_bucket`, labels: { ...labels, le }, value: count })
    }
    samples.push({ name: `${name}_sum`, labels, value: sum })
    samples.push({ name: `${name}_count`, labels, value: count })
  }
  return { metric, samples }
}

/** The Markdown page of all declared metrics. */
export function metricsPage(metrics: readonly MetricDeclaration[]): string {
  const rows = metrics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      (metric) =>
        `| \`${metric.name}\` | ${metric.kind} | ${metric.labels.join(', ')} | ${metric.help} |`,
    )
  return [
    '# Metrics',
    '',
    'Generated by `node scripts/docs.ts` from the declarations of the rooms; scraped at `/metrics` of the admin port.',
    '',
    '| name | kind | labels | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
