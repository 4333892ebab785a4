/**
 * Merging against a naive merge: all rows of all blocks sorted by key and compared pair by pair.
 * Rows have many sparse attributes of every type, so that some stand in the rest of one page and in a
 * column of another; values repeat, so that columns are dictionaries in one page and not in another.
 */
import type { SignalName } from '#schemas/signals/signal.ts'
import { copyingSource } from '#test/dirty-memory.ts'
import {
  batchOf,
  rowTexts,
  sorted,
  streamOf,
  streamsOf,
  type Row,
  type Value,
} from '#test/golden/rows.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import { mergeSections } from './merge.ts'
import { openBlock, type Block } from './open.ts'

import { createBlockWriter } from './write.ts'

const base = 1_700_000_000_000_000_000n
const identities = ['web', 'pay', 'db'].map((name) => streamOf(name))
const header = {
  logId: '0123456789abcdef',
  partition: 0,
  startOffset: 0,
  nonce: '00',
  createdNs: base,
}

async function blockOf(
  signal: SignalName,
  rows: readonly Row[],
  endOffset: number,
): Promise<Block> {
  const batch = sorted(batchOf(signal, streamsOf(identities), rows))
  const writer = createBlockWriter({ signal, level: 0, endOffset, ...header }, { pageRows: 40 })
  writer.beginSection('acme', batch.streams)
  writer.append(batch)
  writer.endSection()
  return openBlock(copyingSource(writer.finish().bytes))
}

/** Rows of the block that the merge's pages make, read back. */
async function mergedRows(signal: SignalName, blocks: readonly Block[]): Promise<string[]> {
  const merge = await mergeSections(blocks, 'acme')
  const writer = createBlockWriter({ signal, level: 1, endOffset: 9, ...header })
  writer.beginSection('acme', merge.streams)
  for await (const { batch, rest } of merge.pages()) writer.appendPage(batch, rest)
  writer.endSection()
  const block = await openBlock(copyingSource(writer.finish().bytes))
  const rows: string[] = []
  for await (const batch of block.readSection('acme')) rows.push(...rowTexts(batch))
  return rows
}

/** Rows in final order, without those that are the same as one of another source before. */
function naive(signal: SignalName, sources: readonly (readonly Row[])[]): Row[] {
  const tagged = sources.flatMap((rows, source) => rows.map((row) => ({ row, source })))
  const kept: { row: Row; source: number; text: string }[] = []
  for (const { row, source } of tagged) {
    const text = rowTexts(batchOf(signal, streamsOf(identities), [row])).join('')
    if (!kept.some((other) => other.source !== source && other.text === text)) {
      kept.push({ row, source, text })
    }
  }
  return kept.map(({ row }) => row)
}

/** An attribute of 60 keys; the key says the type. */
const attribute = fc.tuple(fc.nat(59), fc.nat(3)).map(([key, value]): [string, Value] => {
  const values: Readonly<Record<string, Value>> = {
    text: `value ${value}`,
    int: BigInt(value) - 2n,
    double: value / 3,
    bool: value > 1 ? 1 : 0,
    bytes: Uint8Array.of(value, key),
  }
  const type = Object.keys(values)[key % 5] ?? 'text'
  return [`a:${type}:key.${key}`, values[type] ?? '']
})

const attributes = fc.array(attribute, { maxLength: 12 }).map((list) => Object.fromEntries(list))

const line = fc.record({
  stream: fc.nat(2),
  time: fc.nat(40),
  source: fc.nat(2),
  // Few bodies at first and a body each later: a dictionary in one page, values in another.
  body: fc.nat(5),
  attributes,
})

test('logs with attributes in columns and rest, and rows that are there twice', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 150 }),
      fc.array(fc.tuple(fc.nat(149), fc.nat(2)), { maxLength: 20 }),
      async (lines, copies) => {
        const sources: Row[][] = [[], [], []]
        const rows = lines.map(({ stream, time, body, attributes: values }, i): Row => {
          const text = time < 20 ? `line ${body}` : `line ${body} of ${i}`
          const timeNs = base + BigInt(time) * 300_000_000_000n
          return { stream, timeNs, values: { ...values, 'r:text:body': text, 'r:u32:flags': body } }
        })
        const put = (source: number, row: Row | undefined): void => {
          const own = sources[source]
          if (row !== undefined && own !== undefined) own.push(row)
        }
        rows.forEach((row, i) =>
          put(lines[i]?.source ?? 0, {
            ...row,
            values: { ...row.values, 'r:text:eventName': `${i}` },
          }),
        )
        for (const [i, source] of copies) put(source, sources.flat()[i])
        const filled = sources.filter((own) => own.length > 0)
        const blocks = await Promise.all(filled.map((own, i) => blockOf('logs', own, i + 1)))
        const got = await mergedRows('logs', blocks)
        const want = rowTexts(sorted(batchOf('logs', streamsOf(identities), naive('logs', filled))))
        t.assert.deepEqual(got.toSorted(), want.toSorted())
        const key = (text: string) => text.split(' ').slice(0, 2).join(' ')
        t.assert.deepEqual(got.map(key), want.map(key))
      },
    ),
    { numRuns: 40 },
  )
})

const id = (seed: number, bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 7) & 255)

test('spans with attributes in columns and rest', async (t) => {
  const span = fc.record({ stream: fc.nat(2), time: fc.nat(3000), source: fc.nat(2), attributes })
  await fc.assert(
    fc.asyncProperty(fc.array(span, { minLength: 1, maxLength: 150 }), async (spans) => {
      const rows = spans.map(({ stream, time, attributes: values }, i): Row => {
        const own = { 'r:id16:traceId': id(i % 9, 16), 'r:id8:spanId': id(i, 8), 'r:u32:kind': 1 }
        const parent = i % 3 === 0 ? {} : { 'r:id8:parentSpanId': id(i - 1, 8) }
        const timeNs = base + BigInt(time * 4_000_000_000 + i)
        return { stream, timeNs, values: { ...values, ...own, ...parent } }
      })
      const sources = [0, 1, 2].map((source) => rows.filter((_, i) => spans[i]?.source === source))
      const filled = sources.filter((own) => own.length > 0)
      const blocks = await Promise.all(filled.map((own, i) => blockOf('traces', own, i + 1)))
      const want = rowTexts(sorted(batchOf('traces', streamsOf(identities), rows)))
      t.assert.deepEqual(await mergedRows('traces', blocks), want)
      // Everything twice is everything once.
      const twice = await Promise.all(filled.map((own, i) => blockOf('traces', own, i + 5)))
      t.assert.deepEqual(await mergedRows('traces', [...blocks, ...twice]), want)
    }),
    { numRuns: 25 },
  )
})
