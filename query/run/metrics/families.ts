/**
 * The series of histograms and summaries by family, and the markers that a family ended. A marker has no bounds, and
 * may be read before the points whose series it ends, out of a run or block that has none of them: so
 * it counts for all of them, when everything was read.
 */
import { labelsKey, type Labels } from '../operator.ts'
import type { Control } from '../source.ts'
import type { Collector } from './collector.ts'

/** One histogram or summary. */
export interface Family {
  /** Of the buckets or quantiles that points were read of, by their numbers in the collector. */
  readonly series: Set<number>
  readonly ends: { readonly timeMs: number; readonly offset: number }[]
}

/** What a marker holds, bytes. */
const endBytes = 48

export class Families {
  readonly #families = new Map<string, Family>()
  readonly #control: Control

  constructor(control: Control) {
    this.#control = control
  }

  /** The family with these labels, which are those of its series but for `le` or `quantile`. */
  of(labels: Labels): Family {
    const key = labelsKey(labels)
    let family = this.#families.get(key)
    if (family === undefined) this.#families.set(key, (family = { series: new Set(), ends: [] }))
    return family
  }

  // oxlint-disable-next-line max-params -- as the collector's samples
  addEnd(family: Family, timeMs: number, offset: number): void {
    this.#control.hold(endBytes)
    family.ends.push({ timeMs, offset })
  }

  /** Adds every marker to every series of its family; once, after the last row. */
  addTo(collector: Collector): void {
    for (const { series, ends } of this.#families.values())
      for (const one of series)
        for (const { timeMs, offset } of ends) collector.addStale(one, timeMs, offset)
  }
}
