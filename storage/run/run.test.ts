import { test, type TestContext } from 'node:test'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId, type Vector } from '#schemas/column.ts'
import type { Scan } from '#schemas/predicate.ts'
import { logsIntake, serviceStream, type LogRow } from '#test/rows.ts'
import { runLayouts } from './columns.ts'
import { fillPart } from './fill.ts'
import { PartBuilder } from './part.ts'
import { decodePayload, encodePayload } from './record.ts'
import { readRunRef, Run, slabState, type RunRef } from './run.ts'
import { runColumns } from './list.ts'
import { scanRun } from './scan.ts'
import { StreamView } from './stream-view.ts'
import { StreamTable } from './streams.ts'

interface Bench {
  slabs: Slabs
  table: StreamTable
  run: Run
  part: PartBuilder
}

function setUp(slabBytes = 1 << 16): Bench {
  const slabs = new Slabs(createSlabMemory(4, slabBytes))
  const table = StreamTable.create(slabs, slabState.table, 0)
  const run =
    table === null ? null : Run.create(slabs, { signalId: 1, worker: 0, table, startedMs: 0 })
  if (table === null || run === null) throw new Error('no slab is free')
  for (const service of ['shop', 'pay', 'mail']) table.internCanonical(serviceStream(service))
  return { slabs, table, run, part: new PartBuilder(runLayouts.logs) }
}

function build(bench: Bench, rows: readonly LogRow[], tenant = 'default'): PartBuilder {
  const intake = logsIntake(rows)
  bench.part.reset(tenant, {
    rows: rows.length,
    attributes: 1000,
    bytes: intake.bytes.length + 1000,
  })
  const picked = { rows: Uint32Array.from(rows.keys()), streams: Uint32Array.of(0, 1, 2) }
  fillPart(bench.part, intake, picked, () => true)
  return bench.part
}

function append(
  bench: Bench,
  rows: readonly LogRow[],
  options: { tenant?: string; offset?: number } = {},
): void {
  const at = bench.run.append(build(bench, rows, options.tenant))
  bench.run.publish(at, options.offset ?? 0)
}

function ref(bench: Bench): RunRef {
  const found = readRunRef(bench.slabs, bench.run.slab.index)
  if (found === null) throw new Error('the slab holds no run')
  return found
}

const everything: Scan = {
  tenant: 'default',
  signal: 'logs',
  from: 0n,
  to: 2n ** 63n - 1n,
  predicates: [],
  columns: 'all',
  order: 'any',
}

function scan(bench: Bench, options: Partial<Scan> = {}): Batch[] {
  return [...scanRun(bench.slabs, ref(bench), { ...everything, ...options }, { check: () => {} })]
}

function textAt(vector: Vector | undefined, row: number): string {
  if (vector?.kind !== 'texts' || vector.present?.[row] === 0) return '-'
  const { offsets, bytes } = vector.texts
  return Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString()
}

/** One line per row: seconds, service, body. */
function show(batches: readonly Batch[]): string {
  return batches
    .flatMap((batch) => {
      const body = batch.columns.get(columnId({ scope: 'row', key: 'body', type: 'text' }))
      return Array.from({ length: batch.rows }, (_, row) => {
        const seconds = Number(batch.timeBase + BigInt(batch.time[row] ?? 0)) / 1e9
        const service = batch.streams.identity(batch.stream[row] ?? 0).resource.attributes[0]?.value
        return `${seconds} ${service?.type === 'text' ? service.value : ''} ${textAt(body, row)}`
      })
    })
    .join(', ')
}

test('published rows come back with time, stream and body; unpublished ones are not seen', (t) => {
  const bench = setUp()
  append(bench, [
    { time: 1, body: 'a' },
    { time: 2, body: 'b', stream: 1 },
  ])
  bench.run.append(build(bench, [{ time: 3, body: 'unseen' }]))
  t.assert.equal(show(scan(bench)), '1 shop a, 2 pay b')
  bench.run.rollBack()
  append(bench, [{ time: 4, body: 'c', stream: 2 }])
  t.assert.equal(show(scan(bench)), '1 shop a, 2 pay b, 4 mail c')
  t.assert.equal(ref(bench).rows, 3)
})

