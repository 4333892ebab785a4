/**
 * `npm run bench -- ingest`: what it costs to take rows in. For each signal the real program is started
 * on an empty folder, gets gzip bodies over HTTP, and is measured until everything is in
 * blocks of the first level and those are folded (`POST /flush`, `POST /fold`): CPU of the whole
 * process, synced. Every eighth of the load is flushed, so that a fold has the objects it waits for.
 *
 * The load comes four times over, one part after the other through the same process. The first part says what a
 * process that has just begun needs, V8's compilers included; the others, which the goals are about,
 * what it needs from then on. Prints rows and raw bytes per CPU second of both, and of the others CPU by
 * thread, bytes per row of Log and blocks, bytes written per byte at rest, peak memory, event-loop delay;
 * and that delay once more beside hostile queries. `--rows N` scales the load of each signal in proportion
 * (1000000 is the default load), `--batch N` is the rows of a request (500; a Collector's batches have up to 8192),
 * `--connections N` is how many agents send at once (32, as many as the logs come from), each the
 * next request when the one before was answered; `--only SIGNAL` leaves the others out.
 */
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { readOptions } from '#scripts/options.ts'
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

const { options } = readOptions({
  rows: 1_000_000,
  batch: 500,
  connections: 32,
  only: '',
  json: false,
})
const scale = options.rows / 1_000_000
const rowsPerRequest = options.batch

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
const chosen = loads.filter(({ name }) => options.only === '' || options.only === name)
if (chosen.length === 0) {
  console.error(`there is no signal ${options.only}`)
  process.exit(2)
}

/** How long ago the first row was: scrapes of a whole load take 100 minutes, and none may be in the future. */
const startAgoNs = 2n * 3_600_000_000_000n

/** Parts of a load: that of a process that has just begun, and those of one that runs. */
const parts = 4

/** Flushes of a part: as many first-level objects make a fold due. */
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
  await Promise.all(Array.from({ length: options.connections }, sender))
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

interface Measured extends Sent {
  readonly rows: number
  /** Bytes of log lines; of plain protobuf for the others. */
  readonly rawBytes: number
  /** Bytes of the bodies as they were sent. */
  readonly wireBytes: number
  readonly cpu: number
  readonly threads: ReadonlyMap<string, number>
  /** By the process to disks. */
  readonly written: number
  /** Bytes of blocks that the part left. */
  readonly atRest: number
  readonly leftAtLevel0: number
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

/** One part of a load through the process, until it is folded. */
async function measurePart(
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
    rows: sum(requests, (request) => request.rows),
    rawBytes: sum(requests, (request) => request.rawBytes),
    wireBytes: sum(requests, ({ body }) => body.length),
    cpu: cpuSeconds(house.pid) - cpu,
    threads: cpuByThread(house.pid, threads),
    level0: sent.level0 - level0,
    written: writtenBytes(house.pid) - written,
    atRest: bytesBelow(dir, 'objects/**/*.sbx') - atRest,
    leftAtLevel0: bytesBelow(dir, '**/l0/**/*.sbx'),
  }
}

/** The next requests of a load, for `rows` rows. */
function take(from: Generator<GeneratedRequest>, rows: number): GeneratedRequest[] {
  const requests: GeneratedRequest[] = []
  for (let left = rows; left > 0;) {
    const { value, done } = from.next()
    if (done) break
    requests.push(value)
    left -= value.rows
  }
  return requests
}

async function measure(load: Load): Promise<Figure[]> {
  const startNs = systemClock.nowNs() - startAgoNs
  const { rows } = load
  const all = load.generate({ seed: 1, rows: parts * rows, rowsPerRequest, startNs })
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-ingest-'))
  // The compactor waits to be told, so that every run does the same.
  const flags = ['--memory=2GiB', '--log-level=warn', '--compactor.every=1h']
  const house = await startSignalbox(dir, flags)
  try {
    const first = await measurePart(house, dir, take(all, rows))
    const others: Measured[] = []
    for (let part = 1; part < parts; part++)
      others.push(await measurePart(house, dir, take(all, rows)))
    const delay = await metricOf(
      house.ports.admin,
      'signalbox_process_event_loop_delay_worst_seconds',
    )
    const figure = figureOf(load)
    return [
      figure('per CPU second of the first part', unitsOf(load, [first]), load.unit),
      { ...figure('per CPU second', unitsOf(load, others), load.unit), atLeast: load.goal },
      ...figuresOf(load, others),
      figure('peak memory', peakMiB(house.pid), 'MiB'),
      { ...figure('event-loop delay, worst 10-s p99', delay * 1000, 'ms'), goal: 20 },
    ]
  } finally {
    await house.end('SIGKILL')
    rmSync(dir, { recursive: true })
  }
}

/** Units of a load that some parts had per CPU second. */
function unitsOf({ unit }: Load, seen: readonly Measured[]): number {
  const cpu = sum(seen, (part) => part.cpu)
  return unit === 'rows'
    ? sum(seen, ({ rows }) => rows) / cpu
    : sum(seen, ({ rawBytes }) => rawBytes) / 1e6 / cpu
}

function figureOf({ name: load }: Load) {
  return (name: string, value: number, unit: string): Figure => ({
    name: `${load} ${name}`,
    value,
    unit,
  })
}

/** What the CPU went to, bytes and latencies of parts together. */
function figuresOf(load: Load, seen: readonly Measured[]): Figure[] {
  const figure = figureOf(load)
  const total = (of: (part: Measured) => number): number => sum(seen, of)
  const rows = total((part) => part.rows)
  const cpu = total((part) => part.cpu)
  const atRest = total((part) => part.atRest)
  const latencies = seen.flatMap((part) => part.latencies).toSorted((a, b) => a - b)
  const names = new Set(seen.flatMap(({ threads }) => [...threads.keys()]))
  const shares = [...names].map(
    (name) => [name, total(({ threads }) => threads.get(name) ?? 0) / cpu] as const,
  )
  const perSecond = (unitsOf(load, seen) * cpu) / total(({ seconds }) => seconds)
  return [
    figure('per second', perSecond, load.unit),
    ...shares
      .filter(([, share]) => share > 0.01)
      .map(([name, share]) => figure(`CPU of ${name}`, 100 * share, '%')),
    figure(
      'Log bytes per row (bodies as they came)',
      total(({ wireBytes }) => wireBytes) / rows,
      'bytes',
    ),
    figure('L0 bytes per row', total(({ level0 }) => level0) / rows, 'bytes'),
    figure('bytes per row at the end', atRest / rows, 'bytes'),
    figure('of it not folded', (100 * (seen.at(-1)?.leftAtLevel0 ?? 0)) / atRest, '%'),
    figure('written per byte at rest', total(({ written }) => written) / atRest, 'bytes'),
    figure('acknowledgement p50', latencies[latencies.length >> 1] ?? 0, 'ms'),
    figure('acknowledgement p99', latencies[Math.floor(latencies.length * 0.99)] ?? 0, 'ms'),
  ]
}

const figures: Figure[] = []
for (const load of chosen) figures.push(...(await measure(load)))
if (options.only === '') figures.push(...(await measureUnderQueries()))
report('ingest', figures)
