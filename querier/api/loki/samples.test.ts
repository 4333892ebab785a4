import { test } from 'node:test'
import { largest, matrixJson, scalarJson, vectorJson, type SampleSeries } from './samples.ts'

const one = (name: string, ...values: number[]): SampleSeries => ({
  labels: [['a', name]],
  times: values.map((_, i) => 1500 + i * 1000),
  values,
})

test('keeps the largest series and says so', (t) => {
  const all = Array.from({ length: 502 }, (_, i) => one(String(i), i))
  const { series, warnings } = largest(all)
  t.assert.equal(series.length, 500)
  t.assert.deepEqual(series[0]?.values, [2])
  t.assert.deepEqual(warnings, [
    'maximum number of series (500) reached for a single query; the largest of 502 are returned',
  ])
  t.assert.deepEqual(largest(all.slice(2)).warnings, [])
})

test('writes numbers as Prometheus does', (t) => {
  const series = one('x"', 1e21, Number.NaN, -Infinity, 0.5)
  const points = '[1.5,"1000000000000000000000"],[2.5,"NaN"],[3.5,"-Inf"],[4.5,"0.5"]'
  t.assert.equal(
    [...matrixJson([series])].join(''),
    `[{"metric":{"a":"x\\""},"values":[${points}]}]`,
  )
  t.assert.equal(
    [...vectorJson([one('y', 3)])].join(''),
    '[{"metric":{"a":"y"},"value":[1.5,"3"]}]',
  )
  t.assert.equal(scalarJson([one('z', 2)]), '[1.5,"2"]')
})
