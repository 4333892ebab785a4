import { test } from 'node:test'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId } from '#schemas/column.ts'
import type { Scan } from '#schemas/predicate.ts'
import { valueText } from '#storage/block/dump.ts'
import { openBlock } from '#storage/block/open.ts'
import { pageMemory } from '#storage/run/page-memory.ts'
import { readRunRef, type RunRef } from '#storage/run/run.ts'
import { addServices, logsIntake, type LogRow } from '#test/rows.ts'
import { systemClock } from '#base/clock.ts'
import { Appender } from './append.ts'
import { flushRuns } from './flush.ts'

const header = {
  signal: 'logs',
  level: 0,
  logId: '0123456789abcdef',
  partition: 0,
  startOffset: 0,
  endOffset: 10,
  nonce: 'fedcba9876543210',
  createdNs: 0n,
} as const

interface Written {
  tenant: string
  services: string[]
  rows: LogRow[]
}

/** Appends the requests to runs, two per run, and flushes all runs. */
async function flush(requests: readonly Written[]) {
  const slabs = new Slabs(createSlabMemory(8, 1 << 16))
  const appender = new Appender(slabs, { signal: 'logs', worker: 0, clock: systemClock })
  for (const [i, { tenant, services, rows }] of requests.entries()) {
    const intake = logsIntake(rows)
    addServices(intake, services)
    const part = appender.append(intake, tenant, Uint32Array.from(rows.keys()))
    if (part === null || part === 'split') throw new Error('no room')
    part.run.publish(part.at, i)
    if (i % 2 === 1) appender.cut()
    appender.sealReady()
  }
  const runs = Array.from({ length: 8 }, (_, i) => readRunRef(slabs, i)).filter(
    (run): run is RunRef => run !== null,
  )
  const { bytes, meta } = flushRuns(slabs, { signal: 'logs', runs, header }, { check: () => {} })
  const source = {
    size: bytes.length,
    read: async (from: number, to: number) => bytes.subarray(from, to),
  }
  return { meta, block: await openBlock(source), slabs, runs, bytes }
}

function show(batches: readonly Batch[]): string {
  return batches
    .flatMap((batch) => {
      const body = batch.columns.get(columnId({ scope: 'row', key: 'body', type: 'text' }))
      return Array.from(
        batch.selection ?? Array.from({ length: batch.rows }, (_, i) => i),
        (row) => {
          const service = batch.streams.identity(batch.stream[row] ?? 0).resource.attributes[0]
            ?.value
          const at = body?.kind === 'dictionary' ? (body.codes[row] ?? 0) : row
          const texts =
            body?.kind === 'dictionary' ? body.values : body?.kind === 'texts' ? body.texts : null
          const text =
            texts === null
              ? ''
              : Buffer.from(
                  texts.bytes.subarray(texts.offsets[at], texts.offsets[at + 1]),
                ).toString()
          return `${Number(batch.timeBase + BigInt(batch.time[row] ?? 0)) / 1e9} ${service?.type === 'text' ? service.value : ''} ${text}`
        },
      )
    })
    .join(', ')
}

const everything: Scan = {
  tenant: 'a',
  signal: 'logs',
  from: -(2n ** 63n),
  to: 2n ** 63n - 1n,
  predicates: [],
  columns: 'all',
  order: 'any',
}

test('rows of several runs and requests come out of one block by stream and time, tenants apart', async (t) => {
  const { meta, block } = await flush([
    {
      tenant: 'a',
      services: ['shop', 'pay'],
      rows: [
        { time: 5, body: 's5' },
        { time: 4, body: 'p4', stream: 1 },
      ],
    },
    { tenant: 'b', services: ['other'], rows: [{ time: 1, body: 'o1' }] },
    {
      tenant: 'a',
      services: ['pay', 'shop'],
      rows: [
        { time: 1, body: 'p1' },
        { time: 2, body: 's2', stream: 1 },
      ],
    },
  ])
  const read = async (scan: Partial<Scan>) =>
    show(await Array.fromAsync(block.scan({ ...everything, ...scan })))
  t.assert.equal(await read({}), '1 pay p1, 4 pay p4, 2 shop s2, 5 shop s5')
  t.assert.equal(await read({ tenant: 'b' }), '1 other o1')
  t.assert.equal(await read({ tenant: 'c' }), '')
  t.assert.deepEqual(
    meta.sections.map(({ tenant, rows, streams }) => [tenant, rows, streams]),
    [
      ['a', 4, 2],
      ['b', 1, 1],
    ],
  )
})

