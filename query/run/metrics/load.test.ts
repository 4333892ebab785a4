/** From batches as storage gives them to samples by series. */
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { Batch } from '#schemas/batch.ts'
import { metricType, temporality, type StreamIdentity } from '#schemas/identity.ts'
import { batchOf, streamOf, streamsOf, type Row } from '#test/golden/rows.ts'
import { formatFloat } from '../../text/numbers.ts'
import type { Matcher } from '../../plan/column.ts'
import { showMetric } from '../labels.ts'
import type { Source, SourceScan } from '../source.ts'
import { readerOf } from './load.ts'

const second = 1_000_000_000n

function stream(name: string, type: number, delta = false, monotonic = true): StreamIdentity {
  const identity = streamOf('web', name)
  const kind = delta ? temporality.delta : temporality.cumulative
  return { ...identity, descriptor: { name, type, unit: '', temporality: kind, monotonic } }
}

function number(id: number, atSeconds: number, value: number): Row {
  const timeNs = BigInt(Math.round(atSeconds * 1000)) * 1_000_000n
  return {
    stream: id,
    timeNs,
    values: { 'r:u32:kind': 1, 'r:double:value': value, 'r:u32:flags': 0 },
  }
}

function stale(id: number, atSeconds: number): Row {
  const values = { 'r:u32:kind': 0, 'r:double:value': 0, 'r:u32:flags': 1 }
  return { stream: id, timeNs: BigInt(atSeconds) * second, values }
}

function point(id: number, atSeconds: number, bytes: Uint8Array, kind = 3): Row {
  const values = { 'r:u32:kind': kind, 'r:otlp:point': bytes, 'r:u32:flags': 0 }
  return { stream: id, timeNs: BigInt(atSeconds) * second, values }
}

function double(out: ByteWriter, value: number): void {
  out.raw(new Uint8Array(Float64Array.of(value).buffer))
}

function fixed(out: ByteWriter, value: number): void {
  out.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer))
}

/** An OTLP HistogramDataPoint with packed counts and bounds. */
function histogram(sum: number, counts: readonly number[], bounds: readonly number[]): Uint8Array {
  const out = new ByteWriter()
  out.u8(33)
  fixed(
    out,
    counts.reduce((all, one) => all + one, 0),
  )
  out.u8(41)
  double(out, sum)
  out.u8(50)
  out.varint(counts.length * 8)
  for (const one of counts) fixed(out, one)
  out.u8(58)
  out.varint(bounds.length * 8)
  for (const one of bounds) double(out, one)
  return out.copy()
}

function summary(count: number, sum: number, quantile: number, value: number): Uint8Array {
  const out = new ByteWriter()
  out.u8(33)
  fixed(out, count)
  out.u8(41)
  double(out, sum)
  out.u8(50)
  out.varint(18)
  out.u8(9)
  double(out, quantile)
  out.u8(17)
  double(out, value)
  return out.copy()
}

function sourceOf(batches: readonly Batch[], tenant = 'acme'): Source {
  return {
    tenant,
    control: { check: () => {}, hold: () => {} },
    async *scan({ streams, from, to }: SourceScan) {
      for (const batch of batches) {
        const selection = Uint32Array.from(batch.stream.keys()).filter((row) => {
          const time = batch.timeBase + BigInt(batch.time[row] ?? 0)
          const wanted = streams?.(batch.streams.identity(batch.stream[row] ?? 0)) ?? true
          return wanted && time >= from && time < to
        })
        yield { ...batch, selection }
      }
    },
    async *streams() {},
    columns: async () => [],
  }
}

async function read(
  batches: readonly Batch[],
  matchers: readonly Matcher[] = [],
  sources = [sourceOf(batches)],
): Promise<string[]> {
  const { samples } = await readerOf(sources).read({ matchers, fromMs: 0, toMs: 60_000 })
  const { labels, at, times, values } = samples
  return labels
    .map((one, s) => {
      const shown: string[] = []
      for (let i = at[s]!; i < at[s + 1]!; i++) {
        const value = samples.stale?.[i] === 1 ? 'stale' : formatFloat(values[i]!, 'f')
        shown.push(`${value}@${times[i]! / 1000}`)
      }
      return `${showMetric(one)} ${shown.join(' ')}`
    })
    .sort()
}

const named = (value: string): Matcher => ({ label: '__name__', operator: '=', value })

test('numbers by series, sorted, the later write wins, the window is left-open', async (t) => {
  const list = streamsOf([stream('a', metricType.gauge), stream('b', metricType.gauge)])
  const early = batchOf('metrics', list, [
    number(0, 3, 3),
    number(1, 1, 9),
    number(0, 1, 1),
    number(0, 0, 7),
  ])
  const late = {
    ...batchOf('metrics', list, [number(0, 2, 2), number(0, 3, 33), number(0, 60.001, 7)]),
    offset: 5,
  }
  t.assert.deepEqual(await read([late, early], [named('a')]), ['a{job="web"} 1@1 2@2 33@3'])
  t.assert.deepEqual(await read([early, late]), [
    'a{job="web"} 1@1 2@2 33@3',
    'b{job="web"} 9@1',
    'target_info{job="web", service_version="1.2.3"} 1@1 1@2 1@3',
  ])
})

