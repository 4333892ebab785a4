import { test } from 'node:test'
import { DiskBudget } from './disk-budget.ts'

const gib = 2 ** 30

test('a tenth stays free, and reservations come first', (t) => {
  const budget = new DiskBudget({ limitBytes: 100 * gib })
  const check = (blocks: number, overGib: number, full: boolean) => {
    budget.setUsed('blocks', blocks * gib)
    t.assert.equal(budget.overBy() / gib, overGib, `over at ${blocks}`)
    t.assert.equal(budget.nearFull() !== null, full, `full at ${blocks}`)
  }
  budget.setUsed('log', 10 * gib)
  check(80, 0, false)
  check(81, 1, false)
  check(84, 4, false)
  check(85, 5, true)
  check(70, 0, false)
  const room = budget.reserve(15 * gib)
  check(70, 5, false)
  t.assert.equal(budget.reserve(6 * gib), null)
  room?.release()
  room?.release()
  t.assert.equal(budget.reserved(), 0)
})

test('a disk that others fill refuses writes and evicts nothing', (t) => {
  const budget = new DiskBudget({ limitBytes: 100 * gib })
  t.assert.equal(budget.nearFull(), null)
  budget.setDisk({ freeBytes: gib / 8, totalBytes: 500 * gib })
  t.assert.match(budget.nearFull() ?? '', /free on the disk/)
  t.assert.equal(budget.overBy(), 0)
  t.assert.equal(budget.reserve(gib), null)
})

test('a disk smaller than the budget is the budget', (t) => {
  const budget = new DiskBudget({ limitBytes: 100 * gib, minFreeBytes: gib })
  budget.setDisk({ freeBytes: 5 * gib, totalBytes: 11 * gib })
  budget.setUsed('blocks', 9 * gib)
  t.assert.equal(budget.overBy(), 0)
  budget.setUsed('log', gib)
  t.assert.equal(budget.overBy() / gib, 1)
  t.assert.match(budget.nearFull() ?? '', /are used/)
})

test('a Log beyond a quarter is over its share', (t) => {
  const budget = new DiskBudget({ limitBytes: 100 * gib })
  budget.setUsed('log', 25 * gib)
  t.assert.equal(budget.logOverShare(), false)
  budget.setUsed('log', 26 * gib)
  t.assert.equal(budget.logOverShare(), true)
})
