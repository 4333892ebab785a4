/**
 * Requests that come again: a client that saw no answer sends the same body once more. The hash of
 * tenant, signal and body leads to the receipt of the first, or to its promise while it is under way.
 * Lives on the main thread. After a restart the Log feeds it: until it has told the newest receipts, a
 * request that is not known may be a repeat, and waits.
 */
import type { Clock } from '#base/clock.ts'
import type { Receipt } from '#schemas/receipt.ts'
import { ReceiptTable } from './receipt-table.ts'

export interface RepeatLimits {
  readonly maxEntries: number
  readonly keepMs: number
}

/** Longer than any sender retries; beyond a million the oldest go first, which at 1,600 requests/s is ten minutes too. */
export const repeatLimits: RepeatLimits = { maxEntries: 1_000_000, keepMs: 600_000 }

export class Repeats {
  readonly #clock: Clock
  readonly #limits: RepeatLimits
  readonly #receipts: ReceiptTable
  /** Of requests under way, by their place in the table. */
  readonly #pending = new Map<number, Promise<Receipt>>()
  /** Resolves when earlier receipts are known; null when they are. */
  #expected: Promise<void> | null = null

  constructor(clock: Clock, limits: RepeatLimits = repeatLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#receipts = new ReceiptTable(limits.maxEntries)
  }

  get size(): number {
    return this.#receipts.size
  }

  /** Takes a receipt from elsewhere (replay), given `ageMs` ago. Feed oldest first. */
  remember(hash: string, receipt: Receipt, ageMs = 0): void {
    if (ageMs >= this.#limits.keepMs || this.#receipts.find(hash) >= 0) return
    const place = this.#receipts.add(hash, this.#clock.monotonicMs() - ageMs)
    // The place may have been that of a request which is still under way.
    this.#pending.delete(place)
    this.#receipts.set(place, receipt)
  }

  /** Until `loading` settles, requests that are not known wait for it; what it finds is given to `remember`. */
  expect(loading: Promise<unknown>): void {
    const found = (): void => {
      this.#expected = null
    }
    this.#expected = loading.then(found, found)
  }

  /**
   * The receipt of this request: of the first with the same hash, else of `accept`. When the first
   * fails while another waits for it, both fail; nothing is remembered of a failure.
   */
  async receipt(
    hash: string,
    accept: () => Promise<Receipt>,
  ): Promise<{ receipt: Receipt; repeated: boolean }> {
    const receipts = this.#receipts
    const nowMs = this.#clock.monotonicMs()
    receipts.dropUntil(nowMs - this.#limits.keepMs)
    let place = receipts.find(hash)
    if (place < 0 && this.#expected !== null) {
      await this.#expected
      place = receipts.find(hash)
    }
    if (place >= 0) {
      const first = this.#pending.get(place)
      return {
        receipt: first === undefined ? receipts.receipt(place) : await first,
        repeated: true,
      }
    }
    const pending = accept()
    const own = receipts.add(hash, nowMs)
    this.#pending.set(own, pending)
    try {
      const receipt = await pending
      // Unless so many came meanwhile that its place is another's.
      if (this.#pending.get(own) === pending) receipts.set(own, receipt)
      return { receipt, repeated: false }
    } catch (error) {
      if (this.#pending.get(own) === pending) receipts.drop(own)
      throw error
    } finally {
      if (this.#pending.get(own) === pending) this.#pending.delete(own)
    }
  }
}
