import { test } from 'node:test'
import { systemClock } from '../clock.ts'
import { ControlCell, ControlCells, createControlMemory } from './control-cell.ts'

test('a cell carries cancellation, deadline and counts between threads', (t) => {
  const cells = new ControlCells(createControlMemory(), systemClock)
  const cell = cells.take(systemClock.monotonicMs() + 60_000)
  const seen = new ControlCell(cells.memory, cell.index, systemClock)
  seen.check()
  seen.count(2000, 10)
  t.assert.deepEqual(cell.read(), { bytes: 2048, rows: 10 })
  cell.cancel()
  t.assert.throws(() => seen.check(), { code: 'canceled' })
  cells.give(cell)
})

test('a cell past its deadline stops, and a reused one starts clear', (t) => {
  const cells = new ControlCells(createControlMemory(), systemClock)
  const late = cells.take(systemClock.monotonicMs() - 1)
  t.assert.throws(() => late.check(), { code: 'deadline-exceeded' })
  cells.give(late)
  const again = cells.take(systemClock.monotonicMs() + 60_000)
  t.assert.equal(again.index, late.index)
  again.check()
})
