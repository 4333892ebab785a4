/**
 * A part: the accepted rows of one request, by column, as it stands in a run (and, with its streams,
 * in a Log record). Words, then bytes:
 *
 *   0 words in all     1 rows            2, 3 Log offset lo, hi    4, 5 tenant offset, length in the bytes
 *   6, 7 least and greatest stream id    8 attributes              9 bytes at the end
 *   10 keys            11 lanes          12–15 least and greatest time, lo and hi each
 *   16…                per lane: constant (1) or array (0), then the value or the word it starts at
 *   then               keys as (offset, length), the arrays, the bytes padded to words
 *
 * Lanes are those of `columns.ts`, then the four of the attribute table. A lane whose rows are all
 * equal costs two words.
 */
import { attributeLane, attributeLanes, type RunLayout } from './columns.ts'

export const partHeaderWords = 16

export const partWord = {
  words: 0,
  rows: 1,
  offsetLo: 2,
  offsetHi: 3,
  tenantOffset: 4,
  tenantLength: 5,
  streamMin: 6,
  streamMax: 7,
  attributes: 8,
  bytes: 9,
  keys: 10,
  lanes: 11,
  timeMinLo: 12,
  timeMinHi: 13,
  timeMaxLo: 14,
  timeMaxHi: 15,
} as const

/** Shorter values are copied byte by byte: below this a native copy costs more than it saves (measured). */
const shortCopyBytes = 24

const noLanes = new Uint8Array(0)

/** A part that was filled elsewhere: its lanes as in a builder, its keys as words, `keyWords` a key, offset and length first. */
export interface FilledPart {
  readonly rows: number
  readonly attributes: number
  readonly lanes: readonly Uint32Array[]
  readonly bytes: Buffer
  readonly bytesUsed: number
  readonly tenantLength: number
  readonly keys: Uint32Array
  readonly keyWords: number
}

/** Rows of one request under construction, in memory of the worker; reused from request to request. */
export class PartBuilder {
  readonly layout: RunLayout
  /** Row lanes, then attribute lanes; `rows` and `attributes` entries are valid (`attrFrom`: rows + 1). */
  lanes: readonly Uint32Array[]
  readonly #ownLanes: Uint32Array[]
  rows = 0
  attributes = 0
  bytes: Buffer = Buffer.alloc(1 << 16)
  bytesUsed = 0
  #ownBytes = this.bytes
  #keyOffsets: number[] = []
  #keyLengths: number[] = []
  readonly #keyIds = new Map<string, number>()
  /** Per key: last value, to share equal neighbours. */
  #lastOffsets: number[] = []
  #lastLengths: number[] = []
  /** Per place in a row: the key that stood there last. */
  #keyAtPlace: number[] = []
  #tenantLength = 0
  /** The words of the part but for its bytes, when they were made elsewhere; null when they are to be made of the lanes. */
  packed: Uint32Array | null = null

