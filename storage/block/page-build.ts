/**
 * A page to be, built from runs of rows of other pages: every value is copied once, straight into the
 * page's column. A page is full at its most rows, plain bytes or cells, or when its times would span
 * more than 2^53 ns; it then ends where a trace (or a point's stream) ends, if that leaves it half full.
 * Memory is kept from page to page: a page given is valid until `clear`.
 */
import { assert, must } from '#base/assert.ts'
import type { Vector } from '#schemas/column.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import { ColumnBuilder } from '../column/build.ts'
import { copyWordRuns, Runs } from '../column/runs.ts'
import { concatVectors, gatherVector } from '../column/vector.ts'
import { RestBuilder } from '../encoding/rest-build.ts'
import { maxPageCells } from './page-cut.ts'
import type { PageRows } from './rows.ts'
import { manyColumns, sparseRows } from './section-columns.ts'
import { bytesOf, fittingEnd, sourcePage, type SourcePage } from './source-page.ts'

/** Most rows and plain bytes of a page. */
export interface PageLimits {
  readonly rows: number
  readonly bytes: number
}

/** Times of a page are doubles against a base, exact to 2^53; half of it, because the base is not the least. */
const maxSpanNs = 2 ** 52

/** A place in runs: the run, and a row of it. */
export interface RunPlace {
  run: number
  row: number
}

export class PageBuilder {
  readonly #signal: Signal
  readonly #limits: PageLimits
  readonly #columns = new Map<string, ColumnBuilder>()
  /** Columns with a value in the page so far. */
  readonly #used = new Set<string>()
  readonly #rest = new RestBuilder()
  #hasRest = false
  #stream = new Uint32Array(0)
  #time = new Float64Array(0)
  #base = 0n
  /** Bounds of the times, as offsets to the base; wider where that saves looking at rows. */
  #min = 0
  #max = 0
  /** The least time, exactly. */
  #least = 0
  #rows = 0
  #bytes = 0
  /** The stream and the trace of the row that was appended last: its page may be gone. */
  #lastStream = -1
  readonly #lastTrace = new Uint8Array(16)
  #lastHasTrace = false
  readonly #part = new Runs()

  constructor(signal: Signal, limits: PageLimits) {
    this.#signal = signal
    this.#limits = limits
  }

  get rows(): number {
    return this.#rows
  }

  /** Appends rows of `runs` from `place` on, which it moves, until they are used up (false) or the page is full (true). */
  take(runs: Runs, place: RunPlace, pages: readonly SourcePage[]): boolean {
    const part = this.#part
    part.clear()
    const firstRun = place.run
    let bytes = this.#bytes
    let full = false
    while (place.run < runs.count) {
      const page = pages[runs.source[place.run]!]!
      const to = runs.to[place.run]!
      const have = this.#rows + part.rows
      let end = this.#endOfFit(page, place.row, to, { rows: have, bytes })
      if (have === 0 && end === place.row) end++
      full = end < to
      if (end > place.row) part.add(runs.source[place.run]!, place.row, end)
      bytes += bytesOf(page, place.row, end)
      place.row = end
      if (full) break
      place.run++
      place.row = place.run < runs.count ? runs.from[place.run]! : 0
    }
    if (full) this.#cut(firstRun, runs, place, pages)
    this.#append(pages)
    this.#bytes = bytes
    return full
  }

