/** One piece of work at a time per key, in the order asked. Keys without work take no memory. */
export class KeyMutex {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Runs `work` after all work of the same key that was given before; its failure harms nobody else. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const mine = before === undefined ? work() : before.then(work, work)
    this.#tails.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#tails.get(key) === mine) this.#tails.delete(key)
    }
  }
}