  constructor(layout: RunLayout) {
    this.layout = layout
    this.#ownLanes = Array.from(
      { length: layout.lanes + attributeLanes },
      () => new Uint32Array(64),
    )
    this.lanes = this.#ownLanes
  }

  /** Shows a part that was filled elsewhere, until the next `reset`. */
  lend(filled: FilledPart): void {
    const { keys, keyWords } = filled
    this.rows = filled.rows
    this.attributes = filled.attributes
    this.lanes = filled.lanes
    this.packed = null
    this.bytes = filled.bytes
    this.bytesUsed = filled.bytesUsed
    this.#tenantLength = filled.tenantLength
    this.#keyOffsets = []
    this.#keyLengths = []
    for (let at = 0; at < keys.length; at += keyWords) {
      this.#keyOffsets.push(keys[at]!)
      this.#keyLengths.push(keys[at + 1]!)
    }
  }

  /** Empties the builder for a request of `tenant` with at most this many rows, attributes and bytes of values. */
  reset(tenant: string, room: { rows: number; attributes: number; bytes: number }): void {
    this.rows = 0
    this.attributes = 0
    this.#keyOffsets = []
    this.#keyLengths = []
    this.#keyIds.clear()
    this.#lastOffsets = []
    this.#lastLengths = []
    this.#keyAtPlace = []
    const { layout } = this
    this.lanes = this.#ownLanes
    this.packed = null
    for (let lane = 0; lane < this.lanes.length; lane++) {
      this.#grow(lane, lane < layout.lanes ? room.rows + 1 : room.attributes)
    }
    const tenantBytes = Buffer.from(tenant)
    this.#tenantLength = tenantBytes.length
    const bytes = room.bytes + tenantBytes.length
    if (bytes > this.#ownBytes.length) {
      this.#ownBytes = Buffer.alloc(Math.max(bytes, this.#ownBytes.length * 2))
    }
    this.bytes = this.#ownBytes
    tenantBytes.copy(this.bytes)
    this.bytesUsed = tenantBytes.length
  }

  #grow(lane: number, needed: number): void {
    const now = this.#ownLanes[lane]!
    if (now.length < needed)
      this.#ownLanes[lane] = new Uint32Array(Math.max(needed, now.length * 2))
  }

  lane(index: number): Uint32Array {
    return this.lanes[index]!
  }

  /** Copies a value into the bytes; returns where it stands. */
  copy(source: Buffer, from: number, length: number): number {
    const at = this.bytesUsed
    const { bytes } = this
    if (length < shortCopyBytes) for (let i = 0; i < length; i++) bytes[at + i] = source[from + i]!
    else source.copy(bytes, at, from, from + length)
    this.bytesUsed = at + length
    return at
  }

  /** Whether the bytes at `at` are those of the source's range. */
  #same(at: number, source: Buffer, from: number, length: number): boolean {
    const { bytes } = this
    for (let i = 0; i < length; i++) if (bytes[at + i] !== source[from + i]) return false
    return true
  }

  /** The id of an attribute key that stands at `place` of its row. */
  // oxlint-disable-next-line max-params -- called per attribute: an object would be one per attribute
  key(source: Buffer, from: number, length: number, place: number): number {
    const expected = this.#keyAtPlace[place]
    if (expected !== undefined && this.#isKey(expected, source, from, length)) return expected
    const name = source.toString('latin1', from, from + length)
    let id = this.#keyIds.get(name)
    if (id === undefined) {
      id = this.#keyIds.size
      this.#keyIds.set(name, id)
      this.#keyOffsets.push(this.copy(source, from, length))
      this.#keyLengths.push(length)
      this.#lastOffsets.push(0)
      this.#lastLengths.push(-1)
    }
    this.#keyAtPlace[place] = id
    return id
  }

  #isKey(id: number, source: Buffer, from: number, length: number): boolean {
    return (
      this.#keyLengths[id] === length && this.#same(this.#keyOffsets[id]!, source, from, length)
    )
  }

  /** Copies the value of a key, or finds it where the key's last value stands. */
  // oxlint-disable-next-line max-params -- called per attribute: an object would be one per attribute
  value(key: number, source: Buffer, from: number, length: number): number {
    const last = this.#lastOffsets[key]!
    if (this.#lastLengths[key] === length && this.#same(last, source, from, length)) return last
    const at = this.copy(source, from, length)
    this.#lastOffsets[key] = at
    this.#lastLengths[key] = length
    return at
  }

  /** Adds one attribute to the row under construction. */
  // oxlint-disable-next-line max-params -- called per attribute: an object would be one per attribute
  attribute(key: number, type: number, a: number, b: number): void {
    const at = this.attributes++
    const { lanes } = this.layout
    this.lanes[lanes + attributeLane.key]![at] = key
    this.lanes[lanes + attributeLane.type]![at] = type
    this.lanes[lanes + attributeLane.a]![at] = a
    this.lanes[lanes + attributeLane.b]![at] = b
  }

  #entries(lane: number): number {
    if (lane >= this.layout.lanes) return this.attributes
    return lane === this.layout.attrFromLane ? this.rows + 1 : this.rows
  }

  #constant(lane: number): boolean {
    const values = this.lanes[lane]!
    const count = this.#entries(lane)
    const first = values[0]
    for (let i = 1; i < count; i++) if (values[i] !== first) return false
    return true
  }

  /** Words the part takes, with its lanes as they are now. */
  measure(): { words: number; constant: Uint8Array } {
    const { packed } = this
    if (packed !== null) {
      return { words: packed.length + Math.ceil(this.bytesUsed / 4), constant: noLanes }
    }
    const constant = new Uint8Array(this.lanes.length)
    let words = partHeaderWords + this.lanes.length * 2 + this.#keyOffsets.length * 2
    for (let lane = 0; lane < this.lanes.length; lane++) {
      if (this.#constant(lane)) constant[lane] = 1
      else words += this.#entries(lane)
    }
    return { words: words + Math.ceil(this.bytesUsed / 4), constant }
  }

  /** Writes the part at word `at` of a slab or buffer that has room for `measure().words`. */
  write(
    target: { words: Uint32Array; bytes: Uint8Array },
    at: number,
    size: ReturnType<PartBuilder['measure']>,
  ): void {
    const { words } = target
    // Buffer's copy: V8 sets shared memory by words where both sides are aligned alike, and else byte by byte.
    if (this.packed !== null) {
      const { buffer, byteOffset, byteLength } = this.packed
      Buffer.from(buffer, byteOffset, byteLength).copy(target.bytes, at * 4)
      this.bytes.copy(target.bytes, at * 4 + byteLength, 0, this.bytesUsed)
      return
    }
    const keys = this.#keyOffsets.length
    words.fill(0, at, at + partHeaderWords)
    words[at + partWord.words] = size.words
    words[at + partWord.rows] = this.rows
    words[at + partWord.tenantLength] = this.#tenantLength
    words[at + partWord.attributes] = this.attributes
    words[at + partWord.bytes] = this.bytesUsed
    words[at + partWord.keys] = keys
    words[at + partWord.lanes] = this.lanes.length
    this.#writeBounds(words, at)
    let descriptor = at + partHeaderWords
    let next = descriptor + this.lanes.length * 2
    for (let key = 0; key < keys; key++) {
      words[next++] = this.#keyOffsets[key]!
      words[next++] = this.#keyLengths[key]!
    }
    for (let lane = 0; lane < this.lanes.length; lane++) {
      const values = this.lanes[lane]!
      const count = this.#entries(lane)
      const constant = size.constant[lane] === 1
      words[descriptor++] = constant ? 1 : 0
      words[descriptor++] = constant ? (count === 0 ? 0 : values[0]!) : next - at
      if (constant) continue
      words.set(values.subarray(0, count), next)
      next += count
    }
    this.bytes.copy(target.bytes, next * 4, 0, this.bytesUsed)
  }

  #writeBounds(words: Uint32Array, at: number): void {
    const streams = this.lanes[this.layout.streamLane]!
    const timeLo = this.lanes[0]!
    const timeHi = this.lanes[1]!
    let least = streams[0]!
    let greatest = least
    let min = 0
    let max = 0
    for (let row = 1; row < this.rows; row++) {
      const stream = streams[row]!
      if (stream < least) least = stream
      if (stream > greatest) greatest = stream
      const hi = timeHi[row]! | 0
      const lo = timeLo[row]!
      const minHi = timeHi[min]! | 0
      const maxHi = timeHi[max]! | 0
      if (hi < minHi || (hi === minHi && lo < timeLo[min]!)) min = row
      if (hi > maxHi || (hi === maxHi && lo > timeLo[max]!)) max = row
    }
    words[at + partWord.streamMin] = least
    words[at + partWord.streamMax] = greatest
    words[at + partWord.timeMinLo] = timeLo[min]!
    words[at + partWord.timeMinHi] = timeHi[min]!
    words[at + partWord.timeMaxLo] = timeLo[max]!
    words[at + partWord.timeMaxHi] = timeHi[max]!
  }
}
