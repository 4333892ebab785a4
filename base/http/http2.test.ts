import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:http2'
import { connect as connectTcp, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../clock.ts'
import { refuseHttp2 } from './http2.ts'

const why = 'no gRPC here; use port 1 100%'

async function open() {
  const server = createServer({ maxHeaderSize: 1024 }, (_, outgoing) => outgoing.end('one'))
  const refusal = refuseHttp2(server, why, systemClock)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    port,
    close: async () => {
      refusal.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Status, headers of interest and body of one HTTP/2 request. */
async function ask2(port: number, contentType: string): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`)
  const failed = new Promise<never>((_, reject) => session.once('error', reject))
  // As gRPC clients do: nothing is asked before the server has said its settings.
  await Promise.race([once(session, 'remoteSettings'), failed])
  const stream = session.request({
    ':method': 'POST',
    ':path': '/a.B/C',
    'content-type': contentType,
    te: 'trailers',
  })
  let head = ''
  let body = ''
  stream.on('response', (headers) => {
    head = `${headers[':status']} ${String(headers['grpc-status'])} ${String(headers['grpc-message'])}`
  })
  stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
  stream.end(Buffer.from([0, 0, 0, 0, 0]))
  await Promise.race([once(stream, 'close'), failed])
  session.destroy()
  return `${head} ${body}`.trim()
}

/** Sends the parts one by one; resolves with the first line that comes back. */
function send(port: number, parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', reject)
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString('latin1').split('\r\n')[0] ?? '')
      socket.destroy()
    })
    const next = (at: number): void => {
      const part = parts[at]
      if (part !== undefined) socket.write(part, () => setImmediate(next, at + 1))
    }
    next(0)
  })
}

test('gRPC is told why in its own words, other HTTP/2 in its', async (t) => {
  const { port, close } = await open()
  const said = encodeURI(why)
  t.assert.equal(await ask2(port, 'application/grpc+proto'), `200 12 ${said}`)
  t.assert.equal(await ask2(port, 'text/plain'), `501 undefined undefined ${why}`)
  await close()
})

test('HTTP/1.1 on the same port is served as before', async (t) => {
  const { port, close } = await open()
  const body = await new Promise((resolve) => {
    request({ port, host: '127.0.0.1' }, (response) => {
      response.on('data', (chunk: Buffer) => resolve(chunk.toString()))
    }).end()
  })
  t.assert.equal(body, 'one')
  await close()
})

test('a preface in pieces is understood, and what is neither is refused as by node:http', async (t) => {
  const { port, close } = await open()
  const check = async (parts: string[], want: string) =>
    t.assert.equal(await send(port, parts), want)
  const emptySettings = '\0\0\0\x04\0\0\0\0\0'
  const answer = await send(port, ['PRI * HT', 'TP/2.0\r\n\r\nSM', '\r\n\r\n', emptySettings])
  t.assert.equal(answer.charCodeAt(3), 4, 'a frame of settings is the first thing a server says')
  await check(['nonsense\r\n\r\n'], 'HTTP/1.1 400 Bad Request')
  await check(
    [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(2000)}\r\n\r\n`],
    'HTTP/1.1 431 Request Header Fields Too Large',
  )
  await close()
})
