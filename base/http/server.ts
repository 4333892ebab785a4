/**
 * An HTTP server as a Part: a fetch handler (hono) behind node:http. Headers, their time and the
 * time of a whole request are bounded, so slow clients cannot pile up; on drain no new connections
 * come in, requests under way finish, idle connections are closed.
 *
 * The handler and its adaptor are loaded with the first request that needs them, so that a door opens
 * before hono is there; a door may also answer its commonest requests itself (`direct`).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { assert } from '../assert.ts'
import type { Clock } from '../clock.ts'
import type { Part } from '../part.ts'
import { listenFailed } from './errors.ts'
import { refuseHttp2 } from './http2.ts'

export interface HttpServerOptions {
  /** Name of the part. */
  readonly name: string
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** The setting that holds the port, for the error when it is taken. */
  readonly setting: string
  readonly clock: Clock
  /** Bytes of all headers of one request. */
  readonly maxHeaderBytes?: number
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMs?: number
  /** What a client that speaks HTTP/2 is told, see `refuseHttp2`. Without it, it gets HTTP/1.1 and is none the wiser. */
  readonly http2?: string
  /** Answers a request without the app and says so, or leaves it untouched. */
  readonly direct?: Listener
}

/** A request as node:http gives it, and where its answer goes. */
export type Incoming = IncomingMessage
export type Outgoing = ServerResponse

/** True when it takes the request. */
export type Listener = (incoming: Incoming, outgoing: Outgoing) => boolean

/** What serves requests: a hono app. */
export interface FetchApp {
  fetch(request: Request, env?: unknown): Response | Promise<Response>
}

export interface HttpServer extends Part {
  /** The port that is listened on. */
  port(): number
}

/** node:http's own default; larger headers are nearly always a loop. */
const defaultMaxHeaderBytes = 16 * 1024
/** Long enough for 64 MiB over a poor line. */
const defaultRequestTimeoutMs = 60_000
/** How often a draining server closes connections that have become idle. */
const idleCheckMs = 50

/** `app` is asked for once, with the first request that `direct` leaves. */
export function createHttpServer(
  options: HttpServerOptions,
  app: () => FetchApp | Promise<FetchApp>,
): HttpServer {
  const { name, host, setting, clock, direct } = options
  const requestTimeout = options.requestTimeoutMs ?? defaultRequestTimeoutMs
  const limits = {
    maxHeaderSize: options.maxHeaderBytes ?? defaultMaxHeaderBytes,
    requestTimeout,
    headersTimeout: Math.min(requestTimeout, 20_000),
    // Longer than load balancers keep theirs, so that they close first and no request is lost.
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 1000,
  }
  let loading: ReturnType<typeof loadListener> | null = null
  const server = createServer(limits, (incoming, outgoing) => {
    if (direct?.(incoming, outgoing) === true) return
    loading ??= loadListener(app)
    loading.then(
      (listener) => void listener(incoming, outgoing),
      // The program cannot serve without it; the next request tries again.
      () => {
        loading = null
        outgoing.destroy()
      },
    )
  })
  const refusal = options.http2 === undefined ? null : refuseHttp2(server, options.http2, clock)
  let draining = false
  return {
    name,
    port() {
      const address = server.address()
      assert(typeof address === 'object' && address !== null, 'the server listens')
      return address.port
    },
    start: () =>
      new Promise((resolve, reject) => {
        const fail = (cause: Error) =>
          reject(
            listenFailed.make(
              `listening on ${host}:${options.port} failed: ${reasonOf(cause)} (${setting})`,
              {
                cause,
              },
            ),
          )
        server.once('error', fail)
        server.listen(options.port, host, () => {
          server.off('error', fail)
          resolve()
        })
      }),
    async drain(deadline) {
      draining = true
      refusal?.close()
      await closeGently(server, clock, deadline)
    },
    async stop() {
      draining = true
      refusal?.close()
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
    unready: () => (draining ? 'draining' : server.listening ? null : 'not listening'),
  }
}

async function loadListener(app: () => FetchApp | Promise<FetchApp>) {
  const [{ getRequestListener }, loaded] = await Promise.all([import('@hono/node-server'), app()])
  return getRequestListener((request, env) => loaded.fetch(request, env), {
    overrideGlobalObjects: false,
  })
}

function reasonOf(error: Error): string {
  return 'code' in error && error.code === 'EADDRINUSE'
    ? 'the port is taken by another process'
    : error.message
}

/** Stops listening and waits until the last connection is gone, or the deadline. */
async function closeGently(server: Server, clock: Clock, deadline: AbortSignal): Promise<void> {
  if (!server.listening) return
  const done = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const finished = done.then(() => true)
  for (;;) {
    server.closeIdleConnections()
    const tick = clock.sleep(idleCheckMs).then(() => deadline.aborted)
    if (await Promise.race([finished, tick])) return
  }
}
