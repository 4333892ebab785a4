/**
 * Starts the real program in a process of its own, on free ports of the loopback, for end-to-end tests,
 * benches and chaos runs.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

export interface Started {
  readonly pid: number
  readonly ports: Readonly<
    Record<'grpc' | 'http' | 'loki' | 'prometheus' | 'tempo' | 'admin', number>
  >
  /** Everything printed so far. */
  output(): string
  /** Closes our ends of its standard output and error: what it prints from then on fails. */
  closeOutput(): void
  /** Sends a signal and resolves with the exit code (null when the signal ended it). */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

const freePorts = [
  '--receiver.grpc-port=0',
  '--receiver.http-port=0',
  '--listen.loki-port=0',
  '--listen.prometheus-port=0',
  '--listen.tempo-port=0',
  '--listen.admin-port=0',
]

/** Longest wait for the start's banner, ms. */
const startMs = 90_000

/** How the program is run, when not as usual. */
export interface RunOptions {
  /** A command and its arguments that run the program. */
  readonly under?: readonly string[]
  /** Flags of Node, for every thread. */
  readonly nodeFlags?: readonly string[]
  /** Beside the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Told at once, before anything is printed. */
  readonly onSpawn?: (pid: number) => void
}

/** Resolves when the banner is out, which is after all doors are open; rejects with the output when the process ends before. */
export async function startSignalbox(
  dir: string,
  flags: readonly string[] = [],
  { under = [], nodeFlags = [], environment = {}, onSpawn }: RunOptions = {},
): Promise<Started> {
  const program = [process.execPath, ...nodeFlags, join(root, 'cmd/main.js'), 'run']
  const [command = '', ...args] = [...under, ...program, `--storage.dir=${dir}`, ...freePorts]
  const child = spawn(command, [...args, ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  if (child.pid !== undefined) onSpawn?.(child.pid)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  await banner(child, ended, () => text)
  return {
    pid: child.pid ?? -1,
    ports: portsOf(text),
    output: () => text,
    closeOutput() {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    end(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}

async function banner(
  child: ChildProcess,
  ended: Promise<number | null>,
  text: () => string,
): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), startMs)
  const printed = new Promise<void>((resolve) => {
    const look = (): void => {
      if (text().includes('  data ')) resolve()
    }
    child.stdout?.on('data', look)
  })
  const first = await Promise.race([printed.then(() => 'ready'), ended])
  clearTimeout(timer)
  if (first !== 'ready') throw new Error(`the process ended with ${String(first)}:\n${text()}`)
}

function portsOf(text: string): Started['ports'] {
  const port = (label: string): number =>
    Number(new RegExp(`${label}\\s+http://[^ ]+:(\\d+)`).exec(text)?.[1])
  return {
    grpc: port('OTLP/gRPC'),
    http: port('OTLP/HTTP'),
    loki: port('Loki'),
    prometheus: port('Prometheus'),
    tempo: port('Tempo'),
    admin: port('admin'),
  }
}

/** Asks a port of this machine for JSON. */
export async function getJson(port: number, path: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  const body = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${body.slice(0, 500)}`)
  return JSON.parse(body)
}
