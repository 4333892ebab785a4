import { test } from 'node:test'
import zlib from 'node:zlib'
import { AppError } from '#base/errors.ts'
import { overloaded } from '#base/flow/errors.ts'
import type { ReceiverDeps } from '../admit.ts'
import { Repeats } from '../repeat.ts'
import { testDeps } from '#test/otlp/doors.ts'
import { decodeReference, encodeReference, type Plain } from '#test/otlp/reference.ts'
import { createOtlpApp } from './http.ts'

type BodyInit = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null

const limits = { maxBodyBytes: 10_000, idleMs: 50 }

function door(over: Partial<ReceiverDeps> = {}) {
  const deps = testDeps(over)
  const app = createOtlpApp({ deps, repeats: new Repeats(deps.clock), retryAfterMs: 2000 }, limits)
  const post = async (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-protobuf', ...headers },
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    })
  return { app, deps, post }
}

const logs: Plain = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeLogs: [{ logRecords: [{ timeUnixNano: '5', body: { stringValue: 'hello' } }] }],
    },
  ],
}
const logsBytes = () => new Uint8Array(encodeReference('ExportLogsServiceRequest', logs))
const json = { 'content-type': 'application/json' }

const spanRequest = (traceId: string): Plain => ({
  resourceSpans: [
    { scopeSpans: [{ spans: [{ traceId, spanId: 'AgICAgICAgI=', startTimeUnixNano: '5' }] }] },
  ],
})

test('accepted requests are answered 200 with an empty message in their encoding', async (t) => {
  const { post, deps } = door()
  const check = async (
    body: BodyInit,
    headers: Record<string, string>,
    want: string,
    type: string,
  ) => {
    const answer = await post('/v1/logs', body, headers)
    t.assert.equal(answer.status, 200)
    t.assert.equal(answer.headers.get('content-type'), type)
    t.assert.equal(await answer.text(), want)
    t.assert.equal(deps.budget.used, 0)
  }
  const protobuf = 'application/x-protobuf'
  await check(logsBytes(), {}, '', protobuf)
  await check(zlib.gzipSync(logsBytes()), { 'content-encoding': 'gzip' }, '', protobuf)
  await check(zlib.zstdCompressSync(logsBytes()), { 'content-encoding': 'zstd' }, '', protobuf)
  await check(zlib.deflateSync(logsBytes()), { 'content-encoding': 'deflate' }, '', protobuf)
  await check(JSON.stringify(logs), json, '{}', 'application/json')
  const charset = { 'content-type': 'Application/JSON; charset=utf-8', 'content-encoding': 'GZIP' }
  await check(zlib.gzipSync(JSON.stringify(logs)), charset, '{}', 'application/json')
  await check(new Uint8Array(0), {}, '', protobuf)
  await check('{}', json, '{}', 'application/json')
  const rows = deps.taken.map((taken) => taken.rows)
  t.assert.equal(
    rows.slice(0, 6).every((found) => JSON.stringify(found) === JSON.stringify(rows[0])),
    true,
  )
  t.assert.deepEqual(rows[0]?.[0]?.['body'], { stringValue: 'hello' })
  t.assert.deepEqual(rows[6], [])
  t.assert.equal(deps.counts.get('signalbox_receiver_requests_total logs http ok'), 8)
  t.assert.equal(deps.counts.get('signalbox_receiver_rows_total logs accepted'), 6)
})

test('refused rows are a partial success with their number and reason', async (t) => {
  const { post } = door()
  const request = spanRequest('AAAAAAAAAAAAAAAAAAAAAA==')
  const errorMessage = 'span 1 of the request was refused: its trace id is all zero [span-trace-id]'
  const bytes = new Uint8Array(encodeReference('ExportTraceServiceRequest', request))
  const answer = await post('/v1/traces', bytes)
  t.assert.equal(answer.status, 200)
  t.assert.deepEqual(decodeReference('ExportServiceResponse', await answer.bytes()), {
    partialSuccess: { rejected: '1', errorMessage },
  })
  const text = JSON.stringify(request)
    .replace('AAAAAAAAAAAAAAAAAAAAAA==', '0'.repeat(32))
    .replace('AgICAgICAgI=', '0202020202020202')
  const asJson = await post('/v1/traces', text, json)
  t.assert.deepEqual(await asJson.json(), { partialSuccess: { rejectedSpans: '1', errorMessage } })
})

test('bad requests get their status as google.rpc.Status in their encoding', async (t) => {
  const { post, deps } = door()
  type Case = readonly [
    body: BodyInit,
    headers: Record<string, string>,
    status: number,
    code: number,
    text: RegExp,
  ]
  const cases: readonly Case[] = [
    [logsBytes().subarray(0, -1), {}, 400, 3, /wire-invalid/],
    [
      '{"resourceLogs":5}',
      json,
      400,
      3,
      /at resourceLogs, byte 16: expected an array \[json-invalid\]/,
    ],
    [JSON.stringify(logs), {}, 400, 3, /wire-invalid/],
    [logsBytes(), { 'content-encoding': 'gzip' }, 400, 3, /compression-invalid/],
    [
      logsBytes(),
      { 'content-encoding': 'br' },
      400,
      3,
      /br.{0,2} is not one of identity, gzip, deflate, zstd/,
    ],
    [new Uint8Array(10_001), {}, 413, 8, /larger than the limit of 10000 bytes \[body-limit\]/],
    [
      zlib.zstdCompressSync(new Uint8Array(1 << 25)),
      { 'content-encoding': 'zstd' },
      413,
      8,
      /decompressed-too-large/,
    ],
    [logsBytes(), { 'x-scope-orgid': 'a/b' }, 400, 3, /unsupported character \[tenant-invalid\]/],
  ]
  for (const [body, headers, status, code, text] of cases) {
    const answer = await post('/v1/logs', body, headers)
    const found: unknown =
      headers === json ? await answer.json() : decodeReference('RpcStatus', await answer.bytes())
    t.assert.equal(answer.status, status, String(text))
    t.assert.equal(answer.headers.get('retry-after'), null)
    t.assert.match(JSON.stringify(found), text)
    t.assert.match(JSON.stringify(found), new RegExp(`"code":${code}`))
    t.assert.equal(deps.budget.used, 0)
  }
  t.assert.equal(deps.taken.length, 0)
})

