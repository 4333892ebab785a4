/**
 * Requests that are sent again after a crash: the process is killed with a long Log, started, and gets
 * the same bodies the moment its doors open, long before the Log is read back. Each gets its first
 * receipt and no row is there twice.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { countIds } from '#test/chaos/folder.ts'
import { requestOf } from '#test/chaos/rows.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'

const rowsPerRequest = 5000
const requestsPerSignal = 15
const startNs = systemClock.nowNs() - 600_000_000_000n
const flags = ['--log-level=error', '--memory=1GiB']

interface Sent {
  readonly signal: SignalName
  readonly body: Uint8Array
}

async function send(house: Started, { signal, body }: Sent): Promise<number> {
  const url = `http://127.0.0.1:${house.ports.http}/v1/${signal}`
  const headers = { 'content-type': 'application/x-protobuf' }
  const answer = await fetch(url, { method: 'POST', headers, body: Buffer.from(body) })
  await answer.arrayBuffer()
  return answer.status
}

async function sendAll(house: Started, requests: readonly Sent[]): Promise<Set<number>> {
  return new Set(await Promise.all(requests.map((request) => send(house, request))))
}

test(
  'bodies sent again at the start get their first receipt',
  { timeout: 120_000 },
  async (t: TestContext) => {
    const dir = mkdtempSync(join(tmpdir(), 'signalbox-repeat-'))
    t.after(() => rmSync(dir, { recursive: true }))
    const requests = Array.from({ length: requestsPerSignal }, (_, i) =>
      signalNames.map((signal) => {
        const range = { first: i * rowsPerRequest, count: rowsPerRequest }
        return { signal, body: requestOf(signal, range, startNs) }
      }),
    ).flat()
    let house = await startSignalbox(dir, flags)
    t.assert.deepEqual(await sendAll(house, requests), new Set([200]))
    await house.end('SIGKILL')
    house = await startSignalbox(dir, flags)
    try {
      t.assert.deepEqual(await sendAll(house, requests), new Set([200]))
      const flush = `http://127.0.0.1:${house.ports.admin}/flush`
      t.assert.equal((await fetch(flush, { method: 'POST' })).ok, true)
    } finally {
      await house.end('SIGKILL')
    }
    const found = await countIds(dir)
    for (const signal of signalNames) {
      t.assert.equal(found[signal].size, requestsPerSignal * rowsPerRequest, signal)
      const twice = [...found[signal].values()].filter((times) => times !== 1)
      t.assert.equal(twice.length, 0, `rows of ${signal} that are there more than once`)
    }
  },
)
