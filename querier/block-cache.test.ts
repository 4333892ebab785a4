import { test, type TestContext } from 'node:test'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { Store } from '#storage/objects/store.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import { batchOf, sorted, streamOf, streamsOf } from '#test/golden/rows.ts'
import { BlockCache } from './block-cache.ts'

const streamCount = 300

/** A block of many streams, whose names have `prefix`. */
function blockOf(prefix: string): { bytes: Uint8Array; entry: BlockEntry } {
  const names = Array.from({ length: streamCount }, (_, i) => `${prefix}-${i}`)
  const streams = streamsOf(names.map((name) => streamOf(name)))
  const rows = names.map((_, i) => ({
    stream: i,
    timeNs: BigInt(i),
    values: { 'r:double:value': i },
  }))
  const batch = sorted(batchOf('metrics', streams, rows))
  const writer = createBlockWriter({
    signal: 'metrics',
    level: 0,
    logId: '0123456789abcdef',
    partition: 0,
    startOffset: 0,
    endOffset: 1,
    nonce: '00',
    createdNs: 0n,
  })
  writer.beginSection('acme', batch.streams)
  writer.append(batch)
  writer.endSection()
  const { bytes, meta } = writer.finish()
  return { bytes, entry: entryOfBlock(meta, { key: prefix, shared: true, late: false }) }
}

const blocks = ['a', 'b', 'c', 'd'].map(blockOf)

/** Gives ranges of the blocks and counts them. */
function storeOf(): { store: Pick<Store, 'get'>; reads: () => number } {
  let reads = 0
  const get: Store['get'] = async (key, range) => {
    reads++
    const block = blocks.find(({ entry }) => entry.key === key)
    const bytes = block!.bytes.subarray(range?.from, range?.to)
    return { bytes, etag: '' }
  }
  return { store: { get }, reads: () => reads }
}

/** Reads the streams of a block. */
async function read(cache: BlockCache, { entry }: { entry: BlockEntry }): Promise<number> {
  const list = await (await cache.open(entry)).streams('acme')
  let bytes = 0
  for (let id = 0; id < list!.count; id++) bytes += list!.bytes(id).length
  return bytes
}

test('a block that was read is not read again', async (t: TestContext) => {
  const { store, reads } = storeOf()
  const cache = new BlockCache(store, 2 ** 20)
  const before = await read(cache, blocks[0]!)
  const count = reads()
  t.assert.equal(await read(cache, blocks[0]!), before)
  t.assert.equal(reads(), count)
})

test('what open blocks hold is bounded, the least recently used go first', async (t: TestContext) => {
  const { store, reads } = storeOf()
  const list = async (cache: BlockCache, { entry }: { entry: BlockEntry }): Promise<void> => {
    await (await cache.open(entry)).streams('acme')
  }
  const alone = new BlockCache(store, 2 ** 20)
  await list(alone, blocks[0]!)
  const table = alone.heldBytes
  // Half of it is for tables, of which two fit.
  const cache = new BlockCache(store, table * 5)
  for (const block of blocks) {
    await list(cache, block)
    // What was read since it was opened counts from now on.
    await cache.open(block.entry)
    t.assert.ok(cache.heldBytes < table * 2.5, `${cache.heldBytes} bytes`)
  }
  const count = reads()
  await list(cache, blocks[3]!)
  t.assert.equal(reads(), count)
  await list(cache, blocks[0]!)
  t.assert.ok(reads() > count)
})

test('a block that is larger than all there is for it can be read', async (t: TestContext) => {
  const { store } = storeOf()
  const cache = new BlockCache(store, 1)
  const wanted = new BlockCache(store, 2 ** 20)
  for (const block of blocks) t.assert.equal(await read(cache, block), await read(wanted, block))
})
