/**
 * The way of requests from the main thread to an ingest worker, and of receipts back. What came in one
 * turn of the event loop, or a little after it (`company.ts`), crosses in one message, packed, and so does
 * what one commit answered: waking the other thread and cloning an object cost more than most requests do.
 *
 * A message to the worker is the heads and small bodies in one buffer, and large bodies apart:
 *
 *   id u32, body length u32, received ns u64, request hash 16 bytes, signal u8, encoding u8, compression u8,
 *   tenant length u8, tenant, body unless it is one of the large ones
 *
 * A message back is pairs (id, rows accepted) of requests without anything refused, and the others as
 * objects.
 */
import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '#base/clock.ts'
import { errorFromData, errorToData, type ErrorData } from '#base/errors.ts'
import { workerDied } from '#base/flow/errors.ts'
import type { Receipt } from '#schemas/receipt.ts'
import { signalById, signals } from '#schemas/signals/index.ts'
import { must } from '#base/assert.ts'
import { Company } from './company.ts'
import { compressionIds, encodingIds, type RawRequest } from './request.ts'

/** Bodies from here on move in a buffer of their own: copying them would keep the main thread. */
const largeBytes = 32 * 1024
const headBytes = 36
/** Ids are u32 and go round: far more than can wait at once. */
const maxId = 0xffff_ffff

interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Large bodies, in the order of their requests. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[]
}

interface Answers {
  /** id, accepted rows; and so on. */
  readonly plain: readonly number[]
  readonly others: readonly { id: number; receipt?: Receipt; error?: ErrorData }[]
}

interface Sent {
  readonly id: number
  readonly raw: RawRequest
}

function pack(requests: readonly Sent[]): Packed {
  let length = 0
  for (const { raw } of requests) {
    length += headBytes + raw.tenant.length
    if (raw.body.length < largeBytes) length += raw.body.length
  }
  const bytes = Buffer.from(new ArrayBuffer(length))
  const bodies: Uint8Array<ArrayBuffer>[] = []
  let at = 0
  for (const { id, raw } of requests) {
    const { body, tenant } = raw
    bytes.writeUInt32LE(id, at)
    bytes.writeUInt32LE(body.length, at + 4)
    bytes.writeBigUInt64LE(raw.receivedNs, at + 8)
    bytes.write(raw.requestHash, at + 16, 'hex')
    bytes[at + 32] = signals[raw.signal].id
    bytes[at + 33] = encodingIds.indexOf(raw.encoding)
    bytes[at + 34] = compressionIds.indexOf(raw.compression)
    bytes[at + 35] = tenant.length
    // A tenant is ASCII of at most 150 bytes (`parseTenant`).
    bytes.write(tenant, at + headBytes, 'latin1')
    at += headBytes + tenant.length
    if (body.length < largeBytes) {
      bytes.set(body, at)
      at += body.length
    } else bodies.push(ownBuffer(body))
  }
  return { bytes, bodies }
}

/** The bytes in a buffer of their own, which can move to another thread. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  const own = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
  return own ? new Uint8Array(buffer) : new Uint8Array(bytes)
}

/** The inverse of `pack`; bodies are views of the message. */
function unpack({ bytes: packed, bodies }: Packed): Sent[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
  const requests: Sent[] = []
  let at = 0
  let large = 0
  while (at < bytes.length) {
    const length = bytes.readUInt32LE(at + 4)
    const bodyAt = at + headBytes + (bytes[at + 35] ?? 0)
    const apart = length >= largeBytes
    const raw: RawRequest = {
      tenant: bytes.toString('latin1', at + headBytes, bodyAt),
      signal: must(signalById(bytes[at + 32] ?? 0), 'the main thread packs known signals').name,
      encoding: must(encodingIds[bytes[at + 33] ?? -1], 'it packs known encodings'),
      compression: must(compressionIds[bytes[at + 34] ?? -1], 'it packs known compressions'),
      body: apart
        ? must(bodies[large++], 'each large body is there')
        : packed.subarray(bodyAt, bodyAt + length),
      receivedNs: bytes.readBigUInt64LE(at + 8),
      requestHash: bytes.toString('hex', at + 16, at + 32),
    }
    requests.push({ id: bytes.readUInt32LE(at), raw })
    at = apart ? bodyAt : bodyAt + length
  }
  return requests
}

