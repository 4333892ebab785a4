/**
 * Parents of spans as the distance to the row of the parent span in the same page; parents that are
 * elsewhere stand as raw ids. Where traces are neighbours that costs a few bits instead of 8 bytes
 * (spans-layout, rule 5). Per row a word: 0 no parent, 1 the next raw id, else 2 + zigzag distance.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ByteReader } from '#base/bytes/reader.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import type { Vector } from '#schemas/column.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { withTemporary } from './temporary.ts'
import { decodeWords, encodeWords } from './words.ts'

const width = 8

/** Writes a column of parents against the span ids of the same rows; returns its encoding id. */
// oxlint-disable-next-line max-params -- the writer, two columns, the level
export function encodeParents(
  out: ByteWriter,
  parents: Vector & { readonly kind: 'fixed' },
  spanIds: Uint8Array,
  dense: boolean,
): number {
  out.varint(encodingId.parents)
  withTemporary((temporary) => {
    const codes = temporary.words(spanIds.length / width)
    const raw = encodeDistances(codes, parents, spanIds, temporary)
    encodeWords(out, codes, dense)
    for (const row of raw) out.raw(parents.bytes, row * width, (row + 1) * width)
  })
  return encodingId.parents
}

/** Fills in a word per row; returns the rows whose parents stand raw. */
// oxlint-disable-next-line max-params -- where to, two columns, memory
function encodeDistances(
  codes: Uint32Array,
  parents: Vector & { readonly kind: 'fixed' },
  spanIds: Uint8Array,
  memory: Allocator,
): number[] {
  const rows = codes.length
  const slots = slotsOf(spanIds, memory)
  const raw: number[] = []
  for (let row = 0; row < rows; row++) {
    if (parents.present !== null && parents.present[row] === 0) {
      codes[row] = 0
      continue
    }
    const parent = slots[slotOf(slots, spanIds, parents.bytes, row * width)]! - 1
    if (parent < 0) {
      codes[row] = 1
      raw.push(row)
    } else {
      const distance = row - parent
      codes[row] = 2 + ((distance << 1) ^ (distance >> 31))
    }
  }
  return raw
}

/** Slots by hash of span ids: row + 1 of the first row with the id, or 0. */
function slotsOf(spanIds: Uint8Array, memory: Allocator): Uint32Array {
  const rows = spanIds.length / width
  let size = 16
  while (size < rows * 2) size *= 2
  const slots = memory.words(size).fill(0)
  for (let row = 0; row < rows; row++) {
    const slot = slotOf(slots, spanIds, spanIds, row * width)
    if (slots[slot] === 0) slots[slot] = row + 1
  }
  return slots
}

/** The slot of the id that stands at `from`: its row's, or the free one it would take. */
// oxlint-disable-next-line max-params -- the inner loop
function slotOf(slots: Uint32Array, spanIds: Uint8Array, bytes: Uint8Array, from: number): number {
  const mask = slots.length - 1
  let slot = hashBytes(bytes, from, from + width) & mask
  for (;;) {
    const entry = slots[slot]!
    if (entry === 0 || sameId(spanIds, (entry - 1) * width, bytes, from)) return slot
    slot = (slot + 1) & mask
  }
}

// oxlint-disable-next-line max-params -- two places
function sameId(a: Uint8Array, i: number, b: Uint8Array, k: number): boolean {
  for (let n = 0; n < width; n++) if (a[i + n] !== b[k + n]) return false
  return true
}

/** Reads a column of parents into arrays of `memory`; `spans` are the span ids of the same rows, all present. */
// oxlint-disable-next-line max-params -- the reader, what it is read against, and where to
export function decodeParents(
  reader: ByteReader,
  rows: number,
  spans: Vector | null,
  memory: Allocator = fresh,
): Vector {
  const id = reader.varint()
  if (id !== encodingId.parents) throw blockCorrupt.make(`encoding ${id} where parents should be`)
  if (spans?.kind !== 'fixed' || spans.bytes.length !== rows * width) {
    throw blockCorrupt.make('parents without span ids')
  }
  const bytes = memory.bytes(rows * width)
  const present = memory.bytes(rows)
  const missing = withTemporary((temporary) => {
    const codes = decodeWords(reader, rows, temporary)
    return placeParents(reader, codes, spans.bytes, { bytes, present })
  })
  if (reader.left !== 0) throw blockCorrupt.make(`${reader.left} bytes after the parents`)
  return { type: 'id8', present: missing === 0 ? null : present, kind: 'fixed', width, bytes }
}

/** Fills in ids by their codes; returns how many rows have none. */
// oxlint-disable-next-line max-params -- the reader, two columns, where to
function placeParents(
  reader: ByteReader,
  codes: Uint32Array,
  spanIds: Uint8Array,
  { bytes, present }: { readonly bytes: Uint8Array; readonly present: Uint8Array },
): number {
  const rows = codes.length
  let missing = 0
  for (let row = 0; row < rows; row++) {
    const code = codes[row]!
    if (code === 0) {
      present[row] = 0
      bytes.fill(0, row * width, (row + 1) * width)
      missing++
      continue
    }
    present[row] = 1
    if (code === 1) {
      bytes.set(reader.raw(width), row * width)
      continue
    }
    const distance = ((code - 2) >>> 1) ^ -((code - 2) & 1)
    const parent = row - distance
    if (parent < 0 || parent >= rows)
      throw blockCorrupt.make(`parent of row ${row} in row ${parent}`)
    for (let i = 0; i < width; i++) bytes[row * width + i] = spanIds[parent * width + i]!
  }
  return missing
}
