/**
 * Damage behind the checksums: a transform that changes bytes when a part is opened reaches every
 * decoder of a block with bytes whose crc is right. Only `corrupt` may come of it, in bounded memory.
 */
import { AppError } from '#base/errors.ts'
import type { Scan } from '#schemas/predicate.ts'
import { goldenCases } from '#test/golden/cases.ts'
import { rowTexts } from '#test/golden/rows.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import type { PageTransform } from './header.ts'
import { openBlock } from './open.ts'
import { bytesSource } from './source.ts'
import { createBlockWriter } from './write.ts'

const plain: PageTransform = { keyId: 9, seal: (bytes) => bytes, open: (bytes) => bytes }

const names = ['logs-l1', 'mixed-types', 'traces-l1', 'metrics-l1', 'metrics-l0']
const blocks = goldenCases
  .filter((golden) => names.includes(golden.name))
  .map((golden) => {
    const writer = createBlockWriter(
      {
        signal: golden.signal,
        level: golden.level,
        logId: '00',
        partition: 0,
        startOffset: 0,
        endOffset: 1,
        nonce: '00',
        createdNs: 0n,
      },
      { transform: plain, pageRows: 30 },
    )
    for (const { tenant, batches } of golden.sections) {
      writer.beginSection(tenant, batches[0]!.streams)
      for (const batch of batches) writer.append(batch)
      writer.endSection()
    }
    return { signal: golden.signal, bytes: writer.finish().bytes }
  })

const needle = Buffer.from('0123456789abcdef')

async function readAll(block: (typeof blocks)[number], transform: PageTransform): Promise<void> {
  const open = await openBlock(bytesSource(block.bytes), { transforms: [transform] })
  for await (const batch of open.readSection('acme')) rowTexts(batch)
  await open.columns('acme')
  const test = (_values: unknown, count: number, out: Uint8Array) => void out.fill(1, 0, count)
  const scan: Scan = {
    tenant: 'acme',
    signal: block.signal,
    from: 0n,
    to: 2n ** 62n,
    streams: ({ resource }) => resource.attributes.length > 0,
    hints: [{ key: 'service.name', value: 'web' }],
    predicates: [
      {
        column: { scope: 'row', key: 'traceId', type: 'id16' },
        absent: false,
        literals: [],
        equals: needle,
        testTexts: test,
      },
      {
        column: { scope: 'row', key: 'body', type: 'text' },
        absent: true,
        literals: [needle],
        testTexts: test,
      },
    ],
    columns: 'all',
    order: 'newest',
  }
  for await (const batch of open.scan(scan)) rowTexts(batch)
}

test('changed bytes behind right checksums are corrupt or other rows', async (t) => {
  const change = fc.record({
    block: fc.nat(blocks.length - 1),
    part: fc.nat(40),
    place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
  })
  await fc.assert(
    fc.asyncProperty(change, async ({ block, part, place, byte }) => {
      let opened = 0
      const open = (bytes: Uint8Array): Uint8Array => {
        if (opened++ !== part) return bytes
        const copy = new Uint8Array(bytes)
        copy[Math.floor(place * copy.length)] = byte
        return copy
      }
      try {
        await readAll(blocks[block]!, { ...plain, open })
      } catch (error) {
        const kind = error instanceof AppError ? error.kind : String((error as Error).stack)
        t.assert.equal(kind, 'corrupt')
      }
    }),
    { numRuns: 200 },
  )
})
