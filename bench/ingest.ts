/**
 * `npm run bench -- ingest`: what it costs to take rows in. For each signal the real program is started
 * on an empty folder, gets gzip bodies over HTTP on four connections, and is measured from its first
 * request until everything is flushed into blocks: CPU of the whole process, synced.
 *
 * Prints rows and raw bytes per CPU second, bytes per row of Log and blocks, bytes written per byte at
 * rest, peak memory. `--rows N` sets the rows of each signal (the default runs for about a minute).
 */
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'
import {
  logRequests,
  metricRequests,
  spanRequests,
  type GeneratedRequest,
  type GenerateOptions,
} from './generate/requests.ts'
import { cpuSeconds, peakMiB, writtenBytes } from './process.ts'
import { report, type Figure } from './report.ts'

interface Load {
  readonly name: 'logs' | 'metrics' | 'traces'
  readonly rows: number
  readonly generate: (options: GenerateOptions) => Generator<GeneratedRequest>
  /** Goal in units per CPU second, and what a unit is. */
  readonly goal: number
  readonly unit: 'MB of line' | 'rows'
}

const asked = process.argv.indexOf('--rows')
const scale = asked < 0 ? 1 : Number(process.argv[asked + 1]) / 1_000_000

const loads: readonly Load[] = [
  { name: 'logs', rows: 800_000 * scale, generate: logRequests, goal: 60, unit: 'MB of line' },
  {
    name: 'metrics',
    rows: 5_000_000 * scale,
    generate: metricRequests,
    goal: 1_000_000,
    unit: 'rows',
  },
  { name: 'traces', rows: 1_000_000 * scale, generate: spanRequests, goal: 120_000, unit: 'rows' },
]

/** Requests under way at once. */
const connections = 4

/** Posts all requests; throws when one is not answered with 200. */
async function send(port: number, requests: readonly GeneratedRequest[]): Promise<number[]> {
  const latencies: number[] = []
  let next = 0
  const sender = async (): Promise<void> => {
    for (let i = next++; i < requests.length; i = next++) {
      const { path, body } = requests[i] ?? { path: '/', body: new Uint8Array(0) }
      const startedMs = systemClock.monotonicMs()
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
        body: Buffer.from(body),
      })
      const answer = await response.arrayBuffer()
      if (response.status !== 200 || answer.byteLength > 0)
        throw new Error(`request ${i} got ${response.status} and ${answer.byteLength} bytes`)
      latencies.push(systemClock.monotonicMs() - startedMs)
    }
  }
  await Promise.all(Array.from({ length: connections }, sender))
  return latencies.toSorted((a, b) => a - b)
}

function bytesBelow(dir: string, pattern: string): number {
  return globSync(pattern, { cwd: dir }).reduce(
    (sum, file) => sum + statSync(join(dir, file)).size,
    0,
  )
}

async function measure(load: Load): Promise<Figure[]> {
  const startNs = systemClock.nowNs() - 3_600_000_000_000n
  const requests = [...load.generate({ seed: 1, rows: load.rows, rowsPerRequest: 500, startNs })]
  const rows = requests.reduce((sum, request) => sum + request.rows, 0)
  const rawBytes = requests.reduce((sum, request) => sum + request.rawBytes, 0)
  const wire = requests.reduce((sum, request) => sum + request.body.length, 0)
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-ingest-'))
  const house = await startSignalbox(dir, ['--memory=1GiB', '--log-level=warn'])
  try {
    const before = cpuSeconds(house.pid)
    const startedMs = systemClock.monotonicMs()
    const latencies = await send(house.ports.http, requests)
    const seconds = (systemClock.monotonicMs() - startedMs) / 1000
    await fetch(`http://127.0.0.1:${house.ports.admin}/flush`, { method: 'POST' })
    const cpu = cpuSeconds(house.pid) - before
    const units = load.unit === 'rows' ? rows : rawBytes / 1e6
    const blocks = bytesBelow(dir, 'objects/**/*.sbx')
    const figure = (name: string, value: number, unit: string): Figure => ({
      name: `${load.name} ${name}`,
      value,
      unit,
    })
    return [
      { ...figure('per CPU second', units / cpu, load.unit), atLeast: load.goal },
      figure('per second', units / seconds, load.unit),
      figure('wire bytes per row', wire / rows, 'bytes'),
      figure('block bytes per row', blocks / rows, 'bytes'),
      figure('written per byte at rest', writtenBytes(house.pid) / blocks, 'bytes'),
      figure('acknowledgement p50', latencies[latencies.length >> 1] ?? 0, 'ms'),
      figure('acknowledgement p99', latencies[Math.floor(latencies.length * 0.99)] ?? 0, 'ms'),
      figure('peak memory', peakMiB(house.pid), 'MiB'),
    ]
  } finally {
    await stop(house)
    rmSync(dir, { recursive: true })
  }
}

async function stop(house: Started): Promise<void> {
  await house.end('SIGKILL')
}

const figures: Figure[] = []
for (const load of loads) figures.push(...(await measure(load)))
report('ingest', figures)
