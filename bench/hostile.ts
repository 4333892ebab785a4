/**
 * The event loop under attack: all three signals come in as fast as they are taken while clients ask
 * the dearest questions they can think of, one after the other, and leave some of the answers unread.
 * Part of `npm run bench -- ingest`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'
import { logRequests, metricRequests, spanRequests } from './generate/requests.ts'
import { metricOf } from './process.ts'
import type { Figure } from './report.ts'

/** Long enough for three windows of the loop's measurement. */
const seconds = 35

/** Connections that send, and clients that ask. */
const senders = 6
const askers = 4

/** Path and query by API; `$start` and `$end` are seconds around all rows. */
const questions: readonly (readonly ['loki' | 'prometheus' | 'tempo', string, string])[] = [
  ['loki', '/loki/api/v1/query_range', '{service_name=~".+"} |~ "(a+)+(b|c)*[0-9]{1,9}x$"'],
  ['loki', '/loki/api/v1/query_range', '{service_name=~".+"} |= "e"'],
  [
    'loki',
    '/loki/api/v1/query_range',
    'sum by (k8s_pod_name) (count_over_time({service_name=~".+"} |~ ".*.*.*=.*" [5m]))',
  ],
  ['loki', '/loki/api/v1/index/volume', '{service_name=~".+"}'],
  ['prometheus', '/api/v1/query_range', 'topk(5, rate({__name__=~".+"}[5m]))'],
  [
    'prometheus',
    '/api/v1/query_range',
    'sum by (http_route, cpu) ({__name__=~".+"}) / on() group_left() vector(2)',
  ],
  ['prometheus', '/api/v1/series', '{__name__=~".+"}'],
  ['tempo', '/api/search', '{ name =~ ".*.*x.*" || duration > 1ns } >> { status = error }'],
  ['tempo', '/api/search', '{ span.http.route =~ "(a|b|/)+.*" && resource.service.name != "x" }'],
]

function urlOf({ ports }: Started, n: number): string {
  const [api, path, query] = questions[n % questions.length] ?? ['loki', '/ready', '']
  const end = Math.floor(systemClock.nowMs() / 1000)
  const parameters = new URLSearchParams({ start: `${end - 7200}`, end: `${end}`, limit: '5000' })
  if (path.includes('query_range')) parameters.set('step', '15')
  parameters.set(path === '/api/v1/series' ? 'match[]' : api === 'tempo' ? 'q' : 'query', query)
  return `http://127.0.0.1:${ports[api]}${path}?${parameters.toString()}`
}

/** Asks until the time is up; every fifth answer is thrown away when its first bytes come. */
async function ask(house: Started, first: number, untilMs: number): Promise<number> {
  let answers = 0
  for (let n = first; systemClock.monotonicMs() < untilMs; n++) {
    const response = await fetch(urlOf(house, n))
    if (n % 5 === 4) await response.body?.cancel()
    else await response.arrayBuffer()
    answers++
  }
  return answers
}

async function send(house: Started, sender: number, untilMs: number): Promise<number> {
  const startNs = systemClock.nowNs() - 3_600_000_000_000n
  const make = [logRequests, metricRequests, spanRequests][sender % 3] ?? logRequests
  const requests = [...make({ seed: sender, rows: 50_000, rowsPerRequest: 500, startNs })]
  let rows = 0
  for (let i = 0; systemClock.monotonicMs() < untilMs; i = (i + 1) % requests.length) {
    const request = requests[i]
    if (request === undefined) break
    const response = await fetch(`http://127.0.0.1:${house.ports.http}${request.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
      body: Buffer.from(request.body),
    })
    await response.arrayBuffer()
    if (response.status !== 200 && response.status !== 503 && response.status !== 429)
      throw new Error(`a request got ${response.status}`)
    if (response.status === 200) rows += request.rows
  }
  return rows
}

/** The loop's worst window while both run, with how much was taken and answered meanwhile. */
export async function measureUnderQueries(): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-hostile-'))
  const house = await startSignalbox(dir, ['--memory=1GiB', '--log-level=warn'])
  try {
    const untilMs = systemClock.monotonicMs() + seconds * 1000
    const [rows, answers] = await Promise.all([
      Promise.all(Array.from({ length: senders }, (_, i) => send(house, i, untilMs))),
      Promise.all(Array.from({ length: askers }, (_, i) => ask(house, i * 2, untilMs))),
    ])
    const delay = await metricOf(
      house.ports.admin,
      'signalbox_process_event_loop_delay_worst_seconds',
    )
    const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0)
    const name = 'beside hostile queries'
    return [
      { name: `rows taken ${name}`, value: sum(rows) / seconds, unit: 'rows/s' },
      { name: `answers ${name}`, value: sum(answers), unit: 'answers' },
      {
        name: `event-loop delay ${name}, worst 10-s p99`,
        value: delay * 1000,
        unit: 'ms',
        goal: 20,
      },
    ]
  } finally {
    await house.end('SIGKILL')
    rmSync(dir, { recursive: true })
  }
}
