/** What matchers and filters find where a name stands in several places of a row. */
import { test, type TestContext } from 'node:test'
import { parse } from '#query/logql/parse.ts'
import { plan } from '#query/logql/plan.ts'
import { optimize } from '#query/plan/passes/all.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { logSource, type LogRow } from '#test/log-source.ts'
import { readEntries } from './entries.ts'
import { logSources } from './run.ts'

/** The lines of the rows that a query selects. */
async function lines(query: string, rows: readonly LogRow[]): Promise<string> {
  const node = optimize(plan(parse(query), { ...defaultPlanOptions, limit: 100, order: 'oldest' }))
  if (node.kind !== 'limit') throw new RangeError(`${query} is no log query`)
  const entries = await readEntries(node, { from: 0n, to: 100n }, logSources([logSource([rows])]))
  return entries.map(({ line }) => line).join(' ')
}

function checker(t: TestContext, rows: readonly LogRow[]) {
  return async (query: string, want: string) => t.assert.equal(await lines(query, rows), want)
}

const web = { 'service.name': 'web' }

test('an empty value hides no other of its name', async (t) => {
  const check = checker(t, [
    { ns: 1n, resource: { ...web, team: '' }, body: 'one', attributes: { team: 'a' } },
    { ns: 2n, resource: { ...web, team: 'b' }, body: 'two', attributes: { team: 'a' } },
    { ns: 3n, resource: { ...web, team: '' }, body: 'three' },
  ])
  await check('{service_name="web"} | team="a"', 'one')
  await check('{team="a"}', 'one')
  await check('{service_name="web", team=""}', 'three')
})

test('metadata beside a stream label of its name is found by the name it is shown with', async (t) => {
  const check = checker(t, [
    { ns: 1n, resource: web, body: 'one', attributes: { 'service.name': 'inner' } },
    { ns: 2n, resource: web, body: 'two' },
  ])
  await check('{service_name="web"} | service_name_extracted="inner"', 'one')
  await check('{service_name_extracted="inner"}', 'one')
  await check('{service_name="web", service_name_extracted=""}', 'two')
})

test('an id is found where only the resource has it', async (t) => {
  const [id, other] = ['4bf92f3577b34da6a3ce929d0e0e4736', '0af7651916cd43dd8448eb211c80319c']
  const rows = [
    { ns: 1n, resource: { ...web, trace_id: id }, body: 'of the resource' },
    { ns: 2n, resource: { ...web, trace_id: id }, body: 'of both', traceId: id },
    { ns: 3n, resource: { ...web, trace_id: id }, body: 'of another', traceId: other },
    { ns: 4n, resource: web, body: 'of the record', traceId: id },
  ]
  const check = checker(t, rows)
  await check(`{trace_id="${id}"}`, 'of the resource of both of the record')
  await check(
    `{service_name="web"} |= "of" | trace_id="${id}"`,
    'of the resource of both of the record',
  )
  await check(`{trace_id="${other}"}`, 'of another')
})
