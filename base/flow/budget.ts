/**
 * Budgets: allowances of bytes taken before work begins and given back after it. The counters stand
 * in one shared Int32Array in KiB, changed with Atomics by every thread, so a worker can take from
 * the same allowance as the main thread. Nested waits go in the order request, query, read, so that
 * they cannot deadlock.
 *
 * Layout, per budget: limit, used, waits, refusals.
 */
import { assert } from '../assert.ts'
import type { Clock } from '../clock.ts'
import { overloaded } from './errors.ts'

export const budgetNames = ['request', 'query', 'read', 'run', 'cache'] as const
export type BudgetName = (typeof budgetNames)[number]

const wordsPerBudget = 4

/** Shared memory for all budgets, with their limits in bytes; passed to every worker. */
export function createBudgetMemory(
  limits: Readonly<Record<BudgetName, number>>,
): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(budgetNames.length * wordsPerBudget * 4)
  const words = new Int32Array(memory)
  budgetNames.forEach((name, i) => {
    words[i * wordsPerBudget] = Math.ceil(limits[name] / 1024)
  })
  return memory
}

export interface BudgetState {
  readonly limitBytes: number
  readonly usedBytes: number
  readonly waits: number
  readonly refusals: number
}

/** One allowance as seen from one thread. */
export class Budget {
  readonly name: BudgetName
  readonly #words: Int32Array
  readonly #at: number
  readonly #clock: Clock

  constructor(memory: SharedArrayBuffer, name: BudgetName, clock: Clock) {
    this.name = name
    this.#words = new Int32Array(memory)
    this.#at = budgetNames.indexOf(name) * wordsPerBudget
    this.#clock = clock
  }

  #word(offset: number): number {
    return Atomics.load(this.#words, this.#at + offset)
  }

  state(): BudgetState {
    return {
      limitBytes: this.#word(0) * 1024,
      usedBytes: this.#word(1) * 1024,
      waits: this.#word(2),
      refusals: this.#word(3),
    }
  }

  /** Takes `bytes` if they fit now; more than the whole limit is never given. */
  tryTake(bytes: number): boolean {
    const kib = Math.ceil(bytes / 1024)
    for (;;) {
      const used = this.#word(1)
      if (used + kib > this.#word(0)) return false
      if (Atomics.compareExchange(this.#words, this.#at + 1, used, used + kib) === used) return true
    }
  }

  /**
   * Takes `bytes`, waiting up to `waitMs` for others to give back; then throws `overloaded`. The
   * returned function gives them back and may be called more than once.
   */
  async take(bytes: number, waitMs: number): Promise<() => void> {
    if (!this.tryTake(bytes)) await this.#wait(bytes, waitMs)
    let held = true
    return () => {
      if (held) this.give(bytes)
      held = false
    }
  }

  async #wait(bytes: number, waitMs: number): Promise<void> {
    Atomics.add(this.#words, this.#at + 2, 1)
    const deadline = this.#clock.monotonicMs() + waitMs
    for (;;) {
      const used = this.#word(1)
      if (this.tryTake(bytes)) return
      const left = deadline - this.#clock.monotonicMs()
      if (left <= 0 || Math.ceil(bytes / 1024) > this.#word(0)) break
      const waited = Atomics.waitAsync(this.#words, this.#at + 1, used, Math.min(left, 100))
      if (waited.async) await waited.value
    }
    Atomics.add(this.#words, this.#at + 3, 1)
    const { limitBytes, usedBytes } = this.state()
    throw overloaded.make(
      `no room for ${bytes} bytes in the ${this.name} budget (${usedBytes} of ${limitBytes} in use, memory)`,
      { retryAfterMs: 1000 },
    )
  }

  /** Gives back what `tryTake` took. */
  give(bytes: number): void {
    const before = Atomics.sub(this.#words, this.#at + 1, Math.ceil(bytes / 1024))
    assert(before >= Math.ceil(bytes / 1024), `the ${this.name} budget gets back what it gave`)
    Atomics.notify(this.#words, this.#at + 1)
  }
}
