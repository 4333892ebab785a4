/**
 * Commits of one ingest worker. Parts wait in the order they were appended; as soon as the previous
 * commit is durable all that wait go to the Log together, and when they are durable they are
 * published in that order and their writers told. When a commit fails, everything that was appended
 * and not published is dropped, because later parts stand behind the failed ones in their runs.
 */
import type { LogRecord } from '#storage/log/log.ts'
import type { PendingPart } from './append.ts'

/** The part of the Log that a worker needs. */
export interface CommitLog {
  append(records: readonly LogRecord[]): Promise<{ readonly first: number }>
}

interface Waiting {
  readonly record: LogRecord
  readonly part: PendingPart
  resolve(): void
  reject(error: unknown): void
}

export interface CommitHooks {
  /** Called after each commit, published or failed. */
  settled(): void
  /** Drops all rows that were appended and not published. */
  rollBack(): void
}

export class Committer {
  readonly #log: CommitLog
  readonly #hooks: CommitHooks
  #waiting: Waiting[] = []
  #running = false
  /** Settles with the newest part, and so after all before it. */
  #newest: Promise<void> = Promise.resolve()

  constructor(log: CommitLog, hooks: CommitHooks) {
    this.#log = log
    this.#hooks = hooks
  }

  /** Resolves when the part is durable and published. Call in the order of the appends. */
  add(record: LogRecord, part: PendingPart): Promise<void> {
    const added = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ record, part, resolve, reject })
    })
    this.#newest = added.catch(() => {}) // whoever added it is told
    if (!this.#running) void this.#run()
    return added
  }

  /** Resolves when every part that was added by now is published or dropped, whatever comes meanwhile. */
  settled(): Promise<void> {
    return this.#newest
  }

  async #run(): Promise<void> {
    this.#running = true
    // One turn of the microtask queue, so that parts appended together are committed together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const commit = this.#waiting
      this.#waiting = []
      try {
        const { first } = await this.#log.append(commit.map(({ record }) => record))
        for (const [i, { part }] of commit.entries()) part.run.publish(part.at, first + i)
        for (const waiting of commit) waiting.resolve()
      } catch (error) {
        this.#fail([...commit, ...this.#waiting], error)
      }
      this.#hooks.settled()
    }
    this.#running = false
  }

  #fail(lost: readonly Waiting[], error: unknown): void {
    this.#waiting = []
    this.#hooks.rollBack()
    for (const waiting of lost) waiting.reject(error)
  }
}
