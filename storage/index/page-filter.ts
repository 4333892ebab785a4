/**
 * The filter of one page: a bloom over the ids in its bodies and long texts and over whole values of
 * text columns that are no dictionaries. Stored as the longest id (u32) and the bloom's words.
 *
 * Keys are hashes: of an id by its bytes; of a whole value by its bytes seeded with its column. The bloom's
 * second hash is made of the first, so that bytes are hashed once.
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { columnId, type ColumnRef, type Texts } from '#schemas/column.ts'
import { hashBytes, mix } from '#base/bytes/hash32.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { addToBloom, bloomBytes, bloomFromBytes, bloomHas, bloomWords } from './bloom.ts'
import { findKeys, keysEnd, writeBloom } from './ids-kernel.ts'
import { eachId, needleIds } from './tokens.ts'

/** Parts the second hash of a key from the first. */
const secondSeed = 0x9747b28c

function secondHash(hash: number): number {
  return mix(hash ^ secondSeed)
}

/** Values longer than this are asked for by their ids, not as a whole. */
const maxWholeBytes = 256

/** Number of a column in hashes: filters do not know a block's column numbers. */
export function columnSeed(column: ColumnRef): number {
  const bytes = Buffer.from(columnId(column))
  return hashBytes(bytes, 0, bytes.length)
}

/** Keys of builders that are done, for those to come on this thread. */
let spareKeys: Uint32Array<ArrayBuffer> | null = null

/** Spare keys are at most so many: a page of 16 MiB holds more only where it is little else than ids. */
const maxSpareKeys = 1 << 18

/** Keys of some values, and the length of the longest id in them. */
export interface FilterKeys {
  readonly hashes: Uint32Array
  readonly longest: number
}

/** Collects the keys of one page. */
export class PageFilterBuilder {
  #keys = new Uint32Array(0)
  #length = 0
  #longest = 0

  /**
   * Adds whole values and ids of a text column, and returns their keys, valid until more are added. Repeats are
   * added again: callers leave dictionaries out.
   */
  addTexts(column: ColumnRef, texts: Texts): FilterKeys {
    const first = this.#length
    const before = this.#longest
    this.#longest = 0
    this.#findKeys(column, texts)
    const longest = this.#longest
    this.#longest = Math.max(before, longest)
    return { hashes: this.#keys.subarray(first, this.#length), longest }
  }

  /** Adds keys that `addTexts` returned for other texts of the same column. */
  addKeys({ hashes, longest }: FilterKeys): void {
    this.#reserve(hashes.length)
    this.#keys.set(hashes, this.#length)
    this.#length += hashes.length
    if (longest > this.#longest) this.#longest = longest
  }

  #findKeys(column: ColumnRef, texts: Texts): void {
    const whole =
      column.scope === 'attribute' ? { most: maxWholeBytes, seed: columnSeed(column) } : null
    const rows = texts.offsets.length - 1
    for (let row = 0; row < rows;) {
      const end = keysEnd(texts, row)
      if (end === row) this.#addLongText(texts, row++)
      else {
        const { hashes, longestId } = findKeys(texts, row, end, whole)
        this.#reserve(hashes.length)
        this.#keys.set(hashes, this.#length)
        this.#length += hashes.length
        if (longestId > this.#longest) this.#longest = longestId
        row = end
      }
    }
  }

  /** Adds the ids of a text that is longer than the kernel takes, and than whole values are. */
  #addLongText({ bytes, offsets }: Texts, row: number): void {
    eachId(bytes, offsets[row]!, offsets[row + 1]!, (from, to) => {
      if (to - from > this.#longest) this.#longest = to - from
      this.#reserve(1)
      this.#keys[this.#length++] = hashBytes(bytes, from, to)
    })
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#keys.length) return
    const before = this.#keys
    const spare = spareKeys
    spareKeys = null
    this.#keys =
      spare !== null && spare.length >= needed
        ? spare
        : new Uint32Array(Math.max(needed, before.length * 2, firstKeys))
    this.#keys.set(before.subarray(0, this.#length))
  }

  /** The filter's bytes; the builder is empty afterwards. */
  finish(): Uint8Array {
    const keys = this.#keys.subarray(0, this.#length)
    const words = bloomWords(keys.length)
    const out = new Uint8Array(longestBytes + words * 4)
    new DataView(out.buffer).setUint32(0, this.#longest, true)
    const bloom = out.subarray(longestBytes)
    if (!writeBloom(bloom, keys, secondSeed)) bloom.set(bloomOf(keys, words))
    const size = this.#keys.length
    if (size <= maxSpareKeys && size > (spareKeys?.length ?? 0)) spareKeys = this.#keys
    this.#keys = new Uint32Array(0)
    this.#length = 0
    this.#longest = 0
    return out
  }
}

/** Keys of a small page: growing from nothing costs more. */
const firstKeys = 4096

/** The length of the longest id, before the bloom. */
const longestBytes = 4

/** A bloom that is too large for the kernel, as bytes. */
function bloomOf(keys: Uint32Array, words: number): Uint8Array {
  const filter = new Uint32Array(words)
  for (const key of keys) addToBloom(filter, key, secondHash(key))
  return bloomBytes(filter)
}

export interface PageFilter {
  readonly longestId: number
  readonly bloom: Uint32Array
}

/** Reads what `finish` returned; corrupt when it is not whole blocks. */
export function decodePageFilter(bytes: Uint8Array): PageFilter {
  const reader = new ByteReader(bytes, 0, bytes.length, 'a page filter')
  const longestId = reader.u32()
  const bloom = bloomFromBytes(reader.raw(reader.left))
  if (bloom === null) throw blockCorrupt.make(`a page filter of ${bytes.length} bytes`)
  return { longestId, bloom }
}

/** False when no value of the page's filtered columns holds `needle`. */
export function mayHold(filter: PageFilter, needle: Uint8Array): boolean {
  for (const id of needleIds(needle)) {
    if (id.open && id.to - id.from < filter.longestId) continue
    const a = hashBytes(needle, id.from, id.to)
    if (!bloomHas(filter.bloom, a, secondHash(a))) return false
  }
  return true
}

/** False when no row of the page has exactly `value` in an attribute column that is no dictionary there. */
export function mayEqual(filter: PageFilter, column: ColumnRef, value: Uint8Array): boolean {
  if (column.scope !== 'attribute' || value.length === 0 || value.length > maxWholeBytes)
    return true
  const a = hashBytes(value, 0, value.length, columnSeed(column))
  return bloomHas(filter.bloom, a, secondHash(a))
}
