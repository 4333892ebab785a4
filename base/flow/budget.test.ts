import { test } from 'node:test'
import { systemClock } from '../clock.ts'
import { Budget, createBudgetMemory } from './budget.ts'

const mib = 2 ** 20

function budget(): Budget {
  const memory = createBudgetMemory({ request: mib, query: mib, read: mib, run: mib, cache: mib })
  return new Budget(memory, 'query', systemClock)
}

test('takes until the limit and gives back', (t) => {
  const query = budget()
  t.assert.equal(query.tryTake(mib - 1024), true)
  t.assert.equal(query.tryTake(1025), false)
  t.assert.equal(query.tryTake(1024), true)
  query.give(1024)
  t.assert.equal(query.state().usedBytes, mib - 1024)
})

test('a waiter gets what another gives back', async (t) => {
  const query = budget()
  const giveBack = await query.take(mib, 0)
  const waiting = query.take(mib / 2, 5000)
  giveBack()
  giveBack()
  const second = await waiting
  t.assert.equal(query.state().usedBytes, mib / 2)
  t.assert.equal(query.state().waits, 1)
  second()
})

test('waits a bounded time, then refuses; more than everything is refused at once', async (t) => {
  const query = budget()
  const giveBack = await query.take(mib, 0)
  await t.assert.rejects(query.take(1, 5), { code: 'overloaded', retryAfterMs: 1000 })
  giveBack()
  await t.assert.rejects(query.take(2 * mib, 60_000), { code: 'overloaded' })
  t.assert.equal(query.state().refusals, 2)
})
