/** What stands before the attributes of a stream, as one number: resource, scope, descriptor. Lives with the stream table of its generation. */
import { Interned } from './interned.ts'

/** Interns the resource, scope and descriptor of requests by their raw bytes: the prefix of a stream. */
export class PrefixTable {
  readonly #parts = new Interned()
  readonly #pairs = new Map<number, number>()

  /** A number for raw bytes; `kind` keeps resources, scopes and descriptors apart. */
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
}
