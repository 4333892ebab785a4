/** Merged sections hold every row once, in final order, however rows were spread over blocks. */
import { fresh } from '#base/bytes/arena.ts'
import { must } from '#base/assert.ts'
import { randomHex, seededRandom } from '#base/random.ts'
import type { Batch } from '#schemas/batch.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { copyingSource } from '#test/dirty-memory.ts'
import { batchOf, rowTexts, sorted, streamOf, streamsOf, type Row } from '#test/golden/rows.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import { columnsOfRest, type RestRows } from '../encoding/rest.ts'
import { framesOf } from '../encoding/framed-texts.ts'
import { mayHold } from '../index/page-filter.ts'
import { mergeSections } from './merge.ts'
import { openBlock, type Block } from './open.ts'
import { wholePages } from './page-whole.ts'
import { sectionStreams } from './section-streams.ts'

import { streamListOfBytes } from './stream-table.ts'
import { createBlockWriter } from './write.ts'

const base = 1_700_000_000_000_000_000n
const identities = ['web', 'pay', 'db', 'mail'].map((name) => streamOf(name))

async function blockOf(
  signal: SignalName,
  rows: readonly Row[],
  endOffset: number,
): Promise<Block> {
  // A block has only the streams it needs, so that lists differ.
  const used = [...new Set(rows.map((row) => row.stream))]
  const streams = streamsOf(used.map((id) => identities[id]!))
  const own = rows.map((row) => ({ ...row, stream: used.indexOf(row.stream) }))
  return write(sorted(batchOf(signal, streams, own)), endOffset)
}

async function write(batch: Batch, endOffset: number, pageRows = 50): Promise<Block> {
  const writer = createBlockWriter(
    {
      signal: batch.signal,
      level: 0,
      logId: '0123456789abcdef',
      partition: 0,
      startOffset: 0,
      endOffset,
      nonce: '00',
      createdNs: base,
    },
    { pageRows },
  )
  writer.beginSection('acme', batch.streams)
  writer.append(batch)
  writer.endSection()
  return openBlock(copyingSource(writer.finish().bytes))
}

/** The batch with all its attributes as columns. */
function withRest(batch: Batch, rest: RestRows | null): Batch {
  if (rest === null) return batch
  const columns = new Map(batch.columns)
  const range = { starts: rest.starts, from: 0, to: batch.rows }
  const types = rest.columns.map(({ type }) => type)
  columnsOfRest(rest, range, types).forEach((vector, key) => {
    if (vector !== null) columns.set(rest.ids[key] ?? '', vector)
  })
  return { ...batch, columns }
}

async function merged(blocks: readonly Block[]): Promise<{ rows: string[]; dropped: number }> {
  const merge = await mergeSections(blocks, 'acme')
  const rows: string[] = []
  for await (const { batch, rest } of merge.pages()) rows.push(...rowTexts(withRest(batch, rest)))
  return { rows, dropped: merge.dropped() }
}

const row = fc.record({
  stream: fc.nat(3),
  timeNs: fc.nat(3000).map((s) => base + BigInt(s) * 4_000_000_000n),
  source: fc.nat(2),
})

test('logs of three blocks', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 3, maxLength: 200 }), async (list) => {
      const rows = list.map(({ stream, timeNs }, i) => ({
        stream,
        timeNs,
        values: { 'r:text:body': `line ${i}` },
      }))
      const parts = [0, 1, 2].map((source) => rows.filter((_, i) => list[i]?.source === source))
      const blocks = await Promise.all(
        parts.filter((part) => part.length > 0).map((part, i) => blockOf('logs', part, i + 1)),
      )
      const { rows: got, dropped } = await merged(blocks)
      const want = sorted(batchOf('logs', streamsOf(identities), rows))
      t.assert.equal(dropped, 0)
      t.assert.deepEqual(got.toSorted(), rowTexts(want).toSorted())
      const withoutBody = (line: string) => line.replace(/ r:text.*/, '')
      t.assert.deepEqual(got.map(withoutBody), rowTexts(want).map(withoutBody))
    }),
    { numRuns: 30 },
  )
})

const id = (seed: number, bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 7) & 255)

