/**
 * The order of the promise, read from a trace: for each acknowledgement that was written to a socket,
 * the write of its record to a segment had returned, then a `fdatasync` of that segment began and
 * returned without an error, and only then the answer was written.
 *
 * Every request carries a marker, so it is found again in what was read from its connection and in
 * what was written to the Log. A connection has one request at a time, so its answers follow the
 * order of its markers: HTTP/1.1 200, or the DATA frame of an HTTP/2 stream.
 */
import { bytesOf, fdOf, parseTrace, type Call } from './trace.ts'

export const markerOf = (request: number): string => `marker-${String(request).padStart(6, '0')}`
const markers = /marker-\d{6}/g

export interface Promises {
  readonly acknowledgements: number
  /** Datasyncs of segments that returned without an error. */
  readonly syncs: number
  /** Acknowledgements without a datasync in between, up to twenty of them in words. */
  readonly broken: number
  readonly examples: readonly string[]
}

interface Sync {
  readonly began: number
  readonly ended: number
}

/** A segment from its opening on. */
interface Segment {
  readonly syncs: Sync[]
}

interface Connection {
  readonly markers: string[]
  /** Whether the other side speaks HTTP/2; null until it has spoken. */
  http2: boolean | null
  /** Answer bytes that are no whole frame yet. */
  rest: Buffer
  answered: number
}

interface Written {
  readonly segment: Segment
  readonly ended: number
}

interface Answer {
  readonly marker: string
  readonly began: number
}

class Reader {
  readonly segments = new Map<number, Segment>()
  readonly connections = new Map<number, Connection>()
  readonly written = new Map<string, Written>()
  readonly answers: Answer[] = []
  syncs = 0

  take(call: Call): void {
    if (call.result < 0) return
    const fd = fdOf(call)
    const segment = this.segments.get(fd)
    const connection = this.connections.get(fd)
    switch (call.name) {
      case 'openat':
        if (bytesOf(call).toString().endsWith('.seg')) this.segments.set(call.result, { syncs: [] })
        return
      case 'accept4':
        this.connections.set(call.result, { ...fresh, markers: [] })
        return
      case 'close':
        this.segments.delete(fd)
        this.connections.delete(fd)
        return
      case 'fdatasync':
        if (segment !== undefined) this.syncs++
        segment?.syncs.push(call)
        return
      case 'pwritev':
      case 'pwrite64':
        if (segment === undefined) return
        for (const [marker] of bytesOf(call).toString('latin1').matchAll(markers))
          this.written.set(marker, { segment, ended: call.ended })
        return
      case 'read':
        if (connection !== undefined) receive(connection, bytesOf(call))
        return
      default:
        if (connection !== undefined) this.#answer(connection, call)
    }
  }

  #answer(connection: Connection, call: Call): void {
    const answers = connection.http2 === true ? frames(connection, call) : statuses(call)
    for (let i = 0; i < answers; i++) {
      const marker = connection.markers[connection.answered++] ?? 'no request'
      this.answers.push({ marker, began: call.began })
    }
  }
}

const fresh = { http2: null, rest: Buffer.alloc(0), answered: 0 }

function receive(connection: Connection, bytes: Buffer): void {
  const text = bytes.toString('latin1')
  connection.http2 ??= text.startsWith('PRI * HTTP/2')
  for (const [marker] of text.matchAll(markers)) connection.markers.push(marker)
}

/** Acknowledgements in what was written to an HTTP/1.1 connection. */
function statuses(call: Call): number {
  return [
    ...bytesOf(call)
      .toString('latin1')
      .matchAll(/HTTP\/1\.1 200 /g),
  ].length
}

/** DATA frames of streams in what was written to an HTTP/2 connection: each is an answer's message. */
function frames(connection: Connection, call: Call): number {
  let bytes = Buffer.concat([connection.rest, bytesOf(call)])
  let data = 0
  while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
    if (bytes[3] === 0 && bytes.readUIntBE(0, 3) > 0) data++
    bytes = bytes.subarray(9 + bytes.readUIntBE(0, 3))
  }
  connection.rest = bytes
  return data
}

/** What the trace of a process says of its acknowledgements. */
export function checkPromises(trace: string): Promises {
  const reader = new Reader()
  // In the order of their returns: what was read, opened or accepted is known before it is used.
  for (const call of parseTrace(trace)) reader.take(call)
  const examples: string[] = []
  let broken = 0
  for (const { marker, began } of reader.answers) {
    const written = reader.written.get(marker)
    const covered = written?.segment.syncs.some((sync) => {
      return sync.began > written.ended && sync.ended < began
    })
    if (covered === true) continue
    broken++
    const why = written === undefined ? 'its record was not written' : 'no sync covers its record'
    if (examples.length < 20) examples.push(`${marker} was acknowledged at line ${began}: ${why}`)
  }
  return { acknowledgements: reader.answers.length, syncs: reader.syncs, broken, examples }
}
