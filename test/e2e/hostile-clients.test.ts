/**
 * Clients that behave badly, against the real program: a thousand messages of 60 MB each of which only
 * the first bytes come, over HTTP and gRPC; clients that send byte by byte, or stop; text that is no
 * UTF-8; an output that nobody reads. Others are served meanwhile and memory stays within the setting.
 */
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { systemClock } from '#base/clock.ts'
import { countIds } from '#test/chaos/folder.ts'
import { requestOf } from '#test/chaos/rows.ts'
import { startSignalbox, type Started } from '#test/signalbox.ts'

const memoryMiB = 768
const messages = 1000
const messageBytes = 60_000_000
const idleMs = 2000
let dir = ''
let house: Started

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'signalbox-clients-'))
  const flags = [`--memory=${memoryMiB}MiB`, `--receiver.body-idle=${idleMs}ms`]
  house = await startSignalbox(dir, ['--log-level=error', ...flags])
})

after(async () => {
  await house.end('SIGKILL')
  rmSync(dir, { recursive: true })
})

const startNs = systemClock.nowNs() - 600_000_000_000n
const kept: number[] = []
let next = 0

async function post(body: Uint8Array, headers: Record<string, string> = {}) {
  const answer = await fetch(`http://127.0.0.1:${house.ports.http}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: Buffer.from(body),
  })
  return { status: answer.status, text: Buffer.from(await answer.arrayBuffer()).toString('latin1') }
}

function overGrpc(client: Client, body: Uint8Array): Promise<boolean> {
  const asIs = (bytes: Buffer) => bytes
  const method = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
  const deadline = systemClock.nowMs() + 10_000
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      method,
      asIs,
      asIs,
      Buffer.from(body),
      new Metadata(),
      { deadline },
      (error) => resolve(error === null),
    )
  })
}

/** A good client of each protocol: it is served, at once or when it tries again as SDKs do. */
async function goodClients(t: TestContext, beside: string): Promise<void> {
  const client = new Client(`127.0.0.1:${house.ports.grpc}`, credentials.createInsecure())
  const ways = [
    async (body: Uint8Array) => (await post(body)).status === 200,
    (body: Uint8Array) => overGrpc(client, body),
  ]
  for (const way of ways) {
    const id = next++
    const body = requestOf('logs', { first: id, count: 1 }, startNs)
    let served = false
    for (let i = 0; i < 20 && !served; i++) {
      served = await way(body)
      if (!served) await systemClock.sleep(1000)
    }
    t.assert.equal(served, true, `a good client beside ${beside}`)
    kept.push(id)
  }
  client.close()
}

test('a thousand half-sent messages over HTTP', { timeout: 120_000 }, async (t: TestContext) => {
  const sockets = Array.from({ length: messages }, () => {
    const socket = net.connect(house.ports.http, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST /v1/logs HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${messageBytes}\r\n\r\n`,
    )
    socket.write(Buffer.alloc(1000))
    return socket
  })
  await systemClock.sleep(500)
  await goodClients(t, 'half-sent bodies')
  for (const socket of sockets) socket.destroy()
})

/** Streams of one connection that the server allows. */
const streamsPerSession = 16

test('a thousand half-sent messages over gRPC', { timeout: 120_000 }, async (t: TestContext) => {
  const sessions: ClientHttp2Session[] = []
  const header = Buffer.alloc(5)
  header.writeUInt32BE(messageBytes, 1)
  for (let sent = 0; sent < messages; sent += streamsPerSession) {
    const session = connectHttp2(`http://127.0.0.1:${house.ports.grpc}`)
    session.on('error', () => {})
    sessions.push(session)
    for (let i = 0; i < streamsPerSession; i++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      stream.on('error', () => {})
      stream.write(Buffer.concat([header, Buffer.alloc(1000)]))
    }
  }
  await systemClock.sleep(500)
  await goodClients(t, 'half-sent messages')
  for (const session of sessions) session.destroy()
})

/** Sends a body in pieces; gives what was answered until the connection ended, or null when it was left open. */
async function dribble(body: Uint8Array, pieces: number, pauseMs: number): Promise<string> {
  const socket = net.connect(house.ports.http, '127.0.0.1')
  let text = ''
  socket.on('data', (bytes) => (text += bytes.toString()))
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const type = 'content-type: application/x-protobuf'
  socket.write(
    `POST /v1/logs HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${type}\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  const step = Math.ceil(body.length / pieces)
  for (let at = 0; at < body.length && !socket.destroyed; at += step) {
    socket.write(body.subarray(at, at + step))
    await systemClock.sleep(pauseMs)
  }
  await closed
  return text
}

test('a slow client is served, one that stops loses its place', { timeout: 60_000 }, async (t) => {
  const id = next++
  const body = requestOf('logs', { first: id, count: 1 }, startNs)
  const [slow, stopped] = await Promise.all([
    dribble(body, 30, 100),
    // Half of it, then nothing for longer than allowed.
    dribble(Buffer.concat([body, body]), 2, idleMs * 4),
  ])
  t.assert.match(slow, /^HTTP\/1\.1 200 /)
  kept.push(id)
  t.assert.match(stopped, /^HTTP\/1\.1 504 /)
  t.assert.match(stopped, /body-slow/)
})

test('JSON that is no UTF-8 is always refused', async (t: TestContext) => {
  const before =
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":{"stringValue":"'
  const behind = '"}}]}]}]}'
  const bad: Record<string, number[]> = {
    'a byte that no text has': [0xff],
    'a continuation alone': [0x80],
    'a sequence cut off': [0xe2, 0x82],
    'an overlong form': [0xc0, 0xaf],
    'a surrogate': [0xed, 0xa0, 0x80],
    'above U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
    'UTF-16': [0xff, 0xfe, 0x61, 0x00],
  }
  const headers = { 'content-type': 'application/json' }
  const check = async (name: string, body: Uint8Array, more: Record<string, string> = {}) => {
    const { status, text } = await post(body, { ...headers, ...more })
    t.assert.equal(status, 400, `${name}: ${text}`)
    t.assert.match(text, /UTF-8/, name)
  }
  for (const [name, bytes] of Object.entries(bad)) {
    const piece = Buffer.from(bytes)
    const inText = Buffer.concat([Buffer.from(before), piece, Buffer.from(behind)])
    await check(`${name} in a text`, inText)
    await check(`${name} in a text, gzip`, gzipSync(inText), { 'content-encoding': 'gzip' })
    const around = Buffer.concat([Buffer.from(`${before}x${behind}`), piece])
    await check(`${name} behind the message`, around)
    const key = Buffer.concat([Buffer.from('{"'), piece, Buffer.from('":1}')])
    await check(`${name} in an unknown key`, key)
  }
})

test('an output that nobody reads does not end the process', { timeout: 60_000 }, async (t) => {
  house.closeOutput()
  // The line of rates comes every 10 s.
  await systemClock.sleep(11_000)
  await goodClients(t, 'a closed output')
})

test('memory stays within the setting, the end is orderly, nothing is lost', async (t: TestContext) => {
  const status = readFileSync(`/proc/${house.pid}/status`, 'utf8')
  const peakMiB = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024
  t.assert.ok(peakMiB <= memoryMiB * 1.1, `${peakMiB.toFixed(0)} MiB resident at the peak`)
  t.assert.equal(await house.end('SIGTERM'), 0)
  const found = await countIds(dir)
  t.assert.deepEqual(
    kept.filter((id) => found.logs.get(id) !== 1),
    [],
  )
})