test('no recorded value is a stale marker, delta points add up', async (t) => {
  const list = streamsOf([stream('a', metricType.gauge), stream('d', metricType.sum, true)])
  const rows = [number(0, 1, 1), stale(0, 2), number(1, 1, 5), number(1, 3, 5), number(1, 2, 2)]
  const got = await read(
    [batchOf('metrics', list, rows)],
    [{ label: '__name__', operator: '=~', value: 'a|d_total' }],
  )
  t.assert.deepEqual(got, ['a{job="web"} 1@1 stale@2', 'd_total{job="web"} 5@1 7@2 12@3'])
})

test('histograms and summaries become their series', async (t) => {
  const list = streamsOf([stream('h', metricType.histogram), stream('s', metricType.summary)])
  const rows = [
    point(0, 1, histogram(2.5, [1, 2, 3], [0.5, 1])),
    point(0, 2, histogram(3.5, [1, 4], [0.5])),
    point(1, 1, summary(4, 8, 0.9, 3), 5),
  ]
  const batch = batchOf('metrics', list, rows)
  t.assert.deepEqual(
    await read([batch], [{ label: '__name__', operator: '!=', value: 'target_info' }]),
    [
      'h_bucket{job="web", le="+Inf"} 6@1 5@2',
      'h_bucket{job="web", le="0.5"} 1@1 1@2',
      'h_bucket{job="web", le="1"} 3@1',
      'h_count{job="web"} 6@1 5@2',
      'h_sum{job="web"} 2.5@1 3.5@2',
      's_count{job="web"} 4@1',
      's_sum{job="web"} 8@1',
      's{job="web", quantile="0.9"} 3@1',
    ],
  )
  t.assert.deepEqual(await read([batch], [{ label: 'le', operator: '=', value: '0.5' }]), [
    'h_bucket{job="web", le="0.5"} 1@1 1@2',
  ])
  t.assert.deepEqual(await read([batch], [named('h')]), [])
})

test('a stale marker ends every bucket, whatever it is read with', async (t) => {
  const list = () => streamsOf([stream('h', metricType.histogram)])
  const points = batchOf('metrics', list(), [point(0, 1, histogram(1, [1, 2], [0.5]))])
  const ended = { ...batchOf('metrics', list(), [stale(0, 2)]), offset: 5 }
  const want = [
    'h_bucket{job="web", le="+Inf"} 3@1 stale@2',
    'h_bucket{job="web", le="0.5"} 1@1 stale@2',
  ]
  t.assert.deepEqual(await read([points, ended], [named('h_bucket')]), want)
  t.assert.deepEqual(await read([ended, points], [named('h_bucket')]), want)
})

test('native histograms are noted by name and left out', async (t) => {
  const list = streamsOf([stream('x', metricType.exponentialHistogram)])
  const source = sourceOf([batchOf('metrics', list, [number(0, 1, 1)])])
  const loaded = await readerOf([source]).read({ matchers: [named('x')], fromMs: 0, toMs: 60_000 })
  t.assert.deepEqual([...loaded.native], ['x'])
  t.assert.equal(loaded.samples.labels.length, 0)
})

test('series of several tenants say whose they are', async (t) => {
  const list = streamsOf([stream('a', metricType.gauge)])
  const batch = batchOf('metrics', list, [number(0, 1, 1)])
  const got = await read([], [named('a')], [sourceOf([batch], 'one'), sourceOf([batch], 'two')])
  t.assert.deepEqual(got, [
    'a{__tenant_id__="one", job="web"} 1@1',
    'a{__tenant_id__="two", job="web"} 1@1',
  ])
})

test('a matcher of the tenant chooses among several', async (t) => {
  const list = streamsOf([stream('a', metricType.gauge)])
  const batch = batchOf('metrics', list, [number(0, 1, 1)])
  const sources = [sourceOf([batch], 'one'), sourceOf([batch], 'two')]
  const check = async (operator: Matcher['operator'], value: string, want: readonly string[]) => {
    const matchers = [named('a'), { label: '__tenant_id__', operator, value }]
    const series = want.map((tenant) => `a{__tenant_id__="${tenant}", job="web"}`)
    t.assert.deepEqual(
      await read([], matchers, sources),
      series.map((text) => `${text} 1@1`),
    )
  }
  await check('=', 'one', ['one'])
  await check('!=', 'one', ['two'])
  await check('=~', 'one|two', ['one', 'two'])
  await check('=', '', [])
})
