import { test, type TestContext } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { seededRandom } from '#base/random.ts'
import type { LogRecord } from './log.ts'
import { MemoryDisk } from './memory-disk.ts'
import { SegmentedLog } from './segmented-log.ts'

function record(text: string): LogRecord {
  return {
    tenant: 'default',
    signal: 'logs',
    kind: 1,
    receivedNs: 1_700_000_000_000_000_000n,
    requestHash: '00112233445566778899aabbccddeeff',
    rows: 3,
    rejects: '',
    payload: Buffer.from(text),
  }
}

function openLog(disk: MemoryDisk, segmentBytes = 8192): Promise<SegmentedLog> {
  return SegmentedLog.open({
    disk,
    clock: systemClock,
    random: seededRandom(1),
    segmentBytes,
    minFreeBytes: 0,
  })
}

async function contents(log: SegmentedLog, from = 0): Promise<string> {
  const found = await Array.fromAsync(log.fetch(from))
  return found
    .map(({ offset, record: { payload } }) => `${offset}=${Buffer.from(payload).toString()}`)
    .join(' ')
}

test('records come back in order, with every field', async (t) => {
  const log = await openLog(new MemoryDisk())
  t.assert.deepEqual(await log.append([record('a'), record('b')]), { first: 0 })
  t.assert.deepEqual(
    await log.append([{ ...record('c'), signal: 'traces', rejects: '[1]', tenant: 'x' }]),
    { first: 2 },
  )
  t.assert.equal(await contents(log), '0=a 1=b 2=c')
  t.assert.equal(await contents(log, 2), '2=c')
  const [last] = await Array.fromAsync(log.fetch(2))
  t.assert.deepEqual(
    { ...last?.record, payload: null },
    { ...record(''), signal: 'traces', rejects: '[1]', tenant: 'x', payload: null },
  )
})

test('appends during a sync share the next commit', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  const before = disk.syncs()
  await Promise.all(['a', 'b', 'c', 'd'].map((text) => log.append([record(text)])))
  t.assert.equal(await contents(log), '0=a 1=b 2=c 3=d')
  t.assert.equal(disk.syncs() - before <= 3, true)
})

test('a restart finds synced records, drops a torn tail and goes on behind it', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  await log.append([record('kept')])
  disk.failWrites('torn')
  await t.assert.rejects(log.append([record('torn')]), { code: 'log-failed', kind: 'unavailable' })
  const again = await openLog(disk.crash())
  t.assert.equal(await contents(again), '0=kept')
  await again.append([record('next')])
  t.assert.match(await contents(again), /^0=kept \d+=next$/)
  t.assert.deepEqual(again.damages, [])
})

test('a failed commit is refused, its segment abandoned, and later commits are found', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  await log.append([record('a')])
  disk.failWrites('sync')
  await t.assert.rejects(log.append([record('lost')]), { code: 'log-failed' })
  t.assert.deepEqual(await log.append([record('b')]), { first: 2 })
  const again = await openLog(disk.crash())
  t.assert.equal(await contents(again), '0=a 2=b')
  t.assert.deepEqual(again.damages, [])
})

test('an offset that was given again has the record of the later segment', async (t) => {
  const disk = new MemoryDisk()
  const first = await openLog(disk)
  await first.append([record('a')])
  const second = await openLog(disk)
  await second.append([record('b')])
  // Such a write comes to light late when its power loss tore it in a way that opening did not see.
  await first.append([record('late')])
  t.assert.equal(await contents(await openLog(disk)), '0=a 1=b')
})

test('a range is read from the segments that hold it, whatever becomes of later ones', async (t) => {
  const disk = new MemoryDisk()
  await (await openLog(disk)).append([record('a')])
  const log = await openLog(disk)
  await log.append([record('b')])
  await disk.remove(disk.names().at(-1) ?? '')
  const found = await Array.fromAsync(log.fetch(0, 1))
  t.assert.deepEqual(
    found.map(({ offset }) => offset),
    [0],
  )
})

test('damage before a valid frame is reported and the rest still read', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  for (const text of ['a', 'b', 'c']) await log.append([record(text)])
  disk.flip(disk.names()[0] ?? '', 4096 + 120)
  const again = await openLog(disk)
  t.assert.equal(await contents(again), '0=a 2=c')
  t.assert.match(again.damages[0]?.message ?? '', /damaged and valid ones follow/)
})

test('whichever byte is damaged, the end is that of the last whole frame', async (t) => {
  const frame = 32 + 40 + 'default'.length + 1
  const padded = Math.ceil(frame / 8) * 8
  for (let at = 0; at < 3 * padded; at += 5) {
    const disk = new MemoryDisk()
    const log = await openLog(disk)
    for (const text of ['a', 'b', 'c']) await log.append([record(text)])
    disk.flip(disk.names()[0] ?? '', 4096 + at)
    const inLast = at >= 2 * padded && at < 2 * padded + frame
    // The last word of a header is reserved, and what fills a frame up is not summed.
    const summed = at % padded < 28 || (at % padded >= 32 && at % padded < frame)
    const again = await openLog(disk)
    t.assert.equal(again.end(), inLast && summed ? 2 : 3, `byte ${at}`)
  }
})

test('the file of a segment is little longer than its frames, up to its size', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk, 4 << 20)
  const lengths: number[] = []
  for (let i = 0; i < 4; i++) {
    await log.append([record(`${i}`.repeat(1_020_000))])
    const file = await disk.open(disk.names()[0] ?? '')
    lengths.push(await file.size())
  }
  const frame = 32 + Math.ceil((40 + 'default'.length + 1_020_000) / 8) * 8
  const ends = [1, 2, 3].map((frames) => 4096 + frames * frame + 2 ** 17)
  t.assert.deepEqual(lengths, [...ends, 4 << 20])
  t.assert.equal(disk.names().length, 1)
  t.assert.match(await contents(await openLog(disk.crash())), /^0=0+ 1=1+ 2=2+ 3=3+$/)
})

