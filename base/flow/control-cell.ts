/**
 * Control cells: how a running query is told to stop, since AbortSignal does not cross threads. Each
 * cell is eight words of one shared Int32Array: in use, cancelled, deadline (two halves of monotonic
 * ms), KiB read, rows read. A worker reads its cell once per batch.
 */
import type { Clock } from '../clock.ts'
import { deadlineExceeded, overloaded, queryCanceled } from './errors.ts'

const wordsPerCell = 8
const cancelledWord = 1
const deadlineWord = 2
const kibWord = 4
const rowsWord = 5

/** Queries that may run at once; more wait in the queue of the querier. */
const cellsMax = 1024

export function createControlMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(cellsMax * wordsPerCell * 4)
}

/** One query's cell, seen from any thread. */
export class ControlCell {
  readonly index: number
  readonly #words: Int32Array
  readonly #clock: Clock

  constructor(memory: SharedArrayBuffer, index: number, clock: Clock) {
    this.index = index
    this.#words = new Int32Array(memory, index * wordsPerCell * 4, wordsPerCell)
    this.#clock = clock
  }

  cancel(): void {
    Atomics.store(this.#words, cancelledWord, 1)
  }

  /** Throws `canceled` or `deadline-exceeded` when the query has to stop; called once per batch. */
  check(): void {
    if (Atomics.load(this.#words, cancelledWord) !== 0)
      throw queryCanceled.make('the query was canceled')
    if (this.#clock.monotonicMs() > this.#deadlineMs()) {
      throw deadlineExceeded.make('the query did not finish in time (querier.timeout)')
    }
  }

  #deadlineMs(): number {
    const hi = Atomics.load(this.#words, deadlineWord)
    return hi * 2 ** 31 + Atomics.load(this.#words, deadlineWord + 1)
  }

  /** Counts what was read, for the answer's statistics. */
  count(bytes: number, rows: number): void {
    Atomics.add(this.#words, kibWord, Math.ceil(bytes / 1024))
    Atomics.add(this.#words, rowsWord, rows)
  }

  read(): { bytes: number; rows: number } {
    return {
      bytes: Atomics.load(this.#words, kibWord) * 1024,
      rows: Atomics.load(this.#words, rowsWord) >>> 0,
    }
  }
}

/** Hands out cells; lives on the main thread. */
export class ControlCells {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #clock: Clock

  constructor(memory: SharedArrayBuffer, clock: Clock) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#clock = clock
  }

  /** A cleared cell with a deadline in monotonic ms; throws `overloaded` when all are in use. */
  take(deadlineMs: number): ControlCell {
    for (let i = 0; i < cellsMax; i++) {
      const at = i * wordsPerCell
      if (Atomics.compareExchange(this.#words, at, 0, 1) !== 0) continue
      for (let word = 1; word < wordsPerCell; word++) Atomics.store(this.#words, at + word, 0)
      Atomics.store(this.#words, at + deadlineWord, Math.floor(deadlineMs / 2 ** 31))
      Atomics.store(this.#words, at + deadlineWord + 1, deadlineMs % 2 ** 31)
      return new ControlCell(this.memory, i, this.#clock)
    }
    throw overloaded.make(`${cellsMax} queries are running, the most there may be`, {
      retryAfterMs: 1000,
    })
  }

  give(cell: ControlCell): void {
    Atomics.store(this.#words, cell.index * wordsPerCell, 0)
  }
}
