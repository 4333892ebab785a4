/**
 * `npm run bench -- memory`: whether the process stays within its one memory setting. The real program
 * gets a small setting, and all three signals until a hundred times the budget of its runs has been
 * published, while queries hold snapshots all the time: slow readers of large answers, and scans over
 * everything. Its peak of resident memory may be a tenth above the setting.
 *
 * `--memory MIB` is the setting (1024), `--times N` how often the budget is published, `--streams N` sends beside
 * that data points of so many streams, one after the other again and again. What the peak is made
 * of: 64 MiB of program, the runs, heaps and what lies outside of them by thread, and what the C
 * library keeps of it (`cmd/memory.ts`, `cmd/allocator.ts`, `base/bytes/kept.ts`, `base/threads/collect.ts`).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { planMemory } from '#cmd/memory.ts'
import { readOptions } from '#scripts/options.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'
import { streamRequests, wideRequests, type WideRequest } from './generate/wide.ts'
import { peakMiB, residentMiB } from './process.ts'
import { report } from './report.ts'

const { options } = readOptions({ memory: 1024, times: 100, streams: 0, json: false })
const { memory: memoryMiB, times, streams } = options
const mebi = 2 ** 20
const runBytes = planMemory(memoryMiB * mebi).budgets.run

/** Connections that send. */
const senders = 4
/** Clients that ask, each with one question at a time. */
const readers = 8
/** A slow reader takes this much of its answer, this often. */
const sipMs = 200
/** A reader leaves after this long. */
const patienceMs = 60_000
/** Rows are this old at most, and this far apart by request. */
const startNs = systemClock.nowNs() - 3_600_000_000_000n
const stepNs = 1_000_000n

interface Sent {
  bytes: number
  rows: number
  refused: number
}

async function post(house: Started, { path, body }: WideRequest): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${house.ports.http}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(body),
  })
  const answer = await response.arrayBuffer()
  if (response.status === 200 && answer.byteLength > 0) throw new Error('rows were refused')
  return response.status
}

/** Sends a request again until it is taken; gives how often it was refused. */
async function insist(house: Started, wide: WideRequest): Promise<number> {
  for (let refused = 0; ; refused++) {
    const status = await post(house, wide)
    if (status === 200) return refused
    if (status !== 503) throw new Error(`${wide.path} got ${status}`)
    await systemClock.sleep(500)
  }
}

/** Sends data points of many streams until it has ended; gives their number. */
async function publishStreams(house: Started, ended: AbortSignal): Promise<number> {
  let rows = 0
  if (streams === 0) return rows
  for (const wide of streamRequests(streams, startNs, stepNs)) {
    if (ended.aborted) break
    await insist(house, wide)
    rows += wide.rows
  }
  return rows
}

/** Publishes until `untilBytes` of rows are there; what is refused for want of memory is sent again. */
async function publish(house: Started, untilBytes: number): Promise<Sent> {
  const requests = wideRequests(startNs, stepNs)
  const sent: Sent = { bytes: 0, rows: 0, refused: 0 }
  const sender = async (): Promise<void> => {
    while (sent.bytes < untilBytes) {
      const wide = requests.next().value as WideRequest // it has no end
      sent.refused += await insist(house, wide)
      sent.bytes += wide.rowBytes
      sent.rows += wide.rows
    }
  }
  await Promise.all(Array.from({ length: senders }, sender))
  return sent
}

/** Questions over everything; `slow` ones have large answers, which are taken in sips. */
const questions: readonly {
  readonly api: 'loki' | 'prometheus' | 'tempo'
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
  readonly slow: boolean
}[] = [
  {
    api: 'loki',
    path: '/loki/api/v1/query_range',
    parameters: { query: '{service_name=~".+"}', limit: '5000', direction: 'forward' },
    slow: true,
  },
  {
    api: 'prometheus',
    path: '/api/v1/query_range',
    parameters: { query: '{__name__=~"wide_metric_.+"}', step: '15' },
    slow: true,
  },
  {
    api: 'loki',
    path: '/loki/api/v1/query_range',
    parameters: {
      query: 'sum(count_over_time({service_name=~".+"} |= "nowhere" [1m]))',
      step: '60',
    },
    slow: false,
  },
  {
    api: 'tempo',
    path: '/api/search',
    parameters: { q: '{ span.db.query.text =~ ".*nowhere.*" }', limit: '20' },
    slow: false,
  },
]

