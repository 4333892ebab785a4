/**
 * `npm run bench -- start [--gb N] [--streams N] [--json]`: time from the start of the process to its first
 * accepted OTLP request. First on an empty folder; then, after SIGKILL, with N GB of blocks (0.5), and as
 * much in the Log as memory for unflushed rows allows, in which a million streams are defined. The page
 * cache is dropped where that is permitted, and the figures say whether it was.
 */
import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'
import { Message } from './generate/message.ts'
import { cpuSeconds } from './process.ts'
import { report, type Figure } from './report.ts'

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    gb: { type: 'string', default: '0.5' },
    streams: { type: 'string', default: '1000000' },
    json: { type: 'boolean' },
  },
})

const goalMs = 1000
const streamsPerRequest = 10_000
const lineBytes = 200_000
const linesPerRequest = 20

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function post(port: number, path: string, body: Uint8Array): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(body),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** Sends until the request is accepted; a full run is waited for, as an SDK does. */
async function deliver(port: number, path: string, body: Uint8Array): Promise<void> {
  for (;;) {
    const status = await post(port, path, body)
    if (status === 200) return
    if (status !== 503) throw new Error(`${path} got ${status}`)
    await systemClock.sleep(500)
  }
}

function logRequest(write: (message: Message) => void, rows: number): Uint8Array {
  const message = new Message()
  message.nested(1, () =>
    message.nested(2, () => {
      for (let row = 0; row < rows; row++)
        message.nested(2, () => {
          message.fixed64(1, systemClock.nowNs())
          message.nested(5, () => write(message))
        })
    }),
  )
  return message.take()
}

/** Points of streams [from, to), one each. */
function pointRequest(from: number, to: number): Uint8Array {
  const message = new Message()
  const timeNs = systemClock.nowNs()
  message.nested(1, () =>
    message.nested(2, () =>
      message.nested(2, () => {
        message.text(1, 'churned_streams')
        message.nested(5, () => {
          for (let i = from; i < to; i++)
            message.nested(1, () => {
              message.fixed64(3, timeNs)
              message.double(4, i)
              message.attribute(7, 'pod', `pod-${i}`)
            })
        })
      }),
    ),
  )
  return message.take()
}

interface Opened {
  readonly house: Started
  readonly acceptedMs: number
  readonly cpuMs: number
}

/** Starts the program and asks from the first moment on. */
async function open(dir: string, flags: readonly string[] = []): Promise<Opened> {
  const port = await freePort()
  const body = logRequest((message) => message.text(1, 'the first row'), 1)
  const startedMs = systemClock.monotonicMs()
  const starting = startSignalbox(dir, [
    `--receiver.http-port=${port}`,
    '--log-level=error',
    ...flags,
  ])
  let status = 0
  while (status !== 200) {
    status = await post(port, '/v1/logs', body).catch(() => 0)
    if (status !== 200) await systemClock.sleep(5)
  }
  const acceptedMs = systemClock.monotonicMs() - startedMs
  const house = await starting
  return { house, acceptedMs, cpuMs: cpuSeconds(house.pid) * 1000 }
}

/** Fills the folder: blocks first, then streams that stay in the Log. */
async function fill(dir: string): Promise<void> {
  const { house } = await open(dir, ['--memory=2GiB'])
  const { http, admin } = house.ports

  const requests = Math.ceil((Number(values.gb) * 1e9) / (lineBytes * 0.75 * linesPerRequest))
  const line = () => Buffer.from(systemRandom.bytes(lineBytes * 0.75)).toString('base64')
  for (let i = 0; i < requests; i++) {
    await deliver(
      http,
      '/v1/logs',
      logRequest((message) => message.text(1, line()), linesPerRequest),
    )
  }
  await fetch(`http://127.0.0.1:${admin}/flush`, { method: 'POST' })
  for (let from = 0; from < Number(values.streams); from += streamsPerRequest)
    await deliver(http, '/v1/metrics', pointRequest(from, from + streamsPerRequest))
  await house.end('SIGKILL')
}

function bytesBelow(dir: string, pattern: string): number {
  return globSync(pattern, { cwd: dir }).reduce(
    (sum, file) => sum + statSync(join(dir, file)).blocks * 512,
    0,
  )
}

/** Makes the next reads come from the disk; false where that is not permitted. */
function dropCache(): boolean {
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '1')
    return true
  } catch {
    return false
  }
}

const dir = mkdtempSync(join(tmpdir(), 'signalbox-start-'))
try {
  const empty = await open(join(dir, 'empty'))
  await empty.house.end('SIGKILL')
  const full = join(dir, 'full')
  await fill(full)
  const dropped = dropCache()
  const filled = await open(full, ['--memory=2GiB'])
  await filled.house.end('SIGKILL')
  const figures: Figure[] = [
    {
      name: 'empty folder: first request accepted',
      value: empty.acceptedMs,
      unit: 'ms',
      goal: goalMs,
    },
    { name: 'empty folder: CPU time of the start', value: empty.cpuMs, unit: 'ms' },
    {
      name: 'after SIGKILL: first request accepted',
      value: filled.acceptedMs,
      unit: 'ms',
      goal: goalMs,
    },
    { name: 'after SIGKILL: CPU time of the start', value: filled.cpuMs, unit: 'ms' },
    { name: 'blocks', value: bytesBelow(full, 'objects/**/*.sbx') / 1e9, unit: 'GB' },
    { name: 'Log', value: bytesBelow(full, 'log/*.seg') / 1e6, unit: 'MB' },
    { name: 'streams', value: Number(values.streams), unit: 'streams' },
    { name: 'page cache dropped', value: dropped ? 1 : 0, unit: 'times' },
  ]
  report('start', figures)
} finally {
  rmSync(dir, { recursive: true })
}
