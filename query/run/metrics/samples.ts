/**
 * The samples of a selection, by series and within a series by rising time; no two of a series have the
 * same time. Times are ms since the epoch. Plain data that several readers share; nobody changes it.
 */
import type { Labels } from '../operator.ts'

export interface Samples {
  readonly labels: readonly Labels[]
  /** Series s has the samples [at[s], at[s + 1]). */
  readonly at: Uint32Array
  readonly times: Float64Array
  readonly values: Float64Array
  /** 1 where the sample is a stale marker; null when none is. */
  readonly stale: Uint8Array | null
}

/** The same without stale markers, as windows see it. */
export function withoutStale(samples: Samples): Samples {
  const { labels, at, times, values, stale } = samples
  if (stale === null) return samples
  const kept = new Uint32Array(at.length)
  const keptTimes = new Float64Array(times.length)
  const keptValues = new Float64Array(times.length)
  let to = 0
  for (let s = 0; s < labels.length; s++) {
    for (let i = at[s]!; i < at[s + 1]!; i++) {
      if (stale[i] === 1) continue
      keptTimes[to] = times[i]!
      keptValues[to++] = values[i]!
    }
    kept[s + 1] = to
  }
  const ends = { times: keptTimes.subarray(0, to), values: keptValues.subarray(0, to) }
  return { labels, at: kept, ...ends, stale: null }
}

/** Series that have the same times at the same places: windows are found once for all of them. */
export interface TimeColumn {
  /** Where the column lies in `times`. */
  readonly from: number
  readonly to: number
  readonly series: readonly number[]
}

/** The distinct columns of times, in the order of their first series. Linear in the samples. */
export function timeColumns({ at, times, labels }: Samples): readonly TimeColumn[] {
  const byHash = new Map<number, { from: number; to: number; series: number[] }[]>()
  const columns: { from: number; to: number; series: number[] }[] = []
  let last: (typeof columns)[number] | null = null
  for (let s = 0; s < labels.length; s++) {
    const from = at[s]!
    const to = at[s + 1]!
    if (last !== null && sameTimes(times, last, from, to)) {
      last.series.push(s)
      continue
    }
    const hash = hashTimes(times, from, to)
    const alike = byHash.get(hash) ?? []
    let column = alike.find((one) => sameTimes(times, one, from, to))
    if (column === undefined) {
      column = { from, to, series: [] }
      columns.push(column)
      alike.push(column)
      byHash.set(hash, alike)
    }
    column.series.push(s)
    last = column
  }
  return columns
}

// oxlint-disable-next-line max-params -- two ranges of one array
function sameTimes(
  times: Float64Array,
  column: { readonly from: number; readonly to: number },
  from: number,
  to: number,
): boolean {
  if (column.to - column.from !== to - from) return false
  for (let a = column.from, b = from; b < to; a++, b++) if (times[a] !== times[b]) return false
  return true
}

function hashTimes(times: Float64Array, from: number, to: number): number {
  let hash = to - from
  for (let i = from; i < to; i++)
    hash = Math.imul(hash ^ (times[i]! | 0), 0x01000193) ^ (hash >>> 13)
  return hash
}
