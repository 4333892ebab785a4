/** United stream lists are those of all tables, in final order, stored as if they had been written anew. */
import * as fc from 'fast-check'
import { test, type TestContext } from 'node:test'
import { must } from '#base/assert.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import { encodeStream } from '#schemas/identity-codec.ts'
import { batchOf, sorted, streamOf, streamsOf } from '#test/golden/rows.ts'
import { uniteStreams } from './merge-streams.ts'
import { openBlock } from './open.ts'
import type { Section } from './section-read.ts'
import { sectionStreams } from './section-streams.ts'
import { compareStreams } from './sort.ts'
import { bytesSource } from './source.ts'
import { streamListOfBytes } from './stream-table.ts'
import { createBlockWriter } from './write.ts'

/** A section of these streams and one row. */
async function sectionOf(identities: readonly StreamIdentity[]): Promise<Section> {
  const row = { stream: 0, timeNs: 0n, values: { 'r:double:value': 1 } }
  const batch = sorted(batchOf('metrics', streamsOf(identities), [row]))
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
  const block = await openBlock(bytesSource(writer.finish().bytes))
  return must(block.section('acme'), 'it was written')
}

/** Checks the union of sections that have these of `all`. */
async function check(
  t: TestContext,
  all: readonly StreamIdentity[],
  sources: readonly (readonly number[])[],
): Promise<void> {
  const canonical = all.map(encodeStream)
  const sections = await Promise.all(sources.map((own) => sectionOf(own.map((i) => all[i]!))))
  const { streams, ranks } = await uniteStreams(sections)
  const inOrder = (numbers: Iterable<number>): Uint8Array[] =>
    Array.from(numbers, (i) => canonical[i]!).sort(compareStreams)
  const wanted = inOrder(new Set(sources.flat()))
  const texts = (list: readonly Uint8Array[]) =>
    list.map((bytes) => Buffer.from(bytes).toString('hex'))
  const united = Array.from({ length: streams.count }, (_, id) => streams.bytes(id))
  t.assert.deepEqual(texts(united), texts(wanted))
  for (const [s, own] of sources.entries()) {
    const placed = inOrder(own).map((_, id) => wanted[ranks[s]?.[id] ?? id]!)
    t.assert.deepEqual(texts(placed), texts(inOrder(own)))
  }
  for (const options of [
    { dense: true, level: 1 },
    { dense: true, level: 6 },
  ]) {
    const stored = sectionStreams(streams, options)
    const anew = sectionStreams(streamListOfBytes(wanted), options)
    t.assert.deepEqual({ ...stored, options }, { ...anew, options })
  }
}

test('tables with the same streams and others', async (t) => {
  const all = ['', 'a', 'b', 'ab'].flatMap((metric) =>
    Array.from({ length: 16 }, (_, i) =>
      streamOf(`s${i % 3}`, metric === '' ? null : metric, { i: 'x'.repeat(i) }),
    ),
  )
  // Long stretches of numbers, so that tables have much in common, and single ones.
  const range = fc
    .tuple(fc.nat(63), fc.nat(63))
    .map(([a, b]) => Array.from({ length: Math.abs(a - b) + 1 }, (_, i) => Math.min(a, b) + i))
  const source = fc
    .tuple(fc.array(range, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(63), { maxLength: 5 }))
    .map(([ranges, less]) => [...new Set(ranges.flat())].filter((i) => !less.includes(i)))
    .filter((own) => own.length > 0)
  await fc.assert(
    fc.asyncProperty(fc.array(source, { minLength: 1, maxLength: 4 }), (sources) =>
      check(t, all, sources),
    ),
    { numRuns: 40 },
  )
})

test('tables of more than one stretch', async (t) => {
  const all = Array.from({ length: 16 }, (_, i) =>
    streamOf('web', 'm', { i: `${i}`, long: 'x'.repeat(600_000 + i) }),
  )
  const numbers = all.map((_, i) => i)
  await check(t, all, [
    numbers.filter((i) => i % 5 !== 0),
    numbers.filter((i) => i > 8),
    numbers.filter((i) => i < 10),
  ])
  await check(t, all, [numbers, numbers])
})
