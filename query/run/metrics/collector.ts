/**
 * Samples as they come, in any order, into `Samples`: appended to flat columns, put into the order of
 * their series by counting, and sorted within a series only where they did not come sorted. Of two
 * samples of one series and millisecond the one of the higher write offset stays, of one offset the one that came
 * last. Series of delta points are summed up. Every byte is held against the query's allowance.
 */
import { tooManySamples } from '../errors.ts'
import { bytesOfLabels, labelsKey, type Labels } from '../operator.ts'
import type { Control } from '../source.ts'
import type { Samples } from './samples.ts'

/** Prometheus' `query.max-samples`, and its words. */
export const maxSamples = 50_000_000

/** A series here and what says which rows of a stream go to it, bytes of heap. */
const seriesBytes = 160

/** Bytes of one sample in the columns, and again when they are put in order. */
const sampleBytes = 25 + 17

export class Collector {
  readonly #control: Control
  readonly #rows = new Map<string, number>()
  readonly #labels: Labels[] = []
  readonly #delta: boolean[] = []
  #series = new Int32Array(0)
  #times = new Float64Array(0)
  #values = new Float64Array(0)
  #offsets = new Float64Array(0)
  #stale = new Uint8Array(0)
  #anyStale = false
  #count = 0

  constructor(control: Control) {
    this.#control = control
  }

  /** The number of the series with these labels, new or known. */
  series(labels: Labels, delta: boolean): number {
    const key = labelsKey(labels)
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const row = this.#labels.length
    this.#control.hold(bytesOfLabels(labels) + seriesBytes)
    this.#rows.set(key, row)
    this.#labels.push(labels)
    this.#delta.push(delta)
    return row
  }

  // oxlint-disable-next-line max-params -- the hot call: no object per sample
  add(series: number, timeMs: number, value: number, offset: number): void {
    if (this.#count === this.#series.length) this.#grow()
    const i = this.#count++
    this.#series[i] = series
    this.#times[i] = timeMs
    this.#values[i] = value
    this.#offsets[i] = offset
    this.#stale[i] = 0
  }

  addStale(series: number, timeMs: number, offset: number): void {
    this.add(series, timeMs, Number.NaN, offset)
    this.#stale[this.#count - 1] = 1
    this.#anyStale = true
  }

  #grow(): void {
    const size = Math.max(1024, this.#series.length * 2)
    if (this.#count >= maxSamples) {
      throw tooManySamples.make(
        'query processing would load too many samples into memory in query execution',
      )
    }
    this.#control.hold((size - this.#series.length) * sampleBytes)
    const grown = <A extends Int32Array | Float64Array | Uint8Array>(from: A, to: A): A => {
      to.set(from)
      return to
    }
    this.#series = grown(this.#series, new Int32Array(size))
    this.#times = grown(this.#times, new Float64Array(size))
    this.#values = grown(this.#values, new Float64Array(size))
    this.#offsets = grown(this.#offsets, new Float64Array(size))
    this.#stale = grown(this.#stale, new Uint8Array(size))
  }

  /** What was collected. The collector is used up. */
  finish(): Samples {
    const count = this.#count
    const at = new Uint32Array(this.#labels.length + 1)
    for (let i = 0; i < count; i++) at[this.#series[i]! + 1]!++
    for (let s = 0; s < this.#labels.length; s++) at[s + 1]! += at[s]!
    const order = new Uint32Array(count)
    const next = at.slice()
    for (let i = 0; i < count; i++) order[next[this.#series[i]!]!++] = i
    return this.#ordered(order, at)
  }

  #ordered(order: Uint32Array, at: Uint32Array): Samples {
    const times = new Float64Array(order.length)
    const values = new Float64Array(order.length)
    const stale = this.#anyStale ? new Uint8Array(order.length) : null
    const ends = new Uint32Array(at.length)
    let to = 0
    for (let s = 0; s < this.#labels.length; s++) {
      this.#sortSeries(order.subarray(at[s], at[s + 1]))
      const from = to
      for (let k = at[s]!; k < at[s + 1]!; k++) {
        const i = order[k]!
        if (to > from && times[to - 1] === this.#times[i]) to--
        times[to] = this.#times[i]!
        values[to] = this.#values[i]!
        if (stale !== null) stale[to] = this.#stale[i]!
        to++
      }
      if (this.#delta[s] === true) sumUp(values, stale, from, to)
      ends[s + 1] = to
    }
    return {
      labels: this.#labels,
      at: ends,
      times: times.subarray(0, to),
      values: values.subarray(0, to),
      stale: stale === null ? null : stale.subarray(0, to),
    }
  }

  /** Sorts places of samples by time, then offset; most series come sorted. */
  #sortSeries(places: Uint32Array): void {
    const times = this.#times
    const offsets = this.#offsets
    for (let k = 1; k < places.length; k++) {
      const a = places[k - 1]!
      const b = places[k]!
      if (times[a]! < times[b]! || (times[a] === times[b] && offsets[a]! <= offsets[b]!)) continue
      places.sort((x, y) => times[x]! - times[y]! || offsets[x]! - offsets[y]! || x - y)
      return
    }
  }
}

// oxlint-disable-next-line max-params -- a range of two columns
function sumUp(values: Float64Array, stale: Uint8Array | null, from: number, to: number): void {
  let sum = 0
  for (let i = from; i < to; i++) {
    if (stale !== null && stale[i] === 1) continue
    sum += values[i]!
    values[i] = sum
  }
}
