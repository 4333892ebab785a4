/**
 * Reads a request body into one buffer, after its bytes were taken from a budget: at once where the
 * length is declared, else megabyte by megabyte as it comes. The limit is checked before anything is
 * read or allocated. A client that stops sending loses its place after `idleMs`.
 */
import type { Clock } from '../clock.ts'
import { bodyCut, bodyLimit, bodySlow } from './errors.ts'

/** Takes bytes from a budget, waiting a bounded time; rejects with `overloaded`. The result gives them back, once. */
export type Reserve = (bytes: number) => Promise<() => void>

export interface BodyOptions {
  /** The Content-Length, or null when the body comes in chunks. */
  readonly declaredBytes: number | null
  readonly maxBytes: number
  readonly reserve: Reserve
  /** Longest pause between two pieces. */
  readonly idleMs: number
  readonly clock: Clock
  /** Called with each piece in order, for hashing while the rest is on its way. */
  readonly piece?: (bytes: Uint8Array) => void
}

export interface Body {
  /** A buffer of its own: may be transferred to another thread. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Gives the bytes back to the budget. May be called more than once. */
  release(): void
}

/** Bytes taken at a time for a body of unknown length. */
const stepBytes = 1024 * 1024

/** Throws `body-limit`, `body-slow`, `body-cut` or what `reserve` throws; nothing stays reserved then. */
export async function readBody(
  source: AsyncIterable<Uint8Array> | null,
  options: BodyOptions,
): Promise<Body> {
  const { declaredBytes, maxBytes, reserve } = options
  if (declaredBytes !== null && declaredBytes > maxBytes) {
    throw bodyLimit.make(
      `a body of ${declaredBytes} bytes is larger than the limit of ${maxBytes} bytes`,
    )
  }
  const releases: (() => void)[] = []
  const release = () => {
    for (const give of releases.splice(0)) give()
  }
  try {
    const take = async (bytes: number) => {
      releases.push(await reserve(bytes))
    }
    const bytes =
      declaredBytes === null
        ? await readChunked(source, options, take)
        : await readDeclared(source, declaredBytes, options, take)
    return { bytes, release }
  } catch (error) {
    release()
    throw error
  }
}

type Take = (bytes: number) => Promise<void>

async function readDeclared(
  source: AsyncIterable<Uint8Array> | null,
  length: number,
  options: BodyOptions,
  take: Take,
): Promise<Uint8Array<ArrayBuffer>> {
  await take(length)
  const bytes = new Uint8Array(length)
  let at = 0
  await eachPiece(source, options, (piece) => {
    if (at + piece.length > length)
      throw bodyCut.make(`a body is longer than its length, ${length}`)
    bytes.set(piece, at)
    at += piece.length
  })
  if (at < length) throw bodyCut.make(`a body ended after ${at} of ${length} bytes`)
  return bytes
}

async function readChunked(
  source: AsyncIterable<Uint8Array> | null,
  options: BodyOptions,
  take: Take,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let total = 0
  let taken = 0
  await eachPiece(source, options, async (piece) => {
    total += piece.length
    if (total > options.maxBytes) {
      throw bodyLimit.make(`a body is larger than the limit of ${options.maxBytes} bytes`)
    }
    pieces.push(piece)
    while (taken < total) {
      await take(stepBytes)
      taken += stepBytes
    }
  })
  const bytes = new Uint8Array(total)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

async function eachPiece(
  source: AsyncIterable<Uint8Array> | null,
  options: BodyOptions,
  use: (piece: Uint8Array) => void | Promise<void>,
): Promise<void> {
  if (source === null) return
  // Not `for await`: leaving that loop early would destroy the socket before an answer could go out.
  const pieces = source[Symbol.asyncIterator]()
  for (;;) {
    const next = await withinIdle(pieces.next(), options)
    if (next.done === true) return
    options.piece?.(next.value)
    await use(next.value)
  }
}

/** The next piece, or `body-slow` after the pause, or `body-cut` when the connection broke. */
async function withinIdle<T>(next: Promise<T>, options: BodyOptions): Promise<T> {
  const { idleMs, clock } = options
  let cancel = () => {}
  const slow = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(idleMs, () =>
      reject(bodySlow.make(`no byte of a body came for ${idleMs} ms`)),
    )
  })
  const piece = next.catch((cause: unknown) => {
    throw bodyCut.make('the connection broke while a body was sent', { cause })
  })
  try {
    return await Promise.race([piece, slow])
  } finally {
    cancel()
    // Whichever lost the race may still reject; nobody waits for it.
    piece.catch(() => {})
  }
}
