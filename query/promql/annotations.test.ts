import { test } from 'node:test'
import * as annotations from './annotations.ts'
import { Annotations, describe } from './annotations.ts'

const query = 'sum(\n  rate(a[5m]))'
const span = { from: 7, to: 17 }

test('words every remark as Prometheus does, with its place', (t) => {
  const check = (annotation: annotations.Annotation, want: string) =>
    t.assert.equal(describe(annotation, query), `PromQL ${want} (2:3)`)
  const quantile = 'warning: quantile value should be between 0 and 1, got'
  check(annotations.invalidQuantile(span, 1.5), `${quantile} 1.5`)
  check(annotations.invalidQuantile(span, Number.NaN), `${quantile} NaN`)
  const ratio = 'warning: ratio value should be between -1 and 1, got 1.1, capping to 1'
  check(annotations.invalidRatio(span, 1.1, 1), ratio)
  const bucket = 'warning: bucket label "le" is missing or has a malformed value of "x"'
  check(annotations.badBucketLabel(span, '', 'x'), bucket)
  check(annotations.badBucketLabel(span, 'm', 'x'), `${bucket} for metric name "m"`)
  const mix = 'warning: encountered a mix of histograms and floats for'
  check(annotations.mixedSamples(span, 'm'), `${mix} metric name "m"`)
  check(annotations.mixedSamplesInAggregation(span), `${mix} aggregation`)
  const kinds = 'warning: vector contains a mix of classic and native histograms'
  check(annotations.mixedClassicAndNative(span, ''), kinds)
  check(annotations.mixedClassicAndNative(span, 'm'), `${kinds} for metric name "m"`)
  const schemas = 'a mix of histograms with exponential and custom buckets schemas'
  check(
    annotations.mixedSchemas(span, 'm'),
    `warning: vector contains ${schemas} for metric name "m"`,
  )
  const native = 'warning: this native histogram metric is not a'
  check(annotations.histogramNotCounter(span, 'm'), `${native} counter: "m"`)
  check(annotations.histogramNotGauge(span, 'm'), `${native} gauge: "m"`)
  const layout = 'warning: incompatible bucket layout encountered for binary operator'
  check(annotations.incompatibleBuckets(span, '+'), `${layout} +`)
  const resets = 'warning: conflicting counter resets during histogram'
  check(annotations.counterResetCollision(span, 'aggregation'), `${resets} aggregation`)
  const sort = 'warning: sort is ineffective for range queries'
  check(annotations.sortInRangeQuery(span), `${sort} since results are always ordered by labels`)
  const overlap = 'warning: sample has start time that overlaps with previous sample timestamp'
  check(annotations.startTimeOverlap(span, 'm'), `${overlap} for metric "m"`)
  const counter = 'info: metric might not be a counter,'
  const suffixes = 'name does not end in _total/_sum/_count/_bucket'
  check(annotations.possibleNonCounter(span, 'm'), `${counter} ${suffixes}: "m"`)
  const label = '__type__ label is not set to "counter" or "histogram", got "gauge"'
  check(annotations.possibleNonCounterType(span, 'm', 'gauge'), `${counter} ${label}: "m"`)
  const types = 'info: incompatible sample types encountered for binary operator'
  const sides = 'histogram + float'
  check(annotations.incompatibleTypes(span, 'histogram', '+', 'float'), `${types} "+": ${sides}`)
  check(annotations.histogramIgnored(span, 'max'), 'info: ignored histogram in max aggregation')
  const range = 'info: ignored histograms in a range containing both floats and histograms'
  check(annotations.histogramIgnoredInRange(span, 'm'), `${range} for metric name "m"`)
  const nan = 'info: input to histogram_quantile has NaN observations, result is'
  check(annotations.quantileOfNaN(span, ''), `${nan} NaN`)
  check(annotations.quantileSkewedByNaN(span, 'm'), `${nan} skewed higher for metric name "m"`)
  const fraction = 'info: input to histogram_fraction has NaN observations'
  check(annotations.fractionWithNaN(span, ''), `${fraction}, which are excluded from all fractions`)
  const custom = 'info: mismatched custom buckets were reconciled during'
  check(annotations.reconciledBuckets(span, 'addition'), `${custom} addition`)
})

const fix = { fromMs: 0, toMs: 0, minBucket: 1, maxBucket: 2, maxDifference: 0.126, count: 1 }

test('forced monotonicity says over what', (t) => {
  const text =
    'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see ' +
    'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from ' +
    'buckets 1 to 2, with a max diff of 0.13, over 1 samples from 1970-01-01T00:00:00Z to ' +
    '1970-01-01T00:00:00Z (2:3)'
  t.assert.equal(describe(annotations.forcedMonotonicity(span, '', fix), query), text)
})

test('keeps one remark per text, and merges what counts', (t) => {
  const all = new Annotations()
  all.add(annotations.invalidQuantile(span, 2))
  all.add(annotations.invalidQuantile({ from: 0, to: 3 }, 2))
  all.add(annotations.startTimeOverlap(span, 'm'))
  all.add(annotations.startTimeOverlap(span, 'm'))
  all.add(annotations.forcedMonotonicity(span, 'm', fix))
  const later = { ...fix, toMs: 61_500, minBucket: 0.5, maxBucket: 10, count: 2 }
  all.add(annotations.forcedMonotonicity(span, 'm', later))
  const overlap = 'sample has start time that overlaps with previous sample timestamp'
  t.assert.deepEqual(all.texts('warning', query, 10), [
    'PromQL warning: quantile value should be between 0 and 1, got 2 (2:3)',
    `PromQL warning: ${overlap} for metric "m" (2 occurrences) (2:3)`,
  ])
  const [info = ''] = all.texts('info', query, 10)
  t.assert.match(info, /for metric name "m", from buckets 0\.5 to 10, .* over 3 samples/)
  t.assert.match(info, /from 1970-01-01T00:00:00Z to 1970-01-01T00:01:01Z \(2:3\)$/)
})

test('says how many remarks were left out', (t) => {
  const all = new Annotations()
  for (const quantile of [2, 3, 4]) all.add(annotations.invalidQuantile(span, quantile))
  t.assert.deepEqual(all.texts('warning', query, 1), [
    'PromQL warning: quantile value should be between 0 and 1, got 2 (2:3)',
    '2 more warning annotations omitted',
  ])
  t.assert.deepEqual(all.texts('info', query, 1), [])
})
