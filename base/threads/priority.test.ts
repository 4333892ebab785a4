import { once } from 'node:events'
import { getPriority, platform } from 'node:os'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

const module = new URL('./priority.ts', import.meta.url).href
const code = `
  import { getPriority } from 'node:os'
  import { readlinkSync } from 'node:fs'
  import { parentPort } from 'node:worker_threads'
  import { yieldTo } from '${module}'
  const done = yieldTo(7)
  parentPort.postMessage([done, getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)))])
`

test(
  'a thread lowers its own priority and no other',
  { skip: platform() === 'linux' ? false : 'threads have priorities on Linux only' },
  async (t) => {
    const before = getPriority()
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`))
    const [answer] = (await once(worker, 'message')) as unknown[]
    await worker.terminate()
    t.assert.deepEqual(answer, [true, 7])
    t.assert.equal(getPriority(), before)
  },
)
