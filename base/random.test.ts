import { test } from 'node:test'
import { systemRandom } from './random.ts'

test('words that are made many at a time are each given once', (t) => {
  const drawn = Array.from({ length: 2000 }, () => systemRandom.fraction())
  t.assert.equal(
    drawn.every((fraction) => fraction >= 0 && fraction < 1),
    true,
  )
  // Two of 2,000 words of 32 bits are equal once in two thousand runs; ten pairs never are.
  t.assert.equal(new Set(drawn).size > 1990, true)
  t.assert.equal(
    drawn.every((_, i) => systemRandom.below(i + 1) <= i),
    true,
  )
})