/** How questions ended: a status with the beginning of the error's message, or `left` and `cut off`. */
type Outcomes = Map<string, number>

async function ask(house: Started, first: number, ended: AbortSignal): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  for (let n = first; !ended.aborted; n++) {
    const question = questions[n % questions.length]
    if (question === undefined) continue
    const { api, path, slow } = question
    const startSeconds = Number(startNs / 1_000_000_000n)
    const end = String(startSeconds + 3600)
    const parameters = { ...question.parameters, start: String(startSeconds), end }
    const url = `http://127.0.0.1:${house.ports[api]}${path}?${new URLSearchParams(parameters).toString()}`
    const outcome = `${api} ${await read(url, slow, ended)}`
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    await systemClock.sleep(outcome.endsWith(' 200') ? 50 : 1000)
  }
  return outcomes
}

/** Reads an answer to its end, or until patience is over. */
function read(url: string, slow: boolean, ended: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const patience = AbortSignal.any([ended, AbortSignal.timeout(patienceMs)])
    const sent = request(url, { signal: patience }, (answer) => {
      let tail = ''
      answer.on('data', (bytes: Buffer) => {
        tail = bytes.subarray(-300).toString('latin1')
        if (!slow) return
        answer.pause()
        setTimeout(() => answer.resume(), sipMs)
      })
      const { statusCode = 0 } = answer
      answer.on('end', () => {
        // Prometheus' error is a member of an object, the others' is all there is.
        const message = /"error":"(.*?)"/.exec(tail)?.[1] ?? tail
        const few = message.replaceAll(/\d+/g, 'N').trim().slice(0, 60)
        resolve(statusCode === 200 ? '200' : `${statusCode} ${few}`)
      })
      answer.on('error', () => resolve(patience.aborted ? 'left' : 'cut off'))
    })
    sent.on('error', () => resolve(patience.aborted ? 'left' : 'not answered'))
    sent.end()
  })
}

/** All outcomes together, by name. */
function added(all: readonly Outcomes[]): [string, number][] {
  const sum: Outcomes = new Map()
  for (const one of all)
    for (const [name, count] of one) sum.set(name, (sum.get(name) ?? 0) + count)
  return [...sum].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** Prints now and then where the process stands. */
async function watch(house: Started, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await systemClock.sleep(10_000, ended).catch(() => {})
    if (!ended.aborted) console.log(`resident: ${Math.round(residentMiB(house.pid))} MiB`)
  }
}

const startedMs = systemClock.monotonicMs()
const dir = mkdtempSync(join(tmpdir(), 'signalbox-memory-'))
const house = await startSignalbox(dir, [`--memory=${memoryMiB}MiB`, '--log-level=error'])
try {
  const idle = residentMiB(house.pid)
  const ended = new AbortController()
  const watching = watch(house, ended.signal)
  const asking = Promise.all(Array.from({ length: readers }, (_, i) => ask(house, i, ended.signal)))
  const naming = publishStreams(house, ended.signal)
  const sent = await publish(house, times * runBytes)
  ended.abort()
  const named = await naming
  const asked = await asking
  await watching
  report('memory', [
    { name: 'published', value: sent.bytes / mebi, unit: 'MiB' },
    { name: 'published', value: sent.bytes / runBytes, unit: 'run budgets', atLeast: times },
    { name: 'rows', value: sent.rows, unit: 'rows' },
    ...(streams === 0 ? [] : [{ name: 'rows of many streams', value: named, unit: 'rows' }]),
    { name: 'requests refused and sent again', value: sent.refused, unit: 'requests' },
    ...added(asked).map(([name, value]) => ({ name: `queries: ${name}`, value, unit: 'queries' })),
    { name: 'idle memory', value: idle, unit: 'MiB' },
    { name: 'peak memory', value: peakMiB(house.pid), unit: 'MiB', goal: memoryMiB * 1.1 },
    { name: 'time', value: (systemClock.monotonicMs() - startedMs) / 1000, unit: 's' },
  ])
} finally {
  await house.end('SIGKILL')
  rmSync(dir, { recursive: true })
}
