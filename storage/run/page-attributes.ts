/**
 * The attributes of one page: rows in order → a vector per column, by two passes of counting over their
 * entries.
 */
import { must } from '#base/assert.ts'
import { columnId, type Vector } from '#schemas/column.ts'
import type { FlatAttributes } from './tenant-rows.ts'
import type { ValueList } from './value-list.ts'

export class PageAttributes {
  readonly #flat: FlatAttributes
  readonly #list: ValueList
  readonly #ids: readonly string[]
  /** Of each column: its values on the page, then where its next one goes; and the row it had last. */
  readonly #next: Uint32Array
  readonly #last: Int32Array

  constructor(flat: FlatAttributes, list: ValueList) {
    this.#flat = flat
    this.#list = list
    this.#ids = flat.columns.map(columnId)
    this.#next = new Uint32Array(flat.columns.length)
    this.#last = new Int32Array(flat.columns.length)
  }

  /** Adds the columns of the rows in order. */
  addTo(columns: Map<string, Vector>, order: Uint32Array): void {
    if (this.#ids.length === 0) return
    const next = this.#next
    const total = this.#count(order)
    if (total === 0) return
    this.#list.reserve(total)
    const firsts = new Uint32Array(next.length)
    for (let number = 0, at = 0; number < next.length; number++) {
      const count = next[number]!
      firsts[number] = next[number] = at
      at += count
    }
    this.#place(order)
    for (let number = 0; number < next.length; number++) {
      const { type } = must(this.#flat.columns[number], 'a known column')
      // Repeated keys leave a gap behind what was listed.
      const vector = this.#list.vector(type, order.length, firsts[number]!, next[number]!)
      if (vector !== null) columns.set(this.#ids[number]!, vector)
    }
  }

  #count(order: Uint32Array): number {
    const { from, column } = this.#flat
    const counts = this.#next.fill(0)
    let total = 0
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      const end = from[row + 1]!
      for (let k = from[row]!; k < end; k++) counts[column[k]!]!++
      total += end - from[row]!
    }
    return total
  }

  #place(order: Uint32Array): void {
    const { from, column, a, b } = this.#flat
    const next = this.#next
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
}
