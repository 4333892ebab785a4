/** The doors over real sockets: gRPC statuses, half-sent messages, clients that leave, taken ports. */
import { Client, credentials, type Metadata, type ServiceError } from '@grpc/grpc-js'
import http2 from 'node:http2'
import net from 'node:net'
import { after, before, test } from 'node:test'
import zlib from 'node:zlib'
import { systemClock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import { Budget, createBudgetMemory } from '#base/flow/budget.ts'
import { overloaded } from '#base/flow/errors.ts'
import { listenFailed } from '#base/http/errors.ts'
import { run, type Running } from '#base/part.ts'
import { receiverConfig } from '#receiver/config.ts'
import { createReceiver, type Receiver } from '#receiver/index.ts'
import { testDeps } from './doors.ts'
import { decodeReference, encodeReference, reference } from './reference.ts'

const host = '127.0.0.1'
const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
const config = receiverConfig.parse({
  grpcPort: 0,
  httpPort: 0,
  bodyIdle: '300ms',
  maxBodyBytes: '1MiB',
})

let failure: Error | null = null
const base = testDeps()
const deps = {
  ...base,
  accept: (request: Parameters<typeof base.accept>[0]) =>
    failure === null ? base.accept(request) : Promise.reject(failure),
}
let receiver: Receiver
let running: Running
let client: Client

before(async () => {
  receiver = createReceiver(config, host, deps)
  running = await run(receiver.parts)
  client = new Client(`${host}:${receiver.ports().grpc}`, credentials.createInsecure())
})

after(async () => {
  client.close()
  await running.end(AbortSignal.timeout(2000))
})

const logs = Buffer.from(
  encodeReference('ExportLogsServiceRequest', {
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ timeUnixNano: '5', body: { stringValue: 'hi' } }] }] },
    ],
  }),
)

interface Outcome {
  readonly code: number
  readonly details: string
  readonly answer: Buffer | null
  readonly trailers: Metadata | null
}

function call(message: Buffer, to = path, by = client): Promise<Outcome> {
  const same = (bytes: Buffer) => bytes
  return new Promise((resolve) => {
    by.makeUnaryRequest(to, same, same, message, (error: ServiceError | null, answer) => {
      resolve({
        code: error?.code ?? 0,
        details: error?.details ?? '',
        answer: answer ?? null,
        trailers: error?.metadata ?? null,
      })
    })
  })
}

function statusOf(outcome: Outcome): unknown {
  const [bytes] = outcome.trailers?.get('grpc-status-details-bin') ?? []
  return Buffer.isBuffer(bytes) ? decodeReference('RpcStatus', bytes) : null
}

test('an export is answered with an empty message', async (t) => {
  const before = deps.taken.length
  const { code, answer } = await call(logs)
  t.assert.equal(code, 0)
  t.assert.equal(answer?.length, 0)
  t.assert.deepEqual(deps.taken[before]?.rows[0]?.['body'], { stringValue: 'hi' })
  t.assert.equal(deps.budget.used, 0)
})

