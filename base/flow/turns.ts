/**
 * Turns: one thread shared by many pieces of work, in slices of some milliseconds. Work calls its
 * `pause` often; when its slice is over it queues. One waiting work is resumed per turn of the event
 * loop, so messages and timers are handled in between: owners take turns, and the works of one owner
 * take turns among themselves, so that neither a heavy query nor an owner of many starves the rest.
 *
 * Nobody holds the thread while waiting for something else, so works may wait for each other.
 */
import type { Clock } from '../clock.ts'

/** Longest stretch of work between two pauses that give up the thread, ms. */
const sliceMs = 25

export class Turns {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'turn'>
  /** Works that wait, by owner; owners in the order of their next turn. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #resuming = false

  constructor(clock: Pick<Clock, 'monotonicMs' | 'turn'>) {
    this.#clock = clock
  }

  /** The `pause` of a new piece of work: returns at once within a slice, else after the others had theirs. */
  start(owner: string): () => Promise<void> {
    let startedMs = this.#clock.monotonicMs()
    return async () => {
      if (this.#clock.monotonicMs() - startedMs < sliceMs) return
      await this.#queue(owner)
      startedMs = this.#clock.monotonicMs()
    }
  }

  #queue(owner: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(owner)
      if (queue === undefined) this.#waiting.set(owner, [resolve])
      else queue.push(resolve)
      if (!this.#resuming) void this.#resumeAll()
    })
  }

  async #resumeAll(): Promise<void> {
    this.#resuming = true
    let last = ''
    while (this.#waiting.size > 0) {
      await this.#clock.turn()
      last = this.#resumeNext(last)
    }
    this.#resuming = false
  }

  /** Resumes the first work of the first owner, or of the second when the first just had its turn. */
  #resumeNext(last: string): string {
    const owners = [...this.#waiting.keys()]
    const owner = (owners[0] === last ? owners[1] : owners[0]) ?? last
    const queue = this.#waiting.get(owner) ?? []
    const resume = queue.shift()
    // Set anew, the owner goes to the end of the line.
    this.#waiting.delete(owner)
    if (queue.length > 0) this.#waiting.set(owner, queue)
    resume?.()
    return owner
  }
}
