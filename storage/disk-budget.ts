/**
 * The disk budget: one number covers blocks, Log, caches and our own telemetry in the storage folder.
 * A tenth of it stays free; what compaction is about to write is reserved first; near its end, or
 * when the disk itself runs out, writes are refused with a retryable error before anything breaks.
 */
import { assert } from '#base/assert.ts'

export interface DiskBudgetOptions {
  /** The setting `storage.budget`, bytes. */
  readonly limitBytes: number
  /** The disk may be smaller than the budget, or shared: below this many free bytes writes are refused too. */
  readonly minFreeBytes?: number
}

/** The disk itself, as the system says. */
export interface DiskState {
  readonly freeBytes: number
  readonly totalBytes: number
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
/** Free bytes of the disk that flushes and merges need, where nobody says otherwise. */
const standardMinFreeBytes = 256 << 20
/** Beyond this part of the budget the Log is shortened by cutting runs early. */
const logShare = 0.25

export class DiskBudget {
  readonly limitBytes: number
  readonly #used = new Map<DiskUse, number>()
  #reserved = 0
  readonly #minFreeBytes: number
  #disk: DiskState = { freeBytes: Infinity, totalBytes: Infinity }

  constructor({ limitBytes, minFreeBytes = standardMinFreeBytes }: DiskBudgetOptions) {
    assert(limitBytes > 0, 'a disk budget is positive')
    this.limitBytes = limitBytes
    this.#minFreeBytes = minFreeBytes
  }

  /** Reports what a part uses now. */
  setUsed(use: DiskUse, bytes: number): void {
    this.#used.set(use, bytes)
  }

  /** Reports the disk itself. */
  setDisk(disk: DiskState): void {
    this.#disk = disk
  }

  /** What can be used at most: the budget, or the whole disk where that is smaller. */
  #limit(): number {
    return Math.min(this.limitBytes, Math.max(1, this.#disk.totalBytes - this.#minFreeBytes))
  }

  /** Bytes of all parts. */
  used(): number {
    return this.#used.values().reduce((sum, bytes) => sum + bytes, 0)
  }

  reserved(): number {
    return this.#reserved
  }

  /**
   * Bytes to be freed so that a tenth of the budget is free and the reservations fit; 0 when all is
   * well. A disk that others fill frees nothing here: their bytes must not cost our data.
   */
  overBy(): number {
    return Math.max(0, Math.ceil(this.used() + this.#reserved - this.#limit() * (1 - keptFree)))
  }

  /** Whether the Log takes more than its share, so that the runs that hold it should be cut. */
  logOverShare(): boolean {
    return (this.#used.get('log') ?? 0) > this.#limit() * logShare
  }

  /** Room for `bytes` more, or null when they would fill the budget or the disk. */
  reserve(bytes: number): Reservation | null {
    const fits = this.used() + this.#reserved + bytes <= this.#limit()
    if (!fits || this.#reserved + bytes > this.#disk.freeBytes) return null
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
    const limit = this.#limit()
    if (used >= limit * nearFullAt) return `${used} of ${limit} bytes are used (storage.budget)`
    const { freeBytes } = this.#disk
    if (freeBytes >= this.#minFreeBytes) return null
    return `${freeBytes} bytes are free on the disk and ${this.#minFreeBytes} are kept free (storage.budget)`
  }
}
