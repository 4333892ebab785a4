import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { decompress } from '#base/compress/decompress.ts'
import { seededRandom } from '#base/random.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { columnId } from '#schemas/column.ts'
import type { Scan } from '#schemas/predicate.ts'
import { MemoryDisk } from '#storage/log/memory-disk.ts'
import { SegmentedLog } from '#storage/log/segmented-log.ts'
import { isSealed, readRunRef, slabState } from '#storage/run/run.ts'
import { scanRun } from '#storage/run/scan.ts'
import { streamView } from '#storage/run/stream-view.ts'
import { tableRetired } from '#storage/run/streams.ts'
import { addServices, logsIntake } from '#test/rows.ts'
import { IngestWorker } from './ingest-worker.ts'
import { noHash } from './receipts.ts'
import type { Decode, RawRequest } from './request.ts'

/** A body of lines: one row per line; a line that starts with `!` is refused. */
const decode: Decode = (raw, { replay }) => {
  const lines = Buffer.from(decompress(raw.compression, raw.body, 1 << 20))
    .toString()
    .split('\n')
  const intake = logsIntake(lines.map((body, i) => ({ time: i + 1, body })))
  addServices(intake, ['shop'])
  const refused = replay ? [] : lines.filter((line) => line.startsWith('!'))
  const keep = Uint8Array.from(lines, (line) => (line.startsWith('!') ? 0 : 1))
  const rejects = [{ code: 'test', message: 'refused', rows: refused.length }]
  return refused.length === 0 ? { intake, keep: null, rejects: [] } : { intake, keep, rejects }
}

function raw(body: string): RawRequest {
  return {
    tenant: 'default',
    signal: 'logs',
    encoding: 'protobuf',
    compression: 'identity',
    body: Buffer.from(body),
    receivedNs: 1n,
    requestHash: '0'.repeat(32),
  }
}

interface House {
  slabs: Slabs
  disk: MemoryDisk
  log: SegmentedLog
  worker: IngestWorker
}

async function build(
  options: { disk?: MemoryDisk; slabBytes?: number; slabs?: number } = {},
): Promise<House> {
  const disk = options.disk ?? new MemoryDisk()
  const slabs = new Slabs(createSlabMemory(options.slabs ?? 4, options.slabBytes ?? 1 << 16))
  const log = await SegmentedLog.open({
    disk,
    clock: systemClock,
    random: seededRandom(3),
    segmentBytes: 1 << 20,
    minFreeBytes: 0,
  })
  const worker = new IngestWorker({
    slabs,
    worker: 0,
    log,
    decode,
    clock: systemClock,
    maxWaitMs: 20,
  })
  return { slabs, disk, log, worker }
}

const everything: Scan = {
  tenant: 'default',
  signal: 'logs',
  from: 0n,
  to: 2n ** 62n,
  predicates: [],
  columns: [{ scope: 'row', key: 'body', type: 'text' }],
  order: 'any',
}

/** All visible bodies, run by run. */
function bodies({ slabs }: House): string {
  const found: string[] = []
  for (let i = 0; i < slabs.count; i++) {
    const run = readRunRef(slabs, i)
    if (run === null) continue
    for (const batch of scanRun(slabs, run, everything, { check: () => {} })) {
      const body = batch.columns.get(columnId({ scope: 'row', key: 'body', type: 'text' }))
      if (body?.kind !== 'texts') continue
      const { offsets, bytes } = body.texts
      for (let row = 0; row < batch.rows; row++)
        found.push(Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString())
    }
  }
  return found.join(' ')
}

async function replay(house: House): Promise<void> {
  for await (const { offset, record } of house.log.fetch(0))
    await house.worker.replay(record, offset)
}

test('accepted rows are visible when the receipt is there, refused ones are named', async (t) => {
  const house = await build()
  t.assert.deepEqual(await house.worker.accept(raw('a\nb')), { accepted: 2, rejects: [] })
  t.assert.equal(bodies(house), 'a b')
  const receipt = await house.worker.accept(raw('c\n!bad\nd'))
  t.assert.deepEqual(receipt, {
    accepted: 2,
    rejects: [{ code: 'test', message: 'refused', rows: 1 }],
  })
  t.assert.equal(bodies(house), 'a b c d')
})