test('pieces of a trace from several blocks become neighbours at its earliest start', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 3, maxLength: 200 }), async (list) => {
      const rows: Row[] = list.map(({ stream, timeNs }, i) => ({
        stream,
        timeNs: timeNs + BigInt(i),
        values: {
          'r:id16:traceId': id(i % 17, 16),
          'r:id8:spanId': Uint8Array.of(0, 0, 0, 0, 0, 0, i >> 8, i & 255),
          'r:u32:kind': 1,
        },
      }))
      const parts = [0, 1, 2].map((source) => rows.filter((_, i) => list[i]?.source === source))
      const blocks = await Promise.all(
        parts.filter((part) => part.length > 0).map((part, i) => blockOf('traces', part, i + 1)),
      )
      const want = sorted(batchOf('traces', streamsOf(identities), rows))
      t.assert.deepEqual((await merged(blocks)).rows, rowTexts(want))
    }),
    { numRuns: 30 },
  )
})

test('the same row from two blocks stays once; equal lines of one block stay', async (t) => {
  const line = (body: string, at: bigint): Row => ({
    stream: 0,
    timeNs: base + at,
    values: { 'r:text:body': body },
  })
  const first = await blockOf(
    'logs',
    [line('a', 0n), line('b', 0n), line('b', 0n), line('c', 5n)],
    1,
  )
  const second = await blockOf('logs', [line('b', 0n), line('c', 5n), line('c', 6n)], 2)
  const { rows, dropped } = await merged([second, first])
  t.assert.equal(dropped, 2)
  t.assert.deepEqual(
    rows.map((text) => `${/ (\d+) /.exec(text)?.[1]?.slice(-1)}${/body="(.)"/.exec(text)?.[1]}`),
    ['0a', '0b', '0b', '5c', '6c'],
  )
})

test('lines that differ in trace, span, event or flags only are not the same', async (t) => {
  const lines: Row['values'][] = [
    {},
    { 'r:id16:traceId': new Uint8Array(16).fill(1) },
    { 'r:id16:traceId': new Uint8Array(16).fill(2) },
    { 'r:id8:spanId': new Uint8Array(8).fill(1) },
    { 'r:text:eventName': 'session.start' },
    { 'r:text:eventName': 'session.end' },
    { 'r:u32:flags': 1 },
    { 'r:u32:droppedAttributesCount': 1 },
    { 'r:text:severityText': 'INFO' },
    { 'a:text:key': '' },
    { 'a:otlp:key': new Uint8Array(0) },
  ]
  const rows = lines.map((values): Row => ({ stream: 0, timeNs: base, values }))
  const apart = await Promise.all(rows.map((row, i) => blockOf('logs', [row], i + 1)))
  t.assert.equal((await merged(apart)).rows.length, rows.length)
  const seen = { 'r:time:observedTime': base + 1n }
  const again = rows.map((row): Row => ({ ...row, values: { ...row.values, ...seen } }))
  t.assert.equal(
    (await merged([...apart, await blockOf('logs', again, 99)])).rows.length,
    rows.length,
  )
})

test('of two samples of one time the one of the higher offset stays', async (t) => {
  const sample = (value: number, at: bigint): Row => ({
    stream: 0,
    timeNs: base + at,
    values: { 'r:double:value': value },
  })
  const older = await blockOf('metrics', [sample(1, 0n), sample(2, 1n)], 5)
  const newer = await blockOf('metrics', [sample(20, 1n), sample(30, 2n)], 9)
  const { rows, dropped } = await merged([newer, older])
  t.assert.equal(dropped, 1)
  t.assert.deepEqual(
    rows.map((text) => /value=(\d+)/.exec(text)?.[1]),
    ['1', '20', '30'],
  )
})

test('equal rows that a page edge of their block parts are counted as without it', async (t) => {
  const count = async (sources: readonly string[], pageRows: number): Promise<string> => {
    const blocks = sources.map((bodies, i) => {
      const rows = bodies.split('').map((body): Row => {
        return { stream: 0, timeNs: base, values: { 'r:text:body': body } }
      })
      return write(sorted(batchOf('logs', streamsOf([identities[0]!]), rows)), i + 1, pageRows)
    })
    const { rows } = await merged(await Promise.all(blocks))
    return rows.map((text) => /body="(.)"/.exec(text)?.[1]).join('')
  }
  const check = async (sources: readonly string[], want: string) => {
    for (const pageRows of [1, 2, 50]) t.assert.equal(await count(sources, pageRows), want)
  }
  await check(['abb', 'b'], 'abb')
  await check(['ab', 'bb'], 'ab')
  await check(['abbc', 'bcc', 'dcb'], 'abbcd')
})

test('of two samples of one time and block one stays, wherever a page ends', async (t) => {
  const rows = [1, 2].map((value): Row => {
    return { stream: 0, timeNs: base, values: { 'r:double:value': value } }
  })
  for (const pageRows of [1, 50]) {
    const batch = sorted(batchOf('metrics', streamsOf([identities[0]!]), rows))
    t.assert.equal((await merged([await write(batch, 1, pageRows)])).rows.length, 1)
  }
})

