import { test } from 'node:test'
import { check as verify } from '#query/traceql/check.ts'
import { parse } from '#query/traceql/parse.ts'
import { plan } from '#query/traceql/plan.ts'
import { optimize } from '#query/plan/passes/all.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import type { Source } from '../source.ts'
import { baseMs, tracesRequest, type SpanText } from '#test/spans.ts'
import { sourceOf, type Written } from '#test/source.ts'
import { search, type SearchWindow } from './search.ts'
import type { Value } from './value.ts'

const shop: SpanText = {
  trace: '1',
  spans: [
    '1 GET 0+100 service=web kind=server http.status=200 user=ann cart=[1,2]',
    '2<1 charge 10+50 service=pay kind=client status=error amount=12.5 retry=true event=start,oops',
    '3<2 store 20+20 service=db rows=7 user=bob',
    '4<1 render 70+20 service=web size=7.0',
  ],
}
const job: SpanText = {
  trace: '2',
  spans: ['1 nightly 5000+10 service=cron rows=8', '2<9 lost 5001+1 service=cron rows=9'],
}
const late: SpanText = { trace: 'abc', spans: ['1 GET 9000+1 service=web user=ann cart=[]'] }

const everything: SearchWindow = {
  from: BigInt(baseMs) * 1_000_000n,
  to: BigInt(baseMs + 60_000) * 1_000_000n,
}

async function run(
  source: Source,
  query: string,
  options: { window?: SearchWindow; limit?: number } = {},
) {
  const tree = parse(query)
  verify(tree)
  const planned = optimize(plan(tree, { ...defaultPlanOptions, limit: options.limit ?? 20 }))
  return search(planned, options.window ?? everything, [source])
}

/** `trace:span span, trace:span`: newest trace first; spansets apart by `|`, with their attributes. */
async function show(...args: Parameters<typeof run>): Promise<string> {
  const { traces } = await run(...args)
  return traces
    .map(({ trace, spansets }) => {
      const sets = spansets.map(({ spans, attributes }) => {
        const added = attributes.map(([key, value]) => ` ${key}=${shown(value)}`)
        return spans.map((span) => span.id.replace(/^0+/, '')).join(' ') + added.join('')
      })
      return `${trace.id.replace(/^0+/, '')}:${sets.join('|')}`
    })
    .join(', ')
}

function shown(value: Value | null): string {
  if (value === null) return 'nil'
  return value.type === 'other' || value.type === 'array' ? value.type : String(value.value)
}

function source(where: Written['in'] = 'run'): Promise<Source> {
  const written = [shop, job, late].map((trace) => ({
    request: tracesRequest([trace]),
    in: where,
  }))
  return sourceOf({ signal: 'traces' }, written)
}

for (const where of ['run', 'block'] as const) {
  test(`conditions on intrinsics and attributes choose spans, in a ${where}`, async (t) => {
    const data = await source(where)
    const check = async (query: string, want: string) =>
      t.assert.equal(await show(data, query), want, query)
    await check('{}', 'abc:1, 2:1 2, 1:1 2 3 4')
    await check('{ name = "GET" }', 'abc:1, 1:1')
    await check('{ name =~ "GE.|ch.*" }', 'abc:1, 1:1 2')
    await check('{ name !~ "GET|charge" && resource.service.name = "web" }', '1:4')
    await check('{ status = error }', '1:2')
    await check('{ status != unset }', '1:2')
    await check('{ kind = server || kind = client }', '1:1 2')
    await check('{ duration >= 50ms }', '1:1 2')
    await check('{ 50ms > duration && duration > 10000000 }', '1:3 4')
    await check('{ span.user = "ann" }', 'abc:1, 1:1')
    await check('{ span.user != "ann" }', '1:3')
    await check('{ span.user != "ann" || span.user = nil }', '2:1 2, 1:2 3 4')
    await check('{ !(span.user = "ann") && resource.service.name = "web" }', '1:4')
    await check('{ span.rows > 7 }', '2:1 2')
    await check('{ span.rows = 7.0 }', '1:3')
    await check('{ span.size = 7 }', '1:4')
    await check('{ span.amount * 2 = 25 }', '1:2')
    await check('{ span.retry = true }', '1:2')
    await check('{ span.rows = "7" }', '')
    await check('{ span.none = 1 }', '')
    await check('{ .service.name = "db" }', '1:3')
    await check('{ .user = "bob" }', '1:3')
    await check('{ span.cart = 2 }', '1:1')
    await check('{ span.cart != 3 }', 'abc:1, 1:1')
    await check('{ span.user != nil && span.cart != nil }', 'abc:1, 1:1')
    await check('{ event:name = "oops" }', '1:2')
    await check('{ instrumentation:name = "lib" && rootName = "nightly" }', '2:1 2')
    await check('{ trace:id = "0abc" }', 'abc:1')
    await check('{ span:id = "0000000000000003" }', '1:3')
    await check('{ span:parentID = "0000000000000002" }', '1:3')
    await check('{ rootServiceName = "web" && rootName = "GET" && span.rows = 7 }', '1:3')
    await check('{ traceDuration > 50ms && name = "store" }', '1:3')
    await check('{ span:childCount = 2 }', '1:1')
    await check('{ nestedSetParent < 0 }', 'abc:1, 2:1 2, 1:1')
  })
}

