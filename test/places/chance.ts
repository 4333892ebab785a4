/** Choices from a seed. */
import { seededRandom, type Random } from '#base/random.ts'

export class Chance {
  readonly random: Random

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return this.random.below(count)
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.random.below(list.length)]
    if (found === undefined) throw new RangeError('there is nothing to choose from')
    return found
  }

  /** True with this probability. */
  is(probability: number): boolean {
    return this.random.fraction() < probability
  }

  /** Each of the list with this probability. */
  some<T>(list: readonly T[], probability: number): T[] {
    return list.filter(() => this.is(probability))
  }

  /** Up to `most` things, and at least `least`. */
  list<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make)
  }
}
