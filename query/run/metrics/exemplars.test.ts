/** Exemplars and buckets of points that stand beside points without any, in a run and in a block. */
import { test } from 'node:test'
import { sourceOf } from '#test/source.ts'
import type { Matcher } from '../../plan/column.ts'
import { showMetric } from '../labels.ts'
import { readExemplars } from './exemplars.ts'
import { listPointSeries, listSeries } from './list.ts'

const everything = { from: 0n, to: 2n ** 63n - 1n }

/** A histogram point at a second: its bounds, its attribute `a`, and the value of its exemplar, repeated from the first. */
function point(second: number, bounds: readonly number[], a: string, exemplar?: number) {
  return {
    timeUnixNano: String(second * 1e9),
    attributes: [{ key: 'a', value: { stringValue: a } }],
    count: '1',
    bucketCounts: ['1', ...bounds.map(() => '0')],
    explicitBounds: bounds,
    ...(exemplar !== undefined && {
      exemplars: [{ timeUnixNano: '1000000000', asDouble: exemplar }],
    }),
  }
}

/** A marker that the series of `a` has ended. */
function ended(second: number, a: string) {
  const attributes = [{ key: 'a', value: { stringValue: a } }]
  return { timeUnixNano: String(second * 1e9), attributes, flags: 1 }
}

function request(dataPoints: readonly unknown[]): unknown {
  const metrics = [{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints } }]
  return { resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics }] }] }
}

async function inEachPlace(points: readonly unknown[]) {
  const written = request(points)
  const open = (place: 'run' | 'block') =>
    sourceOf({ signal: 'metrics' }, [{ request: written, in: place }])
  return { run: await open('run'), block: await open('block') }
}

test('an exemplar belongs to its own point alone', async (t) => {
  const points = [point(1, [5], 'x', 2), point(2, [5], 'x', 2), point(3, [5], 'y'), ended(4, 'y')]
  const places = await inEachPlace(points)
  for (const source of [places.run, places.block]) {
    const found = await readExemplars([source], [[]], everything)
    t.assert.deepEqual(
      found.map(({ labels, exemplars }) => [
        showMetric(labels),
        exemplars.map((one) => one.timeMs),
      ]),
      [['h_bucket{a="x", le="5"}', [1000]]],
    )
  }
})

test('a marker that a series has ended has no buckets', async (t) => {
  const points = [point(1, [5], 'x'), point(2, [5], 'x'), ended(3, 'y'), ended(4, 'y')]
  const places = await inEachPlace(points)
  for (const source of [places.run, places.block]) {
    const series = await Array.fromAsync(listPointSeries([source], [], everything))
    t.assert.deepEqual(series.map(showMetric), [
      'h_bucket{a="x", le="5"}',
      'h_bucket{a="x", le="+Inf"}',
    ])
  }
})

test('series and exemplars of several tenants are told apart', async (t) => {
  const written = request([point(1, [5], 'x', 2)])
  const open = (tenant: string) =>
    sourceOf({ signal: 'metrics', tenant }, [{ request: written, tenant }])
  const sources = [await open('one'), await open('two')]
  const check = async (matchers: readonly Matcher[], want: readonly string[]) => {
    const found = await readExemplars(sources, [matchers], everything)
    t.assert.deepEqual(
      found.map(({ labels, exemplars }) => `${showMetric(labels)} ${exemplars.length}`),
      want.map((tenant) => `h_bucket{__tenant_id__="${tenant}", a="x", le="5"} 1`),
    )
    const listed = await Array.fromAsync(listSeries(sources, [matchers], everything))
    const buckets = await Array.fromAsync(listPointSeries(sources, [matchers], everything))
    const shown = [...listed.map(({ labels }) => labels), ...buckets].map(showMetric)
    t.assert.equal(
      shown.every((text) => want.some((tenant) => text.includes(`__tenant_id__="${tenant}"`))),
      true,
      shown.join(' '),
    )
    t.assert.equal(shown.length, want.length * 5)
  }
  await check([], ['one', 'two'])
  await check([{ label: '__tenant_id__', operator: '=', value: 'two' }], ['two'])
})
