import { test, type TestContext } from 'node:test'
import { createHeapRoom } from './heap-room.ts'

test('there is room while less than the limit lives, whatever garbage there is', (t: TestContext) => {
  let [live, garbage, collections] = [0, 0, 0]
  const hasRoom = createHeapRoom(800, {
    usedBytes: () => live + garbage,
    collect: () => {
      collections++
      garbage = 0
    },
  })
  // oxlint-disable-next-line max-params -- a row of a table
  const check = (of: { live: number; garbage: number }, room: boolean, count: number) => {
    live = of.live
    garbage += of.garbage
    t.assert.deepEqual([hasRoom(), collections], [room, count], JSON.stringify(of))
  }
  check({ live: 100, garbage: 499 }, true, 0)
  check({ live: 100, garbage: 1 }, true, 1)
  // Collected at 600, and with each 100 more than what lived then.
  check({ live: 590, garbage: 10 }, true, 2)
  check({ live: 680, garbage: 9 }, true, 2)
  check({ live: 690, garbage: 0 }, true, 3)
  check({ live: 780, garbage: 9 }, true, 3)
  check({ live: 801, garbage: 0 }, false, 4)
  // What was given up is garbage by the next time.
  check({ live: 100, garbage: 700 }, true, 4)
  check({ live: 100, garbage: 101 }, true, 5)
  check({ live: 100, garbage: 499 }, true, 5)
})

test('what this thread has dropped is no reason to refuse', (t: TestContext) => {
  const hasRoom = createHeapRoom(process.memoryUsage().heapUsed + 32 * 2 ** 20)
  let dropped: object[] = []
  for (let i = 0; i < 40; i++) {
    dropped = Array.from({ length: 50_000 }, (_, n) => ({ n, i }))
    t.assert.equal(hasRoom(), true)
  }
  t.assert.equal(dropped.length, 50_000)
})