test('unknown paths, methods and content types are told as text', async (t) => {
  const { app, post } = door()
  const check = async (answer: Response, status: number, text: RegExp) => {
    t.assert.equal(answer.status, status)
    t.assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/)
    t.assert.match(await answer.text(), text)
  }
  await check(await app.request('/v1/logs'), 405, /only POST .*method-not-allowed/)
  await check(await app.request('/v1/metrics', { method: 'DELETE' }), 405, /only POST/)
  t.assert.equal((await app.request('/v1/logs')).headers.get('allow'), 'POST')
  await check(await app.request('/v2/logs', { method: 'POST' }), 404, /nothing at \/v2\/logs/)
  await check(await app.request('/'), 404, /path-unknown/)
  await check(await post('/v1/logs', 'x', { 'content-type': 'text/plain' }), 415, /media-type/)
  await check(await app.request('/v1/logs', { method: 'POST' }), 415, /media-type/)
})

test('overload and anything unexpected can be retried, and nothing is a 500', async (t) => {
  const check = async (
    thrown: unknown,
    [status, code, retryAfter]: readonly [number, number, string],
    text: RegExp,
  ) => {
    for (const where of ['accept', 'reserve'] as const) {
      const { post, deps } = door({ [where]: () => Promise.reject(thrown) })
      const answer = await post('/v1/logs', logsBytes())
      t.assert.equal(answer.status, status)
      t.assert.equal(answer.headers.get('retry-after'), retryAfter)
      const found = decodeReference('RpcStatus', await answer.bytes())
      t.assert.equal(found['code'], code)
      t.assert.match(String(found['message']), text)
      t.assert.equal(deps.budget.used, 0)
    }
  }
  const app = (kind: 'internal' | 'corrupt' | 'limited' | 'timeout') =>
    new AppError({ kind, code: 'some-code', help: '' }, 'no')
  await check(
    overloaded.make('full', { retryAfterMs: 1500 }),
    [503, 14, '2'],
    /full \[overloaded\]/,
  )
  await check(app('limited'), [429, 8, '2'], /no \[some-code\]/)
  await check(app('timeout'), [504, 4, '2'], /some-code/)
  await check(app('internal'), [503, 14, '2'], /write-unavailable/)
  await check(app('corrupt'), [503, 14, '2'], /write-unavailable/)
  await check(
    new TypeError('secret detail'),
    [503, 14, '2'],
    /^the write failed unexpectedly, try again \[write-unavailable\]$/,
  )
  const { post } = door({
    reserve: () => Promise.reject(overloaded.make('full', { retryAfterMs: 1500 })),
  })
  const answer = await post('/v1/logs', '{}', json)
  t.assert.deepEqual(await answer.json(), {
    code: 14,
    message: 'full [overloaded]',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
  })
})

test('a body of unknown length is counted as it comes', async (t) => {
  const { post, deps } = door()
  const stream = (pieces: readonly Uint8Array[], end = true) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece)
        if (end) controller.close()
      },
    })
  const bytes = logsBytes()
  const good = await post('/v1/logs', stream([bytes.subarray(0, 7), bytes.subarray(7)]))
  t.assert.equal(good.status, 200)
  t.assert.equal(deps.taken[0]?.rows.length, 1)
  const large = await post('/v1/logs', stream([new Uint8Array(6000), new Uint8Array(6000)]))
  t.assert.equal(large.status, 413)
  const slow = await post('/v1/logs', stream([bytes.subarray(0, 7)], false))
  t.assert.equal(slow.status, 504)
  t.assert.match(String(decodeReference('RpcStatus', await slow.bytes())['message']), /body-slow/)
  const short = await post('/v1/logs', bytes, { 'content-length': String(bytes.length + 1) })
  t.assert.equal(short.status, 400)
  t.assert.equal(deps.budget.used, 0)
})

test('a repeated body gets the receipt of the first, per tenant and signal', async (t) => {
  const { post, deps } = door()
  const first = await post('/v1/logs', logsBytes())
  const again = await post('/v1/logs', logsBytes())
  t.assert.deepEqual(await first.bytes(), await again.bytes())
  t.assert.equal(deps.taken.length, 1)
  t.assert.equal(deps.counts.get('signalbox_receiver_repeats_total logs'), 1)
  await post('/v1/logs', logsBytes(), { 'x-scope-orgid': 'other' })
  await post('/v1/traces', new Uint8Array(0))
  await post('/v1/metrics', new Uint8Array(0))
  t.assert.equal(deps.taken.length, 4)
  t.assert.equal(new Set(deps.taken.map(({ request }) => request.requestHash)).size, 4)
  t.assert.deepEqual(
    deps.taken.map(({ request }) => request.tenant),
    ['default', 'other', 'default', 'default'],
  )
})
