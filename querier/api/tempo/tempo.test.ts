import { test } from 'node:test'
import { errorToData, AppError } from '#base/errors.ts'
import type { Source } from '#query/run/source.ts'
import { sourceOf } from '#test/source.ts'
import { baseMs, tracesRequest } from '#test/spans.ts'
import { tempoApi } from './index.ts'

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

const nowMs = baseMs + 60_000

/** Asks the endpoint whose route fits, as the routes would. */
async function ask(sources: readonly Source[], url: string, accept = ''): Promise<Answer> {
  const { pathname, searchParams: parameters } = new URL(url, 'http://localhost')
  for (const endpoint of tempoApi.endpoints) {
    const path = match(endpoint.route, pathname)
    if (path === null) continue
    try {
      const request = { method: 'GET', path, parameters, headers: { accept }, nowMs } as const
      const parsed: unknown = structuredClone(endpoint.parse(request))
      endpoint.needs(parsed)
      const chunks = await Array.fromAsync(endpoint.answer(parsed, { sources, nowMs }))
      const contentType = endpoint.contentTypeOf?.(parsed) ?? endpoint.contentType
      return { status: 200, contentType, body: Buffer.concat(chunks) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const envelope = tempoApi.envelope(error)
      return { ...envelope, body: Buffer.from(envelope.body) }
    }
  }
  throw new Error(`no endpoint for ${url}: ${JSON.stringify(errorToData(url))}`)
}

function match(route: string, pathname: string): Record<string, string> | null {
  const names = route.split('/')
  const parts = pathname.split('/').map(decodeURIComponent)
  if (names.length !== parts.length) return null
  const path: Record<string, string> = {}
  for (const [i, name] of names.entries()) {
    if (name.startsWith(':')) path[name.slice(1)] = parts[i] ?? ''
    else if (name !== parts[i]) return null
  }
  return path
}

const request = tracesRequest([
  {
    trace: '1',
    spans: [
      '1 GET 0+120 service=web kind=server status=error http.code=500 ok=false',
      '2<1 call 10+1 service=pay kind=client http.code=200 tags=["a"] event=e1',
    ],
  },
  { trace: '2', spans: ['1 tick 5000+0 service=cron http.code=x'] },
])

function data(): Promise<Source> {
  return sourceOf({ signal: 'traces' }, [{ request }])
}

const range = `start=${baseMs / 1000}&end=${baseMs / 1000 + 60}`

test('search answers with the shape and key order of Tempo', async (t) => {
  const source = await data()
  const check = async (query: string, want: string) => {
    const { status, body } = await ask([source], `/api/search?${query}&${range}`)
    t.assert.equal(status, 200)
    t.assert.equal(body.toString(), want)
  }
  const start = `${baseMs}000000`
  const span =
    `{"spanID":"0000000000000001","name":"GET","startTimeUnixNano":"${start}","durationNanos":"120000000",` +
    '"attributes":[{"key":"status","value":{"stringValue":"error"}},{"key":"http.code","value":{"intValue":"500"}},' +
    '{"key":"service.name","value":{"stringValue":"web"}},{"key":"ok","value":{"boolValue":false}}]}'
  const set = `{"spans":[${span}],"matched":1}`
  await check(
    `q=${encodeURIComponent('{ name = "GET" && status = error && .http.code > 499 } | select(resource.service.name, span.ok)')}`,
    '{"traces":[{"traceID":"1","rootServiceName":"web","rootTraceName":"GET",' +
      `"startTimeUnixNano":"${start}","durationMs":120,"spanSet":${set},"spanSets":[${set}],` +
      '"serviceStats":{"web":{"spanCount":1,"errorCount":1},"pay":{"spanCount":1}}}],' +
      '"metrics":{"inspectedTraces":1,"completedJobs":1,"totalJobs":1,"inspectedSpans":"3"}}',
  )
  await check(
    `q=${encodeURIComponent('{ span.none = 1 }')}`,
    '{"traces":[],"metrics":{"completedJobs":1,"totalJobs":1}}',
  )
})

test('search takes q, tags and durations, limit and spss', async (t) => {
  const source = await data()
  const check = async (query: string, want: string) => {
    const { body } = await ask([source], `/api/search?${query}`)
    const { traces } = JSON.parse(body.toString()) as {
      traces: { traceID: string; spanSet: { spans: unknown[]; matched: number } }[]
    }
    const shown = traces.map(
      ({ traceID, spanSet }) => `${traceID}:${spanSet.spans.length}/${spanSet.matched}`,
    )
    t.assert.equal(shown.join(' '), want)
  }
  await check(range, '2:1/1 1:2/2')
  await check(`${range}&limit=1`, '2:1/1')
  await check(`${range}&spss=1`, '2:1/1 1:1/2')
  await check(`${range}&tags=service.name%3Dwe`, '1:1/1')
  await check(`${range}&tags=service.name%3Dweb%20http.code%3D200`, '1:2/2')
  await check(`${range}&tags=http.code%3D500%20service.name%3Dcron`, '')
  await check(`${range}&tags=error%3Dtrue`, '1:1/1')
  await check(`${range}&minDuration=100ms`, '1:2/2')
  await check(`${range}&maxDuration=100ms`, '2:1/1')
  await check('service.name=cron', '2:1/1')
  await check('', '2:1/1 1:2/2')
})

test('parameters that cannot be read get the messages of Tempo', async (t) => {
  const check = async (url: string, want: string) => {
    const { status, contentType, body } = await ask([], url)
    t.assert.equal(`${status} ${body.toString()}`, want)
    t.assert.equal(contentType, 'text/plain; charset=utf-8')
  }
  await check(
    '/api/search?q=%7B%7D&tags=a%3Db',
    "400 invalid request: can't specify tags and q in the same query",
  )
  await check('/api/search?tags=a%3Db%20a%3Dc', '400 invalid tags: tag a has been set twice')
  await check('/api/search?limit=0', '400 invalid limit: must be a positive number')
  await check('/api/search?limit=300000', '400 limit 300000 exceeds max limit 262144')
  await check('/api/search?spss=101', '400 spans per span set exceeds 100. received 101')
  await check(
    '/api/search?minDuration=2s&maxDuration=1s',
    '400 invalid maxDuration: must be greater than minDuration',
  )
  await check(
    '/api/search?start=20&end=10',
    '400 http parameter start must be before end. received start=20 end=10',
  )
  await check(
    '/api/search?start=20',
    '400 http parameter start must be before end. received start=20 end=0',
  )
  await check('/api/search/tags?scope=x', '400 invalid scope: x')
  await check(
    '/api/traces/12x4',
    "400 trace IDs can only contain hex characters: invalid character 'x' at position 3",
  )
  await check(`/api/v2/traces/${'1'.repeat(33)}`, "400 trace IDs can't be larger than 128 bits")
})

test('what is wrong with a query is said as Tempo says it', async (t) => {
  const source = await data()
  const check = async (url: string, want: RegExp) => {
    const { status, body } = await ask([source], url)
    t.assert.match(`${status} ${body.toString()}`, want)
  }
  const q = (text: string) => encodeURIComponent(text)
  await check(`/api/search?q=${q('{ nope }')}`, /^400 invalid TraceQL query: parse error at line 1/)
  await check(
    `/api/search?q=${q('{ 1 }')}`,
    /^400 invalid TraceQL query: span filter field expressions must resolve to a boolean/,
  )
  await check(`/api/metrics/query_range?q=${q('{} | rate()')}`, /^501 .*"rate" is not run yet$/)
  await check(`/api/metrics/query?q=${q('{}')}`, /^400 invalid TraceQL query: not a metrics query$/)
  await check('/tempopb.StreamingQuerier/Search', /^501 streaming search over gRPC/)
  await check(
    '/api/v2/search/tag/%7B/values',
    /^400 please provide a valid tagName: failed to parse/,
  )
})

test('names of tags, by scope and under a filter', async (t) => {
  const source = await data()
  const check = async (query: string, want: Record<string, string>) => {
    const { body } = await ask([source], `/api/v2/search/tags?${query}&${range}`)
    const { scopes } = JSON.parse(body.toString()) as { scopes: { name: string; tags: string[] }[] }
    const shown = scopes.map(({ name, tags }) => [
      name,
      name === 'intrinsic' ? String(tags.length) : tags.join(' '),
    ])
    t.assert.deepEqual(Object.fromEntries(shown), want)
  }
  const all = { resource: 'service.name', span: 'http.code ok tags', intrinsic: '25' }
  await check('', all)
  await check('scope=span', { span: 'http.code ok tags' })
  await check('scope=resource&limit=5', { resource: 'service.name' })
  await check('scope=span&limit=1', { span: 'http.code' })
  await check('scope=intrinsic', { intrinsic: '25' })
  await check('scope=link', {})
  const filtered = encodeURIComponent('{ resource.service.name = "web" && span.')
  await check(`q=${filtered}`, { ...all, span: 'http.code ok' })
  const v1 = await ask([source], `/api/search/tags?${range}`)
  t.assert.equal(
    v1.body.toString(),
    '{"tagNames":["http.code","ok","service.name","tags"],"metrics":{}}',
  )
})

test('values of tags, typed and as texts', async (t) => {
  const source = await data()
  const check = async (tag: string, want: string, q = '') => {
    const filter = q === '' ? '' : `&q=${encodeURIComponent(q)}`
    const url = `/api/v2/search/tag/${encodeURIComponent(tag)}/values?${range}${filter}`
    const { body } = await ask([source], url)
    const { tagValues } = JSON.parse(body.toString()) as {
      tagValues: { type: string; value: string }[]
    }
    t.assert.equal(tagValues.map(({ type, value }) => `${type}:${value}`).join(' '), want)
  }
  await check('resource.service.name', 'string:cron string:pay string:web')
  await check('.service.name', 'string:cron string:pay string:web')
  await check('span.http.code', 'int:200 int:500 string:x')
  await check('.http.code', 'int:200 int:500 string:x')
  await check('span.ok', 'bool:false')
  await check('span.tags', 'string:a')
  await check('span.none', '')
  await check('name', 'string:GET string:call string:tick')
  await check('rootName', 'string:GET string:tick')
  await check('rootServiceName', 'string:cron string:web')
  await check('event:name', 'string:e1')
  await check('status', 'keyword:ok keyword:error keyword:unset')
  await check('duration', '')
  await check('span.http.code', 'int:500', '{ status = error }')
  await check('resource.service.name', 'string:pay', '{ kind = client && span.x = }')
  await check('resource.service.name', 'string:cron string:pay string:web', '{ }')
  const v1 = await ask([source], `/api/search/tag/http.code/values?${range}`)
  t.assert.equal(v1.body.toString(), '{"tagValues":["200","500","x"],"metrics":{}}')
})

test('a trace by id: JSON, protobuf, unknown', async (t) => {
  const source = await data()
  const json = await ask([source], '/api/traces/2')
  const want =
    '{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cron"}}]},"scopeSpans":[{"scope":{"name":"lib"},' +
    '"spans":[{"traceId":"AAAAAAAAAAAAAAAAAAAAAg==","spanId":"AAAAAAAAAAE=","name":"tick","kind":"SPAN_KIND_INTERNAL",' +
    `"startTimeUnixNano":"${baseMs + 5000}000000","endTimeUnixNano":"${baseMs + 5000}000000",` +
    '"attributes":[{"key":"http.code","value":{"stringValue":"x"}}],"status":{}}]}]}'
  t.assert.equal(json.body.toString(), `{"batches":[${want}]}`)
  const second = await ask([source], '/api/v2/traces/0002')
  t.assert.equal(second.body.toString(), `{"trace":{"resourceSpans":[${want}]},"metrics":{}}`)
  const unknown = await ask([source], '/api/traces/3', 'application/protobuf')
  t.assert.equal(`${unknown.status} ${unknown.body.length}`, '404 0')
  const empty = await ask([source], '/api/v2/traces/3', 'application/protobuf')
  t.assert.equal(empty.contentType, 'application/protobuf')
  t.assert.equal(empty.body.toString('hex'), '0a001200')
  const before = await ask([source], `/api/traces/2?start=0&end=10`)
  t.assert.equal(before.status, 404)
})
