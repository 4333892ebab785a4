import { test } from 'node:test'
import { systemClock } from '../clock.ts'
import { Turns } from './turns.ts'

/** A clock that moves by `step` ms whenever it is read. */
function tickingClock(step: number) {
  let now = 0
  return { monotonicMs: () => (now += step), turn: () => systemClock.turn() }
}

test('owners take turns, however many works one of them has', async (t) => {
  const turns = new Turns(tickingClock(1000))
  const log: string[] = []
  const work = async (owner: string, name: string): Promise<void> => {
    const pause = turns.start(owner)
    for (let i = 0; i < 4; i++) {
      log.push(name)
      await pause()
    }
  }
  await Promise.all([work('a', 'a1'), work('a', 'a2'), work('a', 'a3'), work('b', 'b1')])
  // All start; then b has every other turn while three works of a share the rest.
  t.assert.equal(log.join(' '), 'a1 a2 a3 b1 a1 b1 a2 b1 a3 b1 a1 a2 a3 a1 a2 a3')
})

test('work within its slice goes on at once', async (t) => {
  const turns = new Turns(tickingClock(0))
  const pause = turns.start('a')
  let others = 0
  setImmediate(() => others++)
  for (let i = 0; i < 100; i++) await pause()
  t.assert.equal(others, 0)
})
