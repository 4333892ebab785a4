/**
 * Metrics through the real program: OTLP JSON in, PromQL out, before and after a flush, and after SIGKILL
 * with rows in blocks and in the Log. Values are worked out by hand from the points sent.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'

/** Points are 15 s apart; the last is at `lastMs`. */
const everyMs = 15_000
const count = 21

type Point = Readonly<Record<string, unknown>>

function requestOf(lastMs: number): unknown {
  const times = Array.from({ length: count }, (_, i) => lastMs - (count - 1 - i) * everyMs)
  const ns = (ms: number) => `${ms}000000`
  const startTimeUnixNano = ns(lastMs - count * everyMs)
  const points = (make: (i: number) => Point) =>
    times.map((ms, i) => ({ startTimeUnixNano, timeUnixNano: ns(ms), ...make(i) }))
  const route = (value: string) => ({
    attributes: [{ key: 'http.route', value: { stringValue: value } }],
  })
  const metrics = [
    {
      name: 'http.requests',
      unit: '{request}',
      description: 'Requests served.',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [
          ...points((i) => ({ ...route('/a'), asInt: String(30 * i) })),
          // Restarts after the tenth point.
          ...points((i) => ({ ...route('/b'), asInt: String(15 * (i < 11 ? i : i - 11)) })),
        ],
      },
    },
    {
      name: 'latency',
      unit: 's',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: points((i) => ({
          count: String(10 * i),
          sum: 2.5 * i,
          bucketCounts: [String(5 * i), String(4 * i), String(i)],
          explicitBounds: [0.25, 0.5],
          // The same one with every point, as exporters do.
          exemplars: [
            {
              timeUnixNano: ns(lastMs - 1000),
              asDouble: 0.3,
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: 'b7ad6b7169203331',
              filteredAttributes: [{ key: 'user.id', value: { stringValue: 'u1' } }],
            },
          ],
        })),
      },
    },
    {
      name: 'temperature',
      unit: 'Cel',
      gauge: { dataPoints: points((i) => ({ asDouble: i / 4 })) },
    },
    {
      name: 'jobs',
      sum: {
        aggregationTemporality: 1,
        isMonotonic: true,
        dataPoints: points(() => ({ asInt: '3' })),
      },
    },
    {
      name: 'gone',
      gauge: { dataPoints: points((i) => (i === count - 1 ? { flags: 1 } : { asDouble: 1 })) },
    },
    {
      name: 'size',
      unit: 'By',
      summary: {
        dataPoints: points((i) => ({
          count: String(i),
          sum: 8 * i,
          quantileValues: [{ quantile: 0.5, value: 7 }],
        })),
      },
    },
  ]
  const attributes = [
    { key: 'service.name', value: { stringValue: 'web' } },
    { key: 'service.namespace', value: { stringValue: 'shop' } },
    { key: 'service.instance.id', value: { stringValue: 'web-1' } },
    { key: 'host.name', value: { stringValue: 'h1' } },
  ]
  return {
    resourceMetrics: [
      { resource: { attributes }, scopeMetrics: [{ scope: { name: 'lib' }, metrics }] },
    ],
  }
}

interface Vector {
  readonly data: {
    readonly resultType: string
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>
      readonly value?: readonly [number, string]
      readonly values?: readonly (readonly [number, string])[]
    }[]
  }
  readonly error?: string
  readonly infos?: readonly string[]
}

function asking(port: number) {
  return async (path: string, form?: Readonly<Record<string, string>>) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
    })
    const text = await response.text()
    return { status: response.status, text, json: () => JSON.parse(text) as Vector }
  }
}

/** A vector's samples as `{a="b"} 1`, ordered. */
async function samples(started: Started, query: string, lastMs: number): Promise<string[]> {
  const ask = asking(started.ports.prometheus)
  const { json, status, text } = await ask('/api/v1/query', { query, time: String(lastMs / 1000) })
  if (status !== 200) return [text]
  return json()
    .data.result.map(({ metric, value }) => {
      const labels = Object.entries(metric).map(([name, text]) => `${name}=${text}`)
      return `${labels.join(' ')} ${value?.[1]}`.trim()
    })
    .sort()
}

