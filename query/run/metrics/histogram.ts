/**
 * `histogram_quantile` over classic buckets (promql.md §12.3). Series that differ in `le` alone are one histogram; at each
 * step its buckets are the ones that have a sample. Counts that fall from one bucket to the next
 * are mended: within 1e-12 of each other silently, else with a remark.
 */
import { parseGoFloat } from '../../text/numbers.ts'
import type { Span } from '../../text/position.ts'
import { badBucketLabel, forcedMonotonicity, invalidQuantile } from '../../promql/annotations.ts'
import { dropLabels, joinEqual, labelValue, metricName } from '../labels.ts'
import { operatorOf, pull, type Labels, type RunContext, type VectorOperator } from '../operator.ts'

export interface QuantileOptions {
  readonly quantile: VectorOperator
  readonly input: VectorOperator
  /** The places of both arguments in the query. */
  readonly quantileSpan: Span
  readonly inputSpan: Span
}

/** The buckets of one histogram: rows of the input by rising bound. */
interface Buckets {
  readonly rows: Uint32Array
  readonly bounds: Float64Array
}

const notOfResult = new Set([metricName, 'le'])

export function histogramQuantile(options: QuantileOptions, context: RunContext): VectorOperator {
  const { quantile, input, inputSpan: span } = options
  return operatorOf(context, async () => {
    const series = await input.series()
    const { labels, buckets } = groupBuckets(series, span, context)
    const most = Math.max(0, ...buckets.map(({ rows }) => rows.length))
    const point = { bounds: new Float64Array(most), counts: new Float64Array(most), size: 0 }
    return {
      labels,
      async fill(batch) {
        const from = await pull(input)
        const wanted = (await pull(quantile)).values
        const { first, steps } = batch
        for (const q of wanted) {
          if (!(q >= 0 && q <= 1)) context.annotations.add(invalidQuantile(options.quantileSpan, q))
        }
        for (const [h, { rows, bounds }] of buckets.entries()) {
          for (let i = 0; i < steps; i++) {
            point.size = 0
            for (const [b, row] of rows.entries()) {
              if (from.present[row * steps + i] === 0) continue
              addBucket(point, bounds[b]!, from.values[row * steps + i]!)
            }
            if (point.size === 0) continue
            const q = wanted[i]!
            const timeMs = context.range.startMs + (first + i) * context.range.stepMs
            batch.values[h * steps + i] = bucketQuantile(q, point, (fix) => {
              const at = { fromMs: timeMs, toMs: timeMs, count: 1 }
              context.annotations.add(forcedMonotonicity(span, '', { ...at, ...fix }))
            })
            batch.present[h * steps + i] = 1
          }
        }
      },
    }
  })
}

function groupBuckets(series: readonly Labels[], span: Span, context: RunContext) {
  const rows: { row: number; bound: number }[] = []
  for (const [row, labels] of series.entries()) {
    const le = labelValue(labels, 'le')
    const bound = parseGoFloat(le)
    if (bound === null) context.annotations.add(badBucketLabel(span, '', le))
    else rows.push({ row, bound })
  }
  const grouped = joinEqual(
    rows.map(({ row }) => dropLabels(series[row] ?? [], notOfResult)),
    context.control,
  )
  const members: { row: number; bound: number }[][] = grouped.labels.map(() => [])
  for (const [i, one] of rows.entries()) members[grouped.rowOf[i]!]!.push(one)
  const buckets = members.map((list): Buckets => {
    list.sort((a, b) => a.bound - b.bound)
    return {
      rows: Uint32Array.from(list, ({ row }) => row),
      bounds: Float64Array.from(list, ({ bound }) => bound),
    }
  })
  return { labels: grouped.labels, buckets }
}

/** The buckets of one histogram at one step: cumulative counts by rising bound. */
interface BucketPoint {
  readonly bounds: Float64Array
  readonly counts: Float64Array
  size: number
}

/** Buckets of one bound (`1` and `1.0`) are one bucket. */
function addBucket(point: BucketPoint, bound: number, count: number): void {
  if (point.size > 0 && point.bounds[point.size - 1] === bound) {
    point.counts[point.size - 1]! += count
    return
  }
  point.bounds[point.size] = bound
  point.counts[point.size++] = count
}

interface Fix {
  readonly minBucket: number
  readonly maxBucket: number
  readonly maxDifference: number
}

/** Differences of this share of the larger are rounding and no remark's worth. */
const smallDelta = 1e-12

/** The quantile of cumulative buckets by rising bound; NaN without a bucket of infinity or without observations. */
function bucketQuantile(q: number, point: BucketPoint, fixed: (fix: Fix) => void): number {
  const { bounds, counts, size } = point
  if (Number.isNaN(q)) return Number.NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  if (bounds[size - 1] !== Infinity) return Number.NaN
  const fix = mend(point)
  if (fix !== null) fixed(fix)
  if (size < 2) return Number.NaN
  const observations = counts[size - 1]!
  if (observations === 0 || Number.isNaN(observations)) return Number.NaN
  let rank = q * observations
  let b = 0
  while (b < size - 1 && !(counts[b]! >= rank)) b++
  if (b === size - 1) return bounds[size - 2]!
  if (b === 0 && bounds[0]! <= 0) return bounds[0]!
  let start = 0
  let inside = counts[b]!
  if (b > 0) {
    start = bounds[b - 1]!
    inside -= counts[b - 1]!
    rank -= counts[b - 1]!
  }
  return start + (bounds[b]! - start) * (rank / inside)
}

/** Makes the counts rise; what was more than rounding. */
function mend({ bounds, counts, size }: BucketPoint): Fix | null {
  let minBucket = Infinity
  let maxBucket = -Infinity
  let maxDifference = 0
  let before = counts[0]!
  for (let b = 1; b < size; b++) {
    const count = counts[b]!
    if (count < before) {
      counts[b] = before
      if ((before - count) / Math.abs(before + count) >= smallDelta) {
        minBucket = Math.min(minBucket, bounds[b]!)
        maxBucket = Math.max(maxBucket, bounds[b]!)
        maxDifference = Math.max(maxDifference, before - count)
      }
    }
    before = counts[b]!
  }
  return maxBucket === -Infinity ? null : { minBucket, maxBucket, maxDifference }
}