test('stages and structural operators', async (t) => {
  const data = await source()
  const check = async (query: string, want: string) =>
    t.assert.equal(await show(data, query), want, query)
  await check('{ name = "GET" } && { status = error }', '1:1 2')
  await check('{ name = "GET" } || { name = "nightly" }', 'abc:1, 2:1, 1:1')
  await check('{ name = "GET" } >> { span.rows = 7 }', '1:3')
  await check('{ name = "GET" } > { }', '1:2 4')
  await check('{ span.rows = 7 } << { }', '1:1 2')
  await check('{ span.rows = 7 } < { }', '1:2')
  await check('{ name = "charge" } ~ { }', '1:4')
  await check('{ name = "nightly" } ~ { name = "lost" }', '2:2')
  await check('{ name = "GET" } !> { resource.service.name != "cron" }', 'abc:1, 1:1 3')
  await check('{ kind = server } &>> { status = error }', '1:1 2')
  await check('({} &>> { status = error }) || ({ name = "GET" })', 'abc:1, 1:1 2')
  await check('{ } | count() > 1', '2:1 2 count()=2, 1:1 2 3 4 count()=4')
  await check('{ } | max(duration) >= 100ms', '1:1 2 3 4 max(duration)=100000000')
  await check('{ } | avg(span.rows) > 7.5', '2:1 2 avg(span.rows)=8.5')
  await check('{ } | sum(span.rows) = 7', '1:1 2 3 4 sum(span.rows)=7')
  await check(
    '{ name != "lost" } | by(resource.service.name) | count() > 1',
    '1:1 4 by(resource.service.name)=web count()=2',
  )
  await check(
    '{ span.user != nil } | by(span.user)',
    'abc:1 by(span.user)=ann, 1:1 by(span.user)=ann|3 by(span.user)=bob',
  )
  await check('{ span.user != nil } | by(span.user) | coalesce()', 'abc:1, 1:1 3')
  await check('{ status = error } | select(span.amount)', '1:2')
  await check('{ } | { status = error }', '1:2')
})

test('the newest traces are returned, wherever they lie', async (t) => {
  const traces = Array.from({ length: 60 }, (_, i) => ({
    trace: (i + 1).toString(16),
    spans: [`1 a ${i * 700}+1 n=${i % 5}`],
  }))
  const written = traces.map((trace, i) => ({
    request: tracesRequest([trace]),
    in: i % 3 === 0 ? ('block' as const) : ('run' as const),
  }))
  const data = await sourceOf({ signal: 'traces' }, written.toReversed())
  const check = async (query: string, limit: number, want: string) =>
    t.assert.equal(await show(data, query, { limit }), want)
  await check('{}', 3, '3c:1, 3b:1, 3a:1')
  await check('{ span.n = 0 }', 2, '38:1, 33:1')
  const { inspectedTraces } = await run(data, '{}', { limit: 1 })
  t.assert.equal(inspectedTraces <= 5, true, `${inspectedTraces} traces were judged for one`)
})

