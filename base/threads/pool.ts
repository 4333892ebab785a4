/**
 * A pool of worker threads of one kind. Workers start on demand up to `size` (the first one at
 * once) and are kept; calls go to the worker asked for, or to the one with the fewest calls under
 * way. When a worker dies its calls fail with the retryable `worker-died`, `onDeath` is told, and the
 * next call starts it again.
 */
import { Worker, type Transferable } from 'node:worker_threads'
import { workerDied } from '../flow/errors.ts'
import type { Logger } from '../log.ts'
import { Caller, type TaskTable } from './port.ts'

export interface PoolOptions {
  readonly name: string
  /** The module every worker runs. */
  readonly entry: URL
  readonly size: number
  /** What worker `index` gets as its `workerData`, made anew at each start. */
  readonly data: (index: number) => {
    readonly value: unknown
    readonly transfer?: readonly Transferable[]
  }
  /** V8's limits for one worker. */
  readonly heapMb: number
  readonly logger: Logger
  readonly onDeath?: (index: number) => void
}

interface Member<T extends TaskTable> {
  readonly worker: Worker
  readonly caller: Caller<T>
}

/** Young generation of a worker in MB: small, because hot data is in typed arrays (measured in the engine's prototypes). */
const youngGenerationMb = 8

export class WorkerPool<T extends TaskTable> {
  readonly size: number
  readonly #options: PoolOptions
  readonly #members: (Member<T> | null)[]
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.size = options.size
    this.#members = Array.from({ length: options.size }, () => null)
  }

  /** The worker's caller, starting the worker if it is not running. */
  at(index: number): Caller<T> {
    const member = this.#members[index]
    return (member ?? this.#start(index)).caller
  }

  /** The caller with the fewest calls under way; a worker that is not running yet counts as slightly busy. */
  idlest(): Caller<T> {
    let best = 0
    let fewest = Infinity
    for (let i = 0; i < this.size; i++) {
      const load = this.#members[i]?.caller.pending ?? 0.5
      if (load < fewest) {
        fewest = load
        best = i
      }
    }
    return this.at(best)
  }

  #start(index: number): Member<T> {
    const { name, entry, data, heapMb, logger } = this.#options
    const { value, transfer } = data(index)
    const worker = new Worker(entry, {
      name: `${name}-${index}`,
      workerData: value,
      transferList: [...(transfer ?? [])],
      resourceLimits: {
        maxOldGenerationSizeMb: heapMb,
        maxYoungGenerationSizeMb: youngGenerationMb,
      },
    })
    const member: Member<T> = { worker, caller: new Caller<T>(worker) }
    worker.on('error', (error) =>
      logger.error({ worker: `${name}-${index}`, error }, 'worker failed'),
    )
    worker.on('exit', (code) => {
      this.#members[index] = null
      member.caller.fail(workerDied.make(`worker ${name}-${index} ended`, { retryAfterMs: 1000 }))
      if (this.#closed) return
      logger.error(
        { worker: `${name}-${index}`, code },
        'worker ended; it starts again with the next call',
      )
      this.#options.onDeath?.(index)
    })
    this.#members[index] = member
    return member
  }

  /** Ends all workers. Calls under way fail. */
  async close(): Promise<void> {
    this.#closed = true
    const members = this.#members.filter((member) => member !== null)
    await Promise.all(members.map((member) => member.worker.terminate()))
  }

  /** Whether worker `index` runs. */
  running(index: number): boolean {
    return (this.#members[index] ?? null) !== null
  }
}
