/**
 * What one query holds of the budget that all queries share. It is taken as operators ask for memory, before they
 * make it, and given back in one sum when the query ends, however it ends.
 *
 * What is counted is what operators say; where they say too little the heap of their thread fills all the
 * same, so it is asked for room, too (`base/threads/heap-room.ts`).
 *
 * A query that may hold no more, or that could never fit, is told what to narrow; one that only came at
 * a bad time is told when to try again.
 */
import type { Budget } from '#base/flow/budget.ts'
import { overloaded } from '#base/flow/errors.ts'

/** After this a query that found the budget taken tries again: most queries have ended by then. */
const retryAfterMs = 1000

/** The budget is asked for so much at a time: what queries hold is small and comes in millions. */
const pieceBytes = 16 * 1024

export class Allowance {
  readonly #budget: Budget
  readonly #maxBytes: number
  readonly #hasRoom: () => boolean
  /** What is held, and what was taken from the budget for it: a multiple of its KiB. */
  #bytes = 0
  #taken = 0

  /** `maxBytes`: most that this query may hold. `hasRoom`: whether the heap that queries share has room for more. */
  constructor(budget: Budget, maxBytes: number, hasRoom: () => boolean = () => true) {
    this.#budget = budget
    this.#maxBytes = maxBytes
    this.#hasRoom = hasRoom
  }

  /** Throws `overloaded` when the heap has no room. */
  check(): void {
    if (this.#hasRoom()) return
    throw overloaded.make(
      'the memory that queries of one thread share is full (memory); narrow the time range or selector, or try again',
      { retryAfterMs },
    )
  }

  /** Holds `wanted` bytes more. Throws `overloaded`, and then holds no more than before. */
  hold(wanted: number): void {
    const bytes = this.#bytes + wanted
    if (bytes > this.#maxBytes) {
      throw overloaded.make(
        `the query needs more than ${this.#maxBytes} bytes of memory (querier.maxQueryBytes); narrow its time range or selector`,
      )
    }
    if (bytes > this.#taken) this.#take(bytes)
    this.#bytes = bytes
  }

  /** Takes from the budget what `bytes` in all need. */
  #take(bytes: number): void {
    this.check()
    const { limitBytes } = this.#budget.state()
    if (bytes > limitBytes) {
      throw overloaded.make(
        `the query needs more than the ${limitBytes} bytes there are for all queries (memory); narrow its time range or selector`,
      )
    }
    const least = Math.ceil((bytes - this.#taken) / 1024) * 1024
    for (const more of [Math.max(least, pieceBytes), least]) {
      if (!this.#budget.tryTake(more)) continue
      this.#taken += more
      return
    }
    throw overloaded.make('all memory for queries is in use (memory); try again', { retryAfterMs })
  }

  /** Gives back all that was taken. */
  giveBack(): void {
    if (this.#taken > 0) this.#budget.give(this.#taken)
    this.#bytes = this.#taken = 0
  }
}
