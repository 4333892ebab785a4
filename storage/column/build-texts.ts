/**
 * Text values of a column to be. While all sources are values per row, bytes are copied in blocks, and frames
 * of which all values are taken are taken over as they are;
 * from the first source with a dictionary on, the column is a dictionary: a value is looked up once
 * per source page that uses it, not once per row.
 */
import { Arena } from '#base/bytes/arena.ts'
import { keptOf } from '#base/bytes/kept.ts'
import type { ColumnType, Texts, Vector } from '#schemas/column.ts'
import { copyOfFrame, FramedTexts, type StoredFrame } from '../encoding/framed-texts.ts'
import { Distinct } from './distinct.ts'
import { nativeCopy, type Runs } from './runs.ts'

type Columns = readonly (Vector | null)[]

/** Where the values of one source's dictionary stand in the column's: number + 1, or 0 where not looked up. */
interface CodeMap {
  values: Texts | null
  map: Uint32Array
}

/** A byte arena grows by doubling up to this, then to what is needed; larger ones are not kept from page to page. The largest pages hold 16 MiB. */
const keptBytes = 17 * 1024 * 1024

export class TextBuilder {
  /** True once the column is a dictionary: `#words` are codes then, else offsets. */
  #coded = false
  /** True while no row has a value. */
  #empty = true
  #words = new Uint32Array(0)
  /** Values one after the other, while they stand one per row. */
  #bytes = new Uint8Array(0)
  #distinct: Distinct | null = null
  /** Frames that were taken over, ascending; `#bytes` holds what stands in none of them, `#plain` bytes. */
  #frames: StoredFrame[] = []
  #plain = 0
  /** Where those frames stand, and are decoded when they are asked for: all of them from L2 on, which packs pages anew. */
  readonly #memory = new Arena(keptBytes)
  readonly #maps: CodeMap[] = []

  append(at: number, runs: Runs, columns: Columns): void {
    const dictionary = columns.some((column) => column?.kind === 'dictionary')
    if (this.#empty && dictionary) this.#words.fill(0, 0, at)
    else if (dictionary && !this.#coded) this.#encode(at)
    this.#coded ||= dictionary
    this.#empty = false
    if (this.#coded) this.#appendCodes(at, runs, columns)
    else this.#appendTexts(at, runs, columns)
  }

  /** Turns the first `rows` values, which stand one per row, into a dictionary. */
  #encode(rows: number): void {
    const distinct = this.#table()
    const { bytes } = this.#texts(rows)
    for (let i = 0, from = 0; i < rows; i++) {
      const to = this.#words[i + 1]!
      this.#words[i] = distinct.add(bytes, from, to)
      from = to
    }
  }

  /** The first `rows` values, which stand one per row. */
  #texts(rows: number): Texts {
    const offsets = this.#words.subarray(0, rows + 1)
    const bytes = this.#bytes.subarray(0, this.#plain)
    if (this.#frames.length === 0) return { offsets, bytes }
    return new FramedTexts(offsets, this.#frames, { plain: bytes, memory: this.#memory })
  }

  #table(): Distinct {
    return (this.#distinct ??= new Distinct())
  }

  #appendTexts(at: number, runs: Runs, columns: Columns): void {
    this.#reserve(at + runs.rows + 1)
    let row = at
    const words = this.#words
    let end = at === 0 ? 0 : words[at]!
    words[at] = end
    for (let r = 0; r < runs.count; r++) {
      const column = columns[runs.source[r]!]
      const from = runs.from[r]!
      const to = runs.to[r]!
      if (column?.kind !== 'texts') {
        for (let i = from; i < to; i++) words[++row] = end
        continue
      }
      const { texts } = column
      const { offsets } = texts
      const first = offsets[from]!
      const last = offsets[to]!
      const shift = end - first
      for (let i = from + 1; i <= to; i++) words[++row] = offsets[i]! + shift
      if (texts instanceof FramedTexts) this.#takeFrames(texts, first, last, shift)
      else this.#copyBytes(texts.bytes, first, last)
      end += last - first
    }
  }

  /** Takes bytes [from, to), which come to stand `shift` bytes further: frames as they are, and copies the others. */
  // oxlint-disable-next-line max-params -- a range and where it goes
  #takeFrames(texts: FramedTexts, from: number, to: number, shift: number): void {
    const { frames } = texts
    let low = 0
    let high = frames.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (frames[middle]!.from < from) low = middle + 1
      else high = middle
    }
    let at = from
    for (; low < frames.length && frames[low]!.to <= to; low++) {
      const frame = frames[low]!
      if (frame.from > at) this.#copyBytes(texts.bytesAt(at, frame.from), at, frame.from)
      this.#frames.push(copyOfFrame(frame, shift, this.#memory))
      at = frame.to
    }
    if (to > at) this.#copyBytes(texts.bytesAt(at, to), at, to)
  }

