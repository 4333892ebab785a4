import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { overloaded } from '../flow/errors.ts'
import { Caller, serve, type CallContext } from './port.ts'

const tasks = {
  double: (n: number) => n * 2,
  refuse: () => {
    throw overloaded.make('full', { retryAfterMs: 250 })
  },
  move: (buffer: ArrayBuffer, context: CallContext) => {
    context.transfer(buffer)
    return buffer
  },
  count: async (n: number, context: CallContext) => {
    for (let i = 0; i < n; i++) await context.emit(Uint8Array.of(i))
  },
}

function pair(): { caller: Caller<typeof tasks>; end: () => void } {
  const { port1, port2 } = new MessageChannel()
  serve(port1, tasks)
  return { caller: new Caller<typeof tasks>(port2), end: () => port1.close() }
}

test('results, moved buffers and errors cross', async (t) => {
  const { caller, end } = pair()
  t.assert.equal(await caller.call('double', 21), 42)
  const buffer = new ArrayBuffer(8)
  t.assert.equal((await caller.call('move', buffer, [buffer])).byteLength, 8)
  t.assert.equal(buffer.byteLength, 0)
  const refusal = caller.call('refuse', undefined)
  await t.assert.rejects(refusal, { kind: 'overloaded', code: 'overloaded', retryAfterMs: 250 })
  end()
})

test('chunks arrive in order under credits', async (t) => {
  const { caller, end } = pair()
  const got: number[] = []
  for await (const chunk of caller.stream('count', 20)) got.push(chunk[0] ?? -1)
  t.assert.deepEqual(
    got,
    Array.from({ length: 20 }, (_, i) => i),
  )
  end()
})

test('leaving a stream early stops the task', async (t) => {
  const { caller, end } = pair()
  for await (const chunk of caller.stream('count', 1e9)) if (chunk[0] === 3) break
  t.assert.equal(await caller.call('double', 1), 2)
  while (caller.pending > 0) await new Promise((resolve) => setImmediate(resolve))
  end()
})

test('a broken port fails what waits and what comes', async (t) => {
  const { caller, end } = pair()
  const waiting = caller.call('double', 1)
  caller.fail(new Error('gone'))
  await t.assert.rejects(waiting, /gone/)
  await t.assert.rejects(caller.call('double', 1), /gone/)
  end()
})
