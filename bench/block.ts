/**
 * `npm run bench -- block`: bytes per row and rows per second of the block format, by signal and level,
 * on plausible rows from a seed. One thread, CPU time, no disk. `--json` prints one JSON object last.
 */
import { seededRandom, type Random } from '#base/random.ts'
import type { Batch } from '#schemas/batch.ts'
import type { Texts, Vector } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import { encodeStream } from '#schemas/identity-codec.ts'
import { signalNames, signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { mergeSections } from '#storage/block/merge.ts'
import { openBlock, type Block } from '#storage/block/open.ts'
import { bytesSource } from '#storage/block/source.ts'
import { orderRows } from '#storage/block/row-order.ts'
import { gatherBatch, keysOfBatch, rankOf, sortedStreamOrder } from '#storage/block/sort.ts'
import { packTexts, streamListOfBytes } from '#storage/block/stream-table.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import { streamOf } from '#test/golden/rows.ts'

const rows = 240_000
const startNs = 1_790_000_000_000_000_000n

interface Made {
  readonly batch: Batch
  /** Bytes of log lines, or 0. */
  readonly lineBytes: number
}

function texts(count: number, value: (row: number) => string): Vector {
  const values = Array.from({ length: count }, (_, i) => Buffer.from(value(i)))
  return { type: 'text', present: null, kind: 'texts', texts: packTexts(values) }
}

function dictionary(values: readonly string[], codes: Uint32Array): Vector {
  const packed: Texts = packTexts(values.map((value) => Buffer.from(value)))
  return { type: 'text', present: null, kind: 'dictionary', codes, values: packed }
}

function words(value: (row: number) => number): Vector {
  return {
    type: 'u32',
    present: null,
    kind: 'words',
    values: Uint32Array.from({ length: rows }, (_, i) => value(i)),
  }
}

function longs(value: (row: number) => number): Vector {
  const lo = new Uint32Array(rows)
  const hi = new Int32Array(rows)
  for (let i = 0; i < rows; i++) {
    const one = value(i)
    hi[i] = Math.floor(one / 4294967296)
    lo[i] = one - hi[i]! * 4294967296
  }
  return { type: 'int', present: null, kind: 'longs', lo, hi }
}

function streamsFor(signal: SignalName, count: number) {
  const point = signals[signal].streamBy === 'point'
  return streamListOfBytes(
    Array.from({ length: count }, (_, i) =>
      encodeStream(
        point
          ? streamOf(`service-${i % 100}`, `metric_${Math.floor(i / 100)}_total`, {
              instance: `10.0.${i % 100}.1:9100`,
            })
          : streamOf(`service-${i}`),
      ),
    ),
  )
}

/** 50 bytes of words, three numbers and a random trace id in each line. */
function logs(random: Random): Made {
  const levels = Uint32Array.from(
    { length: rows },
    () => [9, 9, 9, 9, 13, 17][random.below(6)] ?? 9,
  )
  const ids = random.bytes(rows * 16)
  let lineBytes = 0
  const body = texts(rows, (i) => {
    const id = Buffer.from(ids.buffer, i * 16, 16).toString('hex')
    const line = `level=info msg="request served" method=GET path=/api/v1/orders/${random.below(100)} status=${[200, 200, 200, 404, 500][random.below(5)]} duration_ms=${random.below(2000)} user=user-${random.below(50_000)} trace_id=${id}`
    lineBytes += line.length
    return line
  })
  const columns = new Map<string, Vector>([
    ['r:text:body', body],
    ['r:u32:severityNumber', { type: 'u32', present: null, kind: 'words', values: levels }],
    ['r:id16:traceId', { type: 'id16', present: null, kind: 'fixed', width: 16, bytes: ids }],
    [
      'a:text:http.method',
      dictionary(
        ['GET', 'POST'],
        Uint32Array.from({ length: rows }, () => random.below(2)),
      ),
    ],
    ['a:int:http.status_code', longs(() => 200 + random.below(4) * 100)],
  ])
  const time = new Float64Array(rows)
  for (let i = 1; i < rows; i++) time[i] = time[i - 1]! + random.below(1_000_000)
  return { batch: batch('logs', 64, time, columns, () => random.below(64)), lineBytes }
}

/** 1,000 counters and gauges of 100 targets, scraped every 15 s with jitter per target. */
function metrics(random: Random): Made {
  const streams = 1000
  const time = new Float64Array(rows)
  const jitter = Array.from({ length: 100 }, () => random.below(15_000))
  const values = new Float64Array(rows)
  const last = new Float64Array(streams)
  const drift = Array.from({ length: 100 }, () => 0)
  for (let i = 0; i < rows; i++) {
    const stream = i % streams
    const target = stream % 100
    if (stream < 100) drift[target] = random.below(5)
    time[i] = (Math.floor(i / streams) * 15_000 + jitter[target]! + drift[target]!) * 1e6
    const kind = stream % 3
    if (kind === 0) last[stream]! += random.below(1300) / 100
    else if (kind === 1) last[stream]! += random.below(10) < 3 ? 0 : random.below(50)
    else last[stream] = random.below(1000) * 4096
    values[i] = kind === 0 ? Math.round(last[stream]! * 100) / 100 : last[stream]!
  }
  const columns = new Map<string, Vector>([
    ['r:u32:kind', words(() => 1)],
    ['r:double:value', { type: 'double', present: null, kind: 'doubles', values }],
  ])
  return { batch: batch('metrics', streams, time, columns, (i) => i % streams), lineBytes: 0 }
}

/** Traces of ten spans, four attributes that follow from the operation and two that do not. */
function traces(random: Random): Made {
  const time = new Float64Array(rows)
  const ids = new Uint8Array(rows * 16)
  const spans = random.bytes(rows * 8)
  const parents = new Uint8Array(rows * 8)
  const present = new Uint8Array(rows)
  let start = 0
  for (let i = 0; i < rows; i++) {
    const root = i - (i % 10)
    if (i === root) {
      start += random.below(10_000_000)
      ids.set(random.bytes(16), i * 16)
    } else {
      ids.copyWithin(i * 16, root * 16, root * 16 + 16)
      const parent = root + random.below(i - root)
      parents.copyWithin(0, 0, 0)
      parents.set(spans.subarray(parent * 8, parent * 8 + 8), i * 8)
      present[i] = 1
    }
    time[i] = start + (i - root) * 1_000_000 + random.below(900_000)
  }
  const operation = Uint32Array.from({ length: rows }, () => random.below(40))
  const names = Array.from({ length: 40 }, (_, i) => `operation ${i}`)
  const columns = new Map<string, Vector>([
    ['r:id16:traceId', { type: 'id16', present: null, kind: 'fixed', width: 16, bytes: ids }],
    ['r:id8:spanId', { type: 'id8', present: null, kind: 'fixed', width: 8, bytes: spans }],
    ['r:id8:parentSpanId', { type: 'id8', present, kind: 'fixed', width: 8, bytes: parents }],
    ['r:int:duration', longs(() => random.below(1 << 24))],
    ['r:text:name', dictionary(names, operation)],
    ['r:u32:kind', words((i) => (operation[i]! % 3) + 1)],
    ['r:u32:statusCode', words(() => (random.below(50) === 0 ? 2 : 0))],
    ['a:text:http.route', dictionary(names, operation)],
    ['a:text:user.id', texts(rows, () => `user-${random.below(1_000_000)}`)],
    ['a:int:http.response.status_code', longs(() => 200 + random.below(3) * 100)],
  ])
  return { batch: batch('traces', 20, time, columns, (i) => operation[i]! % 20), lineBytes: 0 }
}

// oxlint-disable-next-line max-params -- the fields of a batch
function batch(
  signal: SignalName,
  streams: number,
  time: Float64Array,
  columns: ReadonlyMap<string, Vector>,
  stream: (row: number) => number,
): Batch {
  return {
    signal,
    rows,
    streams: streamsFor(signal, streams),
    stream: Uint32Array.from({ length: rows }, (_, i) => stream(i)),
    timeBase: startNs,
    time,
    columns,
    selection: null,
    offset: 0,
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function timed<T>(run: () => T | Promise<T>): Promise<{ result: T; ms: number }> {
  const start = cpuMs()
  const result = await run()
  return { result, ms: cpuMs() - start }
}

function writeBlock(
  signal: SignalName,
  level: number,
  streams: StreamList,
  batches: readonly Batch[],
): Uint8Array {
  const writer = createBlockWriter({
    signal,
    level,
    logId: '0123456789abcdef',
    partition: 0,
    startOffset: 0,
    endOffset: 1,
    nonce: '0123456789abcdef',
    createdNs: startNs,
  })
  writer.beginSection('bench', streams)
  for (const one of batches) writer.append(one)
  writer.endSection()
  return writer.finish().bytes
}

/** CPU per row of merging four L0 blocks of every fourth ten rows (traces: whole ones), without writing the result. */
async function measureMerge(batch: Batch, streams: StreamList): Promise<number> {
  const blocks: Block[] = []
  for (let part = 0; part < 4; part++) {
    const picked = Uint32Array.from(
      { length: rows / 4 },
      (_, i) => Math.floor(i / 10) * 40 + part * 10 + (i % 10),
    )
    const bytes = writeBlock(batch.signal, 0, streams, [gatherBatch(batch, picked)])
    blocks.push(await openBlock(bytesSource(bytes)))
  }
  const merge = await timed(async () => {
    let count = 0
    for await (const { batch: one } of (await mergeSections(blocks, 'bench')).pages())
      count += one.rows
    return count
  })
  return (merge.ms * 1e6) / merge.result
}

async function measure(signal: SignalName, level: number, made: Made) {
  const { batch } = made
  const order = sortedStreamOrder(batch.streams)
  const sort = await timed(() => {
    const rank = rankOf(order)
    const moved = gatherBatch(batch, orderRows(signals[signal], keysOfBatch(batch, rank)))
    return { ...moved, stream: moved.stream.map((id) => rank[id]!) }
  })
  const streams = streamListOfBytes([...order].map((id) => batch.streams.bytes(id)))
  const write = await timed(() => writeBlock(signal, level, streams, [sort.result]))
  const block = await openBlock(bytesSource(write.result))
  const read = await timed(async () => {
    let count = 0
    for await (const one of block.readSection('bench')) count += one.rows
    return count
  })
  const directory = await block.section('bench')?.directory()
  const byColumn = new Map<string, number>()
  for (const page of directory?.pages ?? []) {
    for (const { number, part } of page.parts) {
      const name =
        ['stream', 'time', 'rest'][number] ?? directory?.columns[number - 8]?.column.key ?? ''
      byColumn.set(name, (byColumn.get(name) ?? 0) + part.stored)
    }
  }
  for (const table of directory?.tables ?? []) {
    const name = `table ${table.kind}`
    byColumn.set(name, (byColumn.get(name) ?? 0) + table.part.stored)
  }
  const shown = [...byColumn]
    .map(([name, bytes]) => `${name} ${(bytes / rows).toFixed(2)}`)
    .join(', ')
  console.log(`${signal} L${level}: ${shown}`)
  return {
    bytesPerRow: write.result.length / rows,
    ...(made.lineBytes > 0 ? { bytesPerLineByte: write.result.length / made.lineBytes } : {}),
    sortNsPerRow: (sort.ms * 1e6) / rows,
    encodeNsPerRow: (write.ms * 1e6) / rows,
    decodeNsPerRow: (read.ms * 1e6) / read.result,
    ...(level === 1 ? { mergeNsPerRow: await measureMerge(sort.result, streams) } : {}),
  }
}

const makers = { logs, metrics, traces }
const results: Record<string, Awaited<ReturnType<typeof measure>>> = {}
for (const signal of signalNames) {
  const made = makers[signal](seededRandom(7))
  await measure(signal, 0, made)
  for (const level of [0, 1, 2]) results[`${signal} L${level}`] = await measure(signal, level, made)
}
console.table(results)
if (process.argv.includes('--json')) console.log(JSON.stringify(results))
