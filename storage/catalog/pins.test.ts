import { test } from 'node:test'
import { PinLedger } from './pins.ts'

test('the oldest root, runs and ages of what is pinned', (t) => {
  let nowMs = 0
  const pins = new PinLedger({ monotonicMs: () => nowMs })
  let releases = 0
  pins.onRelease(() => releases++)
  t.assert.deepEqual([pins.oldestRoot('logs'), pins.oldestAgeMs()], [null, 0])
  const old = pins.pin({ roots: { logs: 5, traces: 2 }, runs: ['a', 'b'] })
  nowMs = 100
  const young = pins.pin({ roots: { logs: 7 }, runs: ['b'] })
  nowMs = 150
  t.assert.deepEqual([pins.oldestRoot('logs'), pins.oldestRoot('metrics')], [5, null])
  t.assert.equal(pins.oldestAgeMs(), 150)
  old.release()
  old.release()
  t.assert.deepEqual([pins.oldestRoot('logs'), pins.oldestRoot('traces')], [7, null])
  t.assert.deepEqual([pins.isRunPinned('a'), pins.isRunPinned('b')], [false, true])
  t.assert.equal(pins.oldestAgeMs(), 50)
  young.release()
  t.assert.deepEqual([pins.isRunPinned('b'), pins.count(), releases], [false, 0, 2])
})

test('the oldest holder of a run that can be ended is ended', (t) => {
  const pins = new PinLedger({ monotonicMs: () => 0 })
  const ended: string[] = []
  const query = (name: string, runs: string[]) => {
    const pin = pins.pin({ roots: {}, runs }, () => {
      ended.push(name)
      pin.release()
    })
  }
  pins.pin({ roots: {}, runs: ['r'] })
  query('first', ['q'])
  query('second', ['r'])
  t.assert.equal(pins.expireOldest('r'), true)
  t.assert.equal(pins.expireOldest('r'), false)
  t.assert.equal(pins.expireOldest(), true)
  t.assert.deepEqual(ended, ['second', 'first'])
})

test('a young holder is left alone, and one at a time is told', (t) => {
  let nowMs = 0
  const pins = new PinLedger({ monotonicMs: () => nowMs })
  const told: string[] = []
  const query = (name: string) => pins.pin({ roots: {}, runs: ['r'] }, () => told.push(name))
  const check = (atMs: number, ended: boolean, all: string) => {
    nowMs = atMs
    t.assert.equal(pins.expireOldest('r', 500), ended, `at ${atMs}`)
    t.assert.equal(told.join(' '), all, `at ${atMs}`)
  }
  const first = query('first')
  nowMs = 100
  query('second')
  check(499, false, '')
  check(500, true, 'first')
  // It is ending: neither it nor the next is told meanwhile, until that has taken too long.
  check(650, false, 'first')
  check(1499, false, 'first')
  check(1500, true, 'first second')
  first.release()
  check(9000, false, 'first second')
})
