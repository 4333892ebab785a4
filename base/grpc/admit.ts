/**
 * Admission of gRPC calls: the byte budget is taken after the five bytes of a message's header and
 * before the message itself is read; HTTP/2 flow control holds the sender meanwhile. A sender that
 * pauses too long loses its place. Messages are handed on as they were sent, so that decompression
 * happens in a worker under our cap and broken ones get our status instead of INTERNAL.
 *
 * grpc-js shows an interceptor neither frames nor the encoding, so this uses three private members of
 * its server call (`stream`, `handleDataFrame`, `incomingEncoding`; 1.9 to 1.14). Where they are not
 * as expected the largest message is reserved instead and grpc-js decompresses.
 */
import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js'
import { Buffer } from 'node:buffer'
import type { Clock } from '../clock.ts'
import { errorFromData, errorToData } from '../errors.ts'
import type { Reserve } from '../http/body.ts'
import { bodySlow } from '../http/errors.ts'
import { grpcFailure } from './failure.ts'

/** The metadata key under which a handler finds how its message is compressed. */
export const encodingKey = 'x-signalbox-message-encoding'

export interface AdmitOptions {
  readonly reserve: Reserve
  readonly maxMessageBytes: number
  /** Longest pause in the middle of a message. */
  readonly idleMs: number
  readonly clock: Clock
}

type BaseCall = ConstructorParameters<typeof ServerInterceptingCall>[0]

interface Internals {
  readonly stream: { pause(): void; resume(): void }
  handleDataFrame(data: Buffer): void
  incomingEncoding: string
}

/** Compressions that our workers undo themselves. */
const ours = new Set(['gzip', 'zstd'])

/** Bytes before a message: a flag and the length, big-endian. */
const headerBytes = 5

export function admission(options: AdmitOptions): ServerInterceptor {
  return (_method, call) => {
    const admitted = new Admission(call, options)
    return new ServerInterceptingCall(call, {
      start: (next) =>
        admitted.start(() =>
          next({
            onReceiveMetadata: (metadata, pass) => pass(admitted.mark(metadata)),
            onReceiveMessage: (message, pass) => {
              admitted.delivered()
              pass(message)
            },
            onCancel: () => admitted.canceled(),
          }),
        ),
      sendMessage: (message, next) => {
        admitted.end()
        next(message)
      },
      sendStatus: (status, next) => {
        admitted.end()
        next(status)
      },
    })
  }
}

/** The admission of one call: its reservation, its header bytes, its patience. */
class Admission {
  readonly #call: BaseCall
  readonly #options: AdmitOptions
  readonly #internals: Internals | null
  readonly #encoding: string
  #release = () => {}
  #cancelIdle = () => {}
  #ended = false
  #delivered = false
  #admitted = false
  #reserving = false
  #held: Buffer[] = []

  constructor(call: BaseCall, options: AdmitOptions) {
    this.#call = call
    this.#options = options
    this.#internals = internalsOf(call)
    this.#encoding = this.#internals?.incomingEncoding ?? 'identity'
    if (this.#internals !== null) this.#watch(this.#internals)
  }

  start(next: () => void): void {
    this.#wait()
    if (this.#internals !== null) {
      next()
      return
    }
    void this.#reserve(this.#options.maxMessageBytes, next)
  }

  mark(metadata: Metadata): Metadata {
    metadata.set(encodingKey, ours.has(this.#encoding) ? this.#encoding : 'identity')
    return metadata
  }

  /** The whole message is with the handler, which ends the call also when the client has left. */
  delivered(): void {
    this.#delivered = true
    this.#cancelIdle()
  }

  canceled(): void {
    if (!this.#delivered) this.end()
  }

  end(): void {
    this.#ended = true
    this.#cancelIdle()
    this.#held = []
    this.#release()
  }

  /** Takes the place of grpc-js's frame handler until the message's length is known and reserved. */
  #watch(internals: Internals): void {
    if (ours.has(internals.incomingEncoding)) internals.incomingEncoding = 'identity'
    const handle = internals.handleDataFrame.bind(internals)
    internals.handleDataFrame = (data) => {
      if (this.#ended) return
      this.#wait()
      if (this.#admitted) {
        handle(data)
        return
      }
      this.#held.push(data)
      const header = Buffer.concat(this.#held)
      if (header.length < headerBytes || this.#reserving) return
      this.#admit(internals, header.readUInt32BE(1), handle)
    }
  }

  #admit(internals: Internals, length: number, handle: (data: Buffer) => void): void {
    this.#reserving = true
    // A message above the limit is refused by grpc-js as it sees the header; nothing is read for it.
    const bytes = length > this.#options.maxMessageBytes ? 0 : length
    internals.stream.pause()
    void this.#reserve(bytes, () => {
      this.#admitted = true
      const held = this.#held.splice(0)
      const received = held.reduce((sum, data) => sum + data.length, 0)
      for (const data of held) handle(data)
      // After a whole message grpc-js pauses the stream itself until it is read.
      if (received < headerBytes + length) internals.stream.resume()
    })
  }

  async #reserve(bytes: number, proceed: () => void): Promise<void> {
    try {
      this.#release = await this.#options.reserve(bytes)
      // The client may have left while this waited.
      if (this.#ended) this.#release()
      else proceed()
    } catch (error) {
      this.#refuse(error)
    }
  }

  #wait(): void {
    const { clock, idleMs } = this.#options
    this.#cancelIdle()
    if (this.#ended || this.#delivered) return
    this.#cancelIdle = clock.after(idleMs, () => {
      if (this.#reserving && !this.#admitted) return
      this.#refuse(bodySlow.make(`no byte of a message came for ${idleMs} ms`))
    })
  }

  #refuse(error: unknown): void {
    if (this.#ended) return
    this.end()
    this.#call.sendStatus(grpcFailure(errorFromData(errorToData(error))))
  }
}

/** The private members of a grpc-js server call, or null when they are not as expected. */
function internalsOf(call: unknown): Internals | null {
  if (typeof call !== 'object' || call === null) return null
  if (!('stream' in call) || !('handleDataFrame' in call) || !('incomingEncoding' in call))
    return null
  const { stream, handleDataFrame, incomingEncoding } = call
  if (typeof handleDataFrame !== 'function' || typeof incomingEncoding !== 'string') return null
  if (typeof stream !== 'object' || stream === null) return null
  if (!('pause' in stream) || !('resume' in stream)) return null
  return call as Internals // each member was just seen
}
