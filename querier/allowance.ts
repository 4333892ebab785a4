/**
 * What one query holds of the budget that all queries share. It is taken as operators ask for memory, before they
 * make it, and given back in one sum when the query ends, however it ends.
 *
 * A query that may hold no more, or that could never fit, is told what to narrow; one that only came at
 * a bad time is told when to try again.
 */
import type { Budget } from '#base/flow/budget.ts'
import { overloaded } from '#base/flow/errors.ts'

/** After this a query that found the budget taken tries again: most queries have ended by then. */
const retryAfterMs = 1000

export class Allowance {
  readonly #budget: Budget
  readonly #maxBytes: number
  #bytes = 0

  /** `maxBytes`: most that this query may hold. */
  constructor(budget: Budget, maxBytes: number) {
    this.#budget = budget
    this.#maxBytes = maxBytes
  }

  /** Takes `wanted` bytes more. Throws `overloaded`, and then has taken nothing. */
  hold(wanted: number): void {
    // The budget counts whole KiB, so that what is given back in one sum is what was taken.
    const bytes = Math.ceil(wanted / 1024) * 1024
    if (this.#bytes + bytes > this.#maxBytes) {
      throw overloaded.make(
        `the query needs more than ${this.#maxBytes} bytes of memory (querier.maxQueryBytes); narrow its time range or selector`,
      )
    }
    const { limitBytes } = this.#budget.state()
    if (this.#bytes + bytes > limitBytes) {
      throw overloaded.make(
        `the query needs more than the ${limitBytes} bytes there are for all queries (memory); narrow its time range or selector`,
      )
    }
    if (!this.#budget.tryTake(bytes)) {
      throw overloaded.make('all memory for queries is in use (memory); try again', {
        retryAfterMs,
      })
    }
    this.#bytes += bytes
  }

  /** Gives back all that was taken. */
  giveBack(): void {
    if (this.#bytes > 0) this.#budget.give(this.#bytes)
    this.#bytes = 0
  }
}