test('errors have their status and details', async (t) => {
  const invalid = await call(Buffer.from([10, 5, 1]))
  t.assert.equal(invalid.code, 3)
  t.assert.match(invalid.details, /5 bytes where 1 are left \[wire-invalid\]/)
  t.assert.match(JSON.stringify(statusOf(invalid)), /"code":3,"message":"decoding protobuf failed/)
  failure = overloaded.make('full', { retryAfterMs: 1500 })
  const full = await call(Buffer.concat([logs, logs]))
  failure = new TypeError('secret')
  const unexpected = await call(Buffer.concat([logs, logs]))
  failure = null
  t.assert.equal(full.code, 14)
  const [{ value }] = (statusOf(full) as { details: [{ value: string }] }).details // by the schema
  const retry = reference('RetryInfo').decode(Buffer.from(value, 'base64')).toJSON()
  t.assert.deepEqual(retry, { retryDelay: { seconds: '1', nanos: 500_000_000 } })
  t.assert.equal(unexpected.code, 14)
  t.assert.match(unexpected.details, /^the write failed unexpectedly, try again/)
  const large = await call(Buffer.alloc(1024 * 1024 + 1))
  t.assert.equal(large.code, 8)
  t.assert.equal(statusOf(large), null)
  const unknown = await call(logs, '/some.Service/Method')
  t.assert.equal(unknown.code, 12)
  t.assert.equal(deps.budget.used, 0)
})

/** A gRPC call by hand: headers, then bytes that may not be what they claim. */
function rawCall(encoding: string, pieces: readonly Buffer[], end = true) {
  const session = http2.connect(`http://${host}:${receiver.ports().grpc}`)
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-encoding': encoding,
  })
  stream.on('error', () => {})
  session.on('error', () => {})
  for (const piece of pieces) stream.write(piece)
  if (end) stream.end()
  const status = new Promise<string>((resolve) => {
    const see = (headers: http2.IncomingHttpHeaders) => {
      const found = headers['grpc-status']
      if (typeof found === 'string') resolve(found)
    }
    stream.on('response', see)
    stream.on('trailers', see)
  })
  stream.resume()
  return { session, status }
}

function frame(message: Buffer, compressed: boolean, length = message.length): Buffer {
  const header = Buffer.from([compressed ? 1 : 0, 0, 0, 0, 0])
  header.writeUInt32BE(length, 1)
  return Buffer.concat([header, message])
}

test('compressed messages are decompressed by the worker, and broken ones are invalid', async (t) => {
  const check = async (encoding: string, message: Buffer, compressed: boolean, want: string) => {
    const { session, status } = rawCall(encoding, [frame(message, compressed)])
    t.assert.equal(await status, want, `${encoding} ${compressed}`)
    session.close()
  }
  const more = Buffer.concat([logs, logs, logs])
  const before = deps.taken.length
  await check('gzip', zlib.gzipSync(more), true, '0')
  await check('zstd', zlib.zstdCompressSync(more), true, '0')
  await check('gzip', Buffer.concat([logs, logs, logs, logs]), false, '0')
  t.assert.deepEqual(
    deps.taken.slice(before).map(({ request, rows }) => [request.compression, rows.length]),
    [
      ['gzip', 3],
      ['zstd', 3],
      ['identity', 4],
    ],
  )
  await check('gzip', Buffer.from('not gzip at all'), true, '3')
  await check('gzip', zlib.gzipSync(more).subarray(0, 20), true, '3')
  await check('snappy', more, true, '12')
  await check('identity', Buffer.alloc(0), false, '0')
})

async function until(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (condition()) return true
    await systemClock.sleep(10)
  }
  return false
}

test('the bytes of a gRPC message are reserved by its header and given back when the client goes', async (t) => {
  const half = frame(Buffer.alloc(1000), false, 600_000)
  const { session } = rawCall('identity', [half.subarray(0, 3), half.subarray(3)], false)
  // The most there was: under load the pause allowed may be over before we look.
  t.assert.equal(await until(() => deps.budget.most >= 600_000), true)
  session.destroy()
  t.assert.equal(await until(() => deps.budget.used === 0), true)
})

test('a gRPC message that stops is ended after the pause allowed', async (t) => {
  const { session, status } = rawCall('identity', [frame(Buffer.alloc(10), false, 500_000)], false)
  t.assert.equal(await status, '4')
  t.assert.equal(await until(() => deps.budget.used === 0), true)
  session.destroy()
})