test('a torn frame full of what looks like frames ends the search, and no offset is given twice', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk, 4 << 20)
  await log.append([record('kept')])
  // Behind the frame's header and the record's with its tenant.
  const aligned = Buffer.alloc(8 - ((32 + 40 + 'default'.length) % 8))
  const lookalike = Buffer.alloc(32)
  lookalike.write('SFRM', 'latin1')
  lookalike.writeUInt32LE(1 << 20, 4)
  disk.failWrites('torn')
  await t.assert.rejects(
    log.append([
      { ...record(''), payload: Buffer.concat([aligned, Buffer.alloc(3 << 20, lookalike)]) },
    ]),
    { code: 'log-failed' },
  )
  const again = await openLog(disk.crash(), 4 << 20)
  t.assert.equal(again.end(), 1)
  // No more records than this can stand in what was left of the file.
  const { first } = await again.append([record('next')])
  t.assert.equal(first > (3 << 19) / 40 && first < (4 << 20) / 40, true)
  t.assert.match(await contents(again), /^0=kept \d+=next$/)
  t.assert.match(again.damages[0]?.message ?? '', /too much that looks like frames/)
  t.assert.equal(again.damages.length, 1)
})

test('segments roll, a frame larger than one gets its own, and forgetting frees whole segments', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  for (let i = 0; i < 4; i++) await log.append([record('x'.repeat(3000))])
  await log.append([record('y'.repeat(20000))])
  t.assert.equal(disk.names().length, 5)
  await log.forget(2)
  t.assert.equal(disk.names().length, 3)
  t.assert.equal(log.start(), 2)
  await log.forget(5)
  t.assert.equal(log.start(), 4)
  t.assert.match(await contents(log), /^4=y+$/)
})

test('nearly full disks refuse before writing', async (t: TestContext) => {
  const disk = new MemoryDisk()
  const log = await SegmentedLog.open({
    disk,
    clock: systemClock,
    random: seededRandom(1),
    segmentBytes: 8192,
    minFreeBytes: 2 ** 50,
  })
  await t.assert.rejects(log.append([record('a')]), { code: 'disk-full', retryAfterMs: 10_000 })
  t.assert.deepEqual(disk.names(), [])
})

test('a frame that a killed process left unsynced is durable once a restart found it', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  await log.append([record('a')])
  disk.failWrites('sync')
  await t.assert.rejects(log.append([record('unsynced')]))
  const restarted = await openLog(disk)
  t.assert.equal(await contents(restarted), '0=a 1=unsynced')
  const afterPowerLoss = await openLog(disk.crash())
  t.assert.equal(await contents(afterPowerLoss), '0=a 1=unsynced')
})

test('a segment whose creation was cut off is removed, not reported', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  await log.append([record('a')])
  await disk.open(`${log.id}-0000000009.seg`, { bytes: 8192 })
  const restarted = await openLog(disk)
  t.assert.equal(await contents(restarted), '0=a')
  t.assert.deepEqual(restarted.damages, [])
  t.assert.deepEqual(disk.names().length, 1)
})

test('what a failed creation left never stands above a later segment', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  await log.append([record('a')])
  disk.failWrites('sync')
  await t.assert.rejects(log.append([record('unsynced')]))
  disk.failWrites('sync')
  await t.assert.rejects(log.append([record('no segment')]))
  await log.forget(1)
  t.assert.deepEqual(await log.append([record('b')]), { first: 2 })
  const restarted = await openLog(disk)
  t.assert.equal(await contents(restarted), '2=b')
  t.assert.equal(restarted.end(), 3)
})

test('a reader beside the writer does without segments that are deleted meanwhile', async (t) => {
  const disk = new MemoryDisk()
  const log = await openLog(disk)
  for (const text of ['a', 'b', 'c']) await log.append([record(text.repeat(6000))])
  let listed = false
  const beside = await SegmentedLog.open({
    disk: {
      open: (name, create) => disk.open(name, create),
      remove: (name) => disk.remove(name),
      rename: (from, to) => disk.rename(from, to),
      syncFolder: () => disk.syncFolder(),
      freeBytes: () => disk.freeBytes(),
      async list() {
        const names = await disk.list()
        if (!listed) await log.forget(2)
        listed = true
        return names
      },
    },
    clock: systemClock,
    random: seededRandom(1),
    segmentBytes: 8192,
    minFreeBytes: 0,
    readOnly: true,
  })
  t.assert.equal(beside.start(), 2)
  t.assert.match(await contents(beside), /^2=c+$/)
})

test('the free bytes of a disk are asked for now and then, and each time where it is short of them', async (t) => {
  const disk = new MemoryDisk()
  let free = 2 ** 40
  let asked = 0
  let nowMs = 0
  disk.freeBytes = async () => {
    asked++
    return free
  }
  const log = await SegmentedLog.open({
    disk,
    clock: { ...systemClock, monotonicMs: () => nowMs },
    random: seededRandom(1),
    segmentBytes: 8192,
    minFreeBytes: 1000,
  })
  for (const text of ['a', 'b', 'c']) await log.append([record(text)])
  t.assert.equal(asked, 1)
  free = 900
  nowMs = 50
  for (const text of ['d', 'e'])
    await t.assert.rejects(log.append([record(text)]), { code: 'disk-full' })
  t.assert.equal(asked, 3)
  free = 100_000
  for (const text of ['f', 'g']) await log.append([record(text)])
  t.assert.equal(asked, 5)
  t.assert.equal(await contents(log), '0=a 1=b 2=c 3=f 4=g')
})