test('a restart finds the same rows in the Log: whole requests and accepted parts of others', async (t) => {
  const house = await build()
  await house.worker.accept(raw('a\nb'))
  await house.worker.accept(raw('!bad\nc'))
  await house.worker.accept(raw('d'.repeat(3000)))
  const again = await build({ disk: house.disk.crash() })
  await replay(again)
  t.assert.equal(bodies(again), `a b c ${'d'.repeat(3000)}`)
})

test('a failed sync refuses its rows and leaves no trace; later rows are fine', async (t) => {
  const house = await build()
  await house.worker.accept(raw('a'))
  house.disk.failWrites('sync')
  await t.assert.rejects(house.worker.accept(raw('lost')), {
    kind: 'unavailable',
    code: 'log-failed',
  })
  await house.worker.accept(raw('b'))
  t.assert.equal(bodies(house), 'a b')
  const again = await build({ disk: house.disk.crash() })
  await replay(again)
  t.assert.equal(bodies(again), 'a b')
})

test('full runs are replaced and sealed; without a free slab requests get 503', async (t) => {
  const house = await build({ slabBytes: 1 << 14, slabs: 3 })
  const body = 'x'.repeat(6000)
  for (let i = 0; i < 4; i++) await house.worker.accept(raw(body))
  t.assert.equal([0, 1, 2].filter((slab) => isSealed(house.slabs, slab)).length, 1)
  await t.assert.rejects(house.worker.accept(raw(body)), {
    kind: 'overloaded',
    code: 'runs-full',
    retryAfterMs: 2000,
  })
  t.assert.equal(bodies(house).length, 4 * 6000 + 3)
  const sealed = [0, 1, 2].find((slab) => isSealed(house.slabs, slab)) ?? -1
  house.slabs.free(sealed)
  await house.worker.accept(raw(body))
})

test('a request larger than a run is split by rows and found whole after a restart', async (t) => {
  const house = await build({ slabBytes: 1 << 14, slabs: 8 })
  const lines = Array.from({ length: 8 }, (_, i) => String(i).repeat(5000))
  t.assert.equal((await house.worker.accept(raw(lines.join('\n')))).accepted, 8)
  t.assert.equal(bodies(house), lines.join(' '))
  const again = await build({ disk: house.disk.crash(), slabBytes: 1 << 14, slabs: 8 })
  await replay(again)
  t.assert.equal(bodies(again), lines.join(' '))
})

test('a row that fits no run is refused by itself, wherever it stands in its request', async (t) => {
  const check = async (places: readonly number[]) => {
    const house = await build({ slabBytes: 1 << 14, slabs: 8 })
    const lines = Array.from({ length: 8 }, (_, i) =>
      String(i).repeat(places.includes(i) ? 20_000 : 3000),
    )
    const { accepted, rejects } = await house.worker.accept(raw(lines.join('\n')))
    const kept = lines.filter((_, i) => !places.includes(i)).join(' ')
    t.assert.equal(accepted, 8 - places.length)
    t.assert.deepEqual(
      rejects.map(({ code, rows }) => [code, rows]),
      [['row-too-large', places.length]],
    )
    t.assert.equal(bodies(house), kept)
    await house.worker.accept(raw('next'))
    t.assert.equal(bodies(house), `${kept} next`)
    const again = await build({ disk: house.disk.crash(), slabBytes: 1 << 14, slabs: 8 })
    await replay(again)
    t.assert.equal(bodies(again), `${kept} next`)
  }
  await check([0])
  await check([3])
  await check([7])
  await check([2, 5])
  const house = await build({ slabBytes: 1 << 14 })
  await t.assert.rejects(house.worker.accept(raw('x'.repeat(20_000))), { code: 'row-too-large' })
})

