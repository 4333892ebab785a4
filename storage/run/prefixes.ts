/**
 * What stands before the attributes of a stream, as one number: resource and scope, and for metrics the
 * descriptor. Found by raw bytes, put together by pairs. Lives with the stream table of its generation.
 */
import { mix } from '#base/bytes/hash32.ts'
import { Interned } from './interned.ts'

/** Pairs of numbers under dense ids: open addressing, as there may be nearly as many as streams. */
class Pairs {
  #first = new Int32Array(1 << 8)
  #second = new Int32Array(1 << 8)
  #slots = new Int32Array(1 << 9).fill(-1)
  count = 0

  get memoryBytes(): number {
    return this.#first.byteLength + this.#second.byteLength + this.#slots.byteLength
  }

  id(a: number, b: number): number {
    const mask = this.#slots.length - 1
    let slot = mix(Math.imul(a, 0x9e3779b1) ^ b) & mask
    for (; this.#slots[slot]! >= 0; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!
      if (this.#first[id] === a && this.#second[id] === b) return id
    }
    const id = this.count++
    this.#first[id] = a
    this.#second[id] = b
    this.#slots[slot] = id
    if (this.count === this.#first.length) this.#grow()
    return id
  }

  #grow(): void {
    const [first, second] = [this.#first, this.#second].map((old) => {
      const grown = new Int32Array(old.length * 2)
      grown.set(old)
      return grown
    })
    this.#first = first!
    this.#second = second!
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = this.#slots.length - 1
    for (let id = 0; id < this.count; id++) {
      let slot = mix(Math.imul(this.#first[id]!, 0x9e3779b1) ^ this.#second[id]!) & mask
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = id
    }
  }
}

/** Interns the resource, scope and descriptor of requests by their raw bytes: the prefix of a stream. */
export class PrefixTable {
  readonly #parts = new Interned()
  readonly #pairs = new Pairs()
  readonly #descriptors = new Interned()
  /** Per descriptor: the one that was asked for next, last time. */
  #followers: number[] = []
  #lastDescriptor = -1

  /** Bytes of memory. */
  get memoryBytes(): number {
    return this.#parts.memoryBytes + this.#pairs.memoryBytes + this.#descriptors.memoryBytes
  }

  /** A number for raw bytes; `kind` keeps resources and scopes apart. */
  part(bytes: Uint8Array, from: number, to: number, kind: number): number {
    const known = this.#parts.find(bytes, from, to, kind)
    return known >= 0 ? known : this.#parts.add(bytes, from, to, kind)
  }

  /** A number for two numbers. */
  pair(a: number, b: number): number {
    return this.#pairs.id(a, b)
  }

  /** A number for `bytes[0, to)`. Those of a request mostly come in the order of the one before. */
  descriptor(bytes: Uint8Array, to: number): number {
    const follower = this.#followers[this.#lastDescriptor] ?? -1
    if (follower >= 0 && this.#descriptors.is(follower, bytes, 0, to, 0)) {
      this.#lastDescriptor = follower
      return follower
    }
    let known = this.#descriptors.find(bytes, 0, to, 0)
    if (known < 0) {
      known = this.#descriptors.add(bytes, 0, to, 0)
      this.#followers.push(-1)
    }
    if (this.#lastDescriptor >= 0) this.#followers[this.#lastDescriptor] = known
    this.#lastDescriptor = known
    return known
  }
}
