/** The compactor over catalogs in memory; blocks are entries without bytes. */
import { test } from 'node:test'
import { systemClock, type Clock } from '#base/clock.ts'
import { silentLogger } from '#base/log.ts'
import { createMetrics } from '#base/metrics.ts'
import { seededRandom } from '#base/random.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { maxMsOf, minMsOf, type BlockEntry } from '#storage/catalog/block-entry.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { LiveCatalog } from '#storage/catalog/live.ts'
import { chainName, dataKey, l0Key } from '#storage/catalog/names.ts'
import { PinLedger } from '#storage/catalog/pins.ts'
import { plainCodec, plainL0, plainReader } from '#storage/catalog/plain.ts'
import { DiskBudget } from '#storage/disk-budget.ts'
import { memoryStore } from '#storage/objects/memory.ts'
import { createCompactor } from './index.ts'
import type { Rewrite } from './job.ts'

const hourMs = 3_600_000
const mib = 2 ** 20
const chain = { logId: '00000000000000aa', partition: 0 }
const never = new AbortController().signal

/** `broken`: of which signal no block can be rewritten, as when one of its inputs is damaged. */
async function world(broken: SignalName | null = null, blocksOnDisk = true) {
  let nowMs = 1000 * hourMs
  const clock: Clock = {
    ...systemClock,
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async () => {},
  }
  const store = memoryStore(clock)
  const random = seededRandom(5)
  const pins = new PinLedger(clock)
  const budget = new DiskBudget({ limitBytes: 2 ** 40 })
  const opened = await Promise.all(
    signalNames.map(async (signal) => {
      const catalog = new Catalog({ store, signal, codec: plainCodec, clock, random })
      const newestRoot = () => catalog.newestRoot()
      const deps = { store, signal, newestRoot, readL0: plainReader(store), clock }
      return [signal, await LiveCatalog.open(catalog, deps)] as const
    }),
  )
  // One entry per signal name.
  const catalogs = Object.fromEntries(opened) as Record<SignalName, LiveCatalog>
  let writes = 0
  const rewrite: Rewrite = async (job) => {
    if (job.signal === broken) throw new Error('an input is damaged')
    const from = Math.min(...job.inputs.map(minMsOf))
    const to = Math.max(...job.inputs.map(maxMsOf))
    const nonce = `n${++writes}`
    const bytes = job.inputs.reduce((sum, entry) => sum + entry.bytes, 0)
    const key = dataKey({ signal: job.signal, tenant: 't', timeMs: from, level: job.level, nonce })
    await store.createIfAbsent(key, new Uint8Array(1))
    const part = { tenant: 't', rows: 1, bytes, streams: 1, minMs: from, maxMs: to }
    const first = job.inputs[0]
    if (first === undefined) throw new RangeError('a job has inputs')
    return [{ ...first, key, bytes, level: job.level, shared: false, tenants: [part] }]
  }
  const config = {
    every: 5000,
    logsRetention: 720 * hourMs,
    metricsRetention: 720 * hourMs,
    tracesRetention: 24 * hourMs,
  }
  const deps = {
    catalogs,
    store,
    pins,
    budget,
    blocksOnDisk,
    rewrite,
    clock,
    random,
  }
  const metrics = createMetrics()
  const compactor = createCompactor(config, { ...deps, logger: silentLogger, metrics })
  let offset = 0
  return {
    store,
    pins,
    budget,
    compactor,
    live: (signal: SignalName) => catalogs[signal],
    advance: (ms: number) => {
      nowMs += ms
    },
    /** Flushes `count` L0 objects of rows of one hour. */
    flush: async (signal: SignalName, count: number, hour: number) => {
      for (let i = 0; i < count; i++) {
        const [minMs, maxMs] = [hour * hourMs + i, hour * hourMs + i + 1]
        const entry: BlockEntry = {
          key: l0Key(signal, chain, offset),
          bytes: mib,
          level: 0,
          shared: true,
          late: false,
          fromOffset: offset,
          toOffset: offset + 1,
          tenants: [{ tenant: 't', rows: 1, bytes: mib, streams: 1, minMs, maxMs }],
        }
        offset++
        await store.createIfAbsent(entry.key, plainL0(entry, 'n').bytes)
        catalogs[signal].addL0(chainName(chain), entry)
      }
    },
    show: async (signal: SignalName) => {
      const snapshot = catalogs[signal].snapshot()
      const range = { fromMs: -Infinity, toMs: Infinity }
      const blocks = await catalogs[signal].blocks(snapshot, 't', range)
      return blocks.map(({ level, bytes }) => `L${level}:${bytes / mib}`).join(' ')
    },
  }
}

