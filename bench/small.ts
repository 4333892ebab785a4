/**
 * `npm run bench -- small`: many small requests. The real program gets 5,000 requests a second of ten log
 * records each for ten seconds, as gzip bodies; when it or this sender cannot keep up, requests wait
 * their turn and the rate that was reached is printed.
 *
 * Prints acknowledgement times, the main thread's share of a core and of the process, bytes per row in the
 * Log, event-loop delay. `--seconds N`, `--rate N`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { startSignalbox } from '#test/signalbox.ts'
import { logRequests, type GeneratedRequest } from './generate/requests.ts'
import { logBytes } from './log-bytes.ts'
import { cpuByThread, cpuSeconds, peakMiB } from './process.ts'
import { report } from './report.ts'

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

const rate = option('--rate', 5000)
const seconds = option('--seconds', 10)
const rowsPerRequest = 10

/** Requests under way at most: beyond it the machine's limit is measured, not a queue. */
const maxUnderWay = 128

async function sendOne(port: number, request: GeneratedRequest): Promise<number> {
  const startedMs = systemClock.monotonicMs()
  const response = await fetch(`http://127.0.0.1:${port}${request.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
    body: Buffer.from(request.body),
  })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`a request got ${response.status}`)
  return systemClock.monotonicMs() - startedMs
}

/** Sends requests at the rate, fewer when too many are under way; gives the times to their answers. */
async function sendPaced(port: number, requests: readonly GeneratedRequest[]): Promise<number[]> {
  const latencies: number[] = []
  const startedMs = systemClock.monotonicMs()
  let next = 0
  const sender = async (): Promise<void> => {
    for (;;) {
      const elapsedMs = systemClock.monotonicMs() - startedMs
      if (next >= requests.length || elapsedMs > seconds * 1000) return
      const dueMs = (next * 1000) / rate
      if (dueMs > elapsedMs) {
        await systemClock.sleep(dueMs - elapsedMs)
        continue
      }
      const request = requests[next++]
      if (request !== undefined) latencies.push(await sendOne(port, request))
    }
  }
  await Promise.all(Array.from({ length: maxUnderWay }, sender))
  return latencies.toSorted((a, b) => a - b)
}

const startNs = systemClock.nowNs() - 3_600_000_000_000n
const count = rate * seconds
const rows = count * rowsPerRequest
const requests = [...logRequests({ seed: 1, rows, rowsPerRequest, startNs })]
const dir = mkdtempSync(join(tmpdir(), 'signalbox-small-'))
const house = await startSignalbox(dir, ['--memory=1GiB', '--log-level=warn'])
try {
  const warmUp = await sendPaced(house.ports.http, requests.slice(0, Math.ceil(count / 20)))
  const before = cpuSeconds(house.pid)
  const threads = cpuByThread(house.pid)
  const startedMs = systemClock.monotonicMs()
  const latencies = await sendPaced(house.ports.http, requests.slice(Math.ceil(count / 20)))
  const tookSeconds = (systemClock.monotonicMs() - startedMs) / 1000
  const cpu = cpuSeconds(house.pid) - before
  const main = cpuByThread(house.pid, threads).get('node-MainThread') ?? 0
  const peak = peakMiB(house.pid)
  await house.end('SIGKILL')
  const sentRows = (warmUp.length + latencies.length) * rowsPerRequest
  const wire = requests
    .slice(0, latencies.length)
    .reduce((total, { body }) => total + body.length, 0)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0
  report('small', [
    { name: 'requests offered', value: rate, unit: 'per second' },
    { name: 'requests acknowledged', value: latencies.length / tookSeconds, unit: 'per second' },
    { name: 'acknowledgement p50', value: at(0.5), unit: 'ms' },
    { name: 'acknowledgement p99', value: at(0.99), unit: 'ms', goal: 50 },
    { name: 'main thread, of one core', value: (100 * main) / tookSeconds, unit: '%', goal: 40 },
    { name: 'main thread, of the process', value: (100 * main) / cpu, unit: '%' },
    { name: 'main thread per request', value: (1e6 * main) / latencies.length, unit: 'us' },
    { name: 'CPU per request', value: (1e6 * cpu) / latencies.length, unit: 'us' },
    { name: 'body bytes per row', value: wire / latencies.length / rowsPerRequest, unit: 'bytes' },
    { name: 'Log bytes per row', value: logBytes(dir) / sentRows, unit: 'bytes' },
    { name: 'peak memory', value: peak, unit: 'MiB' },
  ])
} finally {
  await house.end('SIGKILL')
  rmSync(dir, { recursive: true })
}