async function checkAll(t: TestContext, started: Started, lastMs: number): Promise<void> {
  const check = async (query: string, ...want: string[]) =>
    t.assert.deepEqual(await samples(started, query, lastMs), want, query)
  const target = 'instance=web-1 job=shop/web'
  await check('temperature_celsius', `__name__=temperature_celsius ${target} 5`)
  await check('sum by (job) (http_requests_total)', 'job=shop/web 735')
  // 4 samples in the minute; 45 s seen, extended to 60 s: (600 - 510) * 60 / 45.
  await check('increase(http_requests_total{http_route="/a"}[1m])', `http_route=/a ${target} 120`)
  // The counter of /b fell from 150 to 0 and grew to 135 again; 20 samples in (t - 5 m, t], extended to 300 s.
  await check(
    'round(increase(http_requests_total{http_route=~"/b|/c"}[5m]), 0.001)',
    `http_route=/b ${target} ${Math.round(((135 + 150 - 15) * 300 * 1000) / 285) / 1000}`,
  )
  await check('histogram_quantile(0.5, sum by (le) (rate(latency_seconds_bucket[2m])))', '0.25')
  await check('latency_seconds_sum / latency_seconds_count', `${target} 0.25`)
  await check(
    'latency_seconds_bucket{le="0.5"}',
    `__name__=latency_seconds_bucket ${target.replace(' job', ' job')} le=0.5 180`,
  )
  await check('target_info', `__name__=target_info host_name=h1 ${target} 1`)
  await check('increase(jobs_total[1m])', `${target} 12`)
  await check('gone')
  await check('gone offset 15s', `__name__=gone ${target} 1`)
  await check('size_bytes', `__name__=size_bytes ${target} quantile=0.5 7`)
  await check('size_bytes_sum - size_bytes_count', `${target} 140`)
  await check('count({job="shop/web"})', '13')
  await checkRange(t, started, lastMs)
  await checkLists(t, started, lastMs)
}

async function checkRange(t: TestContext, started: Started, lastMs: number): Promise<void> {
  const ask = asking(started.ports.prometheus)
  const end = lastMs / 1000
  const query = 'temperature_celsius > 4'
  const answer = await ask('/api/v1/query_range', {
    query,
    start: String(end - 60),
    end: String(end),
    step: '15s',
  })
  t.assert.equal(
    answer.text,
    `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"temperature_celsius",` +
      `"instance":"web-1","job":"shop/web"},"values":[[${end - 45},"4.25"],[${end - 30},"4.5"],[${end - 15},"4.75"],[${end},"5"]]}]}}`,
  )
}

async function checkLists(t: TestContext, started: Started, lastMs: number): Promise<void> {
  const ask = asking(started.ports.prometheus)
  const check = async (path: string, want: unknown) => {
    const { text } = await ask(`/api/v1/${path}`)
    t.assert.deepEqual(JSON.parse(text), { status: 'success', data: want }, path)
  }
  const names = [
    'gone',
    'http_requests_total',
    'jobs_total',
    'latency_seconds_bucket',
    'latency_seconds_count',
  ]
  names.push(
    'latency_seconds_sum',
    'size_bytes',
    'size_bytes_count',
    'size_bytes_sum',
    'target_info',
  )
  await check('label/__name__/values', [...names, 'temperature_celsius'])
  await check('labels', [
    '__name__',
    'host_name',
    'http_route',
    'instance',
    'job',
    'le',
    'quantile',
  ])
  await check('labels?match[]=gone', ['__name__', 'instance', 'job'])
  await check('label/le/values', ['+Inf', '0.25', '0.5'])
  await check('label/U__http__route/values', ['/a', '/b'])
  await check('series?match[]=http_requests_total&match[]={le="0.5"}', [
    { __name__: 'http_requests_total', http_route: '/a', instance: 'web-1', job: 'shop/web' },
    { __name__: 'http_requests_total', http_route: '/b', instance: 'web-1', job: 'shop/web' },
    { __name__: 'latency_seconds_bucket', instance: 'web-1', job: 'shop/web', le: '0.5' },
  ])
  const inBucket = {
    __name__: 'latency_seconds_bucket',
    instance: 'web-1',
    job: 'shop/web',
    le: '0.5',
  }
  const labels = {
    span_id: 'b7ad6b7169203331',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    user_id: 'u1',
  }
  await check('query_exemplars?query=histogram_quantile(0.9,rate(latency_seconds_bucket[5m]))', [
    { seriesLabels: inBucket, exemplars: [{ labels, value: '0.3', timestamp: lastMs / 1000 - 1 }] },
  ])
  await check('metadata?metric=http_requests_total', {
    http_requests_total: [{ type: 'counter', help: 'Requests served.', unit: '' }],
  })
}

