/** Sums, means, variances and least squares over one window, compensated as Prometheus does (promql.md §6, §9). */
import type { View } from './window.ts'

/** A sum and what rounding took from it, by Kahan and Neumaier. */
export class KahanSum {
  sum = 0
  compensation = 0

  add(value: number): void {
    const next = this.sum + value
    if (next === Infinity || next === -Infinity) this.compensation = 0
    else if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += this.sum - next + value
    else this.compensation += value - next + this.sum
    this.sum = next
  }

  get total(): number {
    return this.sum + this.compensation
  }
}

export function sumOf({ values, from, to }: View): number {
  const sum = new KahanSum()
  for (let i = from; i < to; i++) sum.add(values[i]!)
  return sum.total
}

/** The mean; where the sum overflows, as a running mean from there on. */
export function meanOf({ values, from, to }: View): number {
  const sum = new KahanSum()
  let running = false
  sum.sum = values[from]!
  for (let i = from + 1; i < to; i++) {
    const count = i - from + 1
    const value = values[i]!
    if (!running && Number.isFinite(sum.sum) && Math.abs(sum.sum + value) === Infinity) {
      running = true
      sum.sum /= count - 1
      sum.compensation /= count - 1
    }
    if (running) {
      const share = (count - 1) / count
      sum.sum *= share
      sum.compensation *= share
    }
    sum.add(running ? value / count : value)
  }
  if (running) return sum.total
  const count = to - from
  return sum.sum / count + sum.compensation / count
}

/** The variance of the population, by Welford. */
export function deviation({ values, from, to }: View): number {
  let count = 0
  const mean = new KahanSum()
  const squares = new KahanSum()
  for (let i = from; i < to; i++) {
    count++
    const difference = values[i]! - mean.total
    mean.add(difference / count)
    squares.add(difference * (values[i]! - mean.total))
  }
  return squares.total / count
}

/** Least squares with x in seconds from `zeroMs`. A constant series has slope 0, a constant infinity none. */
export function linear(
  { times, values, from, to }: View,
  zeroMs: number,
): { readonly slope: number; readonly intercept: number } {
  const count = to - from
  const first = values[from]!
  const [x, y, xy, xx] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()]
  let constant = true
  for (let i = from; i < to; i++) {
    if (values[i] !== first) constant = false
    const seconds = (times[i]! - zeroMs) / 1000
    x.add(seconds)
    y.add(values[i]!)
    xy.add(seconds * values[i]!)
    xx.add(seconds * seconds)
  }
  if (constant) {
    const infinite = Math.abs(first) === Infinity
    return { slope: infinite ? Number.NaN : 0, intercept: infinite ? Number.NaN : first }
  }
  const covariance = xy.total - (x.total * y.total) / count
  const variance = xx.total - (x.total * x.total) / count
  const slope = covariance / variance
  return { slope, intercept: y.total / count - (slope * x.total) / count }
}
