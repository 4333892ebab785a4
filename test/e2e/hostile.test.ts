/**
 * Hostile input against the real program: what is wrong gets a clear error with code and limit, memory
 * stays within the setting, other clients are served meanwhile, and nothing acknowledged is lost.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Message } from '#bench/generate/message.ts'
import { systemClock } from '#base/clock.ts'
import { planMemory } from '#cmd/memory.ts'
import { countIds } from '#test/chaos/folder.ts'
import { requestOf } from '#test/chaos/rows.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'

const memoryMiB = 512
/** A body larger than the memory for requests is too large, whatever the setting says. */
const requestBytes = planMemory(memoryMiB << 20).budgets.request
let dir = ''
let house: Started

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'signalbox-hostile-'))
  house = await startSignalbox(dir, [`--memory=${memoryMiB}MiB`, '--log-level=error'])
})

after(async () => {
  await house.end('SIGKILL')
  rmSync(dir, { recursive: true })
})

interface Attempt {
  readonly body: Uint8Array
  readonly path?: string
  readonly method?: string
  readonly type?: string
  readonly encoding?: string
}

async function send(attempt: Attempt): Promise<{ status: number; text: string }> {
  const { body, path = '/v1/logs', method = 'POST', type, encoding } = attempt
  const headers: Record<string, string> = { 'content-type': type ?? 'application/x-protobuf' }
  if (encoding !== undefined) headers['content-encoding'] = encoding
  const content = method === 'GET' ? {} : { body: Buffer.from(body) }
  const url = `http://127.0.0.1:${house.ports.http}${path}`
  const answer = await fetch(url, { method, headers, ...content })
  return { status: answer.status, text: Buffer.from(await answer.arrayBuffer()).toString('latin1') }
}

const empty = new Uint8Array(0)
const startNs = systemClock.nowNs() - 600_000_000_000n
let next = 0

/** A client as it should be: its request is accepted whatever others do. */
async function goodRow(t: TestContext, after: string): Promise<void> {
  const answer = await send({ body: requestOf('logs', { first: next++, count: 1 }, startNs) })
  t.assert.deepEqual(answer, { status: 200, text: '' }, `a good client after ${after}`)
}

function logRecord(write: (message: Message) => void): Uint8Array {
  const message = new Message()
  message.nested(1, () => message.nested(2, () => message.nested(2, () => write(message))))
  return message.take()
}

function attributes(count: number, key: (i: number) => string): Uint8Array {
  return logRecord((message) => {
    message.fixed64(1, startNs)
    for (let i = 0; i < count; i++) message.attribute(6, key(i), 1)
  })
}

/** One row of a resource with that many attributes. */
function resourceAttributes(count: number): Uint8Array {
  const message = new Message()
  message.nested(1, () => {
    message.nested(1, () => {
      for (let i = 0; i < count; i++) message.attribute(1, `k${i}`, 1)
    })
    message.nested(2, () => message.nested(2, () => message.fixed64(1, startNs)))
  })
  return message.take()
}

/** Rows with that many attributes each. */
function manyRows(rows: number, each: number): Uint8Array {
  const message = new Message()
  message.nested(1, () =>
    message.nested(2, () => {
      for (let row = 0; row < rows; row++) {
        message.nested(2, () => {
          message.fixed64(1, startNs)
          for (let i = 0; i < each; i++) message.attribute(6, `k${i}`, 1)
        })
      }
    }),
  )
  return message.take()
}

