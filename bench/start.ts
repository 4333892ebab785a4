/**
 * `npm run bench -- start [--gigabytes N] [--streams N] [--times N] [--json]`: time from the start of the process
 * to its first accepted OTLP request. First on an empty folder and with an empty compile cache, as after an
 * installation, then with the cache of that start; then on a folder as a killed process leaves it, with N
 * GB of blocks (5), a million streams defined in its Log, and the Log as long as it becomes: all memory for
 * unflushed rows is full of rows that are nowhere else (when runs are full, writes wait; `memory` bounds
 * it). Then that process is killed too, right after its banner, in the middle of reading back, and the
 * start is measured again, so many times (5). The page cache is dropped where that is permitted, and the
 * figures say so.
 *
 * Where other processes keep the cores busy a start takes longer, its CPU time little so, and what its threads
 * together waited for a core says by how much; on two cores a third of a second of it is for each other.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '#base/assert.ts'
import { systemClock } from '#base/clock.ts'
import { planMemory } from '#cmd/memory.ts'
import { readOptions } from '#scripts/options.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'
import { fillBlocks, fillLog, lineRequest } from './generate/folder.ts'
import { scheduled } from './process.ts'
import { report, type Figure } from './report.ts'

const { options } = readOptions({
  gigabytes: 5,
  streams: 1_000_000,
  times: 5,
  json: false,
})

const goalMs = 1000
/** The default of a machine with 8 GiB or more. */
const memoryBytes = 2 ** 31

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function post(port: number, body: Uint8Array): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(body),
  })
  await answer.arrayBuffer()
  return answer.status
}

interface Opened {
  readonly house: Started
  readonly acceptedMs: number
  /** Of all threads, until the request was accepted. */
  readonly cpuMs: number
  readonly waitMs: number
}

/** Starts the program and asks from the first moment on. */
async function open(dir: string): Promise<Opened> {
  const port = await freePort()
  const body = lineRequest(systemClock.nowNs(), 1, 40)
  let pid = 0
  const startedMs = systemClock.monotonicMs()
  const starting = startSignalbox(
    dir,
    [`--receiver.http-port=${port}`, '--log-level=error', `--memory=${memoryBytes}`],
    { environment: { NODE_COMPILE_CACHE: cache }, onSpawn: (id) => (pid = id) },
  )
  let status = 0
  while (status !== 200) {
    status = await post(port, body).catch(() => 0)
    if (status !== 200) await systemClock.sleep(5)
  }
  const acceptedMs = systemClock.monotonicMs() - startedMs
  const costs = scheduled(pid)
  return { house: await starting, acceptedMs, ...costs }
}

async function measure(dir: string): Promise<Opened> {
  const opened = await open(dir)
  await opened.house.end('SIGKILL')
  return opened
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
    spawnSync('sync')
    writeFileSync('/proc/sys/vm/drop_caches', '3')
    return true
  } catch {
    return false
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return must(sorted[sorted.length >> 1], 'something was measured')
}

/** What starts of one kind took: one of them, or the median and the worst of several. */
function figures(name: string, starts: readonly Opened[]): Figure[] {
  const accepted = starts.map(({ acceptedMs }) => acceptedMs)
  const [times, worst] = starts.length === 1 ? ['', []] : [', median', [Math.max(...accepted)]]
  const ms = (what: string, value: number) => ({ name: `${name}: ${what}`, value, unit: 'ms' })
  return [
    { ...ms(`first request accepted${times}`, median(accepted)), goal: goalMs },
    ...worst.map((value) => ({ ...ms('first request accepted, worst', value), goal: goalMs })),
    ms(`CPU time until then${times}`, median(starts.map(({ cpuMs }) => cpuMs))),
    ms(`threads waited for a core${times}`, median(starts.map(({ waitMs }) => waitMs))),
  ]
}

const dir = mkdtempSync(join(tmpdir(), 'signalbox-start-'))
const cache = join(dir, 'compile-cache')
try {
  const cold = await measure(join(dir, 'cold'))
  const empty = await measure(join(dir, 'empty'))
  const full = join(dir, 'full')
  await measure(full)
  const { slabs, slabBytes } = planMemory(memoryBytes)
  const blocks = await fillBlocks(full, options.gigabytes * 1e9)
  await fillLog(full, { bytes: slabs * slabBytes, streams: options.streams })
  const logBytes = bytesBelow(full, 'log/*.seg')
  const dropped = dropCache()
  const filled = await measure(full)
  const killed: Opened[] = []
  for (let time = 0; time < Math.max(1, options.times); time++) {
    dropCache()
    killed.push(await measure(full))
  }
  report('start', [
    ...figures('empty folder and compile cache', [cold]),
    ...figures('empty folder', [empty]),
    ...figures('full folder', [filled]),
    ...figures('killed while reading back', killed),
    { name: 'blocks', value: bytesBelow(full, 'objects/data/**/*.sbx') / 1e9, unit: 'GB' },
    { name: 'blocks', value: blocks, unit: 'blocks' },
    { name: 'Log', value: logBytes / 1e6, unit: 'MB' },
    { name: 'streams', value: options.streams, unit: 'streams' },
    { name: 'page cache dropped', value: dropped ? 1 : 0, unit: 'times' },
  ])
} finally {
  rmSync(dir, { recursive: true })
}
