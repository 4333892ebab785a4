import { test } from 'node:test'
import { isCode } from '#base/errors.ts'
import { chainBroken } from './errors.ts'
import { chainName } from './names.ts'
import { chain, l0, world } from './world.test.ts'

const fold = (from: number, to: number, keys: string[] = []) => ({
  tree: { add: [], remove: [] },
  folded: [{ chain: chainName(chain), from, to, keys }],
})

test('objects follow each other and are found after a restart', async (t) => {
  const { newChain } = world()
  const first = newChain()
  t.assert.equal((await first.recover()).nextOffset, 0)
  t.assert.equal(await first.commit(l0(0, 10, 'a')), 'committed')
  t.assert.equal(await first.commit(l0(10, 15, 'b')), 'committed')
  t.assert.equal((await newChain().recover()).nextOffset, 15)
})

test('of two writers one wins and the other starts again', async (t) => {
  const { newChain } = world()
  const [one, two] = [newChain(), newChain()]
  await one.recover()
  await two.recover()
  t.assert.equal(await one.commit(l0(0, 10, 'a')), 'committed')
  t.assert.equal(await two.commit(l0(0, 7, 'b')), 'resync')
  t.assert.equal((await two.recover()).nextOffset, 10)
})

test('the same cut by another writer, and a lost reply, count as committed', async (t) => {
  const { newChain, store } = world()
  const [one, two] = [newChain(), newChain()]
  await one.recover()
  await two.recover()
  t.assert.equal(await one.commit(l0(0, 10, 'a')), 'committed')
  t.assert.equal(await two.commit(l0(0, 10, 'b')), 'committed')
  await store.createIfAbsent(
    'l0/logs/00112233aabbccdd/00000/00000000000000000010.sbx',
    l0(10, 20, 'c').bytes,
  )
  t.assert.equal(await two.commit(l0(10, 20, 'c')), 'committed')
})

test('a writer that slept while its name was folded and deleted starts again (R2)', async (t) => {
  const { newChain, catalog, store } = world()
  const [one, sleeper] = [newChain(), newChain()]
  await one.recover()
  await sleeper.recover()
  await one.commit(l0(0, 10, 'a'))
  const key = 'l0/logs/00112233aabbccdd/00000/00000000000000000000.sbx'
  await catalog.commit(fold(0, 10, [key]))
  await store.delete(key)
  t.assert.equal(await sleeper.commit(l0(0, 7, 'z')), 'resync')
  t.assert.equal((await sleeper.recover()).nextOffset, 10)
})

test('an adopted object below the floor is void too', async (t) => {
  const { newChain, catalog } = world()
  const [one, sleeper] = [newChain(), newChain()]
  await one.recover()
  await sleeper.recover()
  await one.commit(l0(0, 10, 'a'))
  await catalog.commit(fold(0, 10))
  t.assert.equal(await sleeper.commit(l0(0, 10, 'z')), 'resync')
})

test('a gap is reported, not walked over', async (t) => {
  const { newChain, store } = world()
  const [one] = [newChain()]
  await one.recover()
  await one.commit(l0(0, 10, 'a'))
  await store.createIfAbsent(
    'l0/logs/00112233aabbccdd/00000/00000000000000000012.sbx',
    l0(12, 20, 'c').bytes,
  )
  await t.assert.rejects(newChain().recover(), (error) => isCode(error, chainBroken))
})

test('chains of other logs and partitions are not mixed in', async (t) => {
  const { newChain, store } = world()
  await store.createIfAbsent(
    'l0/logs/00112233aabbccdd/00001/00000000000000000000.sbx',
    l0(0, 3, 'c').bytes,
  )
  t.assert.equal((await newChain().recover()).nextOffset, 0)
})