test('rows of 1970 and of 2262 share a block', async (t) => {
  const { block } = await flush([
    {
      tenant: 'a',
      services: ['shop'],
      rows: [
        { time: 9_223_372_036, body: 'late' },
        { time: 0, body: 'early' },
        { time: 1_700_000_000, body: 'now' },
      ],
    },
  ])
  t.assert.equal(
    show(await Array.fromAsync(block.scan(everything))),
    '0 shop early, 1700000000 shop now, 9223372036 shop late',
  )
})

test('attributes of all types survive with their absence', async (t) => {
  const { block } = await flush([
    {
      tenant: 'a',
      services: ['shop'],
      rows: [{ time: 1, attributes: { k: 'v' } }, { time: 2, attributes: { k: 7 } }, { time: 3 }],
    },
  ])
  const [batch] = await Array.fromAsync(block.scan(everything))
  const keys = [...(batch?.columns.keys() ?? [])].filter((id) => id.startsWith('a:')).toSorted()
  t.assert.deepEqual(keys, ['a:int:k', 'a:text:k'])
  t.assert.deepEqual(batch?.columns.get('a:int:k')?.present, Uint8Array.of(0, 1, 0))
})

test('requests whose keys differ, or only their order, keep their attributes', async (t) => {
  const request = (time: number, attributes: Record<string, string | number>): Written => ({
    tenant: 'a',
    services: ['shop'],
    rows: [{ time, attributes }],
  })
  const { block } = await flush([
    request(1, { ab: 'one', cd: 1 }),
    request(2, { ab: 'two', cd: 2 }),
    request(3, { cd: 3, ab: 'three' }),
    request(4, { ax: 'four', cd: 4 }),
    request(5, { ax: 'five' }),
    request(6, { ab: 6 }),
  ])
  const [batch] = await Array.fromAsync(block.scan(everything))
  const shown = [...(batch?.columns ?? [])].flatMap(([id, vector]) => {
    if (!id.startsWith('a:')) return []
    const values = Array.from({ length: batch?.rows ?? 0 }, (_, row) => valueText(vector, row))
    return [`${id} ${values.map((value) => value ?? '-').join(' ')}`]
  })
  t.assert.deepEqual(shown.toSorted(), [
    'a:int:ab - - - - - 6',
    'a:int:cd 1 2 3 4 - -',
    'a:text:ab one two three - - -',
    'a:text:ax - - - four five -',
  ])
})

test('streams that only refused rows name are not kept', (t) => {
  const slabs = new Slabs(createSlabMemory(4, 1 << 16))
  const appender = new Appender(slabs, { signal: 'logs', worker: 0, clock: systemClock })
  const intake = logsIntake([
    { time: 1, stream: 1 },
    { time: 2, stream: 0 },
  ])
  addServices(intake, ['kept', 'refused'])
  const part = appender.append(intake, 'a', Uint32Array.of(1))
  t.assert.equal(part !== null && part !== 'split' ? part.run.table.count : null, 1)
})

test('a flush leaves its memory to the next, also when it was ended early', async (t) => {
  const rows = [{ time: 5, body: 's5' }]
  const { slabs, runs, bytes } = await flush([{ tenant: 'a', services: ['shop'], rows }])
  const job = { signal: 'logs', runs, header } as const
  const { arena } = pageMemory(slabs)
  const kept = arena.bytes(1).buffer
  arena.reset()
  t.assert.throws(() =>
    flushRuns(slabs, job, {
      check: () => {
        throw new RangeError('ended')
      },
    }),
  )
  t.assert.deepEqual(flushRuns(slabs, job, { check: () => {} }).bytes, bytes)
  t.assert.equal(arena.bytes(1).buffer, kept)
  t.assert.equal(arena.capacity, 4 * (1 << 16))
  arena.reset()
})
