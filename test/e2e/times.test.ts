/**
 * The ends of time: rows of 1970 and of 2262, where ns no longer fit into 63 bits. With the limits as
 * they are by default they are refused, by code and limit; with the limits lifted they are taken and
 * read back to the ns, from memory, from blocks, and after a crash and compaction.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Message } from '#bench/generate/message.ts'
import { decodeReference } from '#test/otlp/reference.ts'
import { getJson, startSignalbox, type Started } from '#test/signalbox.ts'

const first = 1_000_000_000n
/** The end of a range is outside of it, so the last ns that can be asked for is one before the last. */
const last = 2n ** 63n - 2n
/** Both ends, and beyond what a signed 64-bit time can say. */
const beyond = 2n ** 64n - 1n

type Signal = 'logs' | 'metrics' | 'traces'
const signals: readonly Signal[] = ['logs', 'metrics', 'traces']

const idOf = (timeNs: bigint) => Buffer.from((timeNs + 7n).toString(16).padStart(32, '0'), 'hex')

const writers: Readonly<Record<Signal, (out: Message, timeNs: bigint) => void>> = {
  logs(out, timeNs) {
    out.fixed64(1, timeNs)
    out.nested(5, () => out.text(1, `at ${timeNs}`))
  },
  metrics(out, timeNs) {
    out.text(1, 'ends_of_time')
    out.nested(5, () =>
      out.nested(1, () => {
        out.fixed64(3, timeNs)
        out.double(4, 42)
      }),
    )
  },
  traces(out, timeNs) {
    out.bytes(1, idOf(timeNs))
    out.bytes(2, idOf(timeNs).subarray(8))
    out.text(5, 'end of time')
    out.fixed64(7, timeNs)
    out.fixed64(8, timeNs)
  },
}

function requestOf(signal: Signal, timeNs: bigint): Buffer {
  const message = new Message()
  message.nested(1, () => {
    message.nested(1, () => message.attribute(1, 'service.name', 'clock'))
    message.nested(2, () => message.nested(2, () => writers[signal](message, timeNs)))
  })
  return message.take()
}

/** What the partial success of an answer says; empty when all was taken. */
async function send(house: Started, signal: Signal, timeNs: bigint): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${house.ports.http}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(requestOf(signal, timeNs)),
  })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (answer.status !== 200) throw new Error(`${signal} got ${answer.status}`)
  const { partialSuccess } = decodeReference('ExportServiceResponse', bytes) as {
    partialSuccess?: { rejected?: string; errorMessage?: string } // by the message's declaration
  }
  return partialSuccess === undefined
    ? ''
    : `${partialSuccess.rejected} refused: ${partialSuccess.errorMessage}`
}

test('the ends of time are refused by default', { timeout: 60_000 }, async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-times-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const house = await startSignalbox(dir, ['--log-level=error'])
  t.after(() => house.end('SIGKILL'))
  for (const signal of signals) {
    const past = await send(house, signal, first)
    t.assert.match(
      past,
      new RegExp(`^1 refused: .*compactor.${signal}Retention.*time-past`),
      signal,
    )
    for (const time of [last, beyond]) {
      const future = await send(house, signal, time)
      t.assert.match(future, /^1 refused: .*distributor\.maxFuture.*time-future/, signal)
    }
  }
})

const century = '100000d'
const lifted = [
  '--log-level=error',
  `--distributor.max-future=${century}`,
  `--compactor.logs-retention=${century}`,
  `--compactor.metrics-retention=${century}`,
  `--compactor.traces-retention=${century}`,
]

async function readBack(t: TestContext, house: Started, stage: string): Promise<void> {
  for (const time of [first, last]) {
    // Fewer digits than eleven would be seconds to Loki.
    const start = time === first ? '1970-01-01T00:00:01Z' : String(last - 5n)
    const end = time === first ? '1970-01-01T00:00:02Z' : String(last + 1n)
    const parameters = new URLSearchParams({ query: '{service_name="clock"}', start, end })
    const path = `/loki/api/v1/query_range?${parameters.toString()}`
    const logs = await getJson(house.ports.loki, path)
    t.assert.partialDeepStrictEqual(
      logs,
      { data: { result: [{ values: [[String(time), `at ${time}`]] }] } },
      `${stage}: logs`,
    )
    const ms = Number(time / 1_000_000n)
    const query = new URLSearchParams({ query: 'ends_of_time', time: String(ms / 1000) })
    const metrics = await getJson(house.ports.prometheus, `/api/v1/query?${query.toString()}`)
    t.assert.partialDeepStrictEqual(
      metrics,
      { data: { result: [{ value: [ms / 1000, '42'] }] } },
      `${stage}: metrics`,
    )
    const trace = await getJson(house.ports.tempo, `/api/traces/${idOf(time).toString('hex')}`)
    const shown = { startTimeUnixNano: String(time), endTimeUnixNano: String(time) }
    t.assert.partialDeepStrictEqual(
      trace,
      { batches: [{ scopeSpans: [{ spans: [shown] }] }] },
      `${stage}: traces`,
    )
  }
}

async function post(house: Started, path: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${house.ports.admin}${path}`, { method: 'POST' })
  if (!answer.ok) throw new Error(`${path} got ${answer.status}`)
}

test('with the limits lifted they are read back', { timeout: 120_000 }, async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-times-'))
  t.after(() => rmSync(dir, { recursive: true }))
  let house = await startSignalbox(dir, lifted)
  t.after(() => house.end('SIGKILL'))
  for (const signal of signals)
    for (const time of [first, last]) t.assert.equal(await send(house, signal, time), '')
  await readBack(t, house, 'in memory')
  await house.end('SIGKILL')
  house = await startSignalbox(dir, lifted)
  await readBack(t, house, 'after a crash')
  await post(house, '/flush')
  await readBack(t, house, 'in blocks')
  await post(house, '/compact')
  await readBack(t, house, 'compacted')
})
