/**
 * Kills the program under load, many times, and looks for every row it acknowledged. Settings make it
 * cut, flush, fold and shorten its Log all the time, so that kills fall into each of these. At the end
 * the program is started once more, reads its Log back, writes everything into blocks and is killed
 * again; then the blocks are read without it.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { seededRandom } from '#base/random.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'
import { countIds, logDamages } from './folder.ts'
import { compare, readLedger, type Comparison } from './ledger.ts'

export interface KillOptions {
  /** A folder that does not exist yet; removed when nothing is missing. */
  readonly dir: string
  readonly kills: number
  readonly seed: number
  /** Longest life of a process after its first acknowledgement, ms. */
  readonly maxLifeMs: number
  readonly progress?: (line: string) => void
}

export interface KillResult extends Comparison {
  readonly kills: number
  readonly damages: readonly string[]
  readonly longestStartMs: number
}

const busy = [
  '--ingester.max-logs-and-traces-age=200ms',
  '--ingester.max-metrics-age=300ms',
  '--ingester.segment-bytes=1MiB',
  '--compactor.every=150ms',
  '--memory=512MiB',
  '--log-level=error',
]

/** Two free ports; another process could take one before it is used, which fails the run by name. */
async function freePorts(): Promise<{ http: number; grpc: number }> {
  const servers = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    ports.push(typeof address === 'object' && address !== null ? address.port : 0)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return { http: ports[0] ?? 0, grpc: ports[1] ?? 0 }
}

export async function killRun(options: KillOptions): Promise<KillResult> {
  const { dir, kills, seed, maxLifeMs, progress } = options
  mkdirSync(dir, { recursive: true })
  const data = join(dir, 'data')
  const ledger = join(dir, 'ledger')
  const ports = await freePorts()
  const flags = [
    ...busy,
    `--receiver.http-port=${ports.http}`,
    `--receiver.grpc-port=${ports.grpc}`,
  ]
  const random = seededRandom(seed)
  const sender = startSender([ledger, String(ports.http), String(ports.grpc), String(seed)])
  let longestStartMs = 0
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const startedMs = systemClock.monotonicMs()
      const house = await startSignalbox(data, flags)
      longestStartMs = Math.max(longestStartMs, systemClock.monotonicMs() - startedMs)
      await grown(ledger)
      await systemClock.sleep(random.below(maxLifeMs))
      await house.end('SIGKILL')
      if (sender.failure() !== null) throw new Error(`the sender failed: ${sender.failure()}`)
      if (kill % 10 === 0) progress?.(`${kill} kills`)
    }
  } finally {
    await sender.stop()
  }
  await settle(data, flags)
  const result = compare(readLedger(ledger), await countIds(data))
  const damages = await logDamages(data)
  if (result.missing === 0) rmSync(dir, { recursive: true })
  return { ...result, kills, damages, longestStartMs }
}

/** Resolves when something more was acknowledged, or after a while: on a busy machine senders take their time. */
async function grown(ledger: string): Promise<void> {
  const size = (): number => statSync(ledger, { throwIfNoEntry: false })?.size ?? 0
  const before = size()
  for (let i = 0; i < 500 && size() === before; i++) await systemClock.sleep(10)
}

/** A last life: reads the Log back, brings all into blocks, compacts, and is killed. */
async function settle(data: string, flags: readonly string[]): Promise<void> {
  const house = await startSignalbox(data, flags)
  try {
    await post(house, '/flush')
    await post(house, '/compact')
  } finally {
    await house.end('SIGKILL')
  }
}

async function post(house: Started, path: string): Promise<void> {
  const url = `http://127.0.0.1:${house.ports.admin}${path}`
  const response = await fetch(url, { method: 'POST' })
  if (!response.ok)
    throw new Error(`${path}: ${response.status} ${await response.text()}\n${house.output()}`)
}

interface Sender {
  /** What it printed before it ended by itself, or null. */
  failure(): string | null
  stop(): Promise<void>
}

function startSender(args: readonly string[]): Sender {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let text = ''
  let stopping = false
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    failure: () => (child.exitCode === null || stopping ? null : text),
    async stop() {
      stopping = true
      child.kill('SIGTERM')
      await ended
    },
  }
}
