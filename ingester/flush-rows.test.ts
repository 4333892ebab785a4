import * as fc from 'fast-check'
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { systemClock } from '#base/clock.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import type { Batch } from '#schemas/batch.ts'
import type { Vector } from '#schemas/column.ts'
import { absent, createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { Scan } from '#schemas/predicate.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { openBlock } from '#storage/block/open.ts'
import { readRunRef, type RunRef } from '#storage/run/run.ts'
import { scanRun } from '#storage/run/scan.ts'
import { arbitraryMessage } from '#test/otlp/arbitrary.ts'
import { encodeReference } from '#test/otlp/reference.ts'
import { decodePlain } from '../receiver/otlp/decode.ts'
import { Appender } from './append.ts'
import { flushRuns } from './flush.ts'

const messages = {
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  traces: 'ExportTraceServiceRequest',
} as const

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  metrics: createIntake('metrics'),
  traces: createIntake('traces'),
}

const limits = { maxBodyBytes: 1 << 24, maxRows: 10_000, maxAttributes: 100_000 }
const control = { check: () => {} }

/** Rows that the limits would keep: spans without a trace id are refused before they get here. */
function keptRows(intake: AnyIntake): Uint32Array {
  const rows = Uint32Array.from({ length: intake.rows.rows }, (_, i) => i)
  if (!('traceIdOffset' in intake.rows.columns) || intake.signal !== 'traces') return rows
  const { traceIdOffset } = intake.rows.columns
  return rows.filter((row) => traceIdOffset[row] !== absent)
}

/** A value as text with its type, so that 1, "1" and true differ. */
function valueOf(vector: Vector, row: number): string {
  const text = (texts: { offsets: Uint32Array; bytes: Uint8Array }, at: number): string =>
    Buffer.from(texts.bytes.slice(texts.offsets[at], texts.offsets[at + 1])).toString('hex')
  switch (vector.kind) {
    case 'texts':
      return text(vector.texts, row)
    case 'dictionary':
      return text(vector.values, vector.codes[row] ?? 0)
    case 'fixed':
      return Buffer.from(vector.bytes.slice(row * vector.width, (row + 1) * vector.width)).toString(
        'hex',
      )
    case 'doubles': {
      const { buffer, byteOffset } = vector.values
      return Buffer.from(buffer, byteOffset + row * 8, 8).toString('hex')
    }
    case 'words':
      return `${vector.values[row]}`
    case 'longs':
      return `${vector.hi[row]} ${vector.lo[row]}`
  }
}

/** Every row as one line: time, stream, and the columns that have a value. */
function linesOf(batch: Batch): string[] {
  const columns = [...batch.columns].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Array.from({ length: batch.rows }, (_, row) => {
    const values = columns.flatMap(([id, vector]) =>
      vector.present?.[row] === 0 ? [] : `${id}=${valueOf(vector, row)}`,
    )
    const stream = Buffer.from(batch.streams.bytes(batch.stream[row] ?? 0).slice()).toString('hex')
    const time = batch.timeBase + BigInt(batch.time[row] ?? 0)
    return [time, stream, ...values].join('; ')
  })
}

function runsOf(slabs: Slabs): RunRef[] {
  return Array.from({ length: slabs.count }, (_, i) => readRunRef(slabs, i)).filter(
    (run): run is RunRef => run !== null,
  )
}

/** Appends the requests, two per run, and gives the slabs. Every third run has another stream table. */
function append(signal: SignalName, requests: readonly Uint8Array[]): Slabs {
  const slabs = new Slabs(createSlabMemory(24, 1 << 18))
  const appenders = [0, 1].map(
    (worker) => new Appender(slabs, { signal, worker, clock: systemClock }),
  )
  for (const [i, bytes] of requests.entries()) {
    const plain = new ByteWriter()
    plain.raw(bytes)
    decodePlain(plain, intakes[signal], limits)
    const rows = keptRows(intakes[signal])
    const appender = appenders[i % 3 === 2 ? 1 : 0]
    if (rows.length === 0 || appender === undefined) continue
    const part = appender.append(intakes[signal], 'one', rows)
    if (part === null || part === 'split') throw new Error('no room')
    part.run.publish(part.at, i)
    if (i % 2 === 1) appender.cut()
    appender.sealReady()
  }
  return slabs
}

