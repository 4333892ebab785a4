/**
 * Rows into series: rows with equal labels of the wanted names are one series. Codes of the columns are
 * combined two by two into numbers, so labels are built once per series and batch and never per row.
 */
import { labelsKey, type Labels } from '../operator.ts'
import type { LogRows } from './rows.ts'

/** The series of all batches so far, numbered in the order in which they were met. */
export class SeriesTable {
  readonly labels: Labels[] = []
  readonly #numbers = new Map<string, number>()

  /**
   * By place in the selection, the number of the row's series. `names` are the labels that tell
   * series apart, 'all' for every one; `added` is called for each new series.
   */
  numbersOf(
    rows: LogRows,
    names: 'all' | readonly string[],
    added: (labels: Labels) => void,
  ): Uint32Array {
    const { selection } = rows
    const sorted = (names === 'all' ? rows.names() : names.toSorted()).filter(isShown)
    const columns = sorted
      .map((name) => ({ name, column: rows.label(name) }))
      .filter(({ column }) => column.texts.length > 1)
    const { local, first } = combine(
      columns.map(({ column }) => column),
      selection,
    )
    const numbers = first.map((row) => {
      const labels = columns.flatMap(({ name, column }): Labels => {
        const text = column.texts[column.codes[row]!]!
        return text === '' ? [] : [[name, text]]
      })
      return this.#number(labels, added)
    })
    for (let i = 0; i < local.length; i++) local[i] = numbers[local[i]!]!
    return local
  }

  #number(labels: Labels, added: (labels: Labels) => void): number {
    const key = labelsKey(labels)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.labels.length
    added(labels)
    this.labels.push(labels)
    this.#numbers.set(key, number)
    return number
  }
}

function isShown(name: string): boolean {
  return !name.startsWith('__error')
}

interface Combined {
  /** By place in the selection, the number of the combination of codes. */
  readonly local: Uint32Array
  /** A row of each combination. */
  readonly first: number[]
}

function combine(
  columns: readonly { readonly codes: Uint32Array; readonly texts: readonly string[] }[],
  selection: Uint32Array,
): Combined {
  const local = new Uint32Array(selection.length)
  let first = [selection[0]!]
  for (const { codes, texts } of columns) {
    const size = texts.length
    const known = new Map<number, number>()
    const next: number[] = []
    for (let i = 0; i < local.length; i++) {
      const row = selection[i]!
      // At most rows × texts of a batch, which a double holds exactly.
      const pair = local[i]! * size + codes[row]!
      let number = known.get(pair)
      if (number === undefined) {
        number = next.length
        known.set(pair, number)
        next.push(row)
      }
      local[i] = number
    }
    first = next
  }
  return { local, first }
}
