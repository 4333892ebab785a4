/**
 * `npm run bench -- small`: many small requests. The real program gets 5,000 requests a second of ten log
 * records each for ten seconds, as gzip bodies; when it or the machine cannot keep up, requests wait
 * their turn and the rate that was reached is printed, with how much of all cores was used: near 100 %
 * the machine is the limit.
 *
 * Prints acknowledgement times, the main thread's share of a core and of the process, bytes per row in the
 * Log, event-loop delay. `--seconds N`, `--rate N`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { readOptions } from '#scripts/options.ts'
import { startSignalbox } from '#test/signalbox.ts'
import { logRequests } from './generate/requests.ts'
import { logBytes } from './log-bytes.ts'
import { sendPaced } from './paced.ts'
import { cpuByThread, cpuSeconds, peakMiB } from './process.ts'
import { report } from './report.ts'

const { rate, seconds } = readOptions({ rate: 5000, seconds: 10, json: false }).options
const rowsPerRequest = 10

/** Requests under way at most: beyond it the machine's limit is measured, not a queue. */
const connections = 128

const startNs = systemClock.nowNs() - 3_600_000_000_000n
const count = rate * seconds
const rows = count * rowsPerRequest
const requests = [...logRequests({ seed: 1, rows, rowsPerRequest, startNs })]
const dir = mkdtempSync(join(tmpdir(), 'signalbox-small-'))
const house = await startSignalbox(dir, ['--memory=1GiB', '--log-level=warn'])
try {
  const { http: port } = house.ports
  const warm = Math.ceil(count / 20)
  const warmUp = await sendPaced(requests.slice(0, warm), {
    port,
    perSecond: rate,
    seconds,
    connections,
  })
  const before = cpuSeconds(house.pid)
  const threads = cpuByThread(house.pid)
  const paced = { port, perSecond: rate, seconds, connections }
  const sender = await sendPaced(requests.slice(warm), paced)
  const { latencies, tookSeconds } = sender
  const cpu = cpuSeconds(house.pid) - before
  const byThread = cpuByThread(house.pid, threads)
  const main = byThread.get('node-MainThread') ?? 0
  const peak = peakMiB(house.pid)
  await house.end('SIGKILL')
  const sentRows = (warmUp.latencies.length + latencies.length) * rowsPerRequest
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
    ...[...byThread]
      .filter(([, used]) => used >= 0.05)
      .map(([thread, used]) => ({
        name: `CPU per request of ${thread}`,
        value: (1e6 * used) / latencies.length,
        unit: 'us',
      })),
    {
      name: 'CPU per request of the sender',
      value: (1e6 * sender.cpuSeconds) / latencies.length,
      unit: 'us',
    },
    {
      name: 'process and sender, of all cores',
      value: (100 * (cpu + sender.cpuSeconds)) / tookSeconds / availableParallelism(),
      unit: '%',
    },
    { name: 'body bytes per row', value: wire / latencies.length / rowsPerRequest, unit: 'bytes' },
    { name: 'Log bytes per row', value: logBytes(dir) / sentRows, unit: 'bytes' },
    { name: 'peak memory', value: peak, unit: 'MiB' },
  ])
} finally {
  await house.end('SIGKILL')
  rmSync(dir, { recursive: true })
}