test('blocks of the same streams give their table as it came', async (t) => {
  const line = (stream: number, at: bigint): Row => ({
    stream,
    timeNs: base + at,
    values: { 'r:text:body': 'x' },
  })
  const all = identities.map((_, stream) => stream)
  const merge = async (blocks: readonly Block[]) => {
    const { streams } = await mergeSections(blocks, 'acme')
    const list = Array.from({ length: streams.count }, (_, id) => streams.bytes(id))
    const { stretches, postings } = sectionStreams(streams, { dense: true, level: 1 })
    const anew = sectionStreams(streamListOfBytes(list), { dense: true, level: 1 })
    t.assert.deepEqual(
      { stretches, postings },
      { stretches: anew.stretches, postings: anew.postings },
    )
    return streams.count
  }
  const first = await blockOf(
    'logs',
    all.map((stream) => line(stream, 0n)),
    1,
  )
  const second = await blockOf(
    'logs',
    all.map((stream) => line(stream, 1n)),
    2,
  )
  const other = await blockOf('logs', [line(0, 2n)], 3)
  t.assert.equal(await merge([first, second]), 4)
  t.assert.equal(await merge([first, second, other]), 4)
  t.assert.equal(await merge([other]), 1)
})

test('lines of a busy stream are taken over as they are stored', async (t) => {
  const random = seededRandom(3)
  const lines = (hour: bigint): Row[] =>
    Array.from({ length: 100 }, (_, i) => ({
      stream: i % 2,
      timeNs: base + hour * 3_600_000_000_000n + BigInt(i),
      // 4,000 bytes, of which zstd leaves a quarter: a stream of a block has 200,000.
      values: { 'r:text:body': randomHex(random, 1000).repeat(2) },
    }))
  const framesOfRows = async (rows: readonly Row[], endOffset: number) => {
    const list = streamsOf(identities.slice(0, 2))
    const block = await write(sorted(batchOf('logs', list, rows)), endOffset, 200)
    const sizes: number[] = []
    const section = must(block.section('acme'), 'it has rows')
    for await (const { page } of wholePages(section, () => fresh)) {
      const body = page.columns.get('r:text:body')
      if (body?.kind === 'texts')
        sizes.push(...framesOf(body.texts).map(({ to, from }) => to - from))
    }
    return { block, sizes }
  }
  const first = await framesOfRows(lines(0n), 1)
  const second = await framesOfRows(lines(1n), 2)
  t.assert.deepEqual(first.sizes, [200_000, 200_000])
  const merge = await mergeSections([first.block, second.block], 'acme')
  for await (const { batch } of merge.pages()) {
    const body = batch.columns.get('r:text:body')
    if (body?.kind !== 'texts') throw new Error('bodies are texts')
    t.assert.deepEqual(
      framesOf(body.texts).map(({ from, to }) => [from, to]),
      [0, 1, 2, 3].map((i) => [i * 200_000, (i + 1) * 200_000]),
    )
  }
})

test('ids of frames that were taken over from several pages are found', async (t) => {
  const random = seededRandom(5)
  const ids: string[] = []
  const blocks: Block[] = []
  for (const hour of [0n, 1n]) {
    const rows = Array.from({ length: 300 }, (_, i): Row => {
      const id = randomHex(random, 16)
      ids.push(id)
      const timeNs = base + hour * 3_600_000_000_000n + BigInt(i)
      return { stream: 0, timeNs, values: { 'r:text:body': `${id} ${'- '.repeat(1500)}` } }
    })
    const batch = sorted(batchOf('logs', streamsOf(identities.slice(0, 1)), rows))
    blocks.push(await write(batch, Number(hour) + 1, 100))
  }
  const merge = await mergeSections(blocks, 'acme')
  const writer = createBlockWriter({ ...blocks[0]!.header, level: 1 })
  writer.beginSection('acme', merge.streams)
  for await (const { batch, rest } of merge.pages()) writer.appendPage(batch, rest)
  writer.endSection()
  const merged = await openBlock(copyingSource(writer.finish().bytes))
  const section = must(merged.section('acme'), 'it has rows')
  const filter = must((await section.pageFilters(new Set([0]))).get(0), 'bodies have a filter')
  t.assert.equal(filter.longestId, 32)
  t.assert.deepEqual(
    ids.filter((id) => !mayHold(filter, Buffer.from(id))),
    [],
  )
  t.assert.equal(mayHold(filter, Buffer.from(randomHex(random, 16))), false)
})
