/**
 * The attributes of one page: rows in order → a vector per column, by two passes of counting over their
 * entries. In a page with many columns the sparse ones come row by row, as the block stores them.
 */
import { must } from '#base/assert.ts'
import type { Allocator } from '#base/bytes/arena.ts'
import { columnId, type ColumnRef, type Vector } from '#schemas/column.ts'
import { manyColumns, sparseRows } from '../block/section-columns.ts'
import type { RestRows } from '../encoding/rest.ts'
import type { PageRest } from './page-rest.ts'
import type { FlatAttributes } from './tenant-attributes.ts'
import type { ValueList } from './value-list.ts'

/** Where the entries of a column go: to the list, from this place on, or to the rest under this key. */
interface Places {
  readonly next: Uint32Array
  /** Key in the rest + 1; 0 for columns. */
  readonly restKey: Uint32Array
}

export class PageAttributes {
  readonly #flat: FlatAttributes
  readonly #list: ValueList
  readonly #memory: Allocator
  readonly #rest: PageRest
  readonly #ids: readonly string[]
  readonly #places: Places
  /** Row that a column had a value in last. */
  readonly #last: Int32Array

  /** What is needed of a page only for its attributes stands in `memory`. */
  // oxlint-disable-next-line max-params -- the attributes, where they go, and memory
  constructor(flat: FlatAttributes, list: ValueList, rest: PageRest, memory: Allocator) {
    this.#flat = flat
    this.#list = list
    this.#memory = memory
    this.#rest = rest
    this.#ids = flat.columns.map(columnId)
    const count = flat.columns.length
    this.#places = { next: new Uint32Array(count), restKey: new Uint32Array(count) }
    this.#last = new Int32Array(count)
  }

  /** Adds the columns of the rows in order; gives those that stand row by row, or null. */
  addTo(columns: Map<string, Vector>, order: Uint32Array): RestRows | null {
    const alike = this.#alike(order)
    if (alike > 0 && alike <= manyColumns) {
      this.#addAlike(columns, order, alike)
      return null
    }
    const total = this.#count(order)
    if (total === 0) return null
    const { next, restKey } = this.#places
    const inRest = this.#chooseRest(order.length)
    this.#list.reserve(total)
    const firsts = new Uint32Array(next.length)
    for (let number = 0, at = 0; number < next.length; number++) {
      const count = restKey[number] === 0 ? next[number]! : 0
      firsts[number] = next[number] = at
      at += count
    }
    if (inRest) this.#placeMixed(order)
    else this.#place(order)
    for (let number = 0; number < next.length; number++) {
      const { type } = must(this.#flat.columns[number], 'a known column')
      // Repeated keys leave a gap behind what was listed.
      const vector = this.#list.vector(type, order.length, firsts[number]!, next[number]!)
      if (vector !== null) columns.set(this.#ids[number]!, vector)
    }
    return inRest ? this.#rest.end() : null
  }

  /** How many attributes each row has, where all have those of the same columns in the same order; else 0. */
  #alike(order: Uint32Array): number {
    const { from, column, isAlike } = this.#flat
    const first = from[order[0]!]!
    const width = from[order[0]! + 1]! - first
    const last = this.#last.fill(-1)
    for (let j = 0; j < width; j++) {
      const number = column[first + j]!
      if (last[number] === 0) return 0
      last[number] = 0
    }
    if (isAlike) return width
    for (let i = 1; i < order.length; i++) {
      const row = order[i]!
      const start = from[row]!
      if (from[row + 1]! - start !== width) return 0
      for (let j = 0; j < width; j++) if (column[start + j] !== column[first + j]) return 0
    }
    return width
  }

  /** As `addTo` where every row has `width` attributes, the same columns in the same order. */
  #addAlike(columns: Map<string, Vector>, order: Uint32Array, width: number): void {
    const { from, column } = this.#flat
    const list = this.#list
    const rows = order.length
    list.reserve(rows)
    const { row } = list
    for (let i = 0; i < rows; i++) row[i] = i
    const starts = this.#memory.words(rows)
    for (let i = 0; i < rows; i++) starts[i] = from[order[i]!]!
    for (let j = 0; j < width; j++) {
      this.#gather(starts, j)
      const number = column[from[order[0]!]! + j]!
      const { type } = must(this.#flat.columns[number], 'a known column')
      const vector = list.vector(type, rows, 0, rows)
      if (vector !== null) columns.set(this.#ids[number]!, vector)
    }
  }

  /** Lists the values of the entries `by` behind these. */
  #gather(starts: Uint32Array, by: number): void {
    const { a, b } = this.#flat
    const { a: as, b: bs } = this.#list
    for (let i = 0; i < starts.length; i++) {
      const k = starts[i]! + by
      as[i] = a[k]!
      bs[i] = b[k]!
    }
  }

  /** Counts the entries of each column in `next`. */
  #count(order: Uint32Array): number {
    const { from, column } = this.#flat
    const counts = this.#places.next.fill(0)
    let total = 0
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      const end = from[row + 1]!
      for (let k = from[row]!; k < end; k++) counts[column[k]!]!++
      total += end - from[row]!
    }
    return total
  }

  /** Gives sparse columns their keys in the rest; false when there are none. */
  #chooseRest(rows: number): boolean {
    const { next: counts, restKey } = this.#places
    restKey.fill(0)
    let used = 0
    for (let number = 0; number < counts.length; number++) if (counts[number]! > 0) used++
    if (used <= manyColumns) return false
    const columns: ColumnRef[] = []
    let inRest = 0
    for (let number = 0; number < counts.length; number++) {
      const count = counts[number]!
      if (count === 0 || count * sparseRows >= rows) continue
      restKey[number] = columns.push(must(this.#flat.columns[number], 'a known column'))
      inRest += count
    }
    if (columns.length > 0) this.#rest.begin(columns, rows, inRest)
    return columns.length > 0
  }

  #place(order: Uint32Array): void {
    const { from, column, a, b } = this.#flat
    const { next } = this.#places
    const last = this.#last.fill(-1)
    const list = this.#list
    const [rows, as, bs] = [list.row, list.a, list.b]
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      const end = from[row + 1]!
      for (let k = from[row]!; k < end; k++) {
        const number = column[k]!
        // Of two values of one key the first counts.
        if (last[number] === i) continue
        last[number] = i
        const at = next[number]!++
        rows[at] = i
        as[at] = a[k]!
        bs[at] = b[k]!
      }
    }
  }

  /** The same where some columns stand row by row. */
  #placeMixed(order: Uint32Array): void {
    const { from, column, a, b } = this.#flat
    const { next, restKey } = this.#places
    const last = this.#last.fill(-1)
    const list = this.#list
    const { starts, keys, a: restA, b: restB } = this.#rest
    const [rows, as, bs] = [list.row, list.a, list.b]
    let entries = 0
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      const end = from[row + 1]!
      starts[i] = entries
      for (let k = from[row]!; k < end; k++) {
        const number = column[k]!
        if (last[number] === i) continue
        last[number] = i
        const key = restKey[number]!
        if (key > 0) {
          keys[entries] = key - 1
          restA[entries] = a[k]!
          restB[entries++] = b[k]!
          continue
        }
        const at = next[number]!++
        rows[at] = i
        as[at] = a[k]!
        bs[at] = b[k]!
      }
    }
    starts[order.length] = entries
  }
}
