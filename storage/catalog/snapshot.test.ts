import { test } from 'node:test'
import { storeUnavailable } from '#storage/objects/errors.ts'
import type { Store } from '#storage/objects/store.ts'
import { LiveCatalog } from './live.ts'
import { chainName, l0Key } from './names.ts'
import { PinLedger } from './pins.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { oneProcessRule, sweepOrphans, sweepRetired } from './sweep.ts'
import { block, chain, l0, signal, world } from './world.test.ts'

const name = chainName(chain)
const show = ({ root, l0, ends }: Snapshot) =>
  `root ${root.seq}, l0 ${l0.map((entry) => entry.fromOffset).join(' ')}, end ${ends[name] ?? 'none'}`
const fold = (from: number, to: number, starts: number[]) => ({
  tree: { add: [block(`t1@${from}-${to}`)], remove: [] },
  folded: [{ chain: name, from, to, keys: starts.map((start) => l0Key(signal, chain, start)) }],
})
const entryOf = (start: number, end: number) => ({
  ...block(`t1@${start}-${end}`),
  key: l0Key(signal, chain, start),
  level: 0,
  fromOffset: start,
  toOffset: end,
})

async function filled() {
  const made = world()
  const writer = made.newChain()
  await writer.recover()
  for (const start of [0, 10, 20]) await writer.commit(l0(start, start + 10, `n${start}`))
  return made
}

test('a snapshot has each row in L0 or in the tree', async (t) => {
  const { catalog, deps } = await filled()
  t.assert.equal(show(await readSnapshot(deps)), 'root 0, l0 0 10 20, end 30')
  await catalog.commit(fold(0, 20, [0, 10]))
  t.assert.equal(show(await readSnapshot(deps)), 'root 1, l0 20, end 30')
  await catalog.commit(fold(20, 30, [20]))
  t.assert.equal(show(await readSnapshot(deps)), 'root 2, l0 , end 30')
})

test('an object that vanishes after it was listed means another listing (R4)', async (t) => {
  const { catalog, deps, store } = await filled()
  let first = true
  const newestRoot = async () => {
    const root = await catalog.newestRoot()
    if (!first) return root
    first = false
    await catalog.commit(fold(0, 20, [0, 10]))
    await store.delete(l0Key(signal, chain, 0))
    return root
  }
  t.assert.equal(show(await readSnapshot({ ...deps, newestRoot })), 'root 1, l0 20, end 30')
})

test('the catalog of one process follows its own commits without reading', async (t) => {
  const { catalog, deps, newChain } = await filled()
  const live = await LiveCatalog.open(catalog, deps)
  const writer = newChain()
  const { nextOffset } = await writer.recover()
  await writer.commit(l0(nextOffset, 40, 'n30'))
  live.addL0(name, entryOf(30, 40))
  live.addL0(name, entryOf(30, 40))
  t.assert.equal(show(live.snapshot()), 'root 0, l0 0 10 20 30, end 40')
  const before = live.snapshot()
  await live.commit(fold(0, 30, [0, 10, 20]))
  t.assert.equal(show(live.snapshot()), 'root 1, l0 30, end 40')
  t.assert.equal(show(before), 'root 0, l0 0 10 20 30, end 40')
  t.assert.equal(show(live.snapshot()), show(await readSnapshot(deps)))
  const blocks = await live.blocks(live.snapshot(), 't1', { fromMs: 25_000, toMs: 35_000 })
  t.assert.deepEqual(
    blocks.map(({ level, toOffset }) => `${level} ${toOffset}`),
    ['0 40', '1 0'],
  )
  t.assert.deepEqual(structuredClone(live.snapshot()), live.snapshot())
})