test('half-sent HTTP bodies give their bytes back, by leaving or by stopping', async (t) => {
  const open = (length: number) => {
    const socket = net.connect(receiver.ports().http, host)
    socket.on('error', () => {})
    socket.write(
      `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${length}\r\n\r\nabc`,
    )
    return socket
  }
  const leaving = open(700_000)
  t.assert.equal(await until(() => deps.budget.most >= 700_000), true)
  leaving.destroy()
  t.assert.equal(await until(() => deps.budget.used === 0), true)
  const stopping = open(800_000)
  let answer = ''
  stopping.on('data', (data: Buffer) => (answer += data.toString('latin1')))
  t.assert.equal(await until(() => answer.startsWith('HTTP/1.1 504')), true)
  t.assert.equal(deps.budget.used, 0)
  stopping.destroy()
  const large = open(2_000_000)
  let refused = ''
  large.on('data', (data: Buffer) => (refused += data.toString('latin1')))
  t.assert.equal(await until(() => refused.startsWith('HTTP/1.1 413')), true)
  large.destroy()
})

test('half-sent bodies fill the budget and no more, and others still get in', async (t) => {
  const memory = createBudgetMemory({ request: 4 << 20, query: 0, read: 0, run: 0, cache: 0 })
  const budget = new Budget(memory, 'request', systemClock)
  const reserve = (bytes: number) => budget.take(bytes, 100)
  // Those that hold the budget keep it until they leave: others, however late they come, are refused.
  const patient = { ...config, bodyIdle: 60_000 }
  const small = createReceiver(patient, host, { ...deps, reserve })
  const parts = await run(small.parts)
  const { http, grpc } = small.ports()
  const held = Array.from({ length: 40 }, () => {
    const socket = net.connect(http, host)
    socket.on('error', () => {})
    socket.write(
      'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 900000\r\n\r\nabc',
    )
    return socket
  })
  t.assert.equal(await until(() => budget.state().refusals >= 36), true)
  t.assert.equal(budget.state().usedBytes <= 4 << 20, true)
  const url = `http://${host}:${http}/v1/logs`
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: '{"resourceLogs":[]}' })
  t.assert.equal(answer.status, 200)
  const other = new Client(`${host}:${grpc}`, credentials.createInsecure())
  const outcome = await call(Buffer.concat([logs, logs]), path, other)
  t.assert.equal(outcome.code, 0)
  other.close()
  for (const socket of held) socket.destroy()
  t.assert.equal(await until(() => budget.state().usedBytes === 0), true)
  await parts.end(AbortSignal.timeout(2000))
})

test('a port that is taken is told with its number and setting', async (t) => {
  const { http, grpc } = receiver.ports()
  for (const [ports, setting] of [
    [{ httpPort: http, grpcPort: 0 }, 'receiver.httpPort'],
    [{ httpPort: 0, grpcPort: grpc }, 'receiver.grpcPort'],
  ] as const) {
    const second = createReceiver({ ...config, ...ports }, host, deps)
    await t.assert.rejects(
      run(second.parts),
      (error) =>
        isCode(error, listenFailed) &&
        error.message.includes(setting) &&
        error.message.includes(String(setting === 'receiver.httpPort' ? http : grpc)),
    )
    for (const part of second.parts) await part.stop()
  }
})

test('draining lets a request finish and then takes no more', async (t) => {
  let finish = () => {}
  const slow = createReceiver(config, host, {
    ...deps,
    accept: () =>
      new Promise((resolve) => {
        finish = () => resolve({ accepted: 1, rejects: [] })
      }),
  })
  const parts = await run(slow.parts)
  const url = `http://${host}:${slow.ports().http}/v1/logs`
  const headers = { 'content-type': 'application/json' }
  const answer = fetch(url, { method: 'POST', headers, body: '{}' })
  t.assert.equal(await until(() => deps.budget.used > 0), true)
  const ended = parts.end(AbortSignal.timeout(2000))
  t.assert.deepEqual(
    parts.unready().some(({ reason }) => reason === 'draining'),
    true,
  )
  finish()
  t.assert.equal((await answer).status, 200)
  await ended
  await t.assert.rejects(fetch(url, { method: 'POST', headers, body: '{}' }))
})
