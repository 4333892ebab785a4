/**
 * The pin ledger: which roots and runs somebody still reads. It lives on the main thread; a query's
 * snapshot pins when it starts and is released at its end, its cancel or its worker's death. Nothing
 * that a pinned root or run needs is deleted or reused.
 */
import type { Clock } from '#base/clock.ts'

export interface Pinned {
  /** Root number by signal. */
  readonly roots: Readonly<Record<string, number>>
  /** Runs by their id. */
  readonly runs: readonly string[]
}

export interface Pin {
  /** Lets go; repeated calls do nothing. */
  release(): void
}

interface Held extends Pinned {
  readonly sinceMs: number
  /** When it was asked to let go; null: never. */
  toldMs: number | null
  /** Ends whoever holds the pin, when its bytes are needed. */
  readonly expire: (() => void) | null
}

/** How long a holder that was asked to let go may take before the next one is asked: some turns of a query's worker. */
const endingMs = 1000

export class PinLedger {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  /** Oldest first. */
  readonly #pins = new Set<Held>()
  readonly #runs = new Map<string, number>()
  readonly #listeners: (() => void)[] = []

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** `expire` is called by `expireOldest`; it must lead to a release. */
  pin(what: Pinned, expire: (() => void) | null = null): Pin {
    const held: Held = { ...what, sinceMs: this.#clock.monotonicMs(), toldMs: null, expire }
    this.#pins.add(held)
    for (const run of held.runs) this.#runs.set(run, (this.#runs.get(run) ?? 0) + 1)
    return { release: () => this.#release(held) }
  }

  #release(held: Held): void {
    if (!this.#pins.delete(held)) return
    for (const run of held.runs) {
      const left = (this.#runs.get(run) ?? 0) - 1
      if (left > 0) this.#runs.set(run, left)
      else this.#runs.delete(run)
    }
    for (const listener of this.#listeners) listener()
  }

  /** The oldest root of a signal that is pinned, or null. */
  oldestRoot(signal: string): number | null {
    let oldest: number | null = null
    for (const { roots } of this.#pins) {
      const seq = roots[signal]
      if (seq !== undefined && (oldest === null || seq < oldest)) oldest = seq
    }
    return oldest
  }

  isRunPinned(run: string): boolean {
    return this.#runs.has(run)
  }

  count(): number {
    return this.#pins.size
  }

  /** Age of the oldest pin; 0 without any. */
  oldestAgeMs(): number {
    const [oldest] = this.#pins
    return oldest === undefined ? 0 : this.#clock.monotonicMs() - oldest.sinceMs
  }

  /**
   * Asks the oldest holder that can be ended to let go; false when there is none, when it holds for less
   * than `graceMs`, or when one asked before is still about to. `run` limits it to pins of that run.
   */
  expireOldest(run?: string, graceMs = 0): boolean {
    const nowMs = this.#clock.monotonicMs()
    for (const held of this.#pins) {
      if (held.expire === null || (run !== undefined && !held.runs.includes(run))) continue
      if (held.toldMs !== null) {
        if (nowMs - held.toldMs < endingMs) return false
        continue
      }
      if (nowMs - held.sinceMs < graceMs) return false
      held.toldMs = nowMs
      held.expire()
      return true
    }
    return false
  }

  /** Calls `listener` after each release. */
  onRelease(listener: () => void): void {
    this.#listeners.push(listener)
  }
}