test('L0 is folded, folds are merged, and inputs are deleted', async (t) => {
  const { compactor, flush, show, advance, store } = await world()
  await flush('logs', 8, 999)
  await compactor.round(never)
  t.assert.equal(await show('logs'), 'L1:8')
  await flush('logs', 3, 999)
  await compactor.round(never)
  t.assert.equal(await show('logs'), 'L1:8 L0:1 L0:1 L0:1')
  advance(hourMs)
  await compactor.round(never)
  t.assert.equal(await show('logs'), 'L2:11')
  await compactor.round(never)
  const left = (await store.list('')).map(({ key }) => key.split('/')[0])
  t.assert.deepEqual(
    left.filter((folder) => folder !== 'catalog'),
    ['data'],
  )
})

test('L0 is folded when asked, due or not', async (t) => {
  const { compactor, flush, show, store } = await world()
  await flush('logs', 2, 999)
  await compactor.round(never)
  t.assert.equal(await show('logs'), 'L0:1 L0:1')
  await compactor.fold(never)
  t.assert.equal(await show('logs'), 'L1:2')
  t.assert.equal((await store.list('l0/')).length, 0)
  await flush('traces', 1, 999)
  await Promise.all([compactor.round(never), compactor.fold(never)])
  t.assert.equal(await show('traces'), 'L1:1')
})

test('a pinned snapshot keeps its objects until it is released', async (t) => {
  const { compactor, flush, live, pins, store } = await world()
  await flush('logs', 8, 999)
  const { pin } = live('logs').pinned(pins)
  await compactor.round(never)
  t.assert.equal((await store.list('l0/')).length, 8)
  pin.release()
  await compactor.round(never)
  t.assert.equal((await store.list('l0/')).length, 0)
})

test('rows older than the retention of their signal go', async (t) => {
  const { compactor, flush, show, advance } = await world()
  await flush('traces', 8, 999)
  await flush('logs', 8, 999)
  await compactor.round(never)
  advance(24 * hourMs)
  await compactor.round(never)
  t.assert.deepEqual([await show('traces'), await show('logs')], ['', 'L1:8'])
})

test('a signal whose blocks cannot be rewritten keeps nothing else from being done', async (t) => {
  const { compactor, flush, show, advance, store } = await world('logs')
  await flush('logs', 8, 999)
  await flush('metrics', 8, 999)
  await flush('traces', 8, 999)
  await t.assert.rejects(compactor.round(never), { message: 'an input is damaged' })
  t.assert.deepEqual([await show('metrics'), await show('traces')], ['L1:8', 'L1:8'])
  t.assert.equal((await store.list('l0/')).length, 8)
  advance(24 * hourMs)
  await t.assert.rejects(compactor.round(never), { message: 'an input is damaged' })
  t.assert.equal(await show('traces'), '')
})

test('a full budget takes the oldest blocks of the one furthest over its share', async (t) => {
  const { compactor, flush, show, budget, advance } = await world()
  for (const hour of [990, 993, 996]) {
    await flush('logs', 8, hour)
    await compactor.round(never)
  }
  await flush('metrics', 8, 999)
  await compactor.round(never)
  t.assert.deepEqual([await show('logs'), await show('metrics')], ['L1:8 L1:8 L1:8', 'L1:8'])
  // The Log leaves so little that 12 MiB must go. Logs hold 24 of half the budget, 48 in a whole one,
  // metrics 8 of a fifth, 40; once a block of logs is gone it is 32 against 40.
  budget.setUsed('log', 2 ** 40 * 0.9 - 20 * mib)
  advance(1)
  await compactor.round(never)
  t.assert.deepEqual([await show('logs'), await show('metrics')], ['L1:8 L1:8', ''])
  t.assert.equal(budget.overBy(), 0)
})

test('orphans of a crash are deleted in the first round, later ones only when old', async (t) => {
  const { compactor, store, advance, live } = await world()
  await live('logs').commit({ tree: { add: [], remove: [] }, folded: [] })
  const name = (nonce: string) =>
    dataKey({ signal: 'logs', tenant: 't', timeMs: 0, level: 1, nonce })
  await store.createIfAbsent(name('aa'), new Uint8Array(1))
  await compactor.round(never)
  t.assert.equal((await store.list('data/')).length, 0)
  advance(hourMs)
  await store.createIfAbsent(name('bb'), new Uint8Array(1))
  await compactor.round(never)
  t.assert.equal((await store.list('data/')).length, 1)
  advance(hourMs)
  await compactor.round(never)
  t.assert.equal((await store.list('data/')).length, 0)
})

test('in a bucket the first round too leaves what another process may be about to commit', async (t) => {
  const { compactor, store, advance, live } = await world(null, false)
  await live('logs').commit({ tree: { add: [], remove: [] }, folded: [] })
  const key = dataKey({ signal: 'logs', tenant: 't', timeMs: 0, level: 1, nonce: 'aa' })
  await store.createIfAbsent(key, new Uint8Array(1))
  await compactor.round(never)
  t.assert.equal((await store.list('data/')).length, 1)
  advance(hourMs)
  await compactor.round(never)
  t.assert.equal((await store.list('data/')).length, 0)
})
