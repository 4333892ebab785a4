/**
 * The shortest way for what nearly all requests are: a POST to one of the three paths whose declared
 * length is small goes from node:http to `answerExport` and back, without the Request and Response
 * objects and the routing that take more time than everything else the main thread does for it.
 * Anything unusual is left to the app, and answers are the same (`test/otlp/direct.test.ts`).
 */
import type { Body, BodyOptions } from '#base/http/body.ts'
import { bodyCut, bodySlow } from '#base/http/errors.ts'
import { IdleWatch } from '#base/http/idle.ts'
import type { Incoming, Listener, Outgoing } from '#base/http/server.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Intakes } from '../admit.ts'
import { answerExport, declaredLength, type HttpAnswer, type HttpLimits } from './export.ts'

/** Bodies up to here; for larger ones the way does not matter. */
const maxDirectBytes = 256 * 1024
/** A client that has not sent its body when it gets an error may go on for this long; then its connection ends. */
const leftoverMs = 500

const paths = new Map<string, SignalName>(signalNames.map((signal) => [`/v1/${signal}`, signal]))

export function directOtlp(intakes: Intakes, limits: HttpLimits): Listener {
  const maxBytes = Math.min(maxDirectBytes, limits.maxBodyBytes)
  const { clock } = intakes.deps
  const idle = new IdleWatch(clock, limits.idleMs)
  return (incoming, outgoing) => {
    const { method, url = '', headers } = incoming
    if (method !== 'POST') return false
    const signal = paths.get(url)
    const length = declaredLength(headers['content-length'] ?? null)
    if (signal === undefined || length === null || length > maxBytes) return false
    const header = (name: string) => {
      const value = headers[name]
      return typeof value === 'string' ? value : null
    }
    const read = (options: BodyOptions) => readWhole({ incoming, length, idle }, options)
    void answerExport({ signal, header, read }, intakes, limits).then((answer) => {
      send(outgoing, answer)
      if (!incoming.complete) finish(incoming, (work) => clock.after(leftoverMs, work))
    })
    return true
  }
}

function send(outgoing: Outgoing, { status, headers, body }: HttpAnswer): void {
  const lines: string[] = []
  for (const name in headers) lines.push(name, headers[name] ?? '')
  lines.push('content-length', String(body.length))
  outgoing.writeHead(status, lines)
  if (body.length === 0) outgoing.end()
  else outgoing.end(body)
}

/** Reads what is left of a body that nobody wants, for a short time. */
function finish(incoming: Incoming, later: (work: () => void) => () => void): void {
  const cancel = later(() => incoming.socket.destroySoon())
  incoming.once('end', cancel)
  incoming.once('close', cancel)
  incoming.resume()
}

/** A body whose length is known, and who sees whether it goes on coming. */
interface Coming {
  readonly incoming: Incoming
  readonly length: number
  readonly idle: IdleWatch
}

/** The body as `readBody` gives it, with the same errors. */
async function readWhole(coming: Coming, options: BodyOptions): Promise<Body> {
  const release = await options.reserve(coming.length)
  try {
    return { bytes: await collect(coming, options), release }
  } catch (error) {
    release()
    throw error
  }
}

function collect(
  { incoming, length, idle }: Coming,
  { piece, idleMs }: BodyOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (length === 0) return Promise.resolve(new Uint8Array(0))
  return new Promise((resolve, reject) => {
    let bytes: Uint8Array<ArrayBuffer> | null = null
    let at = 0
    const end = (): void => {
      idle.end(watched)
      incoming.off('data', add)
      incoming.off('error', broke)
      incoming.off('close', broke)
    }
    const broke = (cause?: Error): void => {
      end()
      reject(
        bodyCut.make(
          'the connection broke while a body was sent',
          cause === undefined ? {} : { cause },
        ),
      )
    }
    const watched = idle.begin(() => {
      end()
      reject(bodySlow.make(`no byte of a body came for ${idleMs} ms`))
    })
    // node:http's parser copies each piece into a buffer of its own, which is never shared memory.
    const add = (chunk: Uint8Array<ArrayBuffer>): void => {
      piece?.(chunk)
      if (chunk.length === length) bytes = chunk
      else {
        bytes ??= new Uint8Array(length)
        bytes.set(chunk, at)
      }
      at += chunk.length
      if (at < length) return idle.came(watched)
      end()
      // What is left is the end of the stream, which frees the connection for the next request.
      incoming.resume()
      resolve(bytes)
    }
    incoming.on('data', add)
    incoming.on('error', broke)
    incoming.on('close', broke)
  })
}
