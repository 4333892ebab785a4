/**
 * Places for queries that read. Every query under way holds a page or a batch of rows and pins its
 * snapshot, so that only so many read at once; the others wait here, before their snapshot is taken, and
 * owners take turns: one that asks much does not keep the others waiting longer than itself.
 */
import type { Clock } from '#base/clock.ts'
import { deadlineExceeded, queryCanceled } from '#base/flow/errors.ts'

/** How long a query waits, at most. */
export interface PlaceWait {
  readonly abort: AbortSignal
  readonly waitMs: number
}

export class Places {
  readonly #clock: Pick<Clock, 'after'>
  #free: number
  /** Those who wait, by owner; owners in the order of their next turn. */
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(count: number, clock: Pick<Clock, 'after'>) {
    this.#free = count
    this.#clock = clock
  }

  /**
   * Resolves with a function that gives the place back, which may be called more than once. Rejects with
   * `canceled` when `abort` fires before, with `deadline-exceeded` after `waitMs`.
   */
  async take(owner: string, { abort, waitMs }: PlaceWait): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else await this.#wait(owner, { abort, waitMs })
    let held = true
    return () => {
      if (held) this.#give()
      held = false
    }
  }

  #wait(owner: string, { abort, waitMs }: PlaceWait): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(owner) ?? new Set()
      const leave = (): void => {
        abort.removeEventListener('abort', onAbort)
        stop()
        queue.delete(start)
        if (queue.size === 0) this.#waiting.delete(owner)
      }
      const start = (): void => {
        leave()
        resolve()
      }
      const onAbort = (): void => {
        leave()
        reject(queryCanceled.make('the query was canceled before it began'))
      }
      const stop = this.#clock.after(waitMs, () => {
        leave()
        reject(
          deadlineExceeded.make(
            'the query waited for others all of its time (querier.timeout, querier.maxConcurrent, memory)',
          ),
        )
      })
      queue.add(start)
      this.#waiting.set(owner, queue)
      abort.addEventListener('abort', onAbort, { once: true })
      if (abort.aborted) onAbort()
    })
  }

  /** The place goes to the next owner's first, or is free. */
  #give(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
      return
    }
    const [owner, queue] = next
    // Set anew, the owner goes to the end of the line.
    this.#waiting.delete(owner)
    this.#waiting.set(owner, queue)
    const [start] = queue
    start?.()
  }
}
