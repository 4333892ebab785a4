/**
 * The rest of a page to be, from the rests of other pages: the entries of a run of rows are neighbours,
 * so they are copied in blocks, keys and value codes through a table per source page. A value is looked
 * up once per source page that uses it. Memory is kept from page to page.
 */
import type { ColumnRef, Vector } from '#schemas/column.ts'
import { Distinct } from '../column/distinct.ts'
import type { Runs } from '../column/runs.ts'
import { gatherTexts } from '../column/vector.ts'
import { columnsOfRest, type RestRows } from './rest.ts'

/** Where keys and values of one source stand here: number + 1, or 0 where not looked up. */
interface RestMap {
  rest: RestRows | null
  keys: Uint32Array
  codes: Uint32Array
}

const noWords = new Uint32Array(0)

export class RestBuilder {
  #columns: ColumnRef[] = []
  #ids: string[] = []
  readonly #numbers = new Map<string, number>()
  #used: Uint32Array = new Uint32Array(64)
  #starts = new Uint32Array(1024)
  #keys = new Uint32Array(1024)
  #codes = new Uint32Array(1024)
  #rows = 0
  #entries = 0
  readonly #distinct = new Distinct()
  readonly #maps: RestMap[] = []

  /** Appends the rows of `runs` from row `at` on; rows between what was appended and `at` have no entry. */
  append(at: number, runs: Runs, rests: readonly (RestRows | null)[]): void {
    this.#skipTo(at)
    if (this.#starts.length <= at + runs.rows)
      this.#starts = grown(this.#starts, at + runs.rows + 1)
    for (let r = 0; r < runs.count; r++) {
      const source = runs.source[r]!
      const rest = rests[source]
      const from = runs.from[r]!
      const to = runs.to[r]!
      if (rest) this.#copy(rest, this.#mapOf(source, rest), from, to)
      else this.#skipTo(this.#rows + to - from)
    }
  }

  // oxlint-disable-next-line max-params -- rows of a source
  #copy(rest: RestRows, map: RestMap, from: number, to: number): void {
    const first = rest.starts[from]!
    const end = rest.starts[to]!
    const shift = this.#entries - first
    let row = this.#rows
    for (let i = from + 1; i <= to; i++) this.#starts[++row] = rest.starts[i]! + shift
    this.#rows = row
    if (this.#keys.length < end + shift) {
      this.#keys = grown(this.#keys, end + shift)
      this.#codes = grown(this.#codes, end + shift)
    }
    this.#copyKeys(rest, map, first, end)
    this.#copyCodes(rest, map, first, end)
    this.#entries = end + shift
  }