interface Waiting {
  resolve(receipt: Receipt): void
  reject(error: unknown): void
  /** To the worker that was asked; null before. */
  port: MessagePort | null
}

const noRejects: Receipt['rejects'] = []

/** The main thread's end. */
export class RequestLane {
  readonly #company: Company
  readonly #waiting = new Map<number, Waiting>()
  #port: MessagePort | null = null
  #queue: Sent[] = []
  #queuedBytes = 0
  #last = 0

  constructor(clock: Pick<Clock, 'turn' | 'after'>) {
    this.#company = new Company(clock, () => this.#send())
  }

  /** Requests without an answer yet. */
  get pending(): number {
    return this.#waiting.size
  }

  /** Takes the port to a worker that starts. Requests of the one before it fail when its port closes. */
  attach(port: MessagePort): void {
    this.#port = port
    port.on('message', (answers: Answers) => this.#receive(answers))
    port.on('close', () => {
      if (this.#port === port) this.#port = null
      const lost = [...this.#waiting].filter(([, waiting]) => waiting.port === port)
      for (const [id] of lost) this.#lose(id)
    })
  }

  /** Resolves with the receipt once the rows are durable; rejects with the worker's error, or the retryable `worker-died`. */
  accept(raw: RawRequest): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const id = (this.#last = this.#last === maxId ? 1 : this.#last + 1)
      this.#waiting.set(id, { resolve, reject, port: null })
      this.#queue.push({ id, raw })
      this.#queuedBytes += raw.body.length
      this.#company.joined({
        requests: this.#queue.length,
        bytes: this.#queuedBytes,
        underWay: this.#waiting.size,
      })
    })
  }

  #send(): void {
    const requests = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    this.#company.left(requests.length)
    const port = this.#port
    for (const { id } of requests) {
      const waiting = must(this.#waiting.get(id), 'what is queued waits')
      waiting.port = port
      // Without a port the worker has ended, and nobody has started the next one yet.
      if (port === null) this.#lose(id)
    }
    if (port === null) return
    const packed = pack(requests)
    port.postMessage(packed, [packed.bytes.buffer, ...packed.bodies.map(({ buffer }) => buffer)])
  }

  #receive({ plain, others }: Answers): void {
    for (let i = 0; i < plain.length; i += 2)
      this.#take(plain[i] ?? 0)?.resolve({ accepted: plain[i + 1] ?? 0, rejects: noRejects })
    for (const { id, receipt, error } of others) {
      const waiting = this.#take(id)
      if (receipt !== undefined) waiting?.resolve(receipt)
      else if (error !== undefined) waiting?.reject(errorFromData(error))
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  #lose(id: number): void {
    this.#take(id)?.reject(workerDied.make('the ingest worker ended', { retryAfterMs: 1000 }))
  }
}

/** Serves the worker's end: `accept` is called for the requests of a message in their order. */
export function serveLane(port: MessagePort, accept: (raw: RawRequest) => Promise<Receipt>): void {
  let plain: number[] = []
  let others: { id: number; receipt?: Receipt; error?: ErrorData }[] = []
  const send = (): void => {
    port.postMessage({ plain, others })
    plain = []
    others = []
  }
  // After all that one event answered, such as a commit: ticks come when no promise is left to settle.
  const answered = (): void => {
    if (plain.length === 0 && others.length === 0) process.nextTick(send)
  }
  const answer = async ({ id, raw }: Sent): Promise<void> => {
    try {
      const receipt = await accept(raw)
      answered()
      if (receipt.rejects.length === 0) plain.push(id, receipt.accepted)
      else others.push({ id, receipt })
    } catch (error) {
      answered()
      others.push({ id, error: errorToData(error) })
    }
  }
  port.on('message', (packed: Packed) => {
    for (const sent of unpack(packed)) void answer(sent)
  })
}
