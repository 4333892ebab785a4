/**
 * Which pages hold a trace id: per section a sorted list of (32-bit hash of the id, page), in parts
 * of 8,192 entries that are read alone. About 22 bits an entry; an absent id reads a page for nothing
 * once in 2^32 / entries. Rows of a trace are neighbours, so an entry per (id, page) is one per trace.
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { decodeWords, encodeWords } from '../encoding/words.ts'

/** Entries of one part: 20–25 KB, one small read. */
const partEntries = 8192

/** The hash under which an id of 16 bytes stands. */
export function idHash(bytes: Uint8Array, from = 0): number {
  return hashBytes(bytes, from, from + 16)
}

/** One stored part: the hash of its first entry and its bytes. */
export interface IdMapPart {
  readonly first: number
  readonly bytes: Uint8Array
}

export class IdMapBuilder {
  /** hash * 2^21 + page: sorts as one double. */
  #entries = new Float64Array(1024)
  #count = 0

  /** Adds the ids (16 bytes each) of one page; equal neighbours count once. `present` as in a vector. */
  addPage(page: number, bytes: Uint8Array, present: Uint8Array | null): void {
    let last = -1
    for (let i = 0; i * 16 < bytes.length; i++) {
      if (present !== null && present[i] === 0) continue
      const entry = idHash(bytes, i * 16) * maxPages + page
      if (entry === last) continue
      last = entry
      this.#push(entry)
    }
  }

  #push(entry: number): void {
    if (this.#count === this.#entries.length) {
      const grown = new Float64Array(this.#count * 2)
      grown.set(this.#entries)
      this.#entries = grown
    }
    this.#entries[this.#count++] = entry
  }

  /** The parts in order of hashes; none when there were no ids. */
  finish(): IdMapPart[] {
    const sorted = this.#entries.subarray(0, this.#count).sort()
    let unique = 0
    for (let i = 0; i < sorted.length; i++) {
      if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[unique++] = sorted[i]!
    }
    const parts: IdMapPart[] = []
    for (let from = 0; from < unique; from += partEntries) {
      parts.push(encodePart(sorted.subarray(from, Math.min(unique, from + partEntries))))
    }
    return parts
  }
}

/** Pages per section that an entry can name. */
export const maxPages = 2 ** 21

function encodePart(entries: Float64Array): IdMapPart {
  const hashes = new Uint32Array(entries.length)
  const pages = new Uint32Array(entries.length)
  for (let i = 0; i < entries.length; i++) {
    const hash = Math.floor(entries[i]! / maxPages)
    hashes[i] = hash
    pages[i] = entries[i]! - hash * maxPages
  }
  const out = new ByteWriter(entries.length * 4)
  out.varint(entries.length)
  encodeWords(out, hashes, false)
  encodeWords(out, pages, false)
  return { first: hashes[0] ?? 0, bytes: out.copy() }
}

/** Pages that `hash` stands for in one part, ascending. */
export function lookUpId(bytes: Uint8Array, hash: number): number[] {
  const reader = new ByteReader(bytes, 0, bytes.length, 'an id map')
  const count = reader.varint()
  if (count > partEntries) throw blockCorrupt.make(`an id map part of ${count} entries`)
  const hashes = decodeWords(reader, count)
  const pages = decodeWords(reader, count)
  const found: number[] = []
  for (let i = 0; i < count; i++) if (hashes[i] === hash) found.push(pages[i]!)
  return found
}
