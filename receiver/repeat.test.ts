import { test } from 'node:test'
import { hash128 } from '#base/bytes/hash128.ts'
import { systemClock, type Clock } from '#base/clock.ts'
import type { Receipt } from '#schemas/receipt.ts'
import { Repeats } from './repeat.ts'

const receipt = (accepted: number): Receipt => ({ accepted, rejects: [] })

const hashOf = (name: string): string => hash128(Buffer.from(name))

function clockAt(time: { ms: number }): Clock {
  return { ...systemClock, monotonicMs: () => time.ms }
}

test('a repeat under way waits for the first and both fail together', async (t) => {
  const repeats = new Repeats(clockAt({ ms: 0 }))
  let calls = 0
  let settle = (_receipt: Receipt) => {}
  const accept = () => {
    calls++
    return new Promise<Receipt>((resolve) => {
      settle = resolve
    })
  }
  const both = [repeats.receipt(hashOf('a'), accept), repeats.receipt(hashOf('a'), accept)]
  settle(receipt(3))
  const found = await Promise.all(both)
  t.assert.deepEqual(
    found.map(({ repeated }) => repeated),
    [false, true],
  )
  t.assert.deepEqual(
    found.map((one) => one.receipt.accepted),
    [3, 3],
  )
  t.assert.equal(calls, 1)
  const fails = () => Promise.reject(new Error('no'))
  const failed = await Promise.allSettled([
    repeats.receipt(hashOf('b'), fails),
    repeats.receipt(hashOf('b'), fails),
  ])
  t.assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  const after = await repeats.receipt(hashOf('b'), () => Promise.resolve(receipt(1)))
  t.assert.equal(after.repeated, false)
})

test('receipts are kept for their time and number, and fed by replay', async (t) => {
  const time = { ms: 1_000_000 }
  const repeats = new Repeats(clockAt(time), { maxEntries: 3, keepMs: 1000 })
  const known = async (name: string) =>
    (await repeats.receipt(hashOf(name), () => Promise.resolve(receipt(0)))).repeated
  repeats.remember(hashOf('too old'), receipt(1), 1000)
  repeats.remember(hashOf('old'), receipt(1), 900)
  repeats.remember(hashOf('new'), receipt(1), 0)
  t.assert.equal(repeats.size, 2)
  t.assert.equal(await known('old'), true)
  time.ms += 100
  t.assert.equal(await known('new'), true)
  t.assert.equal(await known('old'), false)
  t.assert.equal(await known('third'), false)
  t.assert.equal(await known('fourth'), false)
  t.assert.equal(repeats.size, 3)
  t.assert.equal(await known('new'), false)
})

test('until earlier receipts are told, unknown requests wait and known ones do not', async (t) => {
  const repeats = new Repeats(clockAt({ ms: 0 }))
  repeats.remember(hashOf('known'), receipt(1))
  let told = () => {}
  repeats.expect(new Promise<void>((resolve) => (told = resolve)))
  t.assert.equal(
    (await repeats.receipt(hashOf('known'), () => Promise.resolve(receipt(9)))).repeated,
    true,
  )
  let accepted = 0
  const accept = async () => receipt(++accepted)
  const waiting = ['late', 'new', 'new'].map((name) => repeats.receipt(hashOf(name), accept))
  await Promise.resolve()
  t.assert.equal(accepted, 0)
  repeats.remember(hashOf('late'), receipt(5))
  told()
  const found = await Promise.all(waiting)
  t.assert.deepEqual(
    found.map(({ repeated, receipt: { accepted: rows } }) => [repeated, rows]),
    [
      [true, 5],
      [false, 1],
      [true, 1],
    ],
  )
})

test('requests are new when earlier receipts cannot be told', async (t) => {
  const repeats = new Repeats(clockAt({ ms: 0 }))
  repeats.expect(Promise.reject(new Error('the disk is gone')))
  const found = await repeats.receipt(hashOf('a'), () => Promise.resolve(receipt(2)))
  t.assert.deepEqual(found, { repeated: false, receipt: receipt(2) })
})

test('a request that loses its place to a remembered one leaves that receipt alone', async (t) => {
  const repeats = new Repeats(clockAt({ ms: 0 }), { maxEntries: 1, keepMs: 1000 })
  let settle: (value: Receipt) => void = () => {}
  const slow = repeats.receipt(hashOf('slow'), () => new Promise((resolve) => (settle = resolve)))
  repeats.remember(hashOf('other'), receipt(7))
  const other = repeats.receipt(hashOf('other'), () => Promise.resolve(receipt(9)))
  settle(receipt(3))
  t.assert.deepEqual(await other, { repeated: true, receipt: receipt(7) })
  t.assert.deepEqual(await slow, { repeated: false, receipt: receipt(3) })
  const again = await repeats.receipt(hashOf('other'), () => Promise.resolve(receipt(9)))
  t.assert.equal(again.receipt.accepted, 7)
})
