import { test } from 'node:test'
import { run, type Part } from './part.ts'

function recorded(log: string[], name: string, failing = false): Part {
  return {
    name,
    start: async () => {
      if (failing) throw new Error(`${name} does not start`)
      log.push(`start ${name}`)
    },
    drain: async () => void log.push(`drain ${name}`),
    stop: async () => void log.push(`stop ${name}`),
    unready: () => (name === 'slow' ? 'replaying' : null),
  }
}

test('parts start in order and end in reverse', async (t) => {
  const log: string[] = []
  const running = await run([recorded(log, 'a'), recorded(log, 'b')])
  await running.end(new AbortController().signal)
  t.assert.equal(log.join(', '), 'start a, start b, drain b, drain a, stop b, stop a')
})

test('a part that fails to start stops those before it', async (t) => {
  const log: string[] = []
  await t.assert.rejects(run([recorded(log, 'a'), recorded(log, 'b', true)]), /b does not start/)
  t.assert.equal(log.join(', '), 'start a, stop a')
})

test('parts may be made while those before them work', async (t) => {
  const log: string[] = []
  async function* made() {
    yield recorded(log, 'a')
    await Promise.resolve(log.push('make b'))
    yield recorded(log, 'b')
    throw new Error('no c')
  }
  await t.assert.rejects(run(made()), /no c/)
  t.assert.equal(log.join(', '), 'start a, make b, start b, stop b, stop a')
})

test('readiness names the part and the reason', async (t) => {
  const running = await run([recorded([], 'fast'), recorded([], 'slow')])
  t.assert.deepEqual(running.unready(), [{ part: 'slow', reason: 'replaying' }])
  const ending = running.end(new AbortController().signal)
  t.assert.deepEqual(running.unready()[0], { part: 'process', reason: 'draining' })
  await ending
})
