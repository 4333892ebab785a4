import { test, type TestContext } from 'node:test'
import { IdleWatch } from './idle.ts'

test('what gets no byte for too long is told so, once, and one timer serves all', (t: TestContext) => {
  let nowMs = 1000
  const timers: { atMs: number; work: () => void }[] = []
  const clock = {
    monotonicMs: () => nowMs,
    after(ms: number, work: () => void) {
      timers.push({ atMs: nowMs + ms, work })
      return () => {}
    },
  }
  /** Lets time pass, quarter by quarter of the longest pause. */
  const pass = (ms: number): void => {
    for (const untilMs = nowMs + ms; nowMs < untilMs;) {
      nowMs += 25
      for (const { work } of timers.splice(0).filter(({ atMs }) => atMs <= nowMs)) work()
    }
  }
  const idle = new IdleWatch(clock, 100)
  const slow: string[] = []
  const [stopped, dribbled, done] = ['stopped', 'dribbled', 'done'].map((name) =>
    idle.begin(() => void slow.push(name)),
  )
  t.assert.equal(timers.length, 1)
  pass(75)
  if (dribbled !== undefined) idle.came(dribbled)
  if (done !== undefined) idle.end(done)
  t.assert.deepEqual(slow, [])
  pass(50)
  t.assert.deepEqual(slow, ['stopped'])
  pass(75)
  t.assert.deepEqual(slow, ['stopped', 'dribbled'])
  t.assert.equal(timers.length, 0)
  if (stopped !== undefined) idle.end(stopped)
  idle.begin(() => void slow.push('next'))
  pass(100)
  t.assert.deepEqual(slow, ['stopped', 'dribbled', 'next'])
})
