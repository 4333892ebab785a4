/**
 * HTTP/2 where HTTP/1.1 is spoken. A client that opens a connection with the preface of HTTP/2, as every gRPC
 * client does, would take our HTTP/1.1 answer for a broken frame and tell its user of "frame too large". It
 * is understood just enough to be refused in its own words: UNIMPLEMENTED with a reason for gRPC, 501 for the rest.
 *
 * The parser of node:http stops at the preface; the socket and what was read behind it go to a server of
 * node:http2. A connection lasts a few seconds.
 */
import { STATUS_CODES, type Server } from 'node:http'
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { grpcCode, httpStatus, statusOf } from '../status.ts'

/** RFC 9113 §3.4. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A client has nothing to wait for after its answers; one that wants more connects again. */
const sessionMs = 5000
/** Calls of one connection at a time. Each is answered when its headers are there. */
const maxConcurrentStreams = 16

/** What node:http says of bytes that it cannot read. */
interface ParseError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

export interface Http2Refusal {
  /** Ends every connection that is open. */
  close(): void
}

/** `why` is for the person who configured the client; printable ASCII. */
export function refuseHttp2(server: Server, why: string, clock: Clock): Http2Refusal {
  const sessions = new Set<ServerHttp2Session>()
  let refusing: Http2Server | null = null
  server.on('clientError', (error: ParseError, socket) => {
    // node:http hands over what node:net accepted: a Socket, though its types say Duplex.
    const taken = socket as Socket
    if (error.code !== 'HPE_PAUSED_H2_UPGRADE') return refuseBroken(error, taken)
    refusing ??= createRefusing(why, sessions, clock)
    const behind = error.rawPacket?.subarray(error.bytesParsed ?? 0) ?? new Uint8Array()
    // Paused, so that what is put back waits for its reader.
    taken.pause()
    taken.removeAllListeners('data')
    taken.unshift(Buffer.concat([preface, behind]))
    refusing.emit('connection', taken)
    // The session takes what was put back in the next tick; from then on it reads for itself.
    process.nextTick(() => taken.resume())
  })
  return {
    close() {
      for (const session of sessions) session.destroy()
    },
  }
}

function createRefusing(why: string, sessions: Set<ServerHttp2Session>, clock: Clock): Http2Server {
  const server = createServer({ settings: { maxConcurrentStreams } })
  server.on('session', (session) => {
    sessions.add(session)
    const cancel = clock.after(sessionMs, () => session.destroy())
    session.once('close', () => {
      cancel()
      sessions.delete(session)
    })
  })
  server.on('sessionError', () => undefined)
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined)
    refuse(stream, headers['content-type'] ?? '', why)
  })
  return server
}

function refuse(stream: ServerHttp2Stream, contentType: string, why: string): void {
  if (contentType.startsWith('application/grpc')) {
    stream.respond(
      {
        ':status': httpStatus.ok,
        'content-type': 'application/grpc',
        'grpc-status': grpcCode.unimplemented,
        'grpc-message': encodeURI(why),
      },
      { endStream: true },
    )
    return
  }
  stream.respond({ ':status': statusOf.unsupported.http, 'content-type': 'text/plain' })
  stream.end(why)
}

/** What node:http does itself where nobody listens for its `clientError`. */
function refuseBroken({ code }: ParseError, socket: Socket): void {
  if (socket.writable && socket.bytesWritten === 0) {
    const status = brokenStatus(code)
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`)
  }
  socket.destroy()
}

function brokenStatus(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return httpStatus.headersTooLarge
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return httpStatus.requestTimeout
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return statusOf['too-large'].http
  return httpStatus.badRequest
}
