/**
 * Whole requests of random messages against what the reference decodes of them: read back from their runs,
 * from the block that a flush makes of these, and from two merges of that. Requests come in plain and in odd
 * encodings, through the kernels and without them.
 */
import * as fc from 'fast-check'
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { systemClock } from '#base/clock.ts'
import { seededRandom, type Random } from '#base/random.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import type { Batch } from '#schemas/batch.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { Scan } from '#schemas/predicate.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { mergeSections } from '#storage/block/merge.ts'
import { openBlock, type Block } from '#storage/block/open.ts'
import { bytesSource } from '#storage/block/source.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import { readRunRef } from '#storage/run/run.ts'
import { scanRun } from '#storage/run/scan.ts'
import { completedRequest } from '#test/otlp/arbitrary.ts'
import { flattenLogs, flattenPoints, flattenSpans } from '#test/otlp/flatten.ts'
import { encodeOdd } from '#test/otlp/odd.ts'
import { decodeReference, encodeReference, type Plain } from '#test/otlp/reference.ts'
import { sentLine, storedLines } from '#test/otlp/stored.ts'
import { decodePlain } from '../receiver/otlp/decode.ts'
import { decodeFast, requestWindow } from '../receiver/otlp/kernel.ts'
import { Appender } from './append.ts'
import { flushRuns } from './flush.ts'

const requests = {
  logs: { name: 'ExportLogsServiceRequest', rows: 'logRecords', flatten: flattenLogs },
  metrics: { name: 'ExportMetricsServiceRequest', rows: 'dataPoints', flatten: flattenPoints },
  traces: { name: 'ExportTraceServiceRequest', rows: 'spans', flatten: flattenSpans },
} as const

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  metrics: createIntake('metrics'),
  traces: createIntake('traces'),
}

const limits = { maxBodyBytes: 1 << 24, maxRows: 10_000, maxAttributes: 100_000 }
const control = { check: () => {} }
const baseNs = 1_700_000_000_000_000_000n

/** The request with times of its own for each row, so that no row is another's repeat. */
function timed(value: unknown, rows: string, nextNs: () => bigint): unknown {
  if (Array.isArray(value)) return value.map((item) => timed(item, rows, nextNs))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, held]) => {
    const inner: unknown = timed(held, rows, nextNs)
    if (key !== rows || !Array.isArray(inner)) return [key, inner]
    const time = rows === 'spans' ? 'startTimeUnixNano' : 'timeUnixNano'
    return [key, inner.map((row: Plain) => ({ ...row, [time]: String(nextNs()) }))]
  })
  return Object.fromEntries(entries)
}

function decode(signal: SignalName, bytes: Uint8Array): AnyIntake {
  const intake = intakes[signal]
  const plain = new ByteWriter(requestWindow())
  plain.raw(bytes)
  if (!decodeFast(plain, intake, limits)) decodePlain(plain, intake, limits)
  return intake
}

const headerOf = (signal: SignalName, level: number, endOffset: number) =>
  ({
    signal,
    level,
    logId: '0123456789abcdef',
    partition: 0,
    startOffset: endOffset - 1,
    endOffset,
    nonce: 'fedcba9876543210',
    createdNs: 0n,
  }) as const

/** Appends the requests to runs of two workers; some requests are the last of their run. */
function append(signal: SignalName, bodies: readonly Uint8Array[], random: Random): Slabs {
  const slabs = new Slabs(createSlabMemory(12, 1 << 18))
  const appenders = [0, 1].map(
    (worker) => new Appender(slabs, { signal, worker, clock: systemClock }),
  )
  for (const [i, body] of bodies.entries()) {
    const intake = decode(signal, body)
    const rows = Uint32Array.from({ length: intake.rows.rows }, (_, row) => row)
    const appender = appenders[random.below(2)]
    if (rows.length === 0 || appender === undefined) continue
    const part = appender.append(intake, 'one', rows)
    if (part === null || part === 'split') throw new Error('no room')
    part.run.publish(part.at, i)
    if (random.below(2) === 0) appender.cut()
    appender.sealReady()
  }
  return slabs
}

