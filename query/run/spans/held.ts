/**
 * What a search holds of the query's memory. The budget only takes, until the query ends; a search lets
 * go of most of what it loads, so only its highest level so far is taken.
 */
import type { Control } from '../source.ts'

export class Held {
  readonly #control: Control
  #bytes = 0
  #peak = 0

  constructor(control: Control) {
    this.#control = control
  }

  /** Throws `overloaded` when the budget is used up. */
  take(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#peak) return
    this.#control.hold(this.#bytes - this.#peak)
    this.#peak = this.#bytes
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}
