/** What goes into a block comes out of it, by every way of asking. */
import { keptOf, setKeptShare } from '#base/bytes/kept.ts'
import { AppError } from '#base/errors.ts'
import type { Batch } from '#schemas/batch.ts'
import type { ColumnRef, Texts } from '#schemas/column.ts'
import type { Predicate, Scan } from '#schemas/predicate.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { batchOf, rowTexts, sorted, streamOf, streamsOf, type Row } from '#test/golden/rows.ts'
import { DirtyMemory } from '#test/dirty-memory.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import type { BlockHeader, PageTransform } from './header.ts'
import { openBlock, type Block } from './open.ts'
import { bytesSource } from './source.ts'
import { createBlockWriter, keepMemory, type BlockWriterOptions } from './write.ts'

function headerOf(signal: SignalName, level = 0): BlockHeader {
  return {
    signal,
    level,
    logId: '0123456789abcdef',
    partition: 3,
    startOffset: 100,
    endOffset: 250,
    nonce: 'fedcba9876543210',
    createdNs: 1_700_000_000_000_000_000n,
  }
}

interface Written {
  readonly block: Block
  readonly bytes: Uint8Array
}

async function writeBlock(
  batch: Batch,
  level = 0,
  options: BlockWriterOptions = {},
): Promise<Written> {
  const writer = createBlockWriter(headerOf(batch.signal, level), options)
  writer.beginSection('acme', batch.streams)
  writer.append(batch)
  writer.endSection()
  const { bytes } = writer.finish()
  const transforms = options.transform === undefined ? [] : [options.transform]
  return { block: await openBlock(bytesSource(bytes), { transforms }), bytes }
}

async function rowsOf(batches: AsyncIterable<Batch>): Promise<string[]> {
  const rows: string[] = []
  for await (const batch of batches) rows.push(...rowTexts(batch))
  return rows
}

function scanOf(signal: SignalName, more: Partial<Scan> = {}): Scan {
  return {
    tenant: 'acme',
    signal,
    from: -(2n ** 63n),
    to: 2n ** 63n,
    predicates: [],
    columns: 'all',
    order: 'any',
    ...more,
  }
}

const attribute = (key: string, type: ColumnRef['type']): ColumnRef => ({
  scope: 'attribute',
  key,
  type,
})

/** A predicate that a text column's value holds `needle`. */
function holds(column: ColumnRef, needle: string, equal = false): Predicate {
  const bytes = Buffer.from(needle)
  return {
    column,
    absent: false,
    literals: [bytes],
    ...(equal ? { equals: bytes } : {}),
    testTexts: (values: Texts, count, out) => {
      for (let i = 0; i < count; i++) {
        const value = Buffer.from(values.bytes.subarray(values.offsets[i], values.offsets[i + 1]))
        out[i] = (equal ? value.equals(bytes) : value.includes(bytes)) ? 1 : 0
      }
    },
  }
}

const base = 1_700_000_000_000_000_000n
const minute = 60_000_000_000n
const hexId = (seed: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 17 + (seed >>> 3)) & 255)

function logRows(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    stream: i % 3,
    timeNs: base + BigInt(i) * 1_000_003n,
    values: {
      'r:text:body': `request ${i} done id=${Buffer.from(hexId(i, 16)).toString('hex')}`,
      'r:u32:severityNumber': 9 + (i % 3) * 4,
      ...(i % 2 === 0 ? { 'r:id16:traceId': hexId(i >>> 3, 16) } : {}),
      ...(i % 5 === 0 ? { 'a:int:port': BigInt(i % 7) } : { 'a:text:port': `p${i % 7}` }),
      'a:double:took': i / 100,
      'a:bool:ok': i % 2,
      'a:text:user': `user-${(i * 7919) % 100003}`,
    },
  }))
}

const threeStreams = streamsOf([streamOf('web'), streamOf('pay'), streamOf('db')])

