/**
 * The sparse attributes of one page row by row, as the block stores them: per row its entries in the
 * order they came, per entry a key and the code of its value. Memory is kept from page to page.
 */
import { columnId, type ColumnRef, type ColumnType } from '#schemas/column.ts'
import type { RestRows } from '../encoding/rest.ts'
import type { TenantRows } from './tenant-rows.ts'
import { ValueCodes } from './value-codes.ts'

export class PageRest {
  readonly #values: ValueCodes
  #columns: ColumnRef[] = []
  #used = new Uint32Array(0)
  #starts = new Uint32Array(1024)
  #keys = new Uint32Array(1024)
  #codes = new Uint32Array(1024)
  #entries = 0
  /** A number as the eight bytes it is stored as. */
  readonly #number = new Uint8Array(8)
  readonly #words = new Uint32Array(this.#number.buffer)

  constructor(from: Pick<TenantRows, 'sources' | 'shift'>) {
    this.#values = new ValueCodes(from)
  }

  /** Begins a page of `rows` rows and at most `entries` entries of these columns. */
  begin(columns: readonly ColumnRef[], rows: number, entries: number): void {
    this.#columns = [...columns]
    this.#used = new Uint32Array(columns.length)
    this.#entries = 0
    this.#values.clear()
    if (rows >= this.#starts.length) this.#starts = new Uint32Array(rows + 1)
    if (entries > this.#keys.length) {
      this.#keys = new Uint32Array(entries)
      this.#codes = new Uint32Array(entries)
    }
  }

  /** Begins row `row`; rows come one after the other. */
  row(row: number): void {
    this.#starts[row] = this.#entries
  }

  /** Adds an entry to the row: an address and a length, or the halves of a number. */
  add(key: number, a: number, b: number): void {
    const at = this.#entries++
    this.#keys[at] = key
    this.#used[key]!++
    const type = this.#columns[key]?.type ?? 'otlp'
    this.#codes[at] =
      type === 'text' || type === 'bytes' || type === 'otlp'
        ? this.#values.code(a, b)
        : this.#numberCode(type, a, b)
  }

  #numberCode(type: ColumnType, a: number, b: number): number {
    // A bool stands as the double that vectors have for it.
    this.#words[0] = type === 'bool' ? 0 : a
    this.#words[1] = type === 'bool' ? (a === 0 ? 0 : 0x3ff00000) : b
    return this.#values.distinct.add(this.#number, 0, 8)
  }

  /** The entries of `rows` rows, valid until the next page begins. */
  end(rows: number): RestRows {
    this.#starts[rows] = this.#entries
    return {
      columns: this.#columns,
      ids: this.#columns.map(columnId),
      used: this.#used,
      starts: this.#starts.subarray(0, rows + 1),
      keys: this.#keys.subarray(0, this.#entries),
      codes: this.#codes.subarray(0, this.#entries),
      values: this.#values.distinct.texts(),
      distinct: true,
    }
  }
}
