import { test, type TestContext } from 'node:test'
import type { Clock } from '#base/clock.ts'
import { Places } from './places.ts'

/** Places whose waits end when a test says so. */
function setUp(count: number) {
  const timers: (() => void)[] = []
  const clock: Pick<Clock, 'after'> = {
    after(_ms, work) {
      timers.push(work)
      return () => void timers.splice(timers.indexOf(work), 1)
    },
  }
  const places = new Places(count, clock)
  const log: string[] = []
  const gives = new Map<string, () => void>()
  const ask = (owner: string, name: string, abort = new AbortController()): AbortController => {
    places.take(owner, { abort: abort.signal, waitMs: 1000 }).then(
      (give) => {
        log.push(name)
        gives.set(name, give)
      },
      (error: unknown) => log.push(`${name}: ${error instanceof Error ? error.message : ''}`),
    )
    return abort
  }
  return { ask, give: (name: string) => gives.get(name)?.(), log, timers }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('so many at once, owners in turn, each in its order', async (t: TestContext) => {
  const { ask, give, log, timers } = setUp(2)
  for (const name of ['a1', 'a2', 'a3', 'a4']) ask('a', name)
  for (const name of ['b1', 'b2']) ask('b', name)
  await settled()
  t.assert.deepEqual(log, ['a1', 'a2'])
  const check = async (ended: string, want: string) => {
    give(ended)
    give(ended)
    await settled()
    t.assert.deepEqual(log.at(-1), want, `after ${ended}`)
  }
  await check('a1', 'a3')
  await check('a2', 'b1')
  await check('a3', 'a4')
  await check('a4', 'b2')
  t.assert.equal(log.length, 6)
  give('b1')
  give('b2')
  ask('c', 'c1')
  ask('c', 'c2')
  ask('c', 'c3')
  await settled()
  t.assert.deepEqual(log.slice(6), ['c1', 'c2'])
  t.assert.equal(timers.length, 1)
})

test('who leaves or has waited too long gets no place', async (t: TestContext) => {
  const { ask, give, log, timers } = setUp(1)
  ask('a', 'first')
  const left = ask('a', 'left')
  ask('a', 'late')
  ask('a', 'last')
  await settled()
  left.abort()
  timers[0]?.()
  const gone = new AbortController()
  gone.abort()
  ask('b', 'gone', gone)
  await settled()
  t.assert.deepEqual(log, [
    'first',
    'left: the query was canceled before it began',
    'late: the query waited for others all of its time (querier.timeout, querier.maxConcurrent, memory)',
    'gone: the query was canceled before it began',
  ])
  give('first')
  await settled()
  t.assert.equal(log.at(-1), 'last')
  t.assert.equal(timers.length, 0)
})
