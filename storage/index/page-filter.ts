/**
 * The filter of one page: a bloom over the ids in its bodies and long texts and over whole values of
 * text columns that are no dictionaries. Stored as the longest id (u32) and the bloom's words.
 *
 * Keys are hashes: of an id by its bytes; of a whole value by its bytes seeded with its column. The bloom's
 * second hash is made of the first, so that bytes are hashed once.
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { columnId, type ColumnRef, type Texts } from '#schemas/column.ts'
import { hashBytes, mix } from '#base/bytes/hash32.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { addToBloom, bloomBytes, bloomFromBytes, bloomHas, createBloom } from './bloom.ts'
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

/** Collects the keys of one page. */
export class PageFilterBuilder {
  #keys = new Uint32Array(1024)
  #length = 0
  #longest = 0

  /** Adds whole values and ids of a text column. Repeats are added again: callers leave dictionaries out. */
  addTexts(column: ColumnRef, texts: Texts): void {
    const { offsets, bytes } = texts
    const seed = columnSeed(column)
    const whole = column.scope === 'attribute'
    const add = (from: number, to: number): void => {
      if (to - from > this.#longest) this.#longest = to - from
      this.#add(hashBytes(bytes, from, to))
    }
    for (let i = 0; i + 1 < offsets.length; i++) {
      const from = offsets[i]!
      const to = offsets[i + 1]!
      if (whole && to > from && to - from <= maxWholeBytes) {
        this.#add(hashBytes(bytes, from, to, seed))
      }
      eachId(bytes, from, to, add)
    }
  }

  #add(hash: number): void {
    if (this.#length === this.#keys.length) {
      const grown = new Uint32Array(this.#keys.length * 2)
      grown.set(this.#keys)
      this.#keys = grown
    }
    this.#keys[this.#length++] = hash
  }

  /** The filter's bytes; the builder is empty afterwards. */
  finish(): Uint8Array {
    const filter = createBloom(this.#length)
    const keys = this.#keys
    for (let i = 0; i < this.#length; i++) addToBloom(filter, keys[i]!, secondHash(keys[i]!))
    const out = new ByteWriter(filter.byteLength + 8)
    out.u32(this.#longest)
    out.raw(bloomBytes(filter))
    this.#length = 0
    this.#longest = 0
    return out.copy()
  }
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
