/**
 * Where a pattern matches, and its groups: chooses between the two engines by the size of the text,
 * both of which find the same match in linear time.
 */
import { Backtracker } from './backtrack.ts'
import { PikeVm } from './pike.ts'
import type { Program } from './program.ts'
import type { Haystack } from './runes.ts'

export class SpanFinder {
  readonly #program: Program
  readonly #found: Int32Array
  readonly #backtracker: Backtracker
  #spans: PikeVm | null = null
  #groups: PikeVm | null = null

  /** `groups` counts the whole match too. */
  constructor(program: Program, groups: number) {
    this.#program = program
    this.#found = new Int32Array(groups * 2)
    this.#backtracker = new Backtracker(program)
  }

  /**
   * The slots of the leftmost match at or after `text.at`, positions in `text.bytes`, -1 for groups that
   * took no part; null without a match. At least the first `slots` are set. The array is reused.
   */
  find(text: Haystack, slots: number): Int32Array | null {
    const found = this.#found
    if (this.#backtracker.fits(text.to - text.at)) {
      return this.#backtracker.search(text, found) ? found : null
    }
    return this.#machine(slots).search(text, found) ? found : null
  }

  #machine(slots: number): PikeVm {
    if (slots <= 2) {
      this.#spans ??= new PikeVm(this.#program, 2)
      return this.#spans
    }
    this.#groups ??= new PikeVm(this.#program, this.#found.length)
    return this.#groups
  }
}
