/**
 * The disk budget: one number covers blocks, Log, caches and our own telemetry in the storage folder.
 * A tenth of it stays free; what compaction is about to write is reserved first; near its end, or
 * when the disk itself runs out, writes are refused with a retryable error before anything breaks.
 */
import { assert } from '#base/assert.ts'

export interface DiskBudgetOptions {
  /** The setting `storage.budget`, bytes. */
  readonly limitBytes: number
}

/** What is counted, in bytes; each part reports its own. */
export type DiskUse = 'blocks' | 'log' | 'cache' | 'telemetry'

/** Room for one piece of work; released when its bytes are counted as used, or not written. */
export interface Reservation {
  release(): void
}

/** Eviction keeps use below this part of the limit, so that flushes and merges always find room. */
const keptFree = 0.1
/** From here on writes are refused: half of the free tenth is left for flushes, which free the Log. */
const nearFullAt = 0.95
/** The disk may be smaller than the budget, or shared: below this many free bytes writes are refused too. */
const minFreeBytes = 256 << 20

export class DiskBudget {
  readonly limitBytes: number
  readonly #used = new Map<DiskUse, number>()
  #reserved = 0
  #diskFree = Infinity

  constructor({ limitBytes }: DiskBudgetOptions) {
    assert(limitBytes > 0, 'a disk budget is positive')
    this.limitBytes = limitBytes
  }

  /** Reports what a part uses now. */
  setUsed(use: DiskUse, bytes: number): void {
    this.#used.set(use, bytes)
  }

  /** Reports the free bytes of the disk itself. */
  setDiskFree(bytes: number): void {
    this.#diskFree = bytes
  }

  /** Bytes of all parts. */
  used(): number {
    return this.#used.values().reduce((sum, bytes) => sum + bytes, 0)
  }

  reserved(): number {
    return this.#reserved
  }

  /** Bytes to be freed so that a tenth of the budget is free and the reservations fit; 0 when all is well. */
  overBy(): number {
    const over = this.used() + this.#reserved - this.limitBytes * (1 - keptFree)
    const short = minFreeBytes + this.#reserved - this.#diskFree
    return Math.max(0, Math.ceil(Math.max(over, short)))
  }

  /** Room for `bytes` more, or null when they would fill the budget or the disk. */
  reserve(bytes: number): Reservation | null {
    const fits = this.used() + this.#reserved + bytes <= this.limitBytes
    if (!fits || this.#reserved + bytes > this.#diskFree) return null
    this.#reserved += bytes
    let held = true
    return {
      release: () => {
        if (held) this.#reserved -= bytes
        held = false
      },
    }
  }

  /** Whether writes are to be refused, with the reason for people; null when there is room. */
  nearFull(): string | null {
    const used = this.used()
    if (used >= this.limitBytes * nearFullAt) {
      return `${used} of ${this.limitBytes} bytes of storage.budget are used`
    }
    if (this.#diskFree < minFreeBytes) return `${this.#diskFree} bytes are free on the disk`
    return null
  }
}
