import { test } from 'node:test'
import { PageMemory } from './page-memory.ts'

test('arrays of a page do not overlap, whether they fit or not', (t) => {
  const memory = new PageMemory()
  for (let page = 0; page < 3; page++) {
    memory.reset()
    const arrays = [
      memory.bytes(3).fill(1),
      memory.words(5).fill(2),
      memory.ints(1).fill(3),
      memory.doubles(200_000).fill(4),
      memory.bytes(0).fill(5),
      memory.words(300_000).fill(6),
    ]
    t.assert.deepEqual(
      arrays.map((array, i) => [array.length, array.every((value) => value === i + 1)]),
      [3, 5, 1, 200_000, 0, 300_000].map((length) => [length, true]),
    )
  }
})

test('what a page gave up is given again', (t) => {
  const memory = new PageMemory()
  const first = memory.words(4)
  memory.reset()
  t.assert.equal(memory.words(4).buffer, first.buffer)
})
