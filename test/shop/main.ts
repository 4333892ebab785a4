/**
 * `npm run demo [-- --seconds N]`: a small instrumented shop that sends logs, metrics and traces to Signalbox
 * at the usual port, which is started in a folder of its own when none listens there. Runs until
 * Ctrl-C, or N seconds.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { readOptions } from '#scripts/options.ts'
import { serviceNames, visit, type Peers } from './services.ts'

const root = join(import.meta.dirname, '../..')
const otlpUrl = 'http://127.0.0.1:4318'
/** Visits under way at once, and the pause of a visitor. */
const visitors = 4
const pauseMs = 150

const children: ChildProcess[] = []

/** Starts a script and resolves with the first match in what it prints. */
function start(args: readonly string[], ready: RegExp): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const match = ready.exec(text)
      if (match !== null) resolve(match[1] ?? '')
    })
    child.once('exit', () => reject(new Error(`${args[0]} ended: ${text}`)))
  })
}

/** Whether something takes OTLP at the usual port. */
function listens(): Promise<boolean> {
  return fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  }).then(
    (response) => response.ok,
    () => false,
  )
}

async function startSignalbox(): Promise<void> {
  if (await listens()) return console.log('using the Signalbox that runs')
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-demo-'))
  await start(['cmd/main.js', 'run', `--storage.dir=${dir}`], / {2}data (.)/)
  console.log(`started Signalbox, data in ${dir}`)
}

async function startShop(): Promise<Peers> {
  const peers: Peers = {}
  for (const name of serviceNames) {
    const args = ['test/shop/service.ts', name, otlpUrl, JSON.stringify(peers)]
    peers[name] = `http://127.0.0.1:${await start(args, /port (\d+)/)}`
  }
  return peers
}

async function visitor(url: string, abort: AbortSignal, seen: Map<number, number>): Promise<void> {
  while (!abort.aborted) {
    const response = await fetch(`${url}${visit()}`)
    await response.arrayBuffer()
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1)
    await systemClock.sleep(pauseMs, abort).catch(() => undefined)
  }
}

const { seconds } = readOptions({ seconds: Infinity }).options
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())
try {
  await startSignalbox()
  const { frontend = '' } = await startShop()
  if (Number.isFinite(seconds)) systemClock.after(seconds * 1000, () => stop.abort())
  console.log(`the shop is open at ${frontend}; in Grafana's Explore (grafana/README.md) look at
  logs     {service_name="checkout"} | detected_level="error"    each line leads to its trace
  metrics  sum by (job) (rate(http_server_request_duration_seconds_count[1m]))
  traces   { status = error }   or   { name = "read shelf" && duration > 400ms }`)
  const seen = new Map<number, number>()
  await Promise.all(Array.from({ length: visitors }, () => visitor(frontend, stop.signal, seen)))
  const counts = [...seen].map(([status, count]) => `${count} with ${status}`)
  console.log(`visits: ${counts.join(', ')}`)
} finally {
  // The last started first: services send what is left while Signalbox still listens.
  for (const child of children.toReversed()) {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}