test('scans choose by tenant, time (to is exclusive) and stream', (t) => {
  const bench = setUp()
  append(
    bench,
    [1, 2, 3, 4].map((time) => ({ time, body: `r${time}`, stream: time % 2 })),
  )
  append(bench, [{ time: 2, body: 'other' }], { tenant: 'other' })
  const check = (options: Partial<Scan>, want: string) =>
    t.assert.equal(show(scan(bench, options)), want)
  const second = 1_000_000_000n
  check({ from: 2n * second, to: 4n * second }, '2 shop r2, 3 pay r3')
  check({ from: 5n * second }, '')
  check({ to: second }, '')
  check({ tenant: 'other' }, '2 shop other')
  check({ tenant: 'nobody' }, '')
  check(
    { streams: ({ resource }) => JSON.stringify(resource).includes('pay') },
    '1 pay r1, 3 pay r3',
  )
  check({ streams: () => false }, '')
})

test('attributes become columns by key and type, absent rows show as such', (t) => {
  const bench = setUp()
  append(bench, [
    { time: 1, attributes: { 'http.method': 'GET', status: 200 } },
    { time: 2, body: '' },
    { time: 3, attributes: { status: 'ok', '': 'empty key' } },
  ])
  const [batch] = scan(bench)
  const column = (key: string, type: 'text' | 'int') =>
    batch?.columns.get(columnId({ scope: 'attribute', key, type }))
  const texts = (vector: Vector | undefined) =>
    [0, 1, 2].map((row) => textAt(vector, row)).join(' ')
  t.assert.equal(texts(column('http.method', 'text')), 'GET - -')
  t.assert.equal(texts(column('status', 'text')), '- - ok')
  t.assert.equal(textAt(column('', 'text'), 2), 'empty key')
  const status = column('status', 'int')
  t.assert.deepEqual(status?.present, Uint8Array.of(1, 0, 0))
  t.assert.equal(status?.kind === 'longs' ? status.lo[0] : null, 200)
  t.assert.equal(
    texts(batch?.columns.get(columnId({ scope: 'row', key: 'body', type: 'text' }))),
    '-  -',
  )
})

test('only asked columns are gathered, and ids keep their bytes', (t) => {
  const bench = setUp()
  append(bench, [
    { time: 1, body: 'x', traceId: '0123456789abcdef' },
    { time: 2, traceId: '0123456789abcdef' },
    { time: 3 },
  ])
  const [batch] = scan(bench, { columns: [{ scope: 'row', key: 'traceId', type: 'id16' }] })
  t.assert.deepEqual([...(batch?.columns.keys() ?? [])], ['r:id16:traceId'])
  const ids = batch?.columns.get('r:id16:traceId')
  t.assert.equal(
    ids?.kind === 'fixed' && Buffer.from(ids.bytes.subarray(16, 32)).toString(),
    '0123456789abcdef',
  )
  t.assert.deepEqual(ids?.present, Uint8Array.of(1, 1, 0))
})

test('many small requests share batches; times far apart do not', (t) => {
  const bench = setUp(1 << 22)
  for (let i = 0; i < 1000; i++) append(bench, [{ time: i, body: `line ${i}` }], { offset: i })
  t.assert.deepEqual(
    scan(bench).map((batch) => batch.rows),
    [1000],
  )
  append(bench, [{ time: 9_000_000_000, body: '2255' }])
  t.assert.deepEqual(
    scan(bench).map((batch) => batch.rows),
    [1000, 1],
  )
  append(bench, [
    { time: 1, body: 'now' },
    { time: 9_000_000_000, body: '2255' },
  ])
  t.assert.equal(scan(bench).at(-1)?.rows, 1)
})

test('a part that does not fit leaves no trace', (t) => {
  const bench = setUp(1 << 14)
  append(bench, [{ time: 1, body: 'fits' }])
  t.assert.equal(bench.run.append(build(bench, [{ time: 2, body: 'x'.repeat(20_000) }])), -1)
  append(bench, [{ time: 3, body: 'fits too' }])
  t.assert.equal(show(scan(bench)), '1 shop fits, 3 shop fits too')
})