  /** The end of the rows from `from` on that the page has room for. */
  // oxlint-disable-next-line max-params -- a run, and what is there
  #endOfFit(
    page: SourcePage,
    from: number,
    to: number,
    have: { readonly rows: number; readonly bytes: number },
  ): number {
    for (const id of page.columns.keys()) this.#used.add(id)
    const cellRows = Math.floor(maxPageCells / Math.max(1, this.#used.size))
    const rows = Math.min(this.#limits.rows, Math.max(1, cellRows)) - have.rows
    if (rows <= 0) return from
    const end = fittingEnd(page, from, Math.min(to, from + rows), this.#limits.bytes - have.bytes)
    return this.#endOfTimes(page, from, end, have.rows === 0)
  }

  // oxlint-disable-next-line max-params -- a run, and whether it is the first
  #endOfTimes(page: SourcePage, from: number, to: number, first: boolean): number {
    if (first) {
      this.#base = page.timeBase
      this.#min = Infinity
      this.#max = -Infinity
    }
    const shift = Number(page.timeBase - this.#base)
    const low = Math.min(this.#min, shift + page.minTime)
    const high = Math.max(this.#max, shift + page.maxTime)
    if (Math.max(-low, high) <= maxSpanNs && high - low <= maxSpanNs) {
      this.#min = low
      this.#max = high
      return to
    }
    if (!Number.isSafeInteger(shift)) return from
    for (let i = from; i < to; i++) {
      const at = shift + page.time[i]!
      const least = Math.min(this.#min, at)
      const most = Math.max(this.#max, at)
      if (most - least > maxSpanNs || Math.max(-least, most) > maxSpanNs * 2) return i
      this.#min = least
      this.#max = most
    }
    return to
  }

  /** Takes rows back to where a trace or stream ends, so that neighbours that are read together stay in one page. */
  // oxlint-disable-next-line max-params -- the runs of a step, from and to where
  #cut(firstRun: number, runs: Runs, place: RunPlace, pages: readonly SourcePage[]): void {
    const part = this.#part
    const { orderBy, streamBy } = this.#signal
    if (orderBy !== 'trace' && streamBy !== 'point') return
    const half = (this.#rows + part.rows) >>> 1
    let page = pages[runs.source[place.run]!]!
    let row = place.row
    let left = part.rows
    for (let r = part.count - 1; r >= 0; r--) {
      const before = pages[part.source[r]!]!
      for (let i = part.to[r]! - 1; i >= part.from[r]!; i--, left--) {
        if (this.#rows + left <= half) return
        if (!this.#sameGroup(before, i, page, row)) {
          this.#truncate(r, i + 1, left)
          place.run = firstRun + r
          place.row = i + 1
          if (place.row === runs.to[place.run]) {
            place.run++
            place.row = place.run < runs.count ? runs.from[place.run]! : 0
          }
          return
        }
        page = before
        row = i
      }
    }
    if (this.#rows <= half || this.#isOfLast(page, row)) return
    part.clear()
    place.run = firstRun
    place.row = row
  }

  #truncate(run: number, to: number, rows: number): void {
    const part = this.#part
    part.to[run] = to
    part.count = run + 1
    part.rows = rows
  }

  // oxlint-disable-next-line max-params -- two rows
  #sameGroup(a: SourcePage, i: number, b: SourcePage, k: number): boolean {
    if (this.#signal.orderBy !== 'trace') return a.stream[i] === b.stream[k]
    const x = a.columns.get(traceId)
    const y = b.columns.get(traceId)
    if (x?.kind !== 'fixed' || y?.kind !== 'fixed') return true
    for (let n = 0; n < 16; n++) if (x.bytes[i * 16 + n] !== y.bytes[k * 16 + n]) return false
    return true
  }

  /** Whether a row is of the same group as the row that was appended last. */
  #isOfLast(page: SourcePage, row: number): boolean {
    if (this.#signal.orderBy !== 'trace') return page.stream[row] === this.#lastStream
    const ids = page.columns.get(traceId)
    if (ids?.kind !== 'fixed' || !this.#lastHasTrace) return true
    for (let n = 0; n < 16; n++) if (ids.bytes[row * 16 + n] !== this.#lastTrace[n]) return false
    return true
  }

  #setLast(page: SourcePage, row: number): void {
    this.#lastStream = page.stream[row]!
    const ids = page.columns.get(traceId)
    this.#lastHasTrace = ids?.kind === 'fixed'
    if (ids?.kind === 'fixed') this.#lastTrace.set(ids.bytes.subarray(row * 16, row * 16 + 16))
  }

  #append(pages: readonly SourcePage[]): void {
    const part = this.#part
    if (part.count === 0) return
    const at = this.#rows
    const rows = at + part.rows
    if (this.#stream.length < rows) this.#grow(rows)
    const streams = pages.map((page) => page.stream)
    copyWordRuns(this.#stream, at, part, streams, 1)
    this.#appendTimes(at, pages)
    this.#appendColumns(at, pages)
    const rests = pages.map((page) => page.rest)
    this.#hasRest ||= rests.some((rest) => rest !== null)
    if (this.#hasRest) this.#rest.append(at, part, rests)
    this.#rows = rows
    const last = part.count - 1
    this.#setLast(pages[part.source[last]!]!, part.to[last]! - 1)
  }

  #grow(rows: number): void {
    const size = Math.max(rows, this.#stream.length * 2)
    const stream = new Uint32Array(size)
    stream.set(this.#stream)
    this.#stream = stream
    const time = new Float64Array(size)
    time.set(this.#time)
    this.#time = time
  }

  /** Makes times offsets to the least of them: they stay whole, and within 2^53. */
  #toLeast(time: Float64Array): void {
    const least = this.#least
    if (least === 0) return
    for (let i = 0; i < time.length; i++) time[i] = time[i]! - least
    this.#base += BigInt(least)
    this.#least = 0
  }

  #appendTimes(at: number, pages: readonly SourcePage[]): void {
    const { source, from, to, count } = this.#part
    const shifts = pages.map((page) => Number(page.timeBase - this.#base))
    const out = this.#time
    let next = at
    let least = at === 0 ? Infinity : this.#least
    for (let r = 0; r < count; r++) {
      const { time } = pages[source[r]!]!
      const shift = shifts[source[r]!]!
      const end = to[r]!
      for (let i = from[r]!; i < end; i++) {
        const own = time[i]! + shift
        out[next++] = own
        if (own < least) least = own
      }
    }
    this.#least = least
  }

  #appendColumns(at: number, pages: readonly SourcePage[]): void {
    const part = this.#part
    const inPart = new Uint8Array(pages.length)
    for (let r = 0; r < part.count; r++) inPart[part.source[r]!] = 1
    const used = new Set<string>()
    pages.forEach((page, s) => {
      if (inPart[s] === 1) for (const id of page.columns.keys()) used.add(id)
    })
    for (const id of used) {
      const columns = pages.map((page, s) =>
        inPart[s] === 1 ? (page.columns.get(id) ?? null) : null,
      )
      let builder = this.#columns.get(id)
      if (builder === undefined) {
        const { type } = must(
          columns.find((column) => column !== null),
          'a page has the column',
        )
        this.#columns.set(id, (builder = new ColumnBuilder(type)))
      }
      builder.append(at, part, columns)
    }
  }

  /** The page, as views of the builder's memory; its rows are at least one. */
  finish(): PageRows {
    const rows = this.#rows
    const columns = new Map<string, Vector>()
    for (const [id, builder] of this.#columns) {
      if (builder.rows > 0) columns.set(id, builder.finish(rows))
    }
    const rest = this.#hasRest ? this.#finishRest(columns) : null
    const stream = this.#stream.subarray(0, rows)
    const time = this.#time.subarray(0, rows)
    this.#toLeast(time)
    return { rows, stream, timeBase: this.#base, time, columns, rest }
  }

  /** Moves what is not sparse here from the rest to the columns, and what stands in both. */
  #finishRest(columns: Map<string, Vector>): PageRows['rest'] {
    const rest = this.#rest
    const rows = this.#rows
    let attributes = rest.ids.length
    for (const id of columns.keys()) if (id.startsWith('a:') && !rest.has(id)) attributes++
    const taken = new Set<number>()
    const used = rest.count()
    rest.ids.forEach((id, number) => {
      const dense = used[number]! * sparseRows >= rows
      if (attributes <= manyColumns || dense || columns.has(id)) taken.add(number)
    })
    if (taken.size > 0) {
      for (const [id, vector] of rest.take(taken, rows)) {
        const known = columns.get(id)
        columns.set(id, known === undefined ? vector : overlay(known, vector))
      }
    }
    return rest.finish(rows)
  }

  /** Begins the next page. */
  clear(): void {
    for (const [id, builder] of this.#columns) {
      // What one page did not use is not kept: a section may have thousands of columns.
      if (builder.rows === 0) this.#columns.delete(id)
      else builder.clear()
    }
    this.#used.clear()
    if (this.#hasRest) this.#rest.clear()
    this.#hasRest = false
    this.#rows = 0
    this.#bytes = 0
  }
}

const traceId = 'r:id16:traceId'

/** Some rows of a page, in the order given, as a page of its own. */
export function pickRows(page: PageRows, rows: Uint32Array, signal: Signal): PageRows {
  const builder = new PageBuilder(signal, { rows: Infinity, bytes: Infinity })
  const runs = new Runs()
  for (const row of rows) runs.add(0, row, row + 1)
  const full = builder.take(runs, { run: 0, row: runs.from[0]! }, [sourcePage(page)])
  assert(!full, 'a part of a page is a page')
  return builder.finish()
}

/** The rows of `under`, but those that have a value in `over` from there. */
function overlay(under: Vector, over: Vector): Vector {
  const { present } = over
  if (present === null) return over
  const rows = present.length
  const both = concatVectors(under.type, [
    { vector: under, rows },
    { vector: over, rows },
  ])
  const order = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) order[i] = present[i] === 0 ? i : rows + i
  return gatherVector(both, order)
}
