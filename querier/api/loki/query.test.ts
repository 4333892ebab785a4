import { test } from 'node:test'
import { AppError } from '#base/errors.ts'
import { logSource, type LogRow } from '../../../test/log-source.ts'
import type { QueryRequest } from '../../endpoint.ts'
import { lokiApi } from './index.ts'

const second = 1_000_000_000n

/** Asks an endpoint as the routes do: parse, then answer. Errors give their message. */
export async function ask(
  route: string,
  parameters: Record<string, string>,
  options: {
    rows?: readonly (readonly LogRow[])[]
    categorize?: boolean
    path?: Record<string, string>
  } = {},
): Promise<unknown> {
  const endpoint = lokiApi.endpoints.find((one) => one.route === `/loki/api/v1/${route}`)
  if (endpoint === undefined) throw new RangeError(`no endpoint ${route}`)
  const request: QueryRequest = {
    method: 'GET',
    path: options.path ?? {},
    parameters: new URLSearchParams(parameters),
    headers:
      options.categorize === true ? { 'x-loki-response-encoding-flags': 'categorize-labels' } : {},
    nowMs: 1_000_000,
  }
  try {
    const parsed: unknown = structuredClone(endpoint.parse(request))
    const chunks: Uint8Array[] = []
    const world = { sources: [logSource(options.rows ?? shop)], nowMs: request.nowMs }
    for await (const chunk of endpoint.answer(parsed, world)) chunks.push(chunk)
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch (error) {
    if (error instanceof AppError) return lokiApi.envelope(error).body.trimEnd()
    throw error
  }
}

const cart = { 'service.name': 'cart', 'deployment.environment': 'prod', team: 'a' }
const pay = { 'service.name': 'pay', 'deployment.environment': 'prod', team: 'b' }
const trace = '0af7651916cd43dd8448eb211c80319c'

/** Seconds 1 to 6, not in order, over two batches. */
const shop: readonly (readonly LogRow[])[] = [
  [
    { ns: 1n * second, resource: cart, body: 'item added', severityNumber: 9 },
    { ns: 3n * second, resource: pay, body: 'card refused', severityNumber: 17, traceId: trace },
    { ns: 2n * second, resource: cart, body: 'checkout total=10', severityNumber: 9 },
  ],
  [
    { ns: 6n * second, resource: pay, body: 'card accepted', attributes: { 'http.status': 200 } },
    { ns: 4n * second, resource: pay, body: 'error: timeout', attributes: { 'http.status': 503 } },
    { ns: 5n * second, resource: cart, body: 'item added', severityText: 'DEBUG' },
  ],
]

/** The lines of a log query over seconds [0, 10), in order, or the error. */
async function lines(query: string, parameters: Record<string, string> = {}): Promise<string> {
  const answer = await ask('query_range', { query, start: '0', end: '10', ...parameters })
  if (typeof answer === 'string') return answer
  const { result } = (answer as { data: { result: { values: [string, string][] }[] } }).data
  const all = result.flatMap(({ values }) => values)
  const sign = parameters['direction'] === 'forward' ? 1 : -1
  return all
    .toSorted(([a], [b]) => Number(BigInt(a) - BigInt(b)) * sign)
    .map(([, line]) => line)
    .join('; ')
}

test('selects streams and lines', async (t) => {
  const check = async (query: string, want: string) => t.assert.equal(await lines(query), want)
  await check('{service_name="cart"}', 'item added; checkout total=10; item added')
  await check('{team=~".+", service_name!="cart"}', 'card accepted; error: timeout; card refused')
  await check('{service_name=~"c.*|x"} |= "added"', 'item added; item added')
  await check('{team=~".+", service_name!~"c.*"} != "card"', 'error: timeout')
  await check('{team="b"} |~ "re?fu|accep"', 'card accepted; card refused')
  await check('{team="b"} !~ "card.*"', 'error: timeout')
  await check('{http_status="503"}', 'error: timeout')
  await check('{deployment_environment="prod", http_status=~"5.."}', 'error: timeout')
  await check('{service_name="pay"} | http_status >= 300', 'error: timeout')
  await check(
    '{service_name=~".+"} |= "added" or "total"',
    'item added; checkout total=10; item added',
  )
  await check('{service_name=~".+"} != "added" or "card"', 'error: timeout; checkout total=10')
  await check(`{service_name=~".+"} | trace_id="${trace}"`, 'card refused')
  await check('{service_name=~".+"} | detected_level="error"', 'error: timeout; card refused')
  await check('{service_name=~".+"} | detected_level="debug"', 'item added')
  await check('{service_name=~".+"} |> "<_>: <_>"', 'error: timeout')
  await check('{nothing="x"}', '')
})

test('keeps the newest or the oldest up to the limit', async (t) => {
  const check = async (parameters: Record<string, string>, want: string) =>
    t.assert.equal(await lines('{service_name=~".+"}', parameters), want)
  await check({ limit: '2' }, 'card accepted; item added')
  await check({ limit: '2', direction: 'forward' }, 'item added; checkout total=10')
  await check({ start: '2', end: '4' }, 'card refused; checkout total=10')
})

test('answers streams as Grafana reads them', async (t) => {
  const asked = { query: '{service_name="pay"} |= "refused"', start: '0', end: '10' }
  const categorized = await ask('query_range', asked, { categorize: true })
  const { data } = categorized as { data: Record<string, unknown> }
  t.assert.deepEqual(Object.keys(data), ['resultType', 'encodingFlags', 'result', 'stats'])
  const stream = { deployment_environment: 'prod', service_name: 'pay' }
  const metadata = { detected_level: 'error', severity_number: '17', team: 'b', trace_id: trace }
  t.assert.deepEqual(data['result'], [
    { stream, values: [['3000000000', 'card refused', { structuredMetadata: metadata }]] },
  ])
  const plain = await ask('query_range', asked)
  t.assert.deepEqual((plain as { data: Record<string, unknown> }).data['result'], [
    { stream: { ...stream, ...metadata }, values: [['3000000000', 'card refused']] },
  ])
})

/** Series as `labels: value@second …`. */
function series(answer: unknown): string {
  if (typeof answer === 'string') return answer
  type Series = {
    metric: Record<string, string>
    values?: [number, string][]
    value?: [number, string]
  }
  const { result } = (answer as { data: { result: Series[] } }).data
  return result
    .map(({ metric, values, value }) => {
      const points = values ?? (value === undefined ? [] : [value])
      const labels = Object.entries(metric).map(([name, text]) => `${name}=${text}`)
      return `${labels.join(',')}: ${points.map(([at, v]) => `${v}@${at}`).join(' ')}`
    })
    .join('; ')
}

test('counts over windows', async (t) => {
  const check = async (query: string, want: string) =>
    t.assert.equal(
      series(await ask('query_range', { query, start: '2', end: '6', step: '2' })),
      want,
    )
  // Windows are (T-2, T]: T=2 holds 1 and 2, T=4 holds 3 and 4, T=6 holds 5 and 6.
  await check('sum(count_over_time({service_name=~".+"}[2s]))', ': 2@2 2@4 2@6')
  await check(
    'sum by (service_name) (count_over_time({service_name=~".+"}[2s]))',
    'service_name=cart: 2@2 1@6; service_name=pay: 2@4 1@6',
  )
  await check('sum(rate({service_name="pay"}[4s]))', ': 0.5@4 0.75@6')
  await check('sum(bytes_over_time({service_name="cart"}[2s]))', ': 27@2 10@6')
  await check('sum(bytes_rate({service_name="cart"}[2s]))', ': 13.5@2 5@6')
  await check('sum(count_over_time({service_name="cart"}[2s] offset 2s))', ': 2@4')
  await check(
    'max by (team) (count_over_time({service_name=~".+"} | keep team [10s]))',
    'team=a: 2@2 2@4 3@6; team=b: 2@4 3@6',
  )
  await check(
    'sum by (level, detected_level) (count_over_time({service_name=~".+"} | drop __error__[4s]))',
    'detected_level=debug: 1@6; detected_level=error: 2@4 2@6; detected_level=info: 2@2 2@4; detected_level=unknown: 1@6',
  )
  await check('sum(count_over_time({nothing="x"}[2s]))', '')
})

test('answers instant queries', async (t) => {
  const check = async (query: string, want: string, time = '6') =>
    t.assert.equal(series(await ask('query', { query, time })), want)
  await check('vector(1)+vector(1)', ': 2@4', '4.0')
  await check('sum(count_over_time({service_name=~".+"}[3s]))', ': 3@6')
  await check(
    'topk(1, sum by (team) (count_over_time({service_name=~".+"} |= "a" [10s])))',
    'team=a: 3@6',
  )
  await check(
    'sum(count_over_time({team="a"}[10s])) / sum(count_over_time({team="b"}[10s]))',
    ': 1@6',
  )
  await check(
    '{service_name="a"}',
    'log queries are not supported as an instant query type, please change your query to a range query type',
  )
})

test('lists labels, values and series', async (t) => {
  const range = { start: '0', end: '10' }
  const check = async (route: string, parameters: Record<string, string>, want: unknown) =>
    t.assert.deepEqual(await ask(route, { ...range, ...parameters }), {
      status: 'success',
      data: want,
    })
  await check('labels', {}, ['deployment_environment', 'service_name'])
  await check('series', { 'match[]': '{team="a"}' }, [
    { deployment_environment: 'prod', service_name: 'cart' },
  ])
  // Loki takes these as no selector, and any single one that selects everything.
  const all = ['pay', 'cart'].map((name) => ({
    deployment_environment: 'prod',
    service_name: name,
  }))
  await check('series', {}, all)
  await check('series', { match: '{ }' }, all)
  await check('series', { 'match[]': '{team=~".*"}' }, all)
  const values = async (name: string, parameters: Record<string, string>) =>
    (
      (await ask('label/:name/values', { ...range, ...parameters }, { path: { name } })) as {
        data: string[]
      }
    ).data
  t.assert.deepEqual(await values('service_name', {}), ['cart', 'pay'])
  t.assert.deepEqual(await values('service_name', { query: '{team="b"}' }), ['pay'])
  t.assert.deepEqual(await values('team', {}), ['a', 'b'])
})

test('says how much there is by label', async (t) => {
  const range = { start: '0', end: '10', query: '{team=~".+"}' }
  // cart: 10 + 17 + 10 bytes; pay: 12 + 13 + 14.
  const check = async (route: string, parameters: Record<string, string>, want: string) =>
    t.assert.equal(series(await ask(`index/${route}`, { ...range, ...parameters })), want)
  await check('volume', {}, 'team=b: 39@10; team=a: 37@10')
  await check('volume', { targetLabels: 'service_name', limit: '1' }, 'service_name=pay: 39@10')
  await check(
    'volume',
    { aggregateBy: 'labels' },
    'deployment_environment=: 76@10; service_name=: 76@10',
  )
  await check('volume_range', { step: '5' }, 'team=b: 26@5 13@10; team=a: 37@5')
  t.assert.equal(
    await ask('index/volume', { ...range, aggregateBy: 'x' }),
    'invalid aggregation option',
  )
  t.assert.deepEqual(await ask('detected_labels', { start: '0', end: '10' }), {
    detectedLabels: [
      { label: 'deployment_environment', cardinality: 1 },
      { label: 'service_name', cardinality: 2 },
    ],
  })
})

test('says how much a selector chooses', async (t) => {
  const check = async (query: string, want: unknown) =>
    t.assert.deepEqual(await ask('index/stats', { start: '0', end: '10', query }), want)
  await check('{team=~".+"}', { streams: 2, chunks: 2, bytes: 76, entries: 6 })
  await check('{team="a"} |= "x" | json', { streams: 1, chunks: 1, bytes: 37, entries: 3 })
  await check('{team="c"}', { streams: 0, chunks: 0, bytes: 0, entries: 0 })
})

test('leaves rows in error out of counts and says so', async (t) => {
  const rows = ['1', 'x', '3'].map((size, i) => ({
    ns: BigInt(i + 1) * second,
    resource: cart,
    body: 'a',
    attributes: { size },
  }))
  const query = 'sum(count_over_time({service_name="cart"} | size > 1 [10s]))'
  const answer = await ask('query', { query, time: '6' }, { rows: [rows] })
  t.assert.equal(series(answer), ': 1@6')
  t.assert.deepEqual((answer as { warnings: string[] }).warnings, [
    '1 lines with the error LabelFilterErr were left out',
  ])
  const dropped = 'sum(count_over_time({service_name="cart"} | size > 1 | drop __error__ [10s]))'
  t.assert.equal(
    series(await ask('query', { query: dropped, time: '6' }, { rows: [rows] })),
    ': 2@6',
  )
})

test('refuses with the texts of Loki', async (t) => {
  const check = async (parameters: Record<string, string>, want: string) =>
    t.assert.equal(
      await ask('query_range', { query: '{a="b"}', start: '0', end: '10', ...parameters }),
      want,
    )
  await check({ end: '0' }, 'end timestamp must not be before or equal to start time')
  await check({ limit: '0' }, 'limit must be a positive value')
  await check(
    { limit: '5001' },
    'max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)',
  )
  await check({ direction: 'x' }, "invalid direction 'x'")
  await check({ step: 'abc' }, 'cannot parse "abc" to a valid duration')
  await check(
    { step: '0' },
    'zero or negative query resolution step widths are not accepted. Try a positive integer',
  )
  await check(
    { step: '1ms', end: '12' },
    'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
  )
  await check(
    { end: '3456000' },
    'the query time range exceeds the limit (query length: 960h0m0s, limit: 30d1h)',
  )
  await check({ start: 'x' }, 'could not parse \'start\' parameter: cannot parse "x" as a time')
  await check({ query: '{a="b"} | json' }, 'the stage json is not supported yet')
  await check(
    { query: '{a="b"' },
    'parse error at line 1, col 7: syntax error: unexpected $end, expecting } or ,',
  )
})
