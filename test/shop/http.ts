/** Small HTTP servers and calls between services: JSON over `node:http`, which the instrumentation patches. */
import { trace } from '@opentelemetry/api'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Call {
  readonly path: string
  readonly query: URLSearchParams
}

/** Answers a call; a `Failure` becomes its status, any other error 500. */
export type Handler = (call: Call) => Promise<unknown>

export class Failure extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Serves until closed; resolves with the port. */
export function serve(handler: Handler): Promise<{ port: number; close: () => void }> {
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop')
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    handler({ path: pathname, query: searchParams }).then(
      (body) => answer(200, body),
      (error: unknown) => {
        const failure = error instanceof Failure ? error : new Failure(500, String(error))
        trace.getActiveSpan()?.recordException(failure)
        answer(failure.status, { error: failure.message })
      },
    )
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      // A TCP server's address, as it listens on a port.
      const { port } = server.address() as AddressInfo
      resolve({ port, close: () => server.closeAllConnections() })
    })
  })
}

/** Longest wait for an answer. */
const timeoutMs = 5000

/** Asks another service; throws a `Failure` with its status when it does not answer 200. */
export function call(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { timeout: timeoutMs }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Failure(response.statusCode ?? 502, `${url} answered ${text}`))
      })
    })
    request.on('timeout', () => request.destroy(new Failure(504, `${url} did not answer`)))
    request.on('error', reject)
  })
}
