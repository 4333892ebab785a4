/** A part of a published run as a reader sees it: lanes by number, attributes by key, values as byte ranges. */
import type { Slab } from '#base/threads/slabs.ts'
import { attributeLane, attributeLanes, type RunLayout } from './columns.ts'
import { partHeaderWords, partWord } from './part.ts'

/** A lane: `words[from + row]`, or `value` for every row when `from` is -1. */
export interface Lane {
  readonly from: number
  readonly value: number
}

/** The value of a lane for a row. */
export function at(words: Uint32Array, lane: Lane, row: number): number {
  return lane.from < 0 ? lane.value : words[lane.from + row]!
}

export class PartView {
  readonly words: Uint32Array
  readonly bytes: Buffer
  readonly layout: RunLayout
  readonly at: number
  readonly rows: number
  readonly offset: number
  /** How many bytes the values of its rows have. */
  readonly size: number
  /** Where the part's bytes start in the slab. */
  readonly bytesFrom: number

  /** `bytes` is the whole slab as one Buffer, made once per thread. */
  constructor(
    slab: { readonly words: Uint32Array; readonly bytes: Buffer },
    at: number,
    layout: RunLayout,
  ) {
    const { words } = slab
    this.words = words
    this.bytes = slab.bytes
    this.layout = layout
    this.at = at
    this.rows = words[at + partWord.rows]!
    this.offset = words[at + partWord.offsetLo]! + words[at + partWord.offsetHi]! * 2 ** 32
    this.size = words[at + partWord.bytes]!
    const byteWords = Math.ceil(this.size / 4)
    this.bytesFrom = (at + words[at + partWord.words]! - byteWords) * 4
  }

  lane(index: number): Lane {
    const at = this.at + partHeaderWords + index * 2
    const constant = this.words[at] === 1
    const value = this.words[at + 1]!
    return constant ? { from: -1, value } : { from: this.at + value, value: 0 }
  }

  /** Where the entries of an attribute lane stand: entry i is `words[from + (i & mask)]`, whether they differ or not. */
  attributeWords(name: keyof typeof attributeLane): { from: number; mask: number } {
    const lane = this.layout.lanes + attributeLane[name]
    const { from } = this.lane(lane)
    return from < 0
      ? { from: this.at + partHeaderWords + lane * 2 + 1, mask: 0 }
      : { from, mask: -1 }
  }

  attributeLane(name: keyof typeof attributeLane): Lane {
    return this.lane(this.layout.lanes + attributeLane[name])
  }

  tenant(): string {
    const from = this.bytesFrom + this.words[this.at + partWord.tenantOffset]!
    return this.bytes.toString('utf8', from, from + this.words[this.at + partWord.tenantLength]!)
  }

  get attributes(): number {
    return this.words[this.at + partWord.attributes]!
  }

  get keyCount(): number {
    return this.words[this.at + partWord.keys]!
  }

  /** The attribute keys of the part, by key id. */
  keys(): string[] {
    return Array.from({ length: this.keyCount }, (_, key) => {
      const word = this.#keyAt(key)
      const at = this.bytesFrom + this.words[word]!
      return this.bytes.toString('utf8', at, at + this.words[word + 1]!)
    })
  }

  /** Whether another part has the same keys under the same ids: costs less than their texts. */
  hasKeysOf(other: PartView): boolean {
    const { keyCount } = this
    if (keyCount !== other.keyCount) return false
    for (let key = 0; key < keyCount; key++) if (!this.#hasKeyOf(other, key)) return false
    return true
  }

  #hasKeyOf(other: PartView, key: number): boolean {
    const [own, theirs] = [this.#keyAt(key), other.#keyAt(key)]
    const length = this.words[own + 1]!
    if (length !== other.words[theirs + 1]) return false
    const from = this.bytesFrom + this.words[own]!
    const theirFrom = other.bytesFrom + other.words[theirs]!
    const { bytes } = this
    const theirBytes = other.bytes
    for (let i = 0; i < length; i++) if (bytes[from + i] !== theirBytes[theirFrom + i]) return false
    return true
  }

  /** The word that says where a key stands, before that of its length. */
  #keyAt(key: number): number {
    return this.at + partHeaderWords + (this.layout.lanes + attributeLanes + key) * 2
  }

  /** Least and greatest time as ns. */
  times(): { min: bigint; max: bigint } {
    const at = (word: number): bigint => BigInt(this.words[this.at + word]!)
    return {
      min: (BigInt.asIntN(32, at(partWord.timeMinHi)) << 32n) | at(partWord.timeMinLo),
      max: (BigInt.asIntN(32, at(partWord.timeMaxHi)) << 32n) | at(partWord.timeMaxLo),
    }
  }

  streams(): { min: number; max: number } {
    return {
      min: this.words[this.at + partWord.streamMin]!,
      max: this.words[this.at + partWord.streamMax]!,
    }
  }
}

const buffers = new WeakMap<Uint8Array, Buffer>()

/** A slab with its bytes as a Buffer, for `PartView`. */
export function readable(slab: Slab): { words: Uint32Array; bytes: Buffer } {
  let bytes = buffers.get(slab.bytes)
  if (bytes === undefined) {
    bytes = Buffer.from(slab.bytes.buffer, slab.bytes.byteOffset, slab.bytes.length)
    buffers.set(slab.bytes, bytes)
  }
  return { words: slab.words, bytes }
}
