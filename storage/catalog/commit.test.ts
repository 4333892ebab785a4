import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import { randomHex, seededRandom } from '#base/random.ts'
import { storeUnavailable } from '#storage/objects/errors.ts'
import { memoryStore } from '#storage/objects/memory.ts'
import type { Store } from '#storage/objects/store.ts'
import { Catalog } from './commit.ts'
import { catalogConflict, catalogTooLarge } from './errors.ts'
import { rootKey } from './names.ts'
import { nodeCodec } from './node-file.ts'
import { plainCodec } from './plain.ts'
import { blocksOf } from './walk.ts'
import { block, signal, world } from './world.test.ts'

const add = (...texts: string[]) => ({
  tree: { add: texts.map(block), remove: [] },
  folded: [],
})
const replace = (removed: string[], added: string[]) => ({
  tree: { add: added.map(block), remove: removed.map(block) },
  folded: [],
})

async function show(catalog: Catalog, tenant: string, from = 0, to = 1e6): Promise<string> {
  const range = { fromMs: from * 1000, toMs: to * 1000 }
  const blocks = await blocksOf(await catalog.newestRoot(), catalog.nodes, { tenant, range })
  return blocks.map(({ key }) => key.replace(/^data\/logs\/|\.sbx$/g, '')).join(' ')
}

const conflict = (error: unknown) => isCode(error, catalogConflict)

test('blocks are found by tenant and time, newest first, from a fresh reader too', async (t) => {
  const { catalog, store } = world()
  await catalog.commit(add('a@0-9', 'a@10-19', 'b@0-9', 'a+c@5-30'))
  await catalog.commit(add('a@20-29'))
  for (const reader of [catalog, world(store).catalog]) {
    t.assert.equal(await show(reader, 'a'), 'a-c-5-30 a-20-29 a-10-19 a-0-9')
    t.assert.equal(await show(reader, 'a', 12, 15), 'a-c-5-30 a-10-19')
    t.assert.equal(await show(reader, 'c', 31, 40), '')
    t.assert.equal(await show(reader, 'b'), 'b-0-9')
    t.assert.equal(await show(reader, 'nobody'), '')
  }
})

test('a replacement swaps blocks in one root and retires what it dropped', async (t) => {
  const { catalog } = world()
  await catalog.commit(add('a@0-9', 'a@10-19'))
  const root = await catalog.commit(replace(['a@0-9', 'a@10-19'], ['a@0-19/big']))
  t.assert.equal(await show(catalog, 'a'), 'big')
  const dropped = root.retired.map(
    ({ key, seq }) => `${seq} ${key.split('/').slice(0, 3).join('/')}`,
  )
  t.assert.deepEqual(dropped.toSorted(), [
    '2 catalog/logs/bucket',
    '2 catalog/logs/month',
    '2 catalog/logs/tenant',
    '2 data/logs/a-0-9.sbx',
    '2 data/logs/a-10-19.sbx',
  ])
})

test('tenants with the names of object properties are tenants', async (t) => {
  const { catalog, store } = world()
  await catalog.commit(add('__proto__@0-9', 'constructor@0-9'))
  t.assert.equal(await show(world(store).catalog, '__proto__'), '__proto__-0-9')
  t.assert.equal(await show(world(store).catalog, 'constructor'), 'constructor-0-9')
})

test('two committers rebase on each other', async (t) => {
  const { catalog, store } = world()
  const other = world(store, 2).catalog
  await Promise.all([
    catalog.commit(add('a@0-9')),
    other.commit(add('b@0-9')),
    catalog.commit(add('a@10-19')),
    other.commit(add('a@20-29')),
  ])
  t.assert.equal(await show(catalog, 'a'), 'a-20-29 a-10-19 a-0-9')
  t.assert.equal(await show(catalog, 'b'), 'b-0-9')
  t.assert.equal((await catalog.newestRoot()).seq, 4)
})

test('a change whose inputs are gone, or whose floor moved, is a conflict', async (t) => {
  const { catalog } = world()
  const folded = [{ chain: 'x/00000', from: 0, to: 10, keys: [] }]
  await catalog.commit({ tree: { add: [block('a@0-9')], remove: [] }, folded })
  await t.assert.rejects(catalog.commit({ ...add('a@0-9/again'), folded }), conflict)
  await t.assert.rejects(catalog.commit(replace(['a@1-9'], ['a@1-9/new'])), conflict)
  await t.assert.rejects(catalog.commit(add('a@0-9')), conflict)
  t.assert.equal((await catalog.newestRoot()).seq, 1)
})

