import { test, type TestContext } from 'node:test'
import { createSlabMemory, Slabs } from './slabs.ts'

test('reserved slabs are for views that may take them', async (t: TestContext) => {
  const memory = createSlabMemory(4, 64)
  const live = new Slabs(memory)
  const replay = new Slabs(memory, { reserved: true })
  live.reserve(2)
  t.assert.equal(live.take(1, 8)?.index, 0)
  t.assert.equal(live.take(1, 8)?.index, 1)
  t.assert.equal(live.take(1, 8), null)
  t.assert.equal(replay.take(2, 8)?.index, 2)
  t.assert.equal(replay.take(2, 8)?.index, 3)
  t.assert.equal(replay.take(2, 8), null)
  // One that is freed is left to the replay, too.
  live.free(0)
  t.assert.equal(live.take(1, 8), null)
  live.reserve(0)
  t.assert.equal(live.take(1, 8)?.index, 0)
})

test('who waits goes on when a slab is free that it may take', async (t: TestContext) => {
  const memory = createSlabMemory(2, 64)
  const live = new Slabs(memory)
  t.assert.ok(live.take(1, 8))
  t.assert.ok(live.take(1, 8))
  const waited = live.waitFree(60_000)
  live.free(1)
  await waited
  t.assert.equal(live.freeCount(), 1)
  live.reserve(1)
  // Not at once: the one that is free is reserved.
  const startedMs = process.hrtime.bigint()
  await live.waitFree(5)
  t.assert.ok(process.hrtime.bigint() - startedMs > 1_000_000n)
})
