/** The storage of a PromQL script: what its `load` commands hold, as the engine reads it. */
import { operatorMissing } from '#query/run/errors.ts'
import type { Labels } from '#query/run/operator.ts'
import { Collector } from '#query/run/metrics/collector.ts'
import type { Loaded, Reader, Selection } from '#query/run/metrics/load.ts'
import { labelsTest } from '#query/run/metrics/matchers.ts'
import type { Load } from './load.ts'
import type { SeriesValue } from './series.ts'

interface Sample {
  readonly timeMs: number
  readonly value: SeriesValue
}

interface Stored {
  readonly labels: Labels
  readonly samples: Sample[]
  startTimes: boolean
}

export class ScriptStore implements Reader {
  readonly control = { check: () => {}, hold: () => {} }
  readonly #series = new Map<string, Stored>()

  clear(): void {
    this.#series.clear()
  }

  load({ stepMs, series, withCustomBuckets }: Load): void {
    for (const { labels, values, startOffsetsMs } of series) {
      const stored = this.#stored(labels)
      if (startOffsetsMs !== null) stored.startTimes = true
      for (const [i, value] of values.entries()) {
        if (value.kind !== 'omitted') stored.samples.push({ timeMs: i * stepMs, value })
      }
      const name = labels.get('__name__') ?? ''
      if (withCustomBuckets && name.endsWith('_bucket')) {
        const native = new Map(labels)
        native.delete('le')
        native.set('__name__', name.slice(0, -'_bucket'.length))
        for (const [i] of values.entries()) {
          this.#stored(native).samples.push({ timeMs: i * stepMs, value: nativeHistogram })
        }
      }
    }
  }

  #stored(labels: ReadonlyMap<string, string>): Stored {
    const sorted = [...labels]
      .filter(([, value]) => value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const key = JSON.stringify(sorted)
    const stored = this.#series.get(key) ?? { labels: sorted, samples: [], startTimes: false }
    this.#series.set(key, stored)
    return stored
  }

  async read({ matchers, fromMs, toMs }: Selection): Promise<Loaded> {
    const fits = labelsTest(matchers)
    const collector = new Collector(this.control)
    for (const { labels, samples, startTimes } of this.#series.values()) {
      if (!fits(labels)) continue
      const inside = samples.filter(({ timeMs }) => timeMs > fromMs && timeMs <= toMs)
      if (inside.length === 0) continue
      if (startTimes) throw operatorMissing.make('start timestamps are not supported yet')
      const series = collector.series(labels, false)
      for (const { timeMs, value } of inside) {
        if (value.kind === 'stale') collector.addStale(series, timeMs, 0)
        else if (value.kind === 'float') collector.add(series, timeMs, value.value, 0)
        else throw operatorMissing.make('native histograms are not supported yet')
      }
    }
    return { samples: collector.finish(), native: new Set() }
  }
}

/** Stands for the histogram that the engine cannot hold yet: reading it is refused, so its content is never seen. */
const nativeHistogram: SeriesValue = {
  kind: 'histogram',
  base: {
    schema: -53,
    sum: 0,
    count: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    customValues: [],
    positiveOffset: 0,
    positiveBuckets: [],
    negativeOffset: 0,
    negativeBuckets: [],
    counterResetHint: null,
  },
  increment: null,
  sign: 1,
  times: 0,
}
