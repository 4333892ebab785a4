/**
 * Codes of values given by address: by a table of the addresses seen last, since rows of one request
 * share the bytes of equal neighbours, and by a hash of the bytes where that fails.
 */
import { Distinct } from '../column/distinct.ts'
import type { TenantRows } from './tenant-rows.ts'

/** Addresses remembered, as a power of two: a hash keeps so many bits. */
const addressBits = 10

export class ValueCodes {
  readonly #sources: readonly Uint8Array[]
  readonly #shift: number
  readonly #mask: number
  readonly distinct = new Distinct(1 << 16)
  /** By a hash of the address: the one seen last, its length and code. */
  readonly #address = new Uint32Array(1 << addressBits)
  readonly #length = new Int32Array(1 << addressBits)
  readonly #code = new Uint32Array(1 << addressBits)

  constructor({ sources, shift }: Pick<TenantRows, 'sources' | 'shift'>) {
    this.#sources = sources
    this.#shift = shift
    this.#mask = 2 ** shift - 1
  }

  clear(): void {
    this.distinct.clear()
    this.#length.fill(-1)
  }

  /** The code of the value of `length` bytes at an address. */
  code(address: number, length: number): number {
    const slot = Math.imul(address, 0x9e3779b1) >>> (32 - addressBits)
    if (this.#address[slot] === address && this.#length[slot] === length) return this.#code[slot]!
    const from = address & this.#mask
    const code = this.distinct.add(this.#sources[address >>> this.#shift]!, from, from + length)
    this.#address[slot] = address
    this.#length[slot] = length
    this.#code[slot] = code
    return code
  }
}
