/**
 * A cheap sender of HTTP requests at a rate: sockets that stay open, requests as bytes made beforehand,
 * answers looked at as little as possible. The sender shares the machine with what it measures, and
 * `fetch` costs it more than the program spends on an answer.
 */
import { connect, type Socket } from 'node:net'
import { systemClock } from '#base/clock.ts'

export interface PacedOptions {
  readonly port: number
  readonly perSecond: number
  readonly seconds: number
  /** Connections, each with one request under way: beyond them the machine's limit is measured, not a queue. */
  readonly connections: number
}

export interface Paced {
  /** Times from sending to the answer's last byte, ms, ascending. */
  readonly latencies: number[]
  readonly tookSeconds: number
  /** CPU time of this process meanwhile. */
  readonly cpuSeconds: number
}

export interface HttpRequest {
  readonly path: string
  readonly body: Uint8Array
}

/** A request of gzip protobuf as its bytes on the wire. */
function wireBytes({ path, body }: HttpRequest): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    'content-type: application/x-protobuf',
    'content-encoding: gzip',
    `content-length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

/** All rows accepted: a status of 200, and a body of no bytes. */
const accepted = Buffer.from('HTTP/1.1 200 ')
const headEnd = Buffer.from('\r\n\r\n')

/** Sends `requests` in order, each when it is due and a connection is free. Throws when one is not accepted. */
export async function sendPaced(
  requests: readonly HttpRequest[],
  { port, perSecond, seconds, connections }: PacedOptions,
): Promise<Paced> {
  const wire = requests.map(wireBytes)
  const latencies: number[] = []
  const sockets = await Promise.all(Array.from({ length: connections }, () => connected(port)))
  const cpu = process.cpuUsage()
  const startedMs = systemClock.monotonicMs()
  const idle = [...sockets]
  let next = 0
  const failures: Error[] = []
  const late = (): boolean => systemClock.monotonicMs() - startedMs >= seconds * 1000
  const send = (): void => {
    const elapsedMs = systemClock.monotonicMs() - startedMs
    const due = Math.min(wire.length, Math.floor((elapsedMs * perSecond) / 1000))
    while (next < due && !late()) {
      const socket = idle.pop()
      if (socket === undefined) return
      const bytes = wire[next++]
      if (bytes === undefined) return
      const sentMs = systemClock.monotonicMs()
      socket.once('data', (answer: Buffer) => {
        if (
          !answer.subarray(0, accepted.length).equals(accepted) ||
          !answer.subarray(-4).equals(headEnd)
        )
          failures.push(new Error(`a request got ${answer.toString('latin1').slice(0, 200)}`))
        latencies.push(systemClock.monotonicMs() - sentMs)
        idle.push(socket)
        send()
      })
      socket.write(bytes)
    }
  }
  while (failures.length === 0 && next < wire.length && !late()) {
    send()
    await systemClock.sleep(1)
  }
  while (failures.length === 0 && idle.length < sockets.length) await systemClock.sleep(1)
  const tookSeconds = (systemClock.monotonicMs() - startedMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  for (const socket of sockets) socket.destroy()
  const [failed] = failures
  if (failed !== undefined) throw failed
  return {
    latencies: latencies.toSorted((a, b) => a - b),
    tookSeconds,
    cpuSeconds: (user + system) / 1e6,
  }
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}