test('a trace takes part when it overlaps the window; its spans are not cut', async (t) => {
  const data = await source()
  const at = (ms: number) => BigInt(baseMs + ms) * 1_000_000n
  const check = async (query: string, from: number, to: number, want: string) =>
    t.assert.equal(await show(data, query, { window: { from: at(from), to: at(to) } }), want)
  await check('{ name = "GET" }', 80, 1000, '1:1')
  await check('{ name = "GET" }', 200, 1000, '')
  await check('{ name = "render" }', 0, 50, '1:4')
  await check('{}', 5000, 9000, '2:1 2')
})

test('pieces of a trace are one trace, and the same span written twice is one span', async (t) => {
  const pieces = shop.spans.map((span, i) => ({
    request: tracesRequest([{ trace: '1', spans: [span] }]),
    in: i % 2 === 0 ? ('block' as const) : ('run' as const),
  }))
  const data = await sourceOf({ signal: 'traces' }, [...pieces, ...pieces])
  t.assert.equal(await show(data, '{} | count() = 4'), '1:1 2 3 4 count()=4')
  t.assert.equal(await show(data, '{ kind = server } >> { span.rows = 7 }'), '1:3')
  const { traces } = await run(data, '{ status = error }')
  const trace = traces[0]?.trace
  t.assert.equal(trace?.rootService, 'web')
  t.assert.equal(trace?.rootName, 'GET')
  t.assert.deepEqual(
    [...(trace?.serviceStats() ?? [])],
    [
      ['web', { spanCount: 2, errorCount: 0 }],
      ['pay', { spanCount: 1, errorCount: 1 }],
      ['db', { spanCount: 1, errorCount: 0 }],
    ],
  )
})

test('errors of a query over data, and operators that are missing, are named', async (t) => {
  const data = await source()
  const fails = (query: string, message: RegExp) => t.assert.rejects(run(data, query), message)
  await fails('{ 1 / (span.rows - 7) = 1 }', /^AppError: division by zero$/)
  await fails('{ !span.user }', /expected a boolean, but got string/)
  await fails('({} | by(name)) && ({} | by(name))', /consider using coalesce/)
  await fails('{} | rate()', /"rate" is not run yet/)
  await fails('{} | compare({ status = error })', /"span-compare" is not run yet/)
})

test('what a query holds is counted, and a canceled one stops', async (t) => {
  const written = [{ request: tracesRequest([shop]) }]
  let held = 0
  const counted = await sourceOf(
    { signal: 'traces', control: { hold: (bytes) => (held += bytes) } },
    written,
  )
  await run(counted, '{}')
  t.assert.equal(held > 1000, true)
  const canceled = await sourceOf(
    {
      signal: 'traces',
      control: {
        check: () => {
          throw new Error('canceled')
        },
      },
    },
    written,
  )
  await t.assert.rejects(run(canceled, '{}'), /canceled/)
})

test('spans of one start have their places by id, wherever they are stored', async (t) => {
  const spans = ['1 one 0+1', '2 two 0+1', '3<1 three 5+1', '4<1 four 5+1']
  const check = async (written: readonly string[]) => {
    const source = await sourceOf(
      { signal: 'traces' },
      written.map((span) => ({ request: tracesRequest([{ trace: '1', spans: [span] }]) })),
    )
    const shown = await show(source, '{ rootName = "two" } | select(nestedSetLeft)')
    t.assert.equal(shown, '1:1 2 3 4')
    t.assert.equal(await show(source, '{ nestedSetLeft = 4 }'), '1:4')
  }
  await check(spans)
  await check(spans.toReversed())
})

test('what is only shown is not compared', async (t) => {
  const trace = { trace: '1', spans: ['1 mixed 0+1 x=[1,"a"]', '2<1 plain 1+1 x=[1,2]'] }
  const source = await sourceOf({ signal: 'traces' }, [{ request: tracesRequest([trace]) }])
  t.assert.equal(await show(source, '{ .x != nil }'), '1:1 2')
  t.assert.equal(await show(source, '{ .x != "b" || .x = 2 }'), '1:2')
  t.assert.equal(await show(source, '{ name = "mixed" && .x != span.x }'), '')
})