  // oxlint-disable-next-line max-params -- the inner loop
  #copyKeys(rest: RestRows, map: RestMap, first: number, end: number): void {
    const { keys } = rest
    const out = this.#keys
    const { keys: numbers } = map
    for (let e = first, k = this.#entries; e < end; e++, k++) {
      const key = keys[e]!
      let number = numbers[key]!
      if (number === 0) {
        number = this.#numberOf(rest, key) + 1
        numbers[key] = number
      }
      out[k] = number - 1
    }
  }

  // oxlint-disable-next-line max-params -- the inner loop
  #copyCodes({ codes, values }: RestRows, map: RestMap, first: number, end: number): void {
    const out = this.#codes
    const { codes: numbers } = map
    for (let e = first, k = this.#entries; e < end; e++, k++) {
      const code = codes[e]!
      let number = numbers[code]!
      if (number === 0) {
        const { offsets, bytes } = values
        number = this.#distinct.add(bytes, offsets[code]!, offsets[code + 1]!) + 1
        numbers[code] = number
      }
      out[k] = number - 1
    }
  }

  #numberOf(rest: RestRows, key: number): number {
    const id = rest.ids[key]!
    let number = this.#numbers.get(id)
    if (number === undefined) {
      number = this.#ids.push(id) - 1
      this.#columns.push(rest.columns[key]!)
      this.#numbers.set(id, number)
    }
    return number
  }

  #mapOf(source: number, rest: RestRows): RestMap {
    const map = (this.#maps[source] ??= { rest: null, keys: noWords, codes: noWords })
    if (map.rest === rest) return map
    map.rest = rest
    map.keys = cleared(map.keys, rest.columns.length)
    map.codes = cleared(map.codes, rest.values.offsets.length - 1)
    return map
  }

  #skipTo(rows: number): void {
    if (rows === this.#rows) return
    if (this.#starts.length <= rows) this.#starts = grown(this.#starts, rows + 1)
    this.#starts.fill(this.#entries, this.#rows, rows + 1)
    this.#rows = rows
  }

  /** Columns of which there is an entry, by number. */
  get ids(): readonly string[] {
    return this.#ids
  }

  has(id: string): boolean {
    return this.#numbers.has(id)
  }

  /** How many entries each column has, by number: the memory is used again by the next call. */
  count(): Uint32Array {
    const count = this.#ids.length
    this.#used = cleared(this.#used, count)
    const used = this.#used
    const keys = this.#keys
    for (let e = 0; e < this.#entries; e++) used[keys[e]!]!++
    return used.subarray(0, count)
  }

  /** Takes columns out of the rest of `rows` rows and gives them as vectors, by id. */
  take(numbers: ReadonlySet<number>, rows: number): Map<string, Vector> {
    this.#skipTo(rows)
    const types = this.#columns.map(({ type }, number) => (numbers.has(number) ? type : null))
    const range = { starts: this.#starts, from: 0, to: rows }
    const whole = this.#view(rows)
    const vectors = new Map<string, Vector>()
    columnsOfRest(whole, range, types).forEach((vector, number) => {
      if (vector !== null) vectors.set(this.#ids[number]!, vector)
    })
    this.#drop(numbers, rows)
    return vectors
  }

  /** Leaves out the entries of some columns; keys keep their numbers. */
  #drop(numbers: ReadonlySet<number>, rows: number): void {
    const gone = Uint8Array.from(this.#ids, (_, number) => (numbers.has(number) ? 1 : 0))
    let kept = 0
    let from = this.#starts[0] ?? 0
    for (let row = 0; row < rows; row++) {
      const to = this.#starts[row + 1]!
      for (let e = from; e < to; e++) {
        if (gone[this.#keys[e]!] === 1) continue
        this.#keys[kept] = this.#keys[e]!
        this.#codes[kept++] = this.#codes[e]!
      }
      from = to
      this.#starts[row + 1] = kept
    }
    this.#entries = kept
  }

  /** The rest of `rows` rows, as views of the builder's memory where it can; null when there is no entry. */
  finish(rows: number): RestRows | null {
    this.#skipTo(rows)
    if (this.#entries === 0) return null
    const whole = this.#view(rows)
    return whole.used.includes(0) ? withoutUnused(whole) : whole
  }

  #view(rows: number): RestRows {
    return {
      columns: this.#columns,
      ids: this.#ids,
      used: this.count(),
      starts: this.#starts.subarray(0, rows + 1),
      keys: this.#keys.subarray(0, this.#entries),
      codes: this.#codes.subarray(0, this.#entries),
      values: this.#distinct.texts(),
      distinct: true,
    }
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    this.#columns = []
    this.#ids = []
    this.#numbers.clear()
    this.#rows = 0
    this.#entries = 0
    this.#starts[0] = 0
    this.#distinct.clear()
    for (const map of this.#maps) if (map !== undefined) map.rest = null
  }
}

/** The same without columns and values that no entry uses. */
function withoutUnused(rest: RestRows): RestRows {
  const { columns, ids, used, keys, codes, values } = rest
  const places = numbered(keys, ids.length)
  const numbers = numbered(codes, values.offsets.length - 1)
  return {
    ...rest,
    columns: Array.from(places.old, (key) => columns[key]!),
    ids: Array.from(places.old, (key) => ids[key]!),
    used: places.old.map((key) => used[key]!),
    keys: places.codes,
    codes: numbers.codes,
    values: gatherTexts(values, numbers.old),
  }
}

/** Numbers below `count` by first use: the new ones, and the old one of each. */
function numbered(
  codes: Uint32Array,
  count: number,
): { codes: Uint32Array; old: Uint32Array<ArrayBuffer> } {
  const map = new Uint32Array(count)
  const old = new Uint32Array(count)
  const out = new Uint32Array(codes.length)
  let next = 0
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (map[code] === 0) {
      old[next++] = code
      map[code] = next
    }
    out[i] = map[code]! - 1
  }
  return { codes: out, old: old.slice(0, next) }
}

function grown(words: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(Math.max(size, words.length * 2))
  more.set(words)
  return more
}

/** `count` zeros, in the same memory where there is room. */
function cleared(words: Uint32Array, count: number): Uint32Array {
  if (words.length < count) return new Uint32Array(count)
  words.fill(0, 0, count)
  return words
}
