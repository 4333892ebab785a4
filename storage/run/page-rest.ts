/**
 * The sparse attributes of one page row by row, as the block stores them: per row its entries in the
 * order they came, per entry a key and the code of its value. Stands in the memory of the page.
 */
import type { Arena } from '#base/bytes/arena.ts'
import { columnId, type ColumnRef } from '#schemas/column.ts'
import type { RestRows } from '../encoding/rest.ts'
import type { PageMemory } from './page-memory.ts'
import type { TenantRows } from './tenant-rows.ts'
import type { ValueCodes } from './value-codes.ts'

/** How the value of a column stands in an entry. */
const form = { range: 0, number: 1, bool: 2 } as const

const noWords = new Uint32Array(0)

export class PageRest {
  readonly #from: Pick<TenantRows, 'words' | 'shift' | 'coded'>
  readonly #memory: Arena
  readonly #values: ValueCodes
  #columns: readonly ColumnRef[] = []
  /** Entries of row i are [starts[i], starts[i + 1]). */
  starts = noWords
  /** Of each entry: the column's number, and an address and a length or the halves of a number. */
  keys = noWords
  a = noWords
  b = noWords

  constructor(from: Pick<TenantRows, 'words' | 'shift' | 'coded'>, { arena, codes }: PageMemory) {
    this.#from = from
    this.#memory = arena
    this.#values = codes
  }

  /** Makes room for a page of `rows` rows and at most `entries` entries of these columns. */
  begin(columns: readonly ColumnRef[], rows: number, entries: number): void {
    this.#columns = columns
    this.starts = this.#memory.words(rows + 1)
    this.keys = this.#memory.words(entries)
    this.a = this.#memory.words(entries)
    this.b = this.#memory.words(entries)
  }

  /** The entries, valid as long as the page. */
  end(): RestRows {
    const { starts } = this
    const entries = starts[starts.length - 1]!
    const columns = this.#columns
    const used = this.#memory.words(columns.length).fill(0)
    const codes = this.#memory.words(entries)
    this.#values.clear(this.#from)
    this.#encode(codes, used)
    return {
      columns,
      ids: columns.map(columnId),
      used,
      starts,
      keys: this.keys.subarray(0, entries),
      codes,
      values: this.#values.texts(this.#memory),
      distinct: true,
    }
  }

  #encode(codes: Uint32Array, used: Uint32Array): void {
    const { keys, a, b } = this
    const values = this.#values
    const forms = Uint8Array.from(this.#columns, ({ type }) => formOf(type))
    for (let at = 0; at < codes.length; at++) {
      const key = keys[at]!
      used[key]!++
      const is = forms[key]
      // A bool stands as the double that vectors have for it.
      codes[at] =
        is === form.range
          ? values.code(a[at]!, b[at]!)
          : is === form.number
            ? values.codeOfWords(a[at]!, b[at]!)
            : values.codeOfWords(0, a[at] === 0 ? 0 : 0x3ff00000)
    }
  }
}

function formOf(type: ColumnRef['type']): number {
  if (type === 'bool') return form.bool
  return type === 'text' || type === 'bytes' || type === 'otlp' ? form.range : form.number
}
