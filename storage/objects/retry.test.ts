import { test } from 'node:test'
import { systemClock, type Clock } from '#base/clock.ts'
import { seededRandom } from '#base/random.ts'
import { faultyStore, noFaults } from './faulty.ts'
import { memoryStore } from './memory.ts'
import { pauseMs, retrying } from './retry.ts'

function world() {
  const pauses: number[] = []
  const sleep: Clock['sleep'] = async (ms) => void pauses.push(ms)
  const deps = { clock: { ...systemClock, sleep }, random: seededRandom(3) }
  const faults = noFaults()
  const faulty = faultyStore(memoryStore(systemClock), faults, deps)
  return { pauses, deps, faults, faulty }
}

test('a lost reply makes the second attempt meet the first', async (t) => {
  const { deps, faults, faulty, pauses } = world()
  faults.lostReply = 1
  deps.clock.sleep = async (ms) => {
    pauses.push(ms)
    faults.lostReply = 0
  }
  const store = retrying(faulty, { ...deps, attempts: 5 })
  t.assert.equal(await store.createIfAbsent('a', new Uint8Array(1)), 'exists')
  t.assert.equal(pauses.length, 1)
})

test('a full disk is waited for, a missing object is not', async (t) => {
  const { deps, faults, faulty, pauses } = world()
  faults.full = true
  const store = retrying(faulty, { ...deps, attempts: 4 })
  await t.assert.rejects(store.createIfAbsent('a', new Uint8Array(1)), /full/)
  t.assert.equal(pauses.length, 3)
  await t.assert.rejects(store.get('b'), /no object/)
  t.assert.equal(pauses.length, 3)
})

test('pauses double and stay below the limit', (t) => {
  const check = (failures: number, from: number, to: number) => {
    const ms = pauseMs(failures, seededRandom(failures))
    t.assert.equal(ms >= from && ms <= to, true, `pause ${failures} is ${ms}`)
  }
  check(1, 25, 50)
  check(2, 50, 100)
  check(5, 400, 800)
  check(30, 5000, 10_000)
})
