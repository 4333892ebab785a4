/**
 * `rate`, `increase` and `delta` with Prometheus' extrapolation (promql.md §9.1). What depends on times
 * alone, the distance between the samples and to both ends of the window, is worked out once per column. Counter
 * resets are found in one pass over a series, and only windows that hold one look at its samples.
 */
import type { WindowFunction, Windows } from './window.ts'

/** Places of the scratch cells per step: seconds sampled, seconds to the start, seconds to the end. */
const sampledAt = 0
const toStartAt = 1
const toEndAt = 2
const width = 3

function prepare({ steps, lo, hi, ends, rangeMs, times, scratch }: Windows): void {
  for (let i = 0; i < steps; i++) {
    const first = lo[i]!
    const last = hi[i]! - 1
    if (last <= first) continue
    const sampled = (times[last]! - times[first]!) / 1000
    const average = sampled / (last - first)
    const threshold = average * 1.1
    let toStart = (times[first]! - (ends[i]! - rangeMs)) / 1000
    let toEnd = (ends[i]! - times[last]!) / 1000
    if (toStart >= threshold) toStart = average / 2
    if (toEnd >= threshold) toEnd = average / 2
    scratch[i * width + sampledAt] = sampled
    scratch[i * width + toStartAt] = toStart
    scratch[i * width + toEndAt] = toEnd
  }
}

/** The places at which the counter fell, ascending: reused from series to series. */
let resets = new Uint32Array(64)

function findResets(values: Float64Array): number {
  let count = 0
  for (let i = 1; i < values.length; i++) {
    // NaN never falls.
    if (!(values[i]! < values[i - 1]!)) continue
    if (count === resets.length) {
      const grown = new Uint32Array(count * 2)
      grown.set(resets)
      resets = grown
    }
    resets[count++] = i
  }
  return count
}

function extrapolated(isCounter: boolean, isRate: boolean): WindowFunction {
  return {
    prepare,
    evaluate({ steps, lo, hi, rangeMs, scratch }, values, out) {
      const count = isCounter ? findResets(values) : 0
      let next = 0
      for (let i = 0; i < steps; i++) {
        const first = lo[i]!
        const last = hi[i]! - 1
        if (last <= first) continue
        let result = values[last]! - values[first]!
        while (next < count && resets[next]! <= first) next++
        for (let r = next; r < count && resets[r]! <= last; r++) result += values[resets[r]! - 1]!
        const sampled = scratch[i * width + sampledAt]!
        let toStart = scratch[i * width + toStartAt]!
        if (isCounter && result > 0 && values[first]! >= 0) {
          // A counter began at zero, so it cannot be extended further back than to there.
          const toZero = sampled * (values[first]! / result)
          if (toZero < toStart) toStart = toZero
        }
        let factor = (sampled + toStart + scratch[i * width + toEndAt]!) / sampled
        if (isRate) factor /= rangeMs / 1000
        out.values[out.at + i] = result * factor
        out.present[out.at + i] = 1
      }
    },
  }
}

export const rate = extrapolated(true, true)
export const increase = extrapolated(true, false)
export const delta = extrapolated(false, false)

/** The last two samples: their difference, per second for irate, where a reset counts from zero. */
function lastTwo(isRate: boolean): WindowFunction {
  return {
    evaluate({ steps, lo, hi, times }, values, out) {
      for (let i = 0; i < steps; i++) {
        const last = hi[i]! - 1
        if (last <= lo[i]!) continue
        const value = values[last]!
        const before = values[last - 1]!
        let result = isRate && value < before ? value : value - before
        if (isRate) result /= (times[last]! - times[last - 1]!) / 1000
        out.values[out.at + i] = result
        out.present[out.at + i] = 1
      }
    },
  }
}

export const irate = lastTwo(true)
export const idelta = lastTwo(false)