async function send(started: Started, lastMs: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${started.ports.http}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(requestOf(lastMs)),
  })
  if (response.status !== 200) throw new Error(await response.text())
}

test('metrics are answered from the Log, from blocks and after SIGKILL', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'signalbox-prometheus-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const lastMs = Math.floor(systemClock.nowMs() / 1000) * 1000
  let started = await startSignalbox(dir)
  t.after(() => started.end('SIGKILL'))
  await send(started, lastMs)
  await checkAll(t, started, lastMs)
  await fetch(`http://127.0.0.1:${started.ports.admin}/flush`, { method: 'POST' })
  await checkAll(t, started, lastMs)
  // The same points again: now in a block and in the Log, each counts once.
  await send(started, lastMs)
  await checkAll(t, started, lastMs)
  await started.end('SIGKILL')
  started = await startSignalbox(dir)
  await checkAll(t, started, lastMs)
})

test("Grafana's first calls and what is refused", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'signalbox-prometheus-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const started = await startSignalbox(dir)
  t.after(() => started.end('SIGKILL'))
  const ask = asking(started.ports.prometheus)
  const check = async (path: string, form: Record<string, string> | undefined, want: unknown) => {
    const { status, text } = await ask(path, form)
    t.assert.deepEqual([status, text], want, path)
  }
  const ok = (data: string) => [200, `{"status":"success","data":${data}}`]
  const bad = (status: number, errorType: string, error: string) => [
    status,
    JSON.stringify({ status: 'error', errorType, error }),
  ]
  const scalar = '{"resultType":"scalar","result":[4,"2"]}'
  await check('/api/v1/query', { query: '1+1', time: '4' }, ok(scalar))
  await check('/api/v1/query?query=1%2B1&time=4', undefined, ok(scalar))
  await check(
    '/api/v1/query',
    { query: '"a"', time: '4' },
    ok('{"resultType":"string","result":[4,"a"]}'),
  )
  await check(
    '/api/v1/query',
    { query: 'up', time: '4' },
    ok('{"resultType":"vector","result":[]}'),
  )
  await check('/api/v1/labels', undefined, ok('[]'))
  const probe = '/api/v1/query_exemplars?query=test&start=1767225600000&end=1767229200000'
  await check(probe, undefined, ok('[]'))
  await check('/api/v1/rules', undefined, ok('{"groups":[]}'))
  const version = JSON.parse((await ask('/api/v1/status/buildinfo')).text) as {
    data: { version: string }
  }
  t.assert.match(version.data.version, /^3\.\d+\.\d+$/)
  await check(
    '/api/v1/query',
    { query: 'up{' },
    bad(
      400,
      'bad_data',
      'invalid parameter "query": 1:4: parse error: unexpected end of input inside braces',
    ),
  )
  const range = { query: 'up', start: '0', end: '11001', step: '1' }
  const points =
    'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)'
  await check('/api/v1/query_range', range, bad(400, 'bad_data', points))
  await check(
    '/api/v1/query_range',
    { ...range, end: '11000' },
    ok('{"resultType":"matrix","result":[]}'),
  )
  await check(
    '/api/v1/query_range',
    { ...range, start: '12000' },
    bad(400, 'bad_data', 'invalid parameter "end": end timestamp must not be before start time'),
  )
  await check(
    '/api/v1/query_range',
    { ...range, step: '0' },
    bad(
      400,
      'bad_data',
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ),
  )
  await check('/api/v1/series', undefined, bad(400, 'bad_data', 'no match[] parameter provided'))
  await check(
    '/api/v1/query',
    { query: 'histogram_fraction(0, 1, up)' },
    bad(422, 'execution', 'the function histogram_fraction() is not supported yet'),
  )
})