test('records of a split request name no request, so that a part is not taken for the whole', async (t) => {
  const house = await build({ slabBytes: 1 << 14, slabs: 8 })
  const hash = '1'.repeat(32)
  const hashes = async () => {
    const records = await Array.fromAsync(house.log.fetch(0))
    return new Set(records.map(({ record }) => record.requestHash))
  }
  const lines = Array.from({ length: 8 }, (_, i) => String(i).repeat(5000))
  await house.worker.accept({ ...raw(lines.join('\n')), requestHash: hash })
  t.assert.deepEqual(await hashes(), new Set([noHash]))
  await house.worker.accept({ ...raw('whole'), requestHash: hash })
  t.assert.deepEqual(await hashes(), new Set([noHash, hash]))
})

test('a cut seals the open run, and the next rows go to another one', async (t) => {
  const house = await build()
  await house.worker.accept(raw('a'))
  await house.worker.cut('logs')
  await house.worker.accept(raw('b'))
  const runs = Array.from({ length: 4 }, (_, i) => readRunRef(house.slabs, i)).filter(
    (run) => run !== null,
  )
  t.assert.deepEqual(
    runs.map((run) => [run.rows, isSealed(house.slabs, run.slab)]),
    [
      [1, true],
      [1, false],
    ],
  )
  t.assert.equal(bodies(house), 'a b')
})

test('a table in the slab of an earlier one is not taken for it, though another worker wrote that', async (t) => {
  const house = await build({ slabs: 2 })
  const serviceOf = async (name: string) => {
    const named: Decode = (request, options) => {
      const decoded = decode(request, options)
      const intake = logsIntake([{ time: 1, body: name }])
      addServices(intake, [name])
      return { ...decoded, intake }
    }
    const { slabs, log } = house
    const worker = new IngestWorker({
      slabs,
      worker: 0,
      log,
      decode: named,
      clock: systemClock,
      maxWaitMs: 20,
    })
    await worker.accept(raw(name))
    const slab = [0, 1].find((index) => readRunRef(slabs, index) !== null) ?? -1
    const run = readRunRef(slabs, slab)
    const { tableSlab = -1, generation = -1 } = run ?? {}
    const { resource } = streamView(slabs, tableSlab, generation).identity(0)
    for (const index of [0, 1]) slabs.free(index)
    return JSON.stringify(resource)
  }
  t.assert.match(await serviceOf('shop'), /shop/)
  t.assert.match(await serviceOf('cart'), /cart/)
})

test('a worker that ends leaves sealed runs and no table that it may still use', async (t) => {
  const { slabs, worker } = await build()
  await worker.accept(raw('a'))
  await worker.end()
  const slabsOf = Array.from({ length: slabs.count }, (_, slab) => slab)
  const runs = slabsOf.filter((slab) => readRunRef(slabs, slab) !== null)
  const tables = slabsOf.filter((slab) => slabs.state(slab) === slabState.table)
  t.assert.deepEqual(
    runs.map((slab) => isSealed(slabs, slab)),
    [true],
  )
  t.assert.deepEqual(
    tables.map((slab) => tableRetired(slabs, slab)),
    [true],
  )
})

test('a table that is as large as it may be is given up with its run', async (t) => {
  const { slabs, log } = await build({ slabs: 16, slabBytes: 1 << 14 })
  const named: Decode = (request, options) => {
    const body = Buffer.from(request.body).toString()
    const intake = logsIntake([{ time: 1, body }])
    addServices(
      intake,
      Array.from({ length: 10 }, (_, i) => `${body} ${i}`.padEnd(80)),
    )
    return { ...decode(request, options), intake }
  }
  const deps = { slabs, worker: 0, log, clock: systemClock, maxWaitMs: 20 }
  const worker = new IngestWorker({ ...deps, decode: named })
  const check = async (body: string, want: readonly [rows: number, retired: boolean][]) => {
    await worker.accept(raw(body))
    const runs = Array.from({ length: 16 }, (_, i) => readRunRef(slabs, i)).filter(
      (run) => run !== null,
    )
    const found = runs.map((run) => [run.rows, tableRetired(slabs, run.tableSlab)])
    t.assert.deepEqual(found, want)
  }
  // A stream takes 116 bytes, so that 141 of them stand in a slab; two of 16 slabs are for the table.
  for (let n = 1; n <= 28; n++) await check(String(n), [[n, false]])
  await check('29', [[29, true]])
  await check('30', [
    [29, true],
    [1, false],
  ])
})
