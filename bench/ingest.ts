/**
 * `npm run bench -- ingest`: what it costs to take rows in. For each signal the real program is started
 * on an empty folder, gets gzip bodies over HTTP on eight connections, and is measured until everything is in
 * blocks of the first level and those are folded (`POST /flush`, `POST /fold`): CPU of the whole
 * process, synced. Every eighth of the load is flushed, so that a fold has the objects it waits for.
 *
 * The load comes twice over, one half after the other through the same process. The first half says what a
 * process that has just begun needs, V8's compilers included; the second, which the goals are about,
 * what it needs from then on. Prints rows and raw bytes per CPU second of both, and of the second CPU by
 * thread, bytes per row of Log and blocks, bytes written per byte at rest, peak memory, event-loop delay;
 * and that delay once more beside hostile queries. `--rows N` scales the load of each signal in proportion
 * (1000000 is the default load), `--only SIGNAL` leaves the others out.
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
import { measureUnderQueries } from './hostile.ts'
import { cpuByThread, cpuSeconds, metricOf, peakMiB, writtenBytes } from './process.ts'
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

const onlyAt = process.argv.indexOf('--only')
const only = onlyAt < 0 ? null : process.argv[onlyAt + 1]

/** Requests under way at once. */
const connections = 8

/** Flushes of a load: as many first-level objects make a fold due. */
const flushes = 8

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

async function post(port: number, path: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST' })
  if (!response.ok) throw new Error(`${path} got ${response.status}`)
}

interface Sent {
  readonly latencies: number[]
  readonly seconds: number
  /** Bytes of first-level objects: what every flush left, before the fold. */
  readonly level0: number
}

async function sendAll(
  house: Started,
  dir: string,
  requests: readonly GeneratedRequest[],
): Promise<Sent> {
  const latencies: number[] = []
  const startedMs = systemClock.monotonicMs()
  const step = Math.ceil(requests.length / flushes)
  for (let from = 0; from < requests.length; from += step) {
    latencies.push(...(await send(house.ports.http, requests.slice(from, from + step))))
    await post(house.ports.admin, '/flush')
  }
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000
  const level0 = bytesBelow(dir, '**/l0/**/*.sbx')
  await post(house.ports.admin, '/fold')
  return { latencies: latencies.toSorted((a, b) => a - b), seconds, level0 }
}

function sum(
  requests: readonly GeneratedRequest[],
  of: (request: GeneratedRequest) => number,
): number {
  return requests.reduce((total, request) => total + of(request), 0)
}

/** One half of a load through the process, until it is folded. */
async function measureHalf(
  house: Started,
  dir: string,
  requests: readonly GeneratedRequest[],
): Promise<Measured> {
  const written = writtenBytes(house.pid)
  const level0 = bytesBelow(dir, '**/l0/**/*.sbx')
  const atRest = bytesBelow(dir, 'objects/**/*.sbx')
  const cpu = cpuSeconds(house.pid)
  const threads = cpuByThread(house.pid)
  const sent = await sendAll(house, dir, requests)
  return {
    ...sent,
    cpu: cpuSeconds(house.pid) - cpu,
    threads: cpuByThread(house.pid, threads),
    level0: sent.level0 - level0,
    written: writtenBytes(house.pid) - written,
    atRest: bytesBelow(dir, 'objects/**/*.sbx') - atRest,
    leftAtLevel0: bytesBelow(dir, '**/l0/**/*.sbx'),
    peak: peakMiB(house.pid),
    delay: await metricOf(house.ports.admin, 'signalbox_process_event_loop_delay_worst_seconds'),
  }
}

async function measure(load: Load): Promise<Figure[]> {
  const startNs = systemClock.nowNs() - 3_600_000_000_000n
  const all = [...load.generate({ seed: 1, rows: 2 * load.rows, rowsPerRequest: 500, startNs })]
  const first = all.slice(0, all.length >> 1)
  const second = all.slice(all.length >> 1)
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-ingest-'))
  // The compactor waits to be told, so that every run does the same.
  const flags = ['--memory=1GiB', '--log-level=warn', '--compactor.every=1h']
  const house = await startSignalbox(dir, flags)
  try {
    const cold = await measureHalf(house, dir, first)
    const warm = await measureHalf(house, dir, second)
    return [
      {
        name: `${load.name} per CPU second of the first half`,
        value: unitsOf(load, first) / cold.cpu,
        unit: load.unit,
      },
      ...figuresOf(load, second, warm),
    ]
  } finally {
    await house.end('SIGKILL')
    rmSync(dir, { recursive: true })
  }
}

interface Measured extends Sent {
  readonly cpu: number
  readonly delay: number
  readonly threads: ReadonlyMap<string, number>
  /** By the process to disks. */
  readonly written: number
  /** Bytes of blocks that the half left. */
  readonly atRest: number
  readonly leftAtLevel0: number
  readonly peak: number
}

function unitsOf({ unit }: Load, requests: readonly GeneratedRequest[]): number {
  return unit === 'rows'
    ? sum(requests, ({ rows }) => rows)
    : sum(requests, ({ rawBytes }) => rawBytes) / 1e6
}

function figuresOf(load: Load, requests: readonly GeneratedRequest[], seen: Measured): Figure[] {
  const rows = sum(requests, (request) => request.rows)
  const units = unitsOf(load, requests)
  const wire = sum(requests, ({ body }) => body.length)
  const { latencies, cpu, atRest } = seen
  const figure = (name: string, value: number, unit: string): Figure => ({
    name: `${load.name} ${name}`,
    value,
    unit,
  })
  return [
    { ...figure('per CPU second', units / cpu, load.unit), atLeast: load.goal },
    figure('per second', units / seen.seconds, load.unit),
    ...[...seen.threads]
      .filter(([, seconds]) => seconds * 100 > cpu)
      .map(([name, seconds]) => figure(`CPU of ${name}`, (100 * seconds) / cpu, '%')),
    figure('Log bytes per row (bodies as they came)', wire / rows, 'bytes'),
    figure('L0 bytes per row', seen.level0 / rows, 'bytes'),
    figure('bytes per row at the end', atRest / rows, 'bytes'),
    figure('of it not folded', (100 * seen.leftAtLevel0) / atRest, '%'),
    figure('written per byte at rest', seen.written / atRest, 'bytes'),
    figure('acknowledgement p50', latencies[latencies.length >> 1] ?? 0, 'ms'),
    figure('acknowledgement p99', latencies[Math.floor(latencies.length * 0.99)] ?? 0, 'ms'),
    figure('peak memory', seen.peak, 'MiB'),
    { ...figure('event-loop delay, worst 10-s p99', seen.delay * 1000, 'ms'), goal: 20 },
  ]
}

const figures: Figure[] = []
for (const load of loads)
  if (only === null || load.name === only) figures.push(...(await measure(load)))
if (only === null) figures.push(...(await measureUnderQueries()))
report('ingest', figures)
