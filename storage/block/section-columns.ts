/**
 * Which attributes of a section are columns and which stand in `rest`: at most 512 columns, given to
 * the keys with the most bytes as pages come; and in a page with many keys the sparse ones go to rest
 * even where they have a column (spans-layout, rule 7). Fixed columns of the signal always are columns.
 */
import { columnId, type ColumnRef, type Vector } from '#schemas/column.ts'
import type { ReadyRest, RestRows } from '../encoding/rest.ts'
import type { ColumnEntry } from './directory.ts'

/** Columns of a section: a directory entry each per page, and a range read each when all are wanted. */
const maxColumns = 512

/** Fewer attribute columns than this in a page never go to rest. */
export const manyColumns = 40

/** In a page with many columns those with a value in fewer than one row in this many are sparse. */
export const sparseRows = 3

export interface ChosenColumn {
  readonly column: ColumnRef
  readonly vector: Vector
  /** Place among the section's columns, or among its rest columns. */
  readonly number: number
}

export interface PageColumns {
  readonly columns: readonly ChosenColumn[]
  readonly rest: readonly ChosenColumn[]
  /** Attributes that came row by row and stay so; null when there are none. */
  readonly ready: ReadyRest | null
}

interface Candidate {
  readonly column: ColumnRef
  readonly id: string
  readonly vector: Vector
  readonly rows: number
}

/** A column and how many rows of the page have a value. */
type Counted = Pick<Candidate, 'id' | 'column' | 'rows'>

class Numbers {
  readonly #byId = new Map<string, number>()
  readonly entries: { column: ColumnRef; rows: number }[] = []

  get count(): number {
    return this.entries.length
  }

  has(id: string): boolean {
    return this.#byId.has(id)
  }

  /** The number of a column, new or known; its rows are counted. */
  use(candidate: Counted): number {
    const { id, column, rows } = candidate
    let number = this.#byId.get(id)
    if (number === undefined) {
      number = this.entries.push({ column, rows: 0 }) - 1
      this.#byId.set(id, number)
    }
    this.entries[number]!.rows += rows
    return number
  }
}

export class SectionColumns {
  readonly #columns = new Numbers()
  readonly #rest = new Numbers()

  /** Chooses for one page of `rows` rows; columns without a value are left out. What came row by row stays so. */
  choose(
    candidates: readonly { column: ColumnRef; vector: Vector }[],
    rows: number,
    ready: RestRows | null,
  ): PageColumns {
    const counted: Candidate[] = []
    for (const { column, vector } of candidates) {
      const values = presentCount(vector, rows)
      if (values > 0) counted.push({ column, id: columnId(column), vector, rows: values })
    }
    const attributes = counted.filter(({ column }) => column.scope === 'attribute').length
    const many = attributes + (ready?.ids.length ?? 0) > manyColumns
    const columns: ChosenColumn[] = []
    const rest: ChosenColumn[] = []
    const isSparse = (one: Candidate): boolean =>
      many && one.column.scope === 'attribute' && one.rows * sparseRows < rows
    for (const one of bySize(counted, rows)) {
      const fits =
        one.column.scope === 'row' || this.#columns.has(one.id) || this.#columns.count < maxColumns
      const asColumn = fits && !isSparse(one)
      const number = (asColumn ? this.#columns : this.#rest).use(one)
      ;(asColumn ? columns : rest).push({ column: one.column, vector: one.vector, number })
    }
    columns.sort((a, b) => a.number - b.number)
    rest.sort((a, b) => a.number - b.number)
    return { columns, rest, ready: ready === null ? null : this.#useReady(ready) }
  }

  #useReady(rows: RestRows): ReadyRest {
    const numbers = rows.columns.map((column, key) =>
      this.#rest.use({ id: rows.ids[key] ?? '', column, rows: rows.used[key] ?? 0 }),
    )
    return { rows, numbers }
  }

  get columns(): readonly ColumnEntry[] {
    return this.#columns.entries
  }

  get restColumns(): readonly ColumnEntry[] {
    return this.#rest.entries
  }
}

/** Fixed columns first, then attributes by falling bytes; equal ones by name, so that output is determined. */
function bySize(candidates: readonly Candidate[], rows: number): Candidate[] {
  const sizes = new Map(candidates.map((one) => [one, plainBytes(one, rows)]))
  return candidates.toSorted((a, b) => {
    if (a.column.scope !== b.column.scope) return a.column.scope === 'row' ? -1 : 1
    if (a.column.scope === 'row') return 0
    return (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0) || (a.id < b.id ? -1 : 1)
  })
}

function plainBytes({ vector, rows: values }: Candidate, rows: number): number {
  if (vector.kind === 'texts') {
    const { offsets } = vector.texts
    return offsets[rows]! - offsets[0]!
  }
  return values * (vector.kind === 'dictionary' ? 4 : 8)
}

function presentCount(vector: Vector, rows: number): number {
  if (vector.present === null) return rows
  let count = 0
  for (let i = 0; i < rows; i++) count += vector.present[i]!
  return count
}
