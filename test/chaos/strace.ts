/**
 * Runs the program under strace, sends it requests over several connections of both protocols, and
 * gives what the trace says of the order of writes, syncs and acknowledgements.
 */
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { Message } from '#bench/generate/message.ts'
import { systemClock } from '#base/clock.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'
import { checkPromises, markerOf, type Promises } from './promise.ts'

export interface StraceOptions {
  /** An empty folder, for data and trace. */
  readonly dir: string
  /** Connections of each protocol, and requests of each connection. */
  readonly connections: number
  readonly requests: number
  /** The variant that acknowledges without a sync. */
  readonly noSync: boolean
}

/** Whether processes can be traced here. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0
}

const calls = 'openat,accept4,close,read,write,writev,sendmsg,pwritev,pwrite64,fdatasync'
/** Longer bytes of a call are not shown: more than any request here and the answers to it. */
const shownBytes = 1 << 16

export async function straceRun(options: StraceOptions): Promise<Promises> {
  const trace = join(options.dir, 'trace')
  const noSync = `--import=${join(import.meta.dirname, 'no-sync.ts')}`
  // -D: the program stays our child and strace is its grandchild.
  const tracer = ['strace', '-D', '-f', '-xx', '-s', String(shownBytes), '-e', `trace=${calls}`]
  const house = await startSignalbox(join(options.dir, 'data'), ['--log-level=error'], {
    under: [...tracer, '-o', trace],
    nodeFlags: options.noSync ? [noSync] : [],
  })
  try {
    await load(house, options)
  } finally {
    await house.end('SIGKILL')
  }
  return checkPromises(await finished(trace))
}

/** The trace once strace has written that the program ended. */
async function finished(path: string): Promise<string> {
  for (let i = 0; i < 500; i++) {
    const text = readFileSync(path, 'latin1')
    if (text.trimEnd().endsWith('+++ killed by SIGKILL +++')) return text
    await systemClock.sleep(20)
  }
  throw new Error('strace did not write the end of the program')
}

async function load(house: Started, { connections, requests }: StraceOptions): Promise<void> {
  let next = 0
  const lane = async (send: (body: Buffer) => Promise<void>): Promise<void> => {
    for (let i = 0; i < requests; i++) await send(bodyOf(markerOf(next++)))
  }
  const lanes = Array.from({ length: connections }, (_, i) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    // Each gRPC channel needs options of its own, else channels to one address share a connection.
    const client = new Client(`127.0.0.1:${house.ports.grpc}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.primary_user_agent': `lane ${i}`,
    })
    return [
      lane((body) => overHttp(agent, house.ports.http, body)).finally(() => agent.destroy()),
      lane((body) => overGrpc(client, body)).finally(() => client.close()),
    ]
  })
  await Promise.all(lanes.flat())
}

/** A log record whose body is the marker. It is short, so the Log holds it as it was sent. */
function bodyOf(marker: string): Buffer {
  const message = new Message()
  message.nested(1, () =>
    message.nested(2, () =>
      message.nested(2, () => {
        message.fixed64(1, systemClock.nowNs())
        message.nested(5, () => message.text(1, marker))
      }),
    ),
  )
  return Buffer.from(message.take())
}

function overHttp(agent: Agent, port: number, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const options = { host: '127.0.0.1', port, path: '/v1/logs', method: 'POST', agent, headers }
    const sent = request(options, (answer) => {
      answer.resume()
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`a request was answered ${answer.statusCode}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function overGrpc(client: Client, body: Buffer): Promise<void> {
  const asIs = (bytes: Buffer) => bytes
  const method = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
  return new Promise((resolve, reject) => {
    const deadline = systemClock.nowMs() + 30_000
    client.makeUnaryRequest(method, asIs, asIs, body, new Metadata(), { deadline }, (error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
