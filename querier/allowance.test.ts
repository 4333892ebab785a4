import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { Budget, createBudgetMemory } from '#base/flow/budget.ts'
import { Allowance } from './allowance.ts'

const mib = 2 ** 20

function budget(): Budget {
  const memory = createBudgetMemory({ request: 0, query: mib, read: 0, run: 0, cache: 0 })
  return new Budget(memory, 'query', systemClock)
}

test('what a query held is given back whole, once', (t) => {
  const query = budget()
  const allowance = new Allowance(query, mib)
  // Of small things many come: the budget is asked for 16 KiB at once.
  for (let i = 0; i < 100; i++) allowance.hold(100)
  t.assert.equal(query.state().usedBytes, 16 * 1024)
  allowance.hold(6384)
  t.assert.equal(query.state().usedBytes, 16 * 1024)
  allowance.hold(100 * 1024)
  t.assert.equal(query.state().usedBytes, 116 * 1024)
  allowance.giveBack()
  allowance.giveBack()
  t.assert.equal(query.state().usedBytes, 0)
})

test('a query that finds the budget taken tries again later', (t) => {
  const query = budget()
  new Allowance(query, mib).hold(mib - 1024)
  const late = new Allowance(query, mib)
  late.hold(1024)
  t.assert.throws(() => late.hold(1), {
    code: 'overloaded',
    message: 'all memory for queries is in use (memory); try again',
    retryAfterMs: 1000,
  })
  late.giveBack()
  t.assert.equal(query.state().usedBytes, mib - 1024)
})

test('a query over its own limit is told to narrow, not to try again', (t) => {
  const allowance = new Allowance(budget(), 2048)
  allowance.hold(2048)
  t.assert.throws(() => allowance.hold(1), {
    code: 'overloaded',
    message:
      'the query needs more than 2048 bytes of memory (querier.maxQueryBytes); narrow its time range or selector',
    retryAfterMs: null,
  })
})

test('nor is one that could never fit beside itself', (t) => {
  const query = budget()
  const allowance = new Allowance(query, 2 * mib)
  allowance.hold(mib)
  t.assert.throws(() => allowance.hold(1), {
    code: 'overloaded',
    message:
      'the query needs more than the 1048576 bytes there are for all queries (memory); narrow its time range or selector',
    retryAfterMs: null,
  })
  t.assert.equal(query.state().usedBytes, mib)
})