  #copyBytes(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from
    const at = this.#plain
    this.#reserveBytes(at, size)
    if (size > nativeCopy) this.#bytes.set(bytes.subarray(from, to), at)
    else for (let i = 0; i < size; i++) this.#bytes[at + i] = bytes[from + i]!
    this.#plain = at + size
  }

  #appendCodes(at: number, runs: Runs, columns: Columns): void {
    this.#reserve(at + runs.rows)
    let row = at
    for (let r = 0; r < runs.count; r++) {
      const source = runs.source[r]!
      const column = columns[source]
      const from = runs.from[r]!
      const to = runs.to[r]!
      if (column?.kind === 'dictionary') {
        const { codes, values, present } = column
        const map = this.#mapOf(source, values)
        if (present === null) this.#mapCodes(row, codes.subarray(from, to), map, values)
        else this.#mapPresent(row, column, [from, to], map)
      } else if (column?.kind === 'texts') this.#addValues(row, column, from, to)
      else this.#words.fill(0, row, row + to - from)
      row += to - from
    }
  }

  // oxlint-disable-next-line max-params -- the inner loop
  #mapCodes(at: number, codes: Uint32Array, map: Uint32Array, values: Texts): void {
    const words = this.#words
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!
      let number = map[code]!
      if (number === 0) number = this.#look(code, map, values)
      words[at + i] = number - 1
    }
  }

  // oxlint-disable-next-line max-params -- the inner loop
  #mapPresent(
    at: number,
    column: Vector & { readonly kind: 'dictionary' },
    [from, to]: readonly [number, number],
    map: Uint32Array,
  ): void {
    const words = this.#words
    const { codes, present, values } = column
    for (let i = from, k = at; i < to; i++, k++) {
      if (present?.[i] === 0) {
        words[k] = 0
        continue
      }
      const code = codes[i]!
      let number = map[code]!
      if (number === 0) number = this.#look(code, map, values)
      words[k] = number - 1
    }
  }

  #look(code: number, map: Uint32Array, { offsets, bytes }: Texts): number {
    const number = this.#table().add(bytes, offsets[code]!, offsets[code + 1]!) + 1
    map[code] = number
    return number
  }

  // oxlint-disable-next-line max-params -- rows of a source
  #addValues(at: number, column: Vector & { kind: 'texts' }, from: number, to: number): void {
    const distinct = this.#table()
    const { offsets, bytes } = column.texts
    for (let i = from, k = at; i < to; i++, k++) {
      const absent = column.present?.[i] === 0
      this.#words[k] = absent ? 0 : distinct.add(bytes, offsets[i]!, offsets[i + 1]!)
    }
  }

  #mapOf(source: number, values: Texts): Uint32Array {
    const entry = (this.#maps[source] ??= { values: null, map: new Uint32Array(0) })
    if (entry.values === values) return entry.map
    const count = values.offsets.length - 1
    if (entry.map.length < count) entry.map = new Uint32Array(count)
    else entry.map.fill(0, 0, count)
    entry.values = values
    return entry.map
  }

  /** Rows [from, to) without a value. */
  skip(from: number, to: number): void {
    this.#reserve(to + 1)
    if (this.#coded) this.#words.fill(0, from, to)
    else this.#words.fill(from === 0 ? 0 : this.#words[from]!, from, to + 1)
  }

  #reserve(size: number): void {
    if (this.#words.length >= size) return
    const grown = new Uint32Array(Math.max(size, this.#words.length * 2, 1024))
    grown.set(this.#words)
    this.#words = grown
  }

  #reserveBytes(end: number, more: number): void {
    if (this.#bytes.length >= end + more) return
    const doubled = Math.min(keptBytes, Math.max(this.#bytes.length * 2, 4096))
    const grown = new Uint8Array(Math.max(end + more, doubled))
    grown.set(this.#bytes.subarray(0, end))
    this.#bytes = grown
  }

  clear(): void {
    this.#coded = false
    this.#empty = true
    this.#frames = []
    this.#plain = 0
    this.#memory.reset()
    this.#distinct?.clear()
    for (const entry of this.#maps) if (entry !== undefined) entry.values = null
    if (this.#bytes.length > keptOf(keptBytes)) this.#bytes = new Uint8Array(0)
  }

  vector(type: ColumnType, present: Uint8Array | null, rows: number): Vector {
    if (!this.#coded) return { type, present, kind: 'texts', texts: this.#texts(rows) }
    const distinct = this.#table()
    // A row without a value names value 0, so there must be one.
    if (distinct.count === 0) distinct.add(this.#bytes, 0, 0)
    const codes = this.#words.subarray(0, rows)
    return { type, present, kind: 'dictionary', codes, values: distinct.texts() }
  }
}
