/**
 * The load of a chaos run, in a process of its own: `node sender.ts LEDGER HTTP_PORT GRPC_PORT SEED`.
 * Lanes send small and large requests of the three signals, over HTTP with and without gzip and over
 * gRPC. A request without an answer, or refused retryably, is sent again as it was, as an SDK does;
 * one that is refused for good ends the process with code 1. On SIGTERM lanes finish their request or give it up.
 */
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { gzipSync } from 'node:zlib'
import { systemClock } from '#base/clock.ts'
import { seededRandom, type Random } from '#base/random.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { openLedger } from './ledger.ts'
import { requestOf } from './rows.ts'

const [ledgerPath = '', httpPort = '', grpcPort = '', seed = '1'] = process.argv.slice(2)
const ledger = openLedger(ledgerPath)
const startNs = systemClock.nowNs() - 600_000_000_000n
const nextIds: Record<SignalName, number> = { logs: 0, metrics: 0, traces: 0 }
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

/** Rows of a request: most are small, some are many megabytes once decoded. */
const sizes = [1, 10, 10, 10, 100, 100, 5000]
const pauseMs = 30
const answerMs = 20_000
/** Keeps an idle machine from being flooded: lanes wait this long between requests. */
const betweenMs = 5

type Send = (signal: SignalName, body: Uint8Array) => Promise<'acknowledged' | 'again'>

async function overHttp(
  signal: SignalName,
  body: Uint8Array,
  gzip: boolean,
): Promise<'acknowledged' | 'again'> {
  const encoding: Record<string, string> = gzip ? { 'content-encoding': 'gzip' } : {}
  const response = await fetch(`http://127.0.0.1:${httpPort}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...encoding },
    body: Buffer.from(gzip ? gzipSync(body, { level: 1 }) : body),
    signal: AbortSignal.timeout(answerMs),
  })
  const answer = await response.arrayBuffer()
  if (response.status === 200 && answer.byteLength === 0) return 'acknowledged'
  if ([429, 502, 503, 504].includes(response.status)) return 'again'
  throw new Refused(`${signal}: ${response.status} ${Buffer.from(answer).toString('latin1')}`)
}

class Refused extends Error {}

const services: Readonly<Record<SignalName, string>> = {
  logs: 'logs.v1.LogsService',
  metrics: 'metrics.v1.MetricsService',
  traces: 'trace.v1.TraceService',
}
const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure(), {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 200,
})
const final = new Set([
  status.INVALID_ARGUMENT,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNKNOWN,
  status.RESOURCE_EXHAUSTED,
])

function overGrpc(signal: SignalName, body: Uint8Array): Promise<'acknowledged' | 'again'> {
  const asIs = (bytes: Buffer) => bytes
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/opentelemetry.proto.collector.${services[signal]}/Export`,
      asIs,
      asIs,
      Buffer.from(body),
      new Metadata(),
      { deadline: systemClock.nowMs() + answerMs },
      (error: ServiceError | null, answer?: Buffer) => {
        if (error === null && answer?.length === 0) resolve('acknowledged')
        else if (error !== null && !final.has(error.code)) resolve('again')
        else reject(new Refused(`${signal}: ${error?.message ?? 'refused in part'}`))
      },
    )
  })
}

const ways: readonly Send[] = [
  (signal, body) => overHttp(signal, body, false),
  (signal, body) => overHttp(signal, body, true),
  overGrpc,
]

async function lane(random: Random, send: Send): Promise<void> {
  while (!stopping.signal.aborted) {
    const signal = signalNames[random.below(signalNames.length)] ?? 'logs'
    const range = { first: nextIds[signal], count: sizes[random.below(sizes.length)] ?? 1 }
    nextIds[signal] += range.count
    if (await delivered(send, signal, requestOf(signal, range, startNs)))
      ledger.acknowledged(signal, range)
    await systemClock.sleep(betweenMs)
  }
}

/** False only when the run ended before an answer came. */
async function delivered(send: Send, signal: SignalName, body: Uint8Array): Promise<boolean> {
  while (!stopping.signal.aborted) {
    try {
      if ((await send(signal, body)) === 'acknowledged') return true
    } catch (error) {
      if (error instanceof Refused) throw error
      // The connection broke: whether the rows are in is not known.
    }
    await systemClock.sleep(pauseMs)
  }
  return false
}

try {
  await Promise.all(
    [0, 1, 2, 0, 1, 2].map((way, i) =>
      lane(seededRandom(Number(seed) * 100 + i), ways[way] ?? overGrpc),
    ),
  )
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
stopping.abort()
client.close()
ledger.close()
