import { test } from 'node:test'
import { PinLedger } from '#storage/catalog/pins.ts'
import { relieve } from './relieve.ts'

test('the oldest query goes when its slab is needed, and only then', (t) => {
  const ended: string[] = []
  const pins = new PinLedger({ monotonicMs: () => 0 })
  for (const [name, run] of [
    ['first', '1'],
    ['second', '2'],
    ['third', '2'],
  ] as const) {
    const pin = pins.pin({ roots: {}, runs: [run] }, () => {
      ended.push(name)
      pin.release()
    })
  }
  const expire = (slab: number) => pins.expireOldest(String(slab))
  t.assert.equal(relieve({ freeCount: () => 1 }, [2], expire), false)
  t.assert.equal(relieve({ freeCount: () => 0 }, [], expire), false)
  t.assert.equal(relieve({ freeCount: () => 0 }, [3, 2], expire), true)
  t.assert.deepEqual(ended, ['second'])
  t.assert.equal(relieve({ freeCount: () => 0 }, [2, 1], expire), true)
  t.assert.deepEqual(ended, ['second', 'third'])
  t.assert.equal(pins.isRunPinned('1'), true)
})
