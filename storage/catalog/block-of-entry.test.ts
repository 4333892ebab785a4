import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import { objectChanged } from '#storage/objects/errors.ts'
import { memoryStore } from '#storage/objects/memory.ts'
import { batchOf, streamOf, streamsOf } from '#test/golden/rows.ts'
import { l0Reader } from './block-of-entry.ts'
import { l0Key } from './names.ts'
import { chain } from './world.test.ts'

test('a real block is read as an entry, listed or not', async (t) => {
  const store = memoryStore(systemClock)
  const header = {
    signal: 'logs',
    level: 0,
    ...chain,
    startOffset: 100,
    endOffset: 250,
    nonce: 'fedcba9876543210',
    createdNs: 0n,
  } as const
  const streams = streamsOf([streamOf('web')])
  const times = [-1_500_000n, 2_000_001n]
  const rows = times.map((timeNs) => ({ stream: 0, timeNs, values: {} }))
  const writer = createBlockWriter(header)
  writer.beginSection('acme', streams)
  writer.append(batchOf('logs', streams, rows))
  writer.endSection()
  const { bytes } = writer.finish()
  const key = l0Key('logs', chain, 100)
  await store.createIfAbsent(key, bytes)
  const [listed] = await store.list(key)
  const read = l0Reader(store)
  const { entry, nonce } = await read({ key, bytes: bytes.length, etag: listed?.etag ?? '' })
  t.assert.equal(nonce, 'fedcba9876543210')
  t.assert.deepEqual(
    { ...entry, tenants: entry.tenants.map((part) => ({ ...part, bytes: 0 })) },
    {
      key,
      bytes: bytes.length,
      level: 0,
      shared: true,
      late: false,
      fromOffset: 100,
      toOffset: 250,
      tenants: [{ tenant: 'acme', rows: 2, bytes: 0, streams: 1, minMs: -2, maxMs: 3 }],
    },
  )
  t.assert.deepEqual((await read({ key, bytes: null, etag: null })).entry, entry)
  await t.assert.rejects(read({ key, bytes: bytes.length, etag: '"0"' }), (error) =>
    isCode(error, objectChanged),
  )
})
