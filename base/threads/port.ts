/**
 * Calls between threads. One side serves a table of tasks, the other calls them by name: arguments
 * and results are structured clones (buffers named in a transfer list move), errors cross as data.
 * A task may also emit chunks of bytes, pulled with credits, so that a slow reader stops the sender.
 */
import type { MessagePort, Transferable, Worker } from 'node:worker_threads'
import { errorFromData, errorToData, type ErrorData } from '../errors.ts'
import { queryCanceled, workerDied } from '../flow/errors.ts'

/** Either end of a channel: a MessagePort, a Worker, or a worker's parent port. */
export type Port = MessagePort | Worker

/** What a task gets besides its arguments. */
export interface CallContext {
  /** Sends a chunk to the caller of `stream`; resolves when there is credit for the next one. Throws `canceled` when the caller left. */
  emit(chunk: Uint8Array): Promise<void>
  /** Buffers of the result that move instead of being copied. */
  transfer(...buffers: Transferable[]): void
}

/** Tasks by name: argument in, result out. */
export type TaskTable = { readonly [task: string]: (args: never, context: CallContext) => unknown }

type Message =
  | { kind: 'call'; id: number; task: string; args: unknown; credits: number }
  | { kind: 'done'; id: number; value: unknown }
  | { kind: 'failed'; id: number; error: ErrorData }
  | { kind: 'chunk'; id: number; chunk: Uint8Array }
  | { kind: 'credit'; id: number }
  | { kind: 'left'; id: number }

/** Chunks that may be under way to a reader that has not asked for more: a few, so that neither side idles. */
const creditsAtStart = 4

interface Emission {
  credits: number
  left: boolean
  wake: (() => void) | null
}

function post(port: Port, message: Message, transfer: readonly Transferable[] = []): void {
  port.postMessage(message, [...transfer])
}

/** Serves `tasks` to whoever calls on the other end of `port`. */
export function serve(port: Port, tasks: TaskTable): void {
  const emissions = new Map<number, Emission>()
  const answer = async (message: Message & { kind: 'call' }): Promise<void> => {
    const { id } = message
    const emission: Emission = { credits: message.credits, left: false, wake: null }
    emissions.set(id, emission)
    const moved: Transferable[] = []
    const context: CallContext = {
      emit: (chunk) => emit(port, id, emission, chunk),
      transfer: (...buffers) => void moved.push(...buffers),
    }
    try {
      const task = tasks[message.task]
      if (task === undefined) throw new Error(`no task ${message.task}`)
      const value = await task(message.args as never, context) // the caller's type is the task's: see `Caller`
      post(port, { kind: 'done', id, value }, moved)
    } catch (error) {
      post(port, { kind: 'failed', id, error: errorToData(error) })
    } finally {
      emissions.delete(id)
    }
  }
  port.on('message', (message: Message) => {
    const emission = 'id' in message ? emissions.get(message.id) : undefined
    if (message.kind === 'call') void answer(message)
    else if (message.kind === 'credit' && emission !== undefined) emission.credits++
    else if (message.kind === 'left' && emission !== undefined) emission.left = true
    emission?.wake?.()
  })
}

async function emit(port: Port, id: number, emission: Emission, chunk: Uint8Array): Promise<void> {
  while (emission.credits === 0 && !emission.left) {
    await new Promise<void>((resolve) => {
      emission.wake = resolve
    })
  }
  if (emission.left) throw queryCanceled.make('the reader of this answer went away')
  emission.credits--
  post(port, { kind: 'chunk', id, chunk })
}

type Argument<T extends TaskTable, K extends keyof T> = Parameters<T[K]>[0]
type Result<T extends TaskTable, K extends keyof T> = Awaited<ReturnType<T[K]>>

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
  chunk(chunk: Uint8Array): void
}

/** Calls the tasks that the other end of a port serves. */
export class Caller<T extends TaskTable> {
  readonly #port: Port
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #broken: unknown = null

  constructor(port: Port) {
    this.#port = port
    port.on('message', (message: Message) => this.#receive(message))
    // A MessagePort closes when the thread at its other end is gone; a Worker's pool tells of its end.
    port.on('close', () =>
      this.fail(workerDied.make('the thread at the other end ended', { retryAfterMs: 1000 })),
    )
  }

  /** Calls under way. */
  get pending(): number {
    return this.#waiting.size
  }

  #receive(message: Message): void {
    const waiting = 'id' in message ? this.#waiting.get(message.id) : undefined
    if (waiting === undefined) return
    if (message.kind === 'chunk') waiting.chunk(message.chunk)
    if (message.kind !== 'done' && message.kind !== 'failed') return
    this.#waiting.delete(message.id)
    if (message.kind === 'done') waiting.resolve(message.value)
    else waiting.reject(errorFromData(message.error))
  }

  #start(
    task: string,
    args: unknown,
    options: { transfer: readonly Transferable[]; chunk: Waiting['chunk'] },
  ) {
    const id = this.#next++
    const done = new Promise<unknown>((resolve, reject) => {
      if (this.#broken !== null) return reject(this.#broken)
      this.#waiting.set(id, { resolve, reject, chunk: options.chunk })
      post(this.#port, { kind: 'call', id, task, args, credits: creditsAtStart }, options.transfer)
    })
    return { id, done }
  }

  /** The result of one task; rejects with its error, or with the one given to `fail`. */
  async call<K extends keyof T & string>(
    task: K,
    args: Argument<T, K>,
    transfer: readonly Transferable[] = [],
  ): Promise<Result<T, K>> {
    const { done } = this.#start(task, args, { transfer, chunk: () => {} })
    return (await done) as Result<T, K> // the other end serves a table of this type
  }

  /** The chunks that a task emits; its result is dropped. Leaving the loop tells the task to stop. */
  async *stream<K extends keyof T & string>(
    task: K,
    args: Argument<T, K>,
  ): AsyncGenerator<Uint8Array> {
    const chunks: Uint8Array[] = []
    let wake = (): void => {}
    let ended = false
    const { id, done } = this.#start(task, args, {
      transfer: [],
      chunk: (chunk) => {
        chunks.push(chunk)
        wake()
      },
    })
    const end = (): void => {
      ended = true
      wake()
    }
    done.then(end, end)
    try {
      for (;;) {
        const chunk = chunks.shift()
        if (chunk !== undefined) {
          yield chunk
          post(this.#port, { kind: 'credit', id })
        } else if (ended) {
          await done
          return
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      if (!ended) post(this.#port, { kind: 'left', id })
    }
  }

  /** Fails every call under way and all later ones: the other end is gone. */
  fail(error: unknown): void {
    this.#broken = error
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}
