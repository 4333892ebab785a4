import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { seededRandom } from '#base/random.ts'
import type { LogRecord } from './log.ts'
import { MemoryDisk } from './memory-disk.ts'
import { SegmentedLog } from './segmented-log.ts'

const second = 1_000_000_000n

/** The record number `n`, received at second `n`, with a body of `bytes`. */
function record(n: number, bytes: number): LogRecord {
  return {
    tenant: 'tenant'.repeat(n % 3),
    signal: n % 2 === 0 ? 'logs' : 'traces',
    kind: 1,
    receivedNs: BigInt(n) * second,
    requestHash: n.toString(16).padStart(32, '0'),
    rows: n,
    rejects: n % 5 === 0 ? JSON.stringify([n]) : '',
    payload: new Uint8Array(bytes).fill(n),
  }
}

function openLog(disk: MemoryDisk): Promise<SegmentedLog> {
  return SegmentedLog.open({
    disk,
    clock: systemClock,
    random: seededRandom(1),
    segmentBytes: 1 << 20,
    minFreeBytes: 0,
  })
}

test('heads are those of the records, whatever their size, over segments and commits', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  const sizes = [0, 1, 300_000, 500, 262_144 - 64, 7, 900_000, 40, 40, 2_000_000, 3]
  const records = sizes.map((bytes, n) => record(n, bytes))
  for (const one of records.slice(0, 6)) await log.append([one])
  await log.append(records.slice(6))
  const heads = await log.newestHeads({ withinMs: 1e9, most: 1e9 })
  t.assert.deepEqual(
    heads,
    records.map(({ signal, receivedNs, requestHash, rows, rejects }, offset) => {
      return { signal, receivedNs, requestHash, rows, rejects, offset }
    }),
  )
  const again = await (await openLog(disk)).newestHeads({ withinMs: 1e9, most: 1e9 })
  t.assert.deepEqual(again, heads)
})

test('a torn commit has no heads, nor has one whose sync failed', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  await log.append([record(1, 10)])
  disk.failWrites('torn')
  await t.assert.rejects(log.append([record(2, 1000), record(3, 1000)]))
  const offsets = async (from: SegmentedLog) =>
    (await from.newestHeads({ withinMs: 1e9, most: 1e9 })).map(({ rows }) => rows)
  t.assert.deepEqual(await offsets(log), [1])
  t.assert.deepEqual(await offsets(await openLog(disk)), [1])
  disk.failWrites('sync')
  await t.assert.rejects(log.append([record(4, 10)]))
  await log.append([record(5, 10)])
  t.assert.deepEqual(await offsets(log), [1, 5])
})

test('older segments are not read once enough is known', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  for (let n = 0; n < 8; n++) await log.append([record(n, 600_000)])
  const rows = async (limit: { withinMs: number; most: number }) =>
    (await log.newestHeads(limit)).map((head) => head.rows)
  t.assert.equal(disk.names().length, 8)
  t.assert.deepEqual(await rows({ withinMs: 1500, most: 100 }), [5, 6, 7])
  t.assert.deepEqual(await rows({ withinMs: 1e9, most: 2 }), [6, 7])
})