test('a part survives the Log: payload and back into another run', (t) => {
  const bench = setUp()
  append(bench, [
    { time: 1, body: 'first', stream: 2, attributes: { a: 'b' } },
    { time: 2, body: 'second', stream: 0 },
  ])
  const payload = encodePayload(bench.part, new StreamView(bench.slabs, bench.table.firstSlab))
  const loaded = decodePayload(payload, runLayouts.logs)
  const other = setUp()
  const ids = Uint32Array.from(loaded.streams, (bytes) => other.table.internCanonical(bytes))
  other.run.publish(other.run.appendLoaded(loaded, ids), 7)
  t.assert.equal(show(scan(other)), '1 mail first, 2 shop second')
  t.assert.equal(ref(other).endOffset, 8)
})

test('a damaged payload is corrupt, never a wrong read', (t) => {
  const bench = setUp()
  append(bench, [{ time: 1, body: 'first' }])
  const payload = encodePayload(bench.part, new StreamView(bench.slabs, bench.table.firstSlab))
  for (let length = 0; length < payload.length; length++) {
    t.assert.throws(
      () => decodePayload(payload.subarray(0, length), runLayouts.logs),
      { kind: 'corrupt' },
      `${length} bytes`,
    )
  }
})

test('lists the attribute columns of the parts in range, with their rows', (t: TestContext) => {
  const bench = setUp()
  const two = { host: 'a', port: 1 }
  append(bench, [
    { time: 1, body: 'a', attributes: two },
    { time: 2, body: 'b', attributes: { host: 'b' } },
  ])
  append(bench, [{ time: 5, body: 'c', attributes: { host: 7 } }])
  const check = (from: bigint, to: bigint, want: string) => {
    const second = 1_000_000_000n
    const range = { tenant: 'default', from: from * second, to: to * second }
    const found = runColumns(bench.slabs, ref(bench), range)
    t.assert.equal(found.map(({ column, rows }) => `${columnId(column)}=${rows}`).join(' '), want)
  }
  check(0n, 9n, 'a:text:host=2 a:int:port=1 a:int:host=1')
  check(0n, 5n, 'a:text:host=2 a:int:port=1')
  check(5n, 6n, 'a:int:host=1')
  check(6n, 9n, '')
})

test('batches end after some MiB, also inside a part, and predicates see no more at once', (t: TestContext) => {
  const bench = setUp(1 << 24)
  const line = 'x'.repeat(100_000)
  const wide = Array.from({ length: 60 }, (_, time) => ({ time, body: `${time} ${line}` }))
  append(bench, wide.slice(0, 50))
  append(bench, wide.slice(50))
  let most = 0
  const tested = {
    column: { scope: 'row', key: 'body', type: 'text' } as const,
    absent: false,
    literals: [],
    testTexts: (texts: { bytes: Uint8Array }, count: number, out: Uint8Array) => {
      most = Math.max(most, texts.bytes.length)
      out.fill(1, 0, count)
    },
  }
  for (const predicates of [[], [tested]]) {
    const batches = scan(bench, { predicates })
    t.assert.equal(
      batches.reduce((sum, { rows }) => sum + rows, 0),
      60,
    )
    const times = batches.flatMap((one) =>
      [...one.time].map((time) => Number(one.timeBase + BigInt(time)) / 1e9),
    )
    t.assert.deepEqual(times, [...wide.keys()])
    const bytes = batches.map(({ columns }) => textsBytes(columns.get('r:text:body')))
    t.assert.ok(Math.max(...bytes) <= 4 << 20, `${Math.max(...bytes)} bytes in a batch`)
  }
  t.assert.ok(most > 0 && most <= 4 << 20, `${most} bytes were tested at once`)
})

function textsBytes(vector: Vector | undefined): number {
  return vector?.kind === 'texts' ? vector.texts.bytes.length : 0
}
