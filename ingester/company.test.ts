import { test } from 'node:test'
import { Company } from './company.ts'

/** A company whose clock stands still: timers end, and turns, when they are told to. */
function gather() {
  const timers: { ms: number; work: () => void; live: boolean }[] = []
  const sizes: number[] = []
  let waiting = 0
  let underWay = 0
  const clock = {
    turn: () => Promise.resolve(),
    after(ms: number, work: () => void) {
      const timer = { ms, work, live: true }
      timers.push(timer)
      return () => {
        timer.live = false
      }
    },
  }
  const company = new Company(clock, () => {
    sizes.push(waiting)
    company.left(waiting)
    waiting = 0
  })
  return {
    sizes,
    waits: () => timers.map(({ ms }) => ms),
    come: async (requests: number, bytes = 1) => {
      for (let i = 0; i < requests; i++) {
        underWay++
        waiting++
        company.joined({ requests: waiting, bytes: waiting * bytes, underWay })
      }
      await Promise.resolve()
    },
    answer: (requests: number) => {
      underWay -= requests
    },
    /** The wait of those who wait ends. */
    late: () => {
      const timer = timers.at(-1)
      if (timer?.live === true) timer.work()
    },
  }
}

test('requests that are alone never wait', async (t) => {
  const { sizes, waits, come, answer } = gather()
  for (let i = 0; i < 100; i++) {
    await come(1)
    answer(1)
  }
  t.assert.deepEqual([sizes, waits()], [Array.from({ length: 100 }, () => 1), []])
})

test('clients that send again when they are answered come to go together', async (t) => {
  const { sizes, waits, come, answer } = gather()
  await come(1)
  await come(1)
  t.assert.deepEqual([sizes, waits().length], [[1], 1])
  answer(1)
  await come(1)
  t.assert.deepEqual(sizes, [1, 2])
  for (let i = 0; i < 10; i++) {
    answer(2)
    await come(1)
    await come(1)
  }
  t.assert.deepEqual(
    sizes.slice(1),
    Array.from({ length: 11 }, () => 2),
  )
})

test('what comes in one turn leaves in one message', async (t) => {
  const { sizes, come } = gather()
  await come(5)
  t.assert.deepEqual(sizes, [5])
})

test('sixteen requests and 256 KiB are enough', async (t) => {
  const { sizes, come, answer } = gather()
  await come(40)
  await come(16)
  await come(1, 262_144)
  t.assert.deepEqual(sizes, [40, 16, 1])
  answer(57)
})

test('a wait lasts 3 ms, whoever comes meanwhile', async (t) => {
  const { sizes, waits, come, late } = gather()
  await come(4)
  await come(1)
  await come(1)
  t.assert.deepEqual([sizes, waits()], [[4], [3]])
  late()
  t.assert.deepEqual([sizes, waits()], [[4, 2], [3]])
})

test('waits in vain become rare, and company makes them usual again', async (t) => {
  const { sizes, waits, come, late } = gather()
  await come(1)
  for (let i = 0; i < 200; i++) {
    await come(1)
    late()
  }
  // 1 + 3 + 7 + 15 + 31 messages between the first waits, then 31 between each.
  t.assert.equal(waits().length, 5 + Math.ceil((200 - 5 - 57) / 32))
  t.assert.equal(sizes.length, 201)
  while (waits().length === 10) await come(1)
  await come(1)
  late()
  await come(1)
  t.assert.equal(waits().length, 12)
})
