import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { seededRandom } from '#base/random.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { openBlock } from '#storage/block/open.ts'
import { bytesSource } from '#storage/block/source.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { l0Key } from '#storage/catalog/names.ts'
import { memoryStore } from '#storage/objects/memory.ts'
import { batchOf, sorted, streamOf, streamsOf, type Value } from '#test/golden/rows.ts'
import type { Job } from './job.ts'
import { rewriteJob } from './rewrite.ts'

const hourNs = 3_600_000_000_000n
const chain = { logId: '00000000000000aa', partition: 0 }
const nowHour = 500_000
const limits = { maxBlockBytes: 2 ** 28, ownBlockBytes: 2 ** 23, lateAfterMs: 48 * 3_600_000 }

/** Tenants with the hours of their rows, as `a:1,2 b:3`; hours count from `nowHour - 100`; ns behind them may follow, as `1+500`. */
type Rows = string

function valuesOf(signal: SignalName, hour: string): Readonly<Record<string, Value>> {
  if (signal === 'logs') return { 'r:text:body': hour }
  if (signal === 'metrics') return {}
  const id = Number(hour)
  return {
    'r:id16:traceId': new Uint8Array(16).fill(id),
    'r:id8:spanId': new Uint8Array(8).fill(id),
  }
}

function world(signal: SignalName) {
  const clock = { ...systemClock, nowMs: () => nowHour * 3_600_000, nowNs: () => 0n }
  const store = memoryStore(clock)
  const random = seededRandom(1)
  let offset = 0
  const write = async (text: Rows): Promise<BlockEntry> => {
    const header = { signal, level: 0, ...chain, startOffset: offset, endOffset: offset + 5 }
    const writer = createBlockWriter({ ...header, nonce: 'ab', createdNs: 0n })
    for (const section of text.split(' ')) {
      const [tenant = '', hours = ''] = section.split(':')
      const streams = streamsOf([streamOf('web', signal === 'metrics' ? 'm' : null)])
      const rows = hours.split(',').map((text, at) => {
        const [hour = '', ns = at + offset] = text.split('+')
        const timeNs = BigInt(nowHour - 100 + Number(hour)) * hourNs + BigInt(ns)
        return { stream: 0, timeNs, values: valuesOf(signal, hour) }
      })
      writer.beginSection(tenant, streams)
      writer.append(sorted(batchOf(signal, streams, rows)))
      writer.endSection()
    }
    const { bytes, meta } = writer.finish()
    const key = l0Key(signal, chain, offset)
    offset += 5
    await store.createIfAbsent(key, bytes)
    return entryOfBlock(meta, { key, shared: true, late: false })
  }
  const run = async (job: Partial<Job>, options = limits): Promise<BlockEntry[]> => {
    const whole = { kind: 'fold', signal, inputs: [], level: 1, windowMs: 0, folded: null } as const
    return rewriteJob({ ...whole, ...job }, { store, clock, random, ...options })
  }
  const hoursOf = (ms: number) => Math.floor(ms / 3_600_000) - nowHour + 100
  const show = (entries: readonly BlockEntry[]) =>
    entries
      .map(({ shared, late, level, tenants }) => {
        const parts = tenants.map(
          ({ tenant, rows, minMs, maxMs }) =>
            `${tenant}${rows}@${hoursOf(minMs)}-${hoursOf(maxMs)}`,
        )
        return `L${level}${shared ? ' shared' : ''}${late ? ' late' : ''} ${parts.join(' ')}`
      })
      .toSorted()
      .join(' | ')
  return { store, write, run, show }
}

test('a fold unites small tenants and gives a large one its own block', async (t) => {
  const { write, run, show } = world('logs')
  const inputs = [await write('a:90,91 b:90'), await write('a:92 c:93')]
  t.assert.equal(show(await run({ inputs })), 'L1 shared a3@90-92 b1@90-90 c1@93-93')
  const sections = inputs.flatMap(({ tenants }) => tenants.filter(({ tenant }) => tenant === 'a'))
  const large = { ...limits, ownBlockBytes: sections.reduce((sum, { bytes }) => sum + bytes, 0) }
  t.assert.equal(show(await run({ inputs }, large)), 'L1 a3@90-92 | L1 shared b1@90-90 c1@93-93')
})

test('rows older than two days are folded apart', async (t) => {
  const { write, run, show } = world('logs')
  const inputs = [await write('a:1,90 b:2'), await write('a:3')]
  t.assert.equal(show(await run({ inputs })), 'L1 shared a1@90-90 | L1 shared late a2@1-3 b1@2-2')
})

test('a merge cuts at windows and keeps every row', async (t) => {
  const { write, run, show, store } = world('logs')
  const inputs = await run({ inputs: [await write('a:90,91 b:90'), await write('a:90,92 c:93')] })
  const outputs = await run({ kind: 'merge', inputs, level: 2, windowMs: 3_600_000 })
  t.assert.equal(
    show(outputs),
    'L2 shared a1@91-91 | L2 shared a1@92-92 | L2 shared a2@90-90 b1@90-90 | L2 shared c1@93-93',
  )
  const { key = '' } = outputs.find(({ tenants }) => tenants.length === 2) ?? {}
  const block = await openBlock(bytesSource((await store.get(key)).bytes))
  let rows = 0
  for await (const batch of block.readSection('a')) rows += batch.rows
  t.assert.deepEqual([rows, block.header.startOffset, block.header.endOffset], [2, 0, 10])
})

test('a merge cuts at the ns where a window begins', async (t) => {
  const { write, run, show } = world('logs')
  const inputs = await run({ inputs: [await write('a:90+999999,91+0,91+1,92+999998')] })
  const outputs = await run({ kind: 'merge', inputs, level: 2, windowMs: 3_600_000 })
  t.assert.equal(show(outputs), 'L2 shared a1@90-90 | L2 shared a1@92-92 | L2 shared a2@91-91')
})

test('the same row in two inputs is kept once; nothing left makes no block', async (t) => {
  const { write, run, show } = world('metrics')
  const inputs = [await write('a:90')]
  const twice = await run({ inputs: [...inputs, ...inputs] })
  t.assert.equal(show(twice), 'L1 shared a1@90-90')
  t.assert.deepEqual(await run({ inputs: [] }), [])
})

test('traces are not cut', async (t) => {
  const { write, run, show } = world('traces')
  const inputs = [await write('a:1,90'), await write('a:91')]
  const [fold] = await run({ inputs })
  t.assert.equal(show(fold === undefined ? [] : [fold]), 'L1 shared a3@1-91')
})