/** The rows of these requests, read from their runs and from the block that a flush makes of them. */
async function readTwice(
  signal: SignalName,
  requests: readonly Uint8Array[],
): Promise<{ expected: string[]; found: string[] }> {
  const scan: Scan = {
    tenant: 'one',
    signal,
    from: -(2n ** 63n),
    to: 2n ** 63n - 1n,
    predicates: [],
    columns: 'all',
    order: 'any',
  }
  const header = {
    signal,
    level: 0,
    logId: '0123456789abcdef',
    partition: 0,
    startOffset: 0,
    endOffset: 10,
    nonce: 'fedcba9876543210',
    createdNs: 0n,
  } as const
  const slabs = append(signal, requests)
  const runs = runsOf(slabs)
  const expected = runs.flatMap((run) => [...scanRun(slabs, run, scan, control)].flatMap(linesOf))
  const { bytes } = flushRuns(slabs, { signal, runs, header }, control)
  if (expected.length === 0) return { expected, found: [] }
  const block = await openBlock({
    size: bytes.length,
    read: async (from, to) => bytes.subarray(from, to),
  })
  const found = (await Array.fromAsync(block.scan(scan))).flatMap(linesOf)
  return { expected: expected.toSorted(), found: found.toSorted() }
}

for (const signal of signalNames) {
  test(`${signal}: a block has the rows of its runs, whatever they hold`, async (t) => {
    const request = arbitraryMessage(messages[signal]).map((message) =>
      encodeReference(messages[signal], message),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 6 }), async (requests) => {
        const { expected, found } = await readTwice(signal, requests)
        t.assert.deepEqual(found, expected)
      }),
      { numRuns: 40 },
    )
  })
}

test('metrics: points that are all zero have that value in a block too', async (t) => {
  const dataPoints = [
    { timeUnixNano: '1', asInt: 0 },
    { timeUnixNano: '2', asDouble: 0 },
  ]
  const metric = { name: 'up', gauge: { dataPoints } }
  const request = encodeReference(messages.metrics, {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }],
  })
  const { expected, found } = await readTwice('metrics', [request])
  t.assert.equal(expected.filter((line) => line.includes('r:double:value=')).length, 2)
  t.assert.deepEqual(found, expected)
})

test('attributes of too many keys to be columns come back with their types', async (t) => {
  const values = [
    { stringValue: 'again' },
    { stringValue: '' },
    { intValue: -7 },
    { doubleValue: -0 },
    { boolValue: true },
    { boolValue: false },
    { bytesValue: Buffer.of(0, 255) },
    { arrayValue: { values: [{ intValue: 1 }] } },
  ]
  const logRecords = Array.from({ length: 400 }, (_, i) => {
    const attributes = [0, 20, 40].map((step) => ({
      key: `k${(i + step) % 61}`,
      value: values[(i >> 1) % values.length],
    }))
    // A key for every row, and one that a row has twice, of which the first counts.
    const common = [
      { key: 'every', value: { stringValue: `${i % 3}` } },
      { key: `k${i % 61}`, value: values[(i >> 1) % values.length] },
    ]
    return {
      timeUnixNano: `${1_700_000_000_000_000_000 + i * 1024}`,
      attributes: [...attributes, ...common],
    }
  })
  const request = encodeReference('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords }] }],
  })
  const { expected, found } = await readTwice('logs', [request, request])
  t.assert.equal(expected.length, 800)
  t.assert.deepEqual(found, expected)
})
