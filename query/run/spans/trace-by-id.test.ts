import { test } from 'node:test'
import { protoJson } from '#querier/api/tempo/proto-json.ts'
import { tracesRequest as requestTable } from '#schemas/otlp/traces.ts'
import { id, tracesRequest } from '#test/spans.ts'
import { sourceOf, type Written } from '#test/source.ts'
import { readTrace } from './trace-by-id.ts'

const everything = { from: 0n, to: 2n ** 63n - 1n, maxBytes: 1 << 20 }

/** `service: name name, service: name`: groups in their order, spans in theirs. */
async function show(written: readonly Written[], trace = '1', maxBytes = 1 << 20): Promise<string> {
  const source = await sourceOf({ signal: 'traces' }, written)
  const request = { ...everything, maxBytes, id: Buffer.from(id(trace, 32), 'hex') }
  const { message, partial } = await readTrace([source], request)
  const { resourceSpans = [] } = JSON.parse(protoJson(requestTable, message)) as {
    resourceSpans?: {
      resource: { attributes: { value: { stringValue: string } }[] }
      scopeSpans: { scope: { name: string }; spans: { name: string }[] }[]
    }[]
  }
  const groups = resourceSpans.map(({ resource, scopeSpans }) => {
    const spans = scopeSpans.flatMap((scope) => scope.spans.map(({ name }) => name))
    return `${resource.attributes[0]?.value.stringValue}: ${spans.join(' ')}`
  })
  return groups.join(', ') + (partial ? ' partial' : '')
}

const spans = [
  '1 a 0+9 service=web',
  '2<1 b 5+1 service=pay',
  '3<1 c 3+1 service=web',
  '4<2 d 6+1 service=pay',
]

test('a trace is put together from pieces in runs and blocks, by start', async (t) => {
  const whole = [
    {
      request: tracesRequest([
        { trace: '1', spans },
        { trace: '2', spans },
      ]),
    },
  ]
  const want = 'web: a c, pay: b d'
  t.assert.equal(await show(whole), want)
  const pieces = spans.toReversed().map((span, i) => ({
    request: tracesRequest([{ trace: '1', spans: [span] }]),
    in: i % 2 === 0 ? ('block' as const) : ('run' as const),
  }))
  t.assert.equal(await show(pieces), want)
  t.assert.equal(await show(pieces, '3'), '')
})

test('of the same span written twice the later stays; kinds keep spans apart', async (t) => {
  const write = (...texts: string[]) => ({ request: tracesRequest([{ trace: '1', spans: texts }]) })
  t.assert.equal(await show([write('1 old 0+1'), write('1 new 0+1')]), 'shop: new')
  t.assert.equal(
    await show([{ ...write('1 old 0+1'), in: 'block' }, write('1 new 0+1')]),
    'shop: new',
  )
  t.assert.equal(
    await show([write('1 ask 0+9 kind=client', '1 serve 1+2 kind=server')]),
    'shop: ask serve',
  )
})

test('a trace that is too large is cut and says so', async (t) => {
  const written = [{ request: tracesRequest([{ trace: '1', spans }]) }]
  t.assert.equal(await show(written, '1', 150), 'web: a, pay: b partial')
})

test('a resource without attributes is shown with a name, since Grafana drops it otherwise', async (t) => {
  const span = {
    traceId: id('1', 32),
    spanId: id('1', 16),
    name: 'alone',
    startTimeUnixNano: '1767225600000000000',
    endTimeUnixNano: '1767225600000000001',
  }
  const request = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }
  t.assert.equal(await show([{ request }]), 'unknown_service: alone')
})