test('what a pinned snapshot needs stays, and goes when it is released', async (t) => {
  const { catalog, deps, store } = await filled()
  const live = await LiveCatalog.open(catalog, deps)
  const pins = new PinLedger({ monotonicMs: () => 0 })
  const rule = oneProcessRule(signal, pins)
  const { pin } = live.pinned(pins)
  await live.commit(fold(0, 30, [0, 10, 20]))
  t.assert.equal(await live.sweepRetired(store, rule), 0)
  t.assert.equal((await store.list('l0/')).length, 3)
  pin.release()
  t.assert.equal(await live.sweepRetired(store, rule), 3)
  t.assert.equal((await store.list('l0/')).length, 0)
  const root = await live.commit({ tree: { add: [block('t2@0-1')], remove: [] }, folded: [] })
  t.assert.deepEqual(root.retired, [])
})

test('orphans, void objects and old roots go; what the root names stays', async (t) => {
  const { catalog, deps, store } = await filled()
  for (let i = 0; i < 20; i++) {
    await store.createIfAbsent(`data/logs/t5-${i}-${i}.sbx`, new Uint8Array(1))
    await catalog.commit({ tree: { add: [block(`t5@${i}-${i}`)], remove: [] }, folded: [] })
  }
  const root = await catalog.commit(fold(0, 20, [0, 10]))
  await sweepRetired(store, root, () => true)
  await store.createIfAbsent('data/logs/orphan.sbx', new Uint8Array(1))
  await store.createIfAbsent('catalog/logs/month/orphan', new Uint8Array(1))
  await store.createIfAbsent(l0Key(signal, chain, 10), new Uint8Array(1))
  const newestRoot = () => catalog.newestRoot()
  const nodes = catalog.nodes
  const clock = { nowMs: () => Number.MAX_SAFE_INTEGER }
  const gone = await sweepOrphans({ store, signal, nodes, clock, newestRoot, minAgeMs: 0 })
  const roots = gone.filter((key) => key.includes('/root/'))
  t.assert.deepEqual(
    gone.filter((key) => !roots.includes(key)),
    ['data/logs/orphan.sbx', 'catalog/logs/month/orphan'],
  )
  t.assert.equal(roots.length, 4)
  t.assert.equal(show(await readSnapshot(deps)), 'root 21, l0 20, end 30')
  t.assert.equal((await store.list('data/')).length, 20)
})

test('a commit whose reply was lost for good is shown all the same', async (t) => {
  const { store, newChain, deps } = await filled()
  let losing = true
  const createIfAbsent: Store['createIfAbsent'] = async (key, bytes) => {
    const outcome = await store.createIfAbsent(key, bytes)
    if (losing && key.includes('/root/')) throw storeUnavailable.make('reply lost')
    return outcome
  }
  const { catalog } = world({ ...store, createIfAbsent })
  const live = await LiveCatalog.open(catalog, deps)
  await t.assert.rejects(live.commit(fold(0, 20, [0, 10])), /reply lost/)
  t.assert.equal(show(live.snapshot()), 'root 1, l0 20, end 30')
  losing = false
  await live.commit(fold(20, 30, [20]))
  t.assert.equal(show(live.snapshot()), 'root 2, l0 , end 30')
  t.assert.equal((await newChain().recover()).nextOffset, 30)
})

test('blocks whose roots are lost are not taken for orphans', async (t) => {
  const { catalog, store } = world()
  const key = block('t1@0-9').key
  await store.createIfAbsent(key, new Uint8Array(1))
  await catalog.commit({ tree: { add: [block('t1@0-9')], remove: [] }, folded: [] })
  for (const root of await store.list('catalog/logs/root/')) await store.delete(root.key)
  const clock = { nowMs: () => Number.MAX_SAFE_INTEGER }
  const next = world(store).catalog
  const newestRoot = () => next.newestRoot()
  const sweep = { store, signal, nodes: next.nodes, clock, newestRoot, minAgeMs: 0 }
  t.assert.deepEqual(await sweepOrphans(sweep), [])
  t.assert.equal((await store.list(key)).length, 1)
})
