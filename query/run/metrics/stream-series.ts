/**
 * The series that one stream's rows go to. Those of a number, `_count` and `_sum` are known from the
 * stream; those of buckets and quantiles are found with the points and remembered, as the bounds of a
 * histogram seldom change.
 */
import {
  prometheusStream,
  targetInfo,
  type SeriesLabels,
  type SeriesPart,
} from '#schemas/names/prometheus.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import { formatFloat } from '../../text/numbers.ts'
import { metricName, withLabel } from '../labels.ts'
import type { Labels } from '../operator.ts'
import type { Collector } from './collector.ts'
import type { Families, Family } from './families.ts'
import { withTenant, type SeriesMatcher } from './matchers.ts'
import type { PointReader } from './points.ts'

export interface StreamSeriesOptions {
  readonly collector: Collector
  readonly families: Families
  readonly matcher: SeriesMatcher
  readonly tenant: string | null
}

/** No series of this kind is asked for. */
const none = -1

export function seriesOfStream(
  identity: StreamIdentity,
  options: StreamSeriesOptions,
): StreamSeries {
  return new StreamSeries(identity, options)
}

export class StreamSeries {
  /** Whether any series but `target_info` is asked for. */
  readonly any: boolean
  /** The series of the stream's resource, or -1. */
  readonly info: number
  readonly #collector: Collector
  readonly #value: number
  readonly #count: number
  readonly #sum: number
  readonly #children: ChildSeries | null
  /** The last time a row of `target_info` was added, as rows of one time come together. */
  #infoMs = Number.NaN

  constructor(identity: StreamIdentity, options: StreamSeriesOptions) {
    const { collector, families, matcher, tenant } = options
    this.#collector = collector
    const labelled = (labels: Labels): Labels => withTenant(labels, tenant)
    const stream = prometheusStream(identity)
    const parts = matcher.parts(identity).filter(({ part }) => part !== 'native')
    const delta = stream?.delta ?? false
    const base = labelled(stream?.labels ?? [])
    const seriesOf = (wanted: SeriesPart['part']): number => {
      const part = parts.find((one) => one.part === wanted)
      return part === undefined
        ? none
        : collector.series(withLabel(base, metricName, part.name), delta)
    }
    this.any = parts.length > 0
    this.#value = seriesOf('value')
    this.#count = seriesOf('count')
    this.#sum = seriesOf('sum')
    const many = parts.find(({ pointLabel }) => pointLabel !== null)
    this.#children =
      many === undefined
        ? null
        : new ChildSeries(many, {
            labels: withLabel(base, metricName, many.name),
            family: families.of(withLabel(base, metricName, many.name)),
            families,
            delta,
            collector,
            matcher,
          })
    const info: SeriesLabels | null = matcher.info(identity) ? targetInfo(identity) : null
    this.info = info === null ? none : collector.series(labelled(info), false)
  }

  // oxlint-disable-next-line max-params -- once per row
  addNumber(timeMs: number, value: number, offset: number): void {
    if (this.#value !== none) this.#collector.add(this.#value, timeMs, value, offset)
  }

  addInfo(timeMs: number, offset: number): void {
    if (timeMs === this.#infoMs) return
    this.#infoMs = timeMs
    this.#collector.add(this.info, timeMs, 1, offset)
  }

  // oxlint-disable-next-line max-params -- once per row
  addPoint(timeMs: number, point: PointReader, offset: number): void {
    if (this.#count !== none) this.#collector.add(this.#count, timeMs, point.count, offset)
    if (this.#sum !== none && point.hasSum) {
      this.#collector.add(this.#sum, timeMs, point.sum, offset)
    }
    this.#children?.add(timeMs, point, offset)
  }

  addStale(timeMs: number, offset: number): void {
    for (const series of [this.#value, this.#count, this.#sum]) {
      if (series !== none) this.#collector.addStale(series, timeMs, offset)
    }
    this.#children?.addStale(timeMs, offset)
  }
}

interface ChildOptions {
  readonly labels: Labels
  readonly family: Family
  readonly families: Families
  readonly delta: boolean
  readonly collector: Collector
  readonly matcher: SeriesMatcher
}

/** The series of a stream that a point's own label tells apart: buckets by `le`, values by `quantile`. */
class ChildSeries {
  readonly #label: 'le' | 'quantile'
  readonly #options: ChildOptions
  /** The label's numbers of the last point and the series of each, -1 where the matchers refuse it. */
  #numbers = new Float64Array(0)
  #series = new Int32Array(0)

  constructor(part: SeriesPart, options: ChildOptions) {
    this.#label = part.pointLabel ?? 'le'
    this.#options = options
  }

  // oxlint-disable-next-line max-params -- once per row
  add(timeMs: number, point: PointReader, offset: number): void {
    if (this.#label === 'quantile') {
      this.#see(point.quantiles, point.quantileCount, false)
      for (let i = 0; i < point.quantileCount; i++) {
        this.#put(this.#series[i]!, timeMs, point.quantileValues[i]!, offset)
      }
      return
    }
    this.#see(point.bounds, point.boundCount, true)
    let below = 0
    for (let i = 0; i < point.boundCount; i++) {
      below += i < point.bucketCount ? point.buckets[i]! : 0
      this.#put(this.#series[i]!, timeMs, below, offset)
    }
    // The last bucket is everything, by the count of the point.
    this.#put(this.#series[point.boundCount]!, timeMs, point.count, offset)
  }

  addStale(timeMs: number, offset: number): void {
    this.#options.families.addEnd(this.#options.family, timeMs, offset)
  }

  // oxlint-disable-next-line max-params -- once per bucket and row
  #put(series: number, timeMs: number, value: number, offset: number): void {
    if (series !== none) this.#options.collector.add(series, timeMs, value, offset)
  }

  /** Makes `#series` those of these numbers, with infinity behind them where asked. */
  #see(numbers: Float64Array, count: number, infinity: boolean): void {
    const wanted = count + (infinity ? 1 : 0)
    if (this.#series.length === wanted && sameNumbers(this.#numbers, numbers, count)) return
    this.#numbers = numbers.slice(0, count)
    this.#series = Int32Array.from({ length: wanted }, (_, i) =>
      this.#seriesOf(i < count ? numbers[i]! : Infinity),
    )
  }

  #seriesOf(number: number): number {
    const { collector, family, matcher, labels, delta } = this.#options
    const value = formatFloat(number, 'f')
    if (!matcher.pointLabel(this.#label, value)) return none
    const series = collector.series(withLabel(labels, this.#label, value), delta)
    family.series.add(series)
    return series
  }
}

function sameNumbers(known: Float64Array, numbers: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (known[i] !== numbers[i]) return false
  return known.length === count
}