test('logs: everything written is read, in order, at every level', async (t) => {
  const batch = sorted(batchOf('logs', threeStreams, logRows(1000)))
  for (const level of [0, 1, 2]) {
    const { block } = await writeBlock(batch, level, { pageRows: 300 })
    t.assert.deepEqual(await rowsOf(block.readSection('acme')), rowTexts(batch))
    t.assert.equal((await block.streams('acme'))?.count, 3)
    t.assert.deepEqual(block.meta.sections[0]?.services, ['db', 'pay', 'web'])
    t.assert.equal(block.meta.sections[0]?.minTimeNs, base.toString())
    t.assert.deepEqual(await rowsOf(block.readSection('other')), [])
  }
})

test('logs: scans by time, stream, hint and predicate give what a filter over all rows gives', async (t) => {
  const batch = sorted(batchOf('logs', threeStreams, logRows(1000)))
  const all = rowTexts(batch)
  const { block } = await writeBlock(batch, 0, { pageRows: 100 })
  const check = async (more: Partial<Scan>, keep: (row: string) => boolean) => {
    const got = await rowsOf(block.scan(scanOf('logs', more)))
    const want = all.filter(keep)
    t.assert.equal(got.length, want.length)
    t.assert.deepEqual(got, want)
    return got.length
  }
  const timeOf = (row: string) => BigInt(/" (\d+) /.exec(row)?.[1] ?? 0)
  const [from, to] = [base + 100n * 1_000_003n, base + 200n * 1_000_003n]
  t.assert.equal(await check({ from, to }, (row) => timeOf(row) >= from && timeOf(row) < to), 100)
  await check({ hints: [{ key: 'service.name', value: 'pay' }] }, (row) => row.includes('pay'))
  await check({ hints: [{ key: 'service.name', value: 'none' }] }, () => false)
  const isWeb: Scan['streams'] = ({ resource }) =>
    resource.attributes.some(({ value }) => value.type === 'text' && value.value === 'web')
  await check({ streams: isWeb }, (row) => row.includes('web'))
  const body: ColumnRef = { scope: 'row', key: 'body', type: 'text' }
  const needle = Buffer.from(hexId(77, 16)).toString('hex')
  await check({ predicates: [holds(body, needle)] }, (row) => row.includes(` id=${needle}`))
  await check({ predicates: [holds(body, 'st 77 ')] }, (row) => row.includes('st 77 '))
  const port = holds(attribute('port', 'text'), 'p3', true)
  await check({ predicates: [port] }, (row) => row.includes('a:text:port="p3"'))
  const user = holds(attribute('user', 'text'), 'user-7919', true)
  t.assert.equal(await check({ predicates: [user] }, (row) => row.includes('"user-7919"')), 1)
  t.assert.equal(
    await check({ predicates: [holds(attribute('none', 'text'), 'x')] }, () => false),
    0,
  )
  const absent = { ...holds(attribute('none', 'text'), 'x'), absent: true }
  t.assert.equal(await check({ predicates: [absent] }, () => true), 1000)
  const twenty: Predicate = {
    column: { scope: 'attribute', key: 'took', type: 'double' },
    absent: false,
    literals: [],
    testNumbers: (values, count, out) => {
      for (let i = 0; i < count; i++) out[i] = (values[i] ?? 0) >= 9.5 ? 1 : 0
    },
  }
  t.assert.equal((await rowsOf(block.scan(scanOf('logs', { predicates: [twenty] })))).length, 50)
})

test('a scan gives the same rows from memory that is taken back page by page', async (t) => {
  const batch = sorted(batchOf('logs', threeStreams, logRows(1000)))
  const body: ColumnRef = { scope: 'row', key: 'body', type: 'text' }
  for (const level of [0, 1]) {
    const { block } = await writeBlock(batch, level, { pageRows: 100 })
    for (const predicates of [[], [holds(body, '7 done')]]) {
      const memory = new DirtyMemory()
      let pages = 0
      const pageMemory = () => {
        pages++
        memory.reset()
        return memory
      }
      const scan = scanOf('logs', { predicates })
      const got = await rowsOf(block.scan(scan, { check: () => {}, pageMemory }))
      t.assert.deepEqual(got, await rowsOf(block.scan(scan)))
      t.assert.equal(pages, 10)
    }
  }
})

test('an absent id reads no page', async (t) => {
  const batch = sorted(batchOf('logs', threeStreams, logRows(1000)))
  const { block } = await writeBlock(batch, 0, { pageRows: 100 })
  let pages = 0
  const control = { check: () => void pages++ }
  const body: ColumnRef = { scope: 'row', key: 'body', type: 'text' }
  const absent = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'
  await rowsOf(block.scan(scanOf('logs', { predicates: [holds(body, absent)] }), control))
  t.assert.equal(pages, 0)
})

test('newest first by page, and only the columns asked for', async (t) => {
  const batch = sorted(
    batchOf(
      'logs',
      streamsOf([streamOf('web')]),
      logRows(1000).map((row) => ({ ...row, stream: 0 })),
    ),
  )
  const { block } = await writeBlock(batch, 0, { pageRows: 100 })
  const columns: ColumnRef[] = [attribute('ok', 'bool')]
  const bases: bigint[] = []
  for await (const page of block.scan(scanOf('logs', { order: 'newest', columns }))) {
    bases.push(page.timeBase)
    t.assert.deepEqual([...page.columns.keys()], ['a:bool:ok'])
  }
  t.assert.equal(bases.length, 10)
  t.assert.deepEqual(
    bases,
    bases.toSorted((a, b) => (a < b ? 1 : -1)),
  )
})

test('traces: a trace is found by id, and pages end where traces end', async (t) => {
  const rows: Row[] = Array.from({ length: 1200 }, (_, i) => ({
    stream: i % 3,
    timeNs: base + BigInt(i >>> 3) * minute + BigInt(i & 7) * 1000n,
    values: {
      'r:id16:traceId': hexId(i >>> 3, 16),
      'r:id8:spanId': hexId(i, 8),
      'r:int:duration': BigInt(i * 1000 - 5),
      'r:text:name': `op${i % 5}`,
      'r:otlp:events': Buffer.from([i & 255, 1, 2]),
    },
  }))
  const batch = sorted(batchOf('traces', threeStreams, rows))
  for (const level of [0, 1]) {
    const { block } = await writeBlock(batch, level, { pageRows: 100 })
    t.assert.deepEqual(await rowsOf(block.readSection('acme')), rowTexts(batch))
    let pages = 0
    const control = { check: () => void pages++ }
    const id = hexId(40, 16)
    const predicate: Predicate = {
      ...holds({ scope: 'row', key: 'traceId', type: 'id16' }, '', true),
      literals: [],
      equals: id,
      testTexts: (values, count, out) => {
        for (let i = 0; i < count; i++) {
          out[i] = Buffer.from(
            values.bytes.subarray(values.offsets[i], values.offsets[i + 1]),
          ).equals(id)
            ? 1
            : 0
        }
      },
    }
    const got = await rowsOf(block.scan(scanOf('traces', { predicates: [predicate] }), control))
    t.assert.equal(
      got.length,
      rowTexts(batch).filter((row) => row.includes(`traceId=${Buffer.from(id).toString('hex')}`))
        .length,
    )
    t.assert.equal(pages, 1)
  }
})

test('metrics: streams by name, shared times, every bit of a value', async (t) => {
  const streams = streamsOf(
    Array.from({ length: 40 }, (_, i) =>
      streamOf(`svc${i % 4}`, `metric_${i % 10}`, { i: String(i) }),
    ),
  )
  const values = [1, 2.5, -0, Number.NaN, Infinity, 5e-324, 1e300, 3.25]
  const rows: Row[] = Array.from({ length: 40 * 60 }, (_, i) => ({
    stream: i % 40,
    timeNs: base + BigInt(Math.floor(i / 40)) * 15_000_000_000n + BigInt(i % 4),
    values: {
      'r:u32:kind': 1,
      'r:double:value': i % 40 === 7 ? (values[i % 8] ?? 0) : i / 100,
      ...(i % 40 === 9 ? { 'r:otlp:point': Buffer.from(`h${i}`) } : {}),
    },
  }))
  const batch = sorted(batchOf('metrics', streams, rows))
  for (const level of [0, 1]) {
    const { block } = await writeBlock(batch, level, { pageRows: 500 })
    t.assert.deepEqual(await rowsOf(block.readSection('acme')), rowTexts(batch))
    const hints = [{ key: '__name__', value: 'metric_3' }]
    t.assert.equal((await rowsOf(block.scan(scanOf('metrics', { hints })))).length, 4 * 60)
  }
})

test('more keys than columns go to rest and come back', async (t) => {
  const rows: Row[] = Array.from({ length: 600 }, (_, i) => ({
    stream: 0,
    timeNs: base + BigInt(i),
    values: {
      [`a:text:key${i}`]: `value ${i}`,
      [`a:int:key${i}`]: BigInt(i),
      'a:text:always': 'x',
      ...(i % 2 === 0 ? { 'a:double:': 1.5 } : { 'a:bool:b': true }),
    },
  }))
  const batch = sorted(batchOf('logs', streamsOf([streamOf('web')]), rows))
  const { block } = await writeBlock(batch)
  t.assert.deepEqual(await rowsOf(block.readSection('acme')), rowTexts(batch))
  const columns = await block.columns('acme')
  t.assert.equal(columns.length, 1203)
  t.assert.equal(columns.find(({ column }) => column.key === 'always')?.rows, 600)
  const predicates = [holds(attribute('key77', 'text'), 'value 77', true)]
  t.assert.equal((await rowsOf(block.scan(scanOf('logs', { predicates })))).length, 1)
})

test('times of 1970 and 2262 in one block, split into pages of 2^53 ns', async (t) => {
  const times = [0n, 1n, base, base + 1n, 2n ** 63n - 1n, 2n ** 63n - 2n]
  const streams = streamsOf([streamOf('web')])
  const parts = times.map((timeNs) =>
    batchOf('logs', streams, [{ stream: 0, timeNs, values: { 'r:text:body': 'b' } }]),
  )
  parts.sort((a, b) => (a.timeBase < b.timeBase ? -1 : 1))
  const writer = createBlockWriter(headerOf('logs'))
  writer.beginSection('acme', streams)
  for (const part of parts) writer.append(part)
  writer.endSection()
  const block = await openBlock(bytesSource(writer.finish().bytes))
  t.assert.equal(block.meta.sections[0]?.maxTimeNs, (2n ** 63n - 1n).toString())
  t.assert.deepEqual(await rowsOf(block.readSection('acme')), parts.flatMap(rowTexts))
  const late = await rowsOf(block.scan(scanOf('logs', { from: base + 1n, to: 2n ** 63n - 1n })))
  t.assert.equal(late.length, 2)
})

test('tenants have sections of their own; empty ones leave nothing', async (t) => {
  const writer = createBlockWriter(headerOf('logs'))
  for (const tenant of ['a', 'b', 'empty']) {
    const streams = streamsOf([streamOf(`svc-${tenant}`)])
    writer.beginSection(tenant, streams)
    const rows = [{ stream: 0, timeNs: base, values: { 'r:text:body': tenant } }]
    if (tenant !== 'empty') writer.append(batchOf('logs', streams, rows))
    writer.endSection()
  }
  const { bytes, meta } = writer.finish()
  const block = await openBlock(bytesSource(bytes))
  t.assert.deepEqual(block.meta, meta)
  t.assert.deepEqual(
    meta.sections.map((section) => section.tenant),
    ['a', 'b'],
  )
  t.assert.match((await rowsOf(block.readSection('b')))[0] ?? '', /svc-b.*body="b"/)
})

test('memory that is given back is written to again, and no other', (t) => {
  const mebi = 1024 * 1024
  const block = (body: string, expectedBytes: number): Uint8Array => {
    const writer = createBlockWriter(headerOf('logs'), { expectedBytes })
    const streams = streamsOf([streamOf('web')])
    writer.beginSection('acme', streams)
    const row = { stream: 0, timeNs: base, values: { 'r:text:body': body } }
    writer.append(batchOf('logs', streams, [row]))
    writer.endSection()
    return writer.finish().bytes
  }
  const first = block('one', 5 * mebi)
  const copy = first.slice()
  const second = block('two', 5 * mebi)
  t.assert.notEqual(second.buffer, first.buffer)
  t.assert.deepEqual(first, copy)
  second.fill(255)
  keepMemory(second)
  const [larger, smaller] = [block('larger', 8 * mebi), block('smaller', mebi)]
  t.assert.equal(
    [larger, smaller].some(({ buffer }) => buffer === second.buffer),
    false,
  )
  keepMemory(first)
  const third = block('one', 5 * mebi)
  t.assert.equal(third.buffer, first.buffer)
  t.assert.deepEqual(third, copy)
})

test('a block of a merge is never copied, one of L0 where its memory is much larger and not kept', (t) => {
  const memoryOf = (level: number): number => {
    const writer = createBlockWriter(headerOf('logs', level), { expectedBytes: 3 << 20 })
    const streams = streamsOf([streamOf('web')])
    writer.beginSection('acme', streams)
    writer.append(batchOf('logs', streams, [{ stream: 0, timeNs: base, values: {} }]))
    writer.endSection()
    return writer.finish().bytes.buffer.byteLength
  }
  const before = keptOf(1)
  setKeptShare(0)
  try {
    t.assert.equal(memoryOf(0) < 4096, true)
    t.assert.equal(memoryOf(1) >= 3 << 20, true)
    t.assert.equal(memoryOf(2) >= 3 << 20, true)
  } finally {
    setKeptShare(before)
  }
})

test('a transform seals every part', async (t) => {
  const flip = (bytes: Uint8Array, place: number) =>
    bytes.map((byte) => byte ^ 0x5a ^ (place & 255))
  const transform: PageTransform = { keyId: 7, seal: flip, open: flip }
  const batch = sorted(batchOf('logs', threeStreams, logRows(50)))
  const { block, bytes } = await writeBlock(batch, 0, { transform })
  t.assert.deepEqual(await rowsOf(block.readSection('acme')), rowTexts(batch))
  t.assert.equal(Buffer.from(bytes).includes('service.name'), false)
  await t.assert.rejects(openBlock(bytesSource(bytes)), /sealed with key 7/)
})

const anyValue = fc.oneof(
  fc.tuple(
    fc.constantFrom('a:text:k', 'a:text:', 'r:text:body', 'a:bytes:b'),
    fc.string({ maxLength: 30 }),
  ),
  fc.tuple(
    fc.constantFrom('a:int:k', 'a:int:n'),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ),
  fc.tuple(fc.constantFrom('a:double:k', 'a:double:d'), fc.double()),
  fc.tuple(fc.constantFrom('r:u32:flags'), fc.nat()),
)
const anyRow = fc.record({
  stream: fc.nat(2),
  timeNs: fc.bigInt({ min: base, max: base + 100_000n * minute }),
  values: fc
    .array(anyValue, { maxLength: 6 })
    .map((pairs): Row['values'] => Object.fromEntries(pairs)),
})

test('any rows come back', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyRow, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 30 }),
      fc.nat(1),
      async (rows, pageRows, level) => {
        const batch = sorted(batchOf('logs', threeStreams, rows))
        const { block } = await writeBlock(batch, level, { pageRows })
        t.assert.deepEqual(await rowsOf(block.readSection('acme')), rowTexts(batch))
      },
    ),
    { numRuns: 60 },
  )
})

test('a changed block is corrupt or reads the same', async (t) => {
  const batch = sorted(batchOf('logs', threeStreams, logRows(60)))
  const { bytes } = await writeBlock(batch, 0, { pageRows: 25 })
  const want = rowTexts(batch)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const copy = bytes.slice()
        copy[at] = (copy[at] ?? 0) ^ change
        try {
          const block = await openBlock(bytesSource(copy))
          t.assert.deepEqual(await rowsOf(block.readSection('acme')), want)
        } catch (error) {
          const kind = error instanceof AppError ? error.kind : String(error)
          t.assert.match(kind, /corrupt|unsupported/)
        }
      },
    ),
    { numRuns: 150 },
  )
})
