/** The direct way of an export request against the way through the app: the same answer to every request. */
import net from 'node:net'
import { test, type TestContext } from 'node:test'
import zlib from 'node:zlib'
import { systemClock } from '#base/clock.ts'
import { overloaded } from '#base/flow/errors.ts'
import { createHttpServer, type HttpServer } from '#base/http/server.ts'
import type { ReceiverDeps } from '#receiver/admit.ts'
import { directOtlp } from '#receiver/otlp/direct.ts'
import { createOtlpApp } from '#receiver/otlp/http.ts'
import { Repeats } from '#receiver/repeat.ts'
import { testDeps } from './doors.ts'
import { encodeReference } from './reference.ts'

const limits = { maxBodyBytes: 10_000, idleMs: 50 }
const host = '127.0.0.1'

function serve(direct: boolean, over: Partial<ReceiverDeps>) {
  const deps = testDeps(over)
  const intakes = { deps, repeats: new Repeats(deps.clock), retryAfterMs: 2000 }
  let taken = 0
  const way = directOtlp(intakes, limits)
  const server = createHttpServer(
    {
      name: 'otlp-http',
      host,
      port: 0,
      setting: 'receiver.httpPort',
      clock: systemClock,
      ...(direct && {
        direct: (...request: Parameters<typeof way>) => {
          const takes = way(...request)
          if (takes) taken++
          return takes
        },
      }),
    },
    () => createOtlpApp(intakes, limits),
  )
  return { server, deps, taken: () => taken }
}

/** Everything the server says to these bytes, until it closes or is silent after an answer. */
async function ask(server: HttpServer, pieces: readonly Uint8Array[]): Promise<string> {
  const socket = net.connect(server.port(), host)
  const chunks: string[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString('latin1')))
  socket.on('error', () => {}) // a reset ends what is said
  for (const piece of pieces) {
    socket.write(piece)
    await systemClock.sleep(5)
  }
  for (let waitedMs = 0; chunks.length === 0 && waitedMs < 2000; waitedMs += 5)
    await systemClock.sleep(5)
  await systemClock.sleep(10)
  socket.destroy()
  // Names of headers are the same in any case; the order and the second of the answer do not matter.
  const [head = '', ...body] = chunks.join('').split('\r\n\r\n')
  const [status, ...headers] = head.split('\r\n')
  const kept = headers
    .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
    .filter((line) => !line.startsWith('date:'))
  return [status, ...kept.toSorted(), '', ...body].join('\n')
}

const logs = Buffer.from(
  encodeReference('ExportLogsServiceRequest', {
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ timeUnixNano: '5', body: { stringValue: 'hi' } }] }] },
    ],
  }),
)
const protobuf = 'content-type: application/x-protobuf'

function post(path: string, headers: readonly string[], body: Uint8Array): Buffer {
  const lines = [`POST ${path} HTTP/1.1`, 'host: x', ...headers, `content-length: ${body.length}`]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
}

async function compare(
  t: TestContext,
  requests: readonly (readonly Uint8Array[])[],
  over: Partial<ReceiverDeps> = {},
): Promise<{ taken: number; said: string[] }> {
  const fast = serve(true, over)
  const slow = serve(false, over)
  const said: string[] = []
  await Promise.all([fast.server.start(), slow.server.start()])
  try {
    for (const pieces of requests) {
      const answer = await ask(fast.server, pieces)
      t.assert.equal(answer, await ask(slow.server, pieces))
      t.assert.equal(fast.deps.budget.used, 0)
      said.push(answer.split('\n')[0] ?? '')
    }
    t.assert.deepEqual([...fast.deps.counts], [...slow.deps.counts])
    t.assert.deepEqual(
      fast.deps.taken.map(({ request }) => ({
        ...request,
        receivedNs: 0n,
        body: [...request.body],
      })),
      slow.deps.taken.map(({ request }) => ({
        ...request,
        receivedNs: 0n,
        body: [...request.body],
      })),
    )
  } finally {
    await Promise.all([fast.server.stop(), slow.server.stop()])
  }
  return { taken: fast.taken(), said }
}

test('accepted requests are answered alike, and directly', async (t) => {
  const { taken, said } = await compare(t, [
    [post('/v1/logs', [protobuf], logs)],
    [post('/v1/logs', [protobuf, 'content-encoding: gzip'], zlib.gzipSync(logs))],
    [post('/v1/traces', ['Content-Type: Application/JSON; charset=utf-8'], Buffer.from('{}'))],
    [post('/v1/metrics', [protobuf, 'x-scope-orgid: other'], Buffer.alloc(0))],
    // In two pieces, and two requests on one connection.
    [
      post('/v1/logs', [protobuf, 'x-scope-orgid: cut'], logs).subarray(0, -3),
      logs.subarray(-3),
      post('/v1/logs', [protobuf, 'x-scope-orgid: more'], logs),
    ],
  ])
  t.assert.equal(taken, 6)
  t.assert.equal(
    said.every((line) => line === 'HTTP/1.1 200 OK'),
    true,
  )
})

test('refused requests are answered alike', async (t) => {
  const { said } = await compare(t, [
    [post('/v1/logs', [protobuf], logs.subarray(0, -1))],
    [post('/v1/logs', ['content-type: application/json'], logs)],
    [post('/v1/logs', ['content-type: text/plain'], logs)],
    [post('/v1/logs', [], logs)],
    [post('/v1/logs', [protobuf, 'content-encoding: br'], logs)],
    [post('/v1/logs', [protobuf, 'x-scope-orgid: a/b'], logs)],
    [post('/v1/logs', [protobuf], Buffer.alloc(10_001))],
    [post('/v1/logs?x=1', [protobuf], logs)],
    [post('/v2/logs', [protobuf], logs)],
    [Buffer.from('GET /v1/logs HTTP/1.1\r\nhost: x\r\n\r\n')],
    // The rest of the body never comes.
    [post('/v1/logs', [protobuf], logs).subarray(0, -1)],
    [post('/v1/logs', [protobuf, 'content-encoding: br'], logs).subarray(0, -1)],
  ])
  const statuses = said.map((line) => line.slice(9, 12)).join(' ')
  t.assert.equal(statuses, '400 400 415 415 400 400 413 200 404 405 504 400')
})

test('overload and the unexpected are answered alike', async (t) => {
  const request = [[post('/v1/logs', [protobuf], logs)]]
  const full = overloaded.make('full', { retryAfterMs: 1500 })
  for (const error of [full, new TypeError('secret')])
    for (const where of ['accept', 'reserve'] as const) {
      const { said } = await compare(t, request, { [where]: () => Promise.reject(error) })
      t.assert.equal(said[0], 'HTTP/1.1 503 Service Unavailable')
    }
})
