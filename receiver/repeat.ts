/**
 * Requests that come again: a client that saw no answer sends the same body once more. The hash of
 * tenant, signal and body leads to the receipt of the first, or to its promise while it is under way.
 * Lives on the main thread. After a restart the Log feeds it: until it has told the newest receipts, a
 * request that is not known may be a repeat, and waits.
 */
import type { Clock } from '#base/clock.ts'
import type { Receipt } from '#schemas/receipt.ts'

export interface RepeatLimits {
  readonly maxEntries: number
  readonly keepMs: number
}

/** Longer than any sender retries; beyond a million the oldest go first, which at 1,600 requests/s is ten minutes too. */
export const repeatLimits: RepeatLimits = { maxEntries: 1_000_000, keepMs: 600_000 }

interface Seen {
  readonly receipt: Receipt
  readonly atMs: number
}

export class Repeats {
  readonly #clock: Clock
  readonly #limits: RepeatLimits
  /** Oldest first: entries are only ever added at the end. */
  readonly #seen = new Map<string, Seen>()
  readonly #pending = new Map<string, Promise<Receipt>>()
  /** Resolves when earlier receipts are known; null when they are. */
  #expected: Promise<void> | null = null

  constructor(clock: Clock, limits: RepeatLimits = repeatLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#seen.size
  }

  /** Takes a receipt from elsewhere (replay), given `ageMs` ago. Feed oldest first. */
  remember(hash: string, receipt: Receipt, ageMs = 0): void {
    if (ageMs >= this.#limits.keepMs) return
    this.#seen.delete(hash)
    this.#seen.set(hash, { receipt, atMs: this.#clock.monotonicMs() - ageMs })
    this.#forget()
  }

  /** Until `loading` settles, requests that are not known wait for it; what it finds is given to `remember`. */
  expect(loading: Promise<unknown>): void {
    const found = (): void => {
      this.#expected = null
    }
    this.#expected = loading.then(found, found)
  }

  #known(hash: string): Receipt | Promise<Receipt> | undefined {
    return this.#seen.get(hash)?.receipt ?? this.#pending.get(hash)
  }

  /**
   * The receipt of this request: of the first with the same hash, else of `accept`. When the first
   * fails while another waits for it, both fail; nothing is remembered of a failure.
   */
  async receipt(
    hash: string,
    accept: () => Promise<Receipt>,
  ): Promise<{ receipt: Receipt; repeated: boolean }> {
    this.#forget()
    if (this.#expected !== null && this.#known(hash) === undefined) await this.#expected
    const known = this.#known(hash)
    if (known !== undefined) return { receipt: await known, repeated: true }
    const pending = accept()
    this.#pending.set(hash, pending)
    try {
      const receipt = await pending
      this.remember(hash, receipt)
      return { receipt, repeated: false }
    } finally {
      this.#pending.delete(hash)
    }
  }

  /** Drops what is too old or too much. */
  #forget(): void {
    const oldest = this.#clock.monotonicMs() - this.#limits.keepMs
    for (const [hash, { atMs }] of this.#seen) {
      if (atMs > oldest && this.#seen.size <= this.#limits.maxEntries) return
      this.#seen.delete(hash)
    }
  }
}
