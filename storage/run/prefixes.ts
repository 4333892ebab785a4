/**
 * What stands before the attributes of a stream, as one number: resource and scope, and for metrics the
 * descriptor. Found by raw bytes. Lives with the stream table of its generation.
 */
import { Interned } from './interned.ts'

/** Interns the resource, scope and descriptor of requests by their raw bytes: the prefix of a stream. */
export class PrefixTable {
  readonly #parts = new Interned()
  readonly #pairs = new Map<number, number>()
  readonly #below = new Interned()
  /** Per number that `below` gave: the one that it gave next, last time. */
  #followers: number[] = []
  #last = -1

  /** A number for raw bytes; `kind` keeps resources and scopes apart. */
  part(bytes: Uint8Array, from: number, to: number, kind: number): number {
    const known = this.#parts.find(bytes, from, to, kind)
    return known >= 0 ? known : this.#parts.add(bytes, from, to, kind)
  }

  /** A number for two numbers. */
  pair(a: number, b: number): number {
    const key = a * 2 ** 26 + b
    const known = this.#pairs.get(key)
    if (known !== undefined) return known
    this.#pairs.set(key, this.#pairs.size)
    return this.#pairs.size - 1
  }

  /** A number for raw bytes below a pair. Those of a request mostly come in the order of the one before. */
  below(pair: number, bytes: Uint8Array, to: number): number {
    const follower = this.#followers[this.#last] ?? -1
    if (follower >= 0 && this.#below.is(follower, bytes, 0, to, pair)) {
      this.#last = follower
      return follower
    }
    let known = this.#below.find(bytes, 0, to, pair)
    if (known < 0) {
      known = this.#below.add(bytes, 0, to, pair)
      this.#followers.push(-1)
    }
    if (this.#last >= 0) this.#followers[this.#last] = known
    this.#last = known
    return known
  }
}