/** A body that is an array in an array and so on. */
function nested(depth: number): Uint8Array {
  let value = Buffer.from([24, 1])
  for (let i = 0; i < depth; i++) {
    const inner = Buffer.concat([Buffer.from([10]), varint(value.length), value])
    value = Buffer.concat([Buffer.from([42]), varint(inner.length), inner])
  }
  return logRecord((message) => message.bytes(5, value))
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

function span(traceId: Uint8Array, spanId: Uint8Array): Uint8Array {
  const message = new Message()
  message.nested(1, () =>
    message.nested(2, () =>
      message.nested(2, () => {
        message.bytes(1, traceId)
        message.bytes(2, spanId)
        message.fixed64(7, startNs)
        message.fixed64(8, startNs)
      }),
    ),
  )
  return message.take()
}

test('what is wrong is refused with a reason', { timeout: 120_000 }, async (t: TestContext) => {
  const check = async (name: string, attempt: Attempt, status: number, text: RegExp) => {
    const answer = await send(attempt)
    t.assert.equal(answer.status, status, `${name}: ${answer.text.slice(0, 300)}`)
    t.assert.match(answer.text, text, name)
    await goodRow(t, name)
  }
  const good = requestOf('logs', { first: 1e9, count: 10 }, startNs)
  const json = 'application/json'
  const zeros = new Uint8Array(70 << 20)
  const zero = (length: number) => new Uint8Array(length)
  const id = (length: number) => Buffer.alloc(length, 7)
  const check2 = (name: string, body: Uint8Array, text: RegExp) =>
    check(name, { body, path: '/v1/traces' }, 200, text)
  await check('truncated', { body: good.subarray(0, good.length - 3) }, 400, /wire-invalid/)
  await check('truncated JSON', { body: Buffer.from('{"resourceLogs":['), type: json }, 400, /json/)
  await check('oversized', { body: zeros }, 413, new RegExp(`73400320 bytes.*${requestBytes}`))
  await check('not gzip', { body: good, encoding: 'gzip' }, 400, /gzip/)
  await check(
    'half a gzip',
    { body: gzipSync(good).subarray(0, 20), encoding: 'gzip' },
    400,
    /gzip/,
  )
  await check('unknown encoding', { body: good, encoding: 'br' }, 400, /"br"/)
  await check('a gzip bomb', { body: gzipSync(zeros), encoding: 'gzip' }, 413, /67108864/)
  await check('a zstd bomb', { body: zstdCompressSync(zeros), encoding: 'zstd' }, 413, /67108864/)
  await check('wrong type', { body: Buffer.from([10, 2, 18, 5]) }, 400, /wire-invalid/)
  await check('a JSON list', { body: Buffer.from('[1]'), type: json }, 400, /json/)
  await check('deeply nested', { body: nested(5000) }, 400, /nest|deep/)
  await check(
    'a million attributes',
    { body: attributes(1_000_000, (i) => `k${i}`) },
    200,
    /row-attributes/,
  )
  await check(
    'a million attributes of a resource',
    { body: resourceAttributes(1_000_000) },
    200,
    /stream-length/,
  )
  await check(
    'two million attributes and one over many rows',
    { body: manyRows(2001, 1000) },
    413,
    /2000000.*request-attributes/,
  )
  await check('10,000 keys', { body: attributes(10_000, (i) => `k${i}`) }, 200, /row-attributes/)
  await check2('a zero trace id', span(zero(16), id(8)), /id/)
  await check2('a zero span id', span(id(16), zero(8)), /id/)
  await check2('a short trace id', span(id(15), id(8)), /id/)
  await check(
    'an unknown path',
    { body: good, path: '/v2/logs' },
    404,
    /there is nothing at \/v2\/logs/,
  )
  await check('an unknown method', { body: empty, method: 'GET' }, 405, /only POST/)
  await check('an unknown content type', { body: good, type: 'text/plain' }, 415, /content type/)
})

test('text that is no UTF-8 and duplicate ids are taken and kept', async (t: TestContext) => {
  const duplicates = Buffer.concat([
    span(Buffer.alloc(16, 1), Buffer.alloc(8, 1)),
    span(Buffer.alloc(16, 1), Buffer.alloc(8, 1)),
  ])
  t.assert.equal((await send({ body: duplicates, path: '/v1/traces' })).status, 200)
  const broken = logRecord((message) => {
    message.fixed64(1, startNs)
    message.bytes(5, Buffer.from([10, 2, 0xff, 0xfe]))
  })
  t.assert.ok([200, 400].includes((await send({ body: broken })).status))
  await goodRow(t, 'broken text')
})

test(
  'half-sent bodies and clients that leave take nothing from others',
  { timeout: 60_000 },
  async (t: TestContext) => {
    const sockets = Array.from({ length: 200 }, () => {
      const socket = net.connect(house.ports.http, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(
        'POST /v1/logs HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: 40000000\r\n\r\n',
      )
      socket.write(Buffer.alloc(1000))
      return socket
    })
    await systemClock.sleep(300)
    for (const socket of sockets.slice(100)) socket.destroy()
    // The others hold the budget until their pause is over; a good client may have to try again, as SDKs do.
    let status = 0
    for (let i = 0; i < 20 && status !== 200; i++) {
      status = (await send({ body: requestOf('logs', { first: next, count: 1 }, startNs) })).status
      if (status !== 200) await systemClock.sleep(1000)
    }
    next++
    t.assert.equal(status, 200)
    for (const socket of sockets) socket.destroy()
    await goodRow(t, 'half-sent bodies')
  },
)

test('memory stays within the setting, and what was acknowledged is there', async (t: TestContext) => {
  const status = readFileSync(`/proc/${house.pid}/status`, 'utf8')
  const peakMiB = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024
  t.assert.ok(peakMiB <= memoryMiB * 1.1, `${peakMiB.toFixed(0)} MiB resident at the peak`)
  const flush = `http://127.0.0.1:${house.ports.admin}/flush`
  t.assert.equal((await fetch(flush, { method: 'POST' })).ok, true)
  await house.end('SIGKILL')
  const found = await countIds(dir)
  const lost = Array.from({ length: next }, (_, i) => i).filter((id) => found.logs.get(id) !== 1)
  t.assert.deepEqual(lost, [])
})
