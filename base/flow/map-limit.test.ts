import { test } from 'node:test'
import { mapLimit } from './map-limit.ts'

test('keeps order and never runs more than the limit', async (t) => {
  let now = 0
  let most = 0
  const work = async (n: number): Promise<number> => {
    most = Math.max(most, ++now)
    for (let i = 0; i < 10 - n; i++) await Promise.resolve()
    now--
    return n * 2
  }
  const out = await Array.fromAsync(mapLimit([1, 2, 3, 4, 5, 6, 7], 3, work))
  t.assert.deepEqual(out, [2, 4, 6, 8, 10, 12, 14])
  t.assert.equal(most, 3)
})

test('a failure ends it after the started ones were awaited', async (t) => {
  const work = async (n: number): Promise<number> => {
    if (n === 2) throw new Error('two')
    return n
  }
  await t.assert.rejects(Array.fromAsync(mapLimit([1, 2, 3], 2, work)), /two/)
})
