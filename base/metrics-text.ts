/** The text of a scrape, written by prom-client; apart from `metrics.ts`, so that only a scrape loads the library. */
import { AggregatorRegistry } from 'prom-client'

/** One line of a scrape: the metric's name with the suffix of a histogram's parts. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** A metric as it is now. */
export interface Scraped {
  readonly metric: {
    readonly name: string
    readonly help: string
    readonly kind: 'counter' | 'gauge' | 'histogram'
  }
  readonly samples: readonly Sample[]
}

/** All samples in the Prometheus text format. */
export function metricsText(scraped: readonly Scraped[]): Promise<string> {
  const metrics = scraped.map(({ metric, samples }) => ({
    name: metric.name,
    help: metric.help,
    type: metric.kind,
    aggregator: 'sum',
    values: samples.map(({ name, labels, value }) => ({ metricName: name, labels, value })),
  }))
  // The registry of one process out of one: nothing is added up.
  return AggregatorRegistry.aggregate([metrics]).metrics()
}
