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

test('the disk itself counts when it is smaller than the budget', (t) => {
  const budget = new DiskBudget({ limitBytes: 100 * gib })
  t.assert.equal(budget.nearFull(), null)
  budget.setDiskFree(gib / 8)
  t.assert.match(budget.nearFull() ?? '', /free on the disk/)
  t.assert.equal(budget.overBy(), gib / 8)
  t.assert.equal(budget.reserve(gib), null)
})
