import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { must } from '#base/assert.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { buildKernel } from '#base/kernel/build.ts'
import { decodeFast, requestWindow } from '#receiver/otlp/kernel.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { completedRequest, type RequestName } from '#test/otlp/arbitrary.ts'
import { encodeReference, type Plain } from '#test/otlp/reference.ts'
import { runLayouts } from './columns.ts'
import { fillFast } from './fill-kernel.ts'
import { fillPart } from './fill.ts'
import { PartBuilder } from './part.ts'

const limits = { maxBodyBytes: 1 << 24, maxRows: 30_000, maxAttributes: 100_000 }

const names: Readonly<Record<SignalName, RequestName>> = {
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  traces: 'ExportTraceServiceRequest',
}

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  metrics: createIntake('metrics'),
  traces: createIntake('traces'),
}

/** The intake of a request in the kernel's memory; null when the kernel gives it up. */
function decoded(signal: SignalName, request: Plain): AnyIntake | null {
  const plain = new ByteWriter(requestWindow())
  plain.raw(encodeReference(names[signal], request))
  const intake = intakes[signal]
  return decodeFast(plain, intake, limits) && intake.rows.rows > 0 ? intake : null
}

function written(part: PartBuilder): string {
  const size = part.measure()
  const words = new Uint32Array(size.words)
  const bytes = new Uint8Array(words.buffer)
  part.write({ words, bytes }, 0, size)
  return Buffer.from(bytes).toString('hex')
}

/** The part of some rows of an intake, made one way or the other; null when the kernel leaves it to the other. */
function part(
  intake: AnyIntake,
  picked: { rows: Uint32Array; streams: Uint32Array },
  way: 'fast' | 'slow',
): string | null {
  const builder = new PartBuilder(runLayouts[intake.signal])
  const described = new Set<number>()
  const describe = (descriptor: number) => {
    const isNew = !described.has(descriptor)
    described.add(descriptor)
    return isNew && descriptor % 3 !== 2
  }
  if (way === 'fast') {
    return fillFast(builder, 'tenänt', intake, { ...picked, describe }) ? written(builder) : null
  }
  const bytes = intake.bytes.length + picked.rows.length * 16
  builder.reset('tenänt', { rows: picked.rows.length, attributes: intake.attributes.rows, bytes })
  fillPart(builder, intake, picked, describe)
  return written(builder)
}

/** Every row, or some, under any stream ids. */
function pick(intake: AnyIntake, seed: number) {
  const all = Array.from({ length: intake.rows.rows }, (_, row) => row)
  const some = seed % 2 === 0 ? all : all.filter((row) => (row * 7 + seed) % 3 > 0)
  const rows = Uint32Array.from(some.length > 0 ? some : all)
  const streams = Uint32Array.from({ length: intake.streams.rows }, (_, i) => (i * 31 + seed) % 97)
  return { rows, streams }
}

test('fill.wasm is what fill.as.ts compiles to', async (t) => {
  const committed = readFileSync(new URL('kernel/fill.wasm', import.meta.url))
  const built = await buildKernel(new URL('kernel/', import.meta.url), 'fill')
  t.assert.equal(Buffer.from(built).toString('hex'), committed.toString('hex'))
})

for (const signal of signalNames) {
  test(`${signal}: a part made by the kernel is the part made without it, byte for byte`, (t) => {
    let compared = 0
    fc.assert(
      fc.property(completedRequest(names[signal]), fc.nat(1000), (request, seed) => {
        const intake = decoded(signal, request)
        if (intake === null) return
        const picked = pick(intake, seed)
        const found = part(intake, picked, 'fast')
        if (found === null) return
        t.assert.equal(found, part(intake, picked, 'slow'))
        compared++
      }),
      { numRuns: 100 },
    )
    // Else the property says nothing.
    t.assert.equal(compared > 20, true, `${compared} parts were compared`)
  })
}

const record = (attributes: readonly [string, string][], body = 'x') => ({
  body: { stringValue: body },
  attributes: attributes.map(([key, stringValue]) => ({ key, value: { stringValue } })),
})
const logs = (...logRecords: readonly Plain[]): Plain => ({
  resourceLogs: [{ scopeLogs: [{ logRecords }] }],
})
const everyRow = (intake: AnyIntake) => pick(intake, 0)

test('keys that change places, repeat and collide are found again', (t) => {
  const keys = Array.from({ length: 300 }, (_, i) => `key.${i}`)
  const rows = [keys, keys.toReversed(), [...keys.slice(0, 9), ...keys.slice(0, 9)], []].map((of) =>
    record(of.map((key) => [key, `${key} of a row`.slice(0, 3 + (key.length % 5))])),
  )
  const intake = must(decoded('logs', logs(...rows, ...rows)), 'the kernel reads it')
  const picked = everyRow(intake)
  t.assert.equal(part(intake, picked, 'fast'), part(intake, picked, 'slow'))
})

test('what the kernel has no room for or does not know is left to the other way', (t) => {
  const check = (request: Plain, made: boolean) => {
    const intake = must(decoded('logs', request), 'the kernel reads it')
    t.assert.equal(part(intake, everyRow(intake), 'fast') !== null, made)
  }
  const keys = (count: number): [string, string][] =>
    Array.from({ length: count }, (_, i) => [`key.${i}`, 'v'])
  check(logs(record(keys(2048))), true)
  check(logs(record(keys(2049))), false)
  check(logs({ body: { intValue: '5' } }), false)
  check(logs({ body: { bytesValue: 'AAEC' } }), false)
  check(logs({ body: { kvlistValue: { values: [{ key: 'k' }] } } }, {}), true)
})

test('an intake with memory of its own is left to the other way', (t) => {
  const intake = must(decoded('logs', logs(record([]))), 'the kernel reads it')
  intake.memory = null
  t.assert.equal(part(intake, everyRow(intake), 'fast'), null)
})

test('a builder takes requests by turns in both ways', (t) => {
  const intake = must(decoded('logs', logs(record([['a', 'b']], 'body'))), 'the kernel reads it')
  const builder = new PartBuilder(runLayouts.logs)
  const picked = everyRow(intake)
  const fast = () => {
    fillFast(builder, 't', intake, { ...picked, describe: () => false })
    return written(builder)
  }
  const slow = () => {
    builder.reset('t', { rows: 1, attributes: 1, bytes: intake.bytes.length + 16 })
    fillPart(builder, intake, picked, () => false)
    return written(builder)
  }
  const first = slow()
  t.assert.deepEqual([fast(), slow(), fast(), fast(), slow()], [first, first, first, first, first])
})
