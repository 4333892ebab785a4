import { setImmediate } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { systemClock, type Clock } from '#base/clock.ts'
import { workerDied } from '#base/flow/errors.ts'
import { seededRandom } from '#base/random.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { payloadKind, type LogRecord } from '#storage/log/log.ts'
import { isSealed, readRunRef, slabState } from '#storage/run/run.ts'
import { tableRetired } from '#storage/run/streams.ts'
import { addServices, logsIntake } from '#test/rows.ts'
import { Flusher, replayWorkers } from './flusher.ts'
import { IngestWorker } from './ingest-worker.ts'
import { createReplay, type Flushers, type ReplayRange } from './replay.ts'
import { noHash } from './receipts.ts'
import { requestPayloadHead } from './request.ts'

const quiet = { error() {}, warn() {}, info() {}, debug() {} }
const refused = () => Promise.reject(new Error('not part of this test'))

/** One row for each record of the Log. */
function record(): LogRecord {
  const head = requestPayloadHead('protobuf', 'identity')
  return {
    tenant: 'default',
    signal: 'logs',
    receivedNs: 1n,
    requestHash: noHash,
    rows: 1,
    rejects: '',
    kind: payloadKind.request,
    payload: head,
  }
}

function build(replay: (range: ReplayRange, worker: IngestWorker) => Promise<void>) {
  const memory = createSlabMemory(8, 1 << 16)
  const slabs = new Slabs(memory)
  const slept: number[] = []
  const clock: Clock = {
    ...systemClock,
    sleep: (ms) => {
      slept.push(ms)
      return setImmediate()
    },
  }
  const flusher = (signal: SignalName) =>
    new Flusher(
      {
        signal,
        slabs,
        clock,
        random: seededRandom(1),
        logger: quiet,
        logId: () => 'log',
        cut: async () => {},
        flush: refused,
        commit: refused,
        show: () => {},
        isPinned: () => false,
      },
      { pointsMs: 1000, otherMs: 1000 },
    )
  const flushers: Flushers = {
    logs: flusher('logs'),
    metrics: flusher('metrics'),
    traces: flusher('traces'),
  }
  const worker = () =>
    new IngestWorker({
      slabs: new Slabs(memory, { reserved: true }),
      worker: replayWorkers,
      clock,
      maxWaitMs: 20,
      log: { append: refused },
      decode: () => {
        const intake = logsIntake([{ time: 1, body: 'a' }])
        addServices(intake, ['shop'])
        return { intake, keep: null, rejects: [] }
      },
    })
  const replayed = createReplay(
    {
      slabs,
      clock,
      logger: quiet,
      nextOffsets: () => ({ logs: 3, metrics: 5, traces: 4 }),
      replay: (range) => replay(range, worker()),
    },
    flushers,
  )
  return { slabs, slept, flushers, part: replayed.part, ready: (ms: number) => replayed.ready(ms) }
}

async function isReady(t: TestContext, part: { unready(): string | null }): Promise<void> {
  for (let turn = 0; turn < 100 && part.unready() !== null; turn++) await setImmediate()
  t.assert.equal(part.unready(), null)
}

test('a worker that dies is started again behind the rows that it published', async (t) => {
  const ranges: ReplayRange[] = []
  const { slabs, slept, flushers, part, ready } = build(async (range, worker) => {
    ranges.push(range)
    if (ranges.length === 3) return worker.end()
    const at = range.from.logs
    await worker.replay(record(), at)
    await worker.replay(record(), at + 1)
    // The second one dies without an open run.
    if (ranges.length === 2) await worker.cut('logs')
    throw workerDied.make('it is gone')
  })
  await part.start()
  t.assert.equal(part.unready(), 'reading the Log back')
  await isReady(t, part)
  await ready(1)
  t.assert.deepEqual(ranges, [
    { first: 3, from: { logs: 3, metrics: 5, traces: 4 } },
    { first: 3, from: { logs: 5, metrics: 5, traces: 4 } },
    { first: 3, from: { logs: 7, metrics: 5, traces: 4 } },
  ])
  t.assert.deepEqual(slept, [500, 1000], 'each wait is twice the one before')
  t.assert.equal(flushers.logs.rows(), 4, 'each row once')
  for (let slab = 0; slab < slabs.count; slab++) {
    if (slabs.state(slab) === slabState.table)
      t.assert.equal(tableRetired(slabs, slab), true, 'it is freed with its runs')
    if (readRunRef(slabs, slab) === null) continue
    t.assert.equal(isSealed(slabs, slab), true, 'it can be flushed')
  }
  for (const signal of signalNames) t.assert.equal(flushers[signal].replaying, false)
})

test('a Log that cannot be read is not read again', async (t) => {
  let calls = 0
  const { part, ready } = build(() => {
    calls++
    return Promise.reject(new Error('unreadable'))
  })
  await part.start()
  await t.assert.rejects(ready(1), /unreadable/)
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  t.assert.equal(calls, 1)
  t.assert.equal(part.unready(), 'reading the Log back')
})
