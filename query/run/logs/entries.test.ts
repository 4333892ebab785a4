import { test, type TestContext } from 'node:test'
import { overloaded } from '#base/flow/errors.ts'
import type { Limit } from '../../plan/rows.ts'
import type { PlanNode } from '../../plan/nodes.ts'
import { logSource } from '../../../test/log-source.ts'
import { readEntries } from './entries.ts'
import { LogStreams } from './streams.ts'

const select: PlanNode = {
  kind: 'select',
  signal: 'logs',
  matchers: [],
  reach: null,
  conditions: [],
  columns: 'all',
}

/** Reads `count` lines of `length` characters; holding more than `mostBytes` fails. */
async function read(character: string, count: number, length: number, mostBytes = Infinity) {
  const rows = Array.from({ length: count }, (_, i) => ({
    ns: BigInt(i + 1),
    resource: { 'service.name': 'wide' },
    body: `${i} `.padEnd(length, character),
  }))
  const steps: number[] = []
  let held = 0
  const source = {
    ...logSource([rows]),
    control: {
      check: () => {},
      hold(bytes: number) {
        held += bytes
        steps.push(bytes)
        if (held > mostBytes) throw overloaded.make('too much')
      },
    },
  }
  const of = { source, streams: new LogStreams(null), read: { lines: 0, bytes: 0, passed: 0 } }
  const plan: Limit<PlanNode> = {
    kind: 'limit',
    input: select,
    count: 1000,
    order: 'newest',
    intervalMs: 0,
    spansPerSpanset: 0,
  }
  const entries = await readEntries(plan, { from: 0n, to: 1_000_000n }, [of])
  return { held, steps, first: entries[0]?.line.slice(0, 4), count: entries.length }
}

test('lines are held as they lie in memory: one byte per character where V8 needs no more', async (t: TestContext) => {
  const check = async (character: string, least: number, most: number) => {
    const { held, first, count } = await read(character, 200, 10_000)
    t.assert.deepEqual([first, count], ['199 ', 200])
    t.assert.ok(held >= least && held <= most, `${held} bytes of 200 lines of "${character}"`)
  }
  await check('x', 2_000_000, 2_500_000)
  await check('я', 4_000_000, 4_500_000)
})

test('memory is taken before lines are made, in steps', async (t: TestContext) => {
  const { steps } = await read('x', 200, 10_000)
  t.assert.ok(Math.max(...steps) <= 1 << 20, `${Math.max(...steps)} bytes at once`)
  await t.assert.rejects(read('x', 200, 10_000, 1_000_000), /too much/)
})

test('a line that was sent many times counts once, and hides no other', async (t: TestContext) => {
  const twice = { ns: 9n, resource: { 'service.name': 'web' }, body: 'again' }
  const rows = [...Array.from({ length: 9 }, () => twice), { ...twice, ns: 8n, body: 'before' }]
  const source = logSource([rows])
  const of = { source, streams: new LogStreams(null), read: { lines: 0, bytes: 0, passed: 0 } }
  const newest = { intervalMs: 0, spansPerSpanset: 0, order: 'newest' } as const
  const plan: Limit<PlanNode> = { kind: 'limit', input: select, count: 2, ...newest }
  const entries = await readEntries(plan, { from: 0n, to: 100n }, [of])
  t.assert.deepEqual(
    entries.map(({ line }) => line),
    ['again', 'before'],
  )
})