test('the last block of a tenant takes its nodes with it', async (t) => {
  const { catalog } = world()
  await catalog.commit(add('a@0-9', 'b+c@0-9'))
  const root = await catalog.commit(replace(['a@0-9', 'b+c@0-9'], []))
  t.assert.deepEqual([root.buckets, root.shared], [{}, null])
})

test('a lost reply of the root is recognised by its nonce', async (t) => {
  const store = memoryStore(systemClock)
  let lost = 0
  const lossy: Store = {
    ...store,
    createIfAbsent: async (key, bytes) => {
      await store.createIfAbsent(key, bytes)
      // As a retry after a lost reply: the second attempt meets the first.
      lost += key.includes('/root/') ? 1 : 0
      return 'exists'
    },
  }
  const { catalog } = world(lossy)
  await catalog.commit(add('a@0-9'))
  t.assert.deepEqual([(await catalog.newestRoot()).seq, lost], [1, 1])
})

test('a root created under a freed name does not count', async (t) => {
  const { store, catalog } = world()
  await catalog.commit(add('a@0-9'))
  // A sleeper read root 1, and creates root 2 after roots up to 20 were made and root 2 was deleted.
  let asleep = true
  const stale: Store = {
    ...store,
    list: async (prefix, options) => {
      const listed = await store.list(prefix)
      if (!asleep || !prefix.includes('/root/')) return store.list(prefix, options)
      asleep = false
      for (let i = 0; i < 20; i++) await catalog.commit(add(`b@${i}-${i}`))
      await store.delete(rootKey(signal, 2))
      return listed
    },
  }
  await world(stale, 3).catalog.commit(add('s@0-9'))
  t.assert.equal(await show(catalog, 's'), 's-0-9')
  const root = plainCodec.decode((await store.get(rootKey(signal, 2))).bytes, '')
  t.assert.equal(JSON.stringify(root).includes('"seq":2'), true)
  t.assert.equal((await catalog.newestRoot()).seq, 22)
})

test('a month of many blocks is split, and stays exact', async (t) => {
  const { catalog, store } = world()
  const texts = Array.from({ length: 2500 }, (_, i) => `a@${i}-${i}`)
  for (let from = 0; from < texts.length; from += 500) {
    await catalog.commit(add(...texts.slice(from, from + 500)))
  }
  const reader = world(store).catalog
  t.assert.equal((await show(reader, 'a')).split(' ').length, 2500)
  t.assert.equal(await show(reader, 'a', 1700, 1702), 'a-1702-1702 a-1701-1701 a-1700-1700')
  const sizes = (await store.list('catalog/logs/month/')).map(({ size }) => size)
  t.assert.equal(Math.max(...sizes) < 1 << 20, true)
  await catalog.commit(replace(texts.slice(100, 2400), []))
  t.assert.equal((await show(world(store).catalog, 'a')).split(' ').length, 200)
})

test('a root that would be too large to be read is not written', async (t) => {
  const { store, clock } = world()
  const deps = { store, signal, clock, random: seededRandom(1), codec: nodeCodec }
  const catalog = new Catalog(deps)
  const keys = Array.from({ length: 60_000 }, () => `data/logs/${randomHex(deps.random, 24)}.sbx`)
  await catalog.commit(add('a@0-9'))
  const folded = { chain: 'x/00000', from: 0, to: 1, keys }
  await t.assert.rejects(
    catalog.commit({ tree: { add: [], remove: [] }, folded: [folded] }),
    (error) => isCode(error, catalogTooLarge),
  )
  t.assert.equal((await catalog.newestRoot()).seq, 1)
  await catalog.commit(add('b@0-9'))
  t.assert.equal(await show(catalog, 'a'), 'a-0-9')
})

test('a listing without the newest root is not believed', async (t) => {
  let lags = false
  const store = memoryStore(systemClock)
  const lagging: Store = {
    ...store,
    list: async (prefix, options) => (lags ? [] : store.list(prefix, options)),
  }
  const { catalog } = world(lagging)
  await catalog.commit(add('a@0-9'))
  lags = true
  await t.assert.rejects(catalog.newestRoot(), (error) => isCode(error, storeUnavailable))
  lags = false
  t.assert.equal((await catalog.newestRoot()).seq, 1)
})