async function blockOf(bytes: Uint8Array): Promise<Block> {
  return openBlock(bytesSource(bytes.slice()))
}

async function merged(signal: SignalName, blocks: readonly Block[], level: number): Promise<Block> {
  const merge = await mergeSections(blocks, 'one')
  const writer = createBlockWriter(headerOf(signal, level, 99))
  writer.beginSection('one', merge.streams)
  for await (const { batch, rest } of merge.pages()) writer.appendPage(batch, rest)
  writer.endSection()
  return blockOf(writer.finish().bytes)
}

/** The rows of the requests as they are read back, by where they are. */
async function readBack(signal: SignalName, bodies: readonly Uint8Array[], random: Random) {
  const scan: Scan = {
    tenant: 'one',
    signal,
    from: -(2n ** 63n),
    to: 2n ** 63n - 1n,
    predicates: [],
    columns: 'all',
    order: 'any',
  }
  const lines = (batches: readonly Batch[]) => batches.flatMap(storedLines).toSorted()
  const rowsOf = async (blocks: readonly Block[]) => {
    const batches = blocks.map((block) => Array.fromAsync(block.scan(scan), storedLines))
    return (await Promise.all(batches)).flat(2).toSorted()
  }
  const slabs = append(signal, bodies, random)
  const runs = Array.from({ length: slabs.count }, (_, i) => readRunRef(slabs, i)).filter(
    (run) => run !== null && run.rows > 0,
  )
  const inRuns = lines(
    runs.flatMap((run) => (run === null ? [] : [...scanRun(slabs, run, scan, control)])),
  )
  const blocks: Block[] = []
  for (const [i, run] of runs.entries()) {
    if (run === null) continue
    const header = headerOf(signal, 0, i + 1)
    blocks.push(await blockOf(flushRuns(slabs, { signal, runs: [run], header }, control).bytes))
  }
  const inBlocks = await rowsOf(blocks)
  if (blocks.length === 0) return { inRuns, inBlocks, inFold: [], inMerge: [] }
  const middle = random.below(blocks.length)
  const parts = [blocks.slice(0, middle), blocks.slice(middle)].filter((part) => part.length > 0)
  const folds = await Promise.all(parts.map((part) => merged(signal, part, 1)))
  const inMerge = await rowsOf([await merged(signal, folds, 2)])
  return { inRuns, inBlocks, inFold: await rowsOf(folds), inMerge }
}

for (const signal of signalNames) {
  const { name, rows, flatten } = requests[signal]

  test(`${signal}: what is read back is what the reference decodes, wherever it is by then`, async (t) => {
    const messages = fc.array(completedRequest(name), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(messages, fc.nat(), async (found, seed) => {
        const random = seededRandom(seed)
        const draw = (count: number) => random.below(count)
        let count = 0n
        const nextNs = () => baseNs + BigInt(random.below(10)) * 1_800_000_000_000n + ++count
        const plain = found.map((request) => {
          // A part of a request stays what it is.
          const own = timed(request, rows, nextNs) as Plain
          return decodeReference(name, encodeReference(name, own))
        })
        const bodies = plain.map((request) =>
          random.below(2) === 0
            ? encodeReference(name, request)
            : encodeOdd(name, request, { draw, foreign: random.below(2) === 0 }),
        )
        const want = plain.flatMap(flatten).map(sentLine).toSorted()
        const { inRuns, inBlocks, inFold, inMerge } = await readBack(signal, bodies, random)
        t.assert.deepEqual(inRuns, want)
        t.assert.deepEqual(inBlocks, want)
        t.assert.deepEqual(inFold, want)
        t.assert.deepEqual(inMerge, want)
      }),
      // A smaller request would be looked for among thousands, each through four stores.
      { numRuns: 8, endOnFailure: true },
    )
  })
}
