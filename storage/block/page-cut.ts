/**
 * Where pages end. A page is full at its most rows, its most plain bytes, or when its times would
 * span more than 2^53 ns. It is then cut where a trace (or, for points, a stream) ends, if that
 * leaves it at least half full: neighbours that are read together stay in one page.
 *
 * Checks the order of rows where that is cheap: streams exist, and for stream-time order
 * (slice, stream, time) never falls.
 */
import { assert } from '#base/assert.ts'
import type { Batch } from '#schemas/batch.ts'
import type { Vector } from '#schemas/column.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import { maxOffset } from '../encoding/offsets.ts'
import { sliceOf } from './sort.ts'
import { joinRows, rowSizes, sliceRows, type Rows } from './rows.ts'

export interface CutOptions {
  readonly signal: Signal
  readonly pageRows: number
  readonly pageBytes: number
}

/**
 * Rows times columns of a page at most: a column costs its writer five bytes a row even where it is
 * empty, so ten thousand keys leave 1,677 rows a page and 84 MB, not 800.
 */
export const maxPageCells = 1 << 24

export class PageCutter {
  readonly #options: CutOptions
  readonly #streams: number
  #pieces: Rows[] = []
  #ids = new Set<string>()
  #rows = 0
  #bytes = 0
  #minNs = 0n
  #maxNs = 0n
  #last: { slice: bigint; stream: number; timeNs: bigint } | null = null

  constructor(options: CutOptions, streams: number) {
    this.#options = options
    this.#streams = streams
  }

  /** Plain bytes that wait. */
  get waitingBytes(): number {
    return this.#bytes
  }

  /** Takes the rows of a batch and gives the pages they fill. The batch is kept until its last row is in a page. */
  *add(batch: Batch): Generator<Rows> {
    this.#checkOrder(batch)
    const sizes = rowSizes(batch)
    let from = 0
    while (from < batch.rows) {
      const to = this.#fill(batch, sizes, from)
      if (to > from) this.#pieces.push(sliceRows(batch, from, to))
      from = to
      if (from < batch.rows) yield this.#cut()
    }
  }

  /** A batch that is a page by itself; no rows may wait. */
  page(batch: Batch): Rows {
    assert(this.#rows === 0, 'rows that wait come first')
    this.#checkOrder(batch)
    return beginsAtBase(batch) ? batch : joinRows([batch])
  }

  /** The rows that are left, if any. */
  *finish(): Generator<Rows> {
    if (this.#rows === 0) return
    const page = joinRows(this.#pieces)
    this.#clear()
    yield page
  }

  /** Counts rows from `from` on while they fit; an empty page takes at least one. */
  #fill(batch: Batch, sizes: Float64Array, from: number): number {
    const { pageBytes } = this.#options
    for (const id of batch.columns.keys()) this.#ids.add(id)
    const cellRows = Math.max(1, Math.floor(maxPageCells / Math.max(1, this.#ids.size)))
    const pageRows = Math.min(this.#options.pageRows, cellRows)
    // Bounds of the page relative to the batch's base; beyond 2^53 they are inexact, but then nothing fits anyway.
    let min = this.#rows === 0 ? batch.time[from]! : Number(this.#minNs - batch.timeBase)
    let max = this.#rows === 0 ? batch.time[from]! : Number(this.#maxNs - batch.timeBase)
    let at = from
    for (; at < batch.rows; at++) {
      const time = batch.time[at]!
      const low = time < min ? time : min
      const high = time > max ? time : max
      const full = this.#rows >= pageRows || this.#bytes + sizes[at]! > pageBytes
      if (this.#rows > 0 && (full || high - low > maxOffset)) break
      min = low
      max = high
      this.#rows++
      this.#bytes += sizes[at]!
    }
    if (at > from) {
      const minNs = batch.timeBase + BigInt(min)
      const maxNs = batch.timeBase + BigInt(max)
      this.#minNs = minNs
      this.#maxNs = maxNs
    }
    return at
  }

  /** The full page, cut at a boundary; rows behind it wait for the next one. */
  #cut(): Rows {
    const page = joinRows(this.#pieces)
    const bytes = this.#bytes
    const to = boundary(page, this.#options.signal)
    this.#clear()
    if (to === page.rows) return page
    const rest = sliceRows(page, to, page.rows)
    this.#pieces = [rest]
    this.#ids = new Set(rest.columns.keys())
    this.#rows = rest.rows
    // Its share; the sizes of single rows are not kept.
    this.#bytes = (bytes * rest.rows) / page.rows
    let min = Infinity
    let max = -Infinity
    for (let i = 0; i < rest.rows; i++) {
      min = Math.min(min, rest.time[i]!)
      max = Math.max(max, rest.time[i]!)
    }
    this.#minNs = rest.timeBase + BigInt(min)
    this.#maxNs = rest.timeBase + BigInt(max)
    return joinRows([sliceRows(page, 0, to)])
  }

  #clear(): void {
    this.#pieces = []
    this.#ids = new Set()
    this.#rows = 0
    this.#bytes = 0
  }

  #checkOrder(batch: Batch): void {
    const { signal } = this.#options
    let most = 0
    for (let i = 0; i < batch.rows; i++) if (batch.stream[i]! > most) most = batch.stream[i]!
    assert(most < this.#streams, 'rows name streams of their section')
    if (signal.orderBy !== 'stream-time') return
    const firstNs = batch.timeBase + BigInt(batch.time[0]!)
    let slice = sliceOf(firstNs, signal)
    let sliceEnd = Number((slice + 1n) * signal.sliceNs - batch.timeBase)
    const last = this.#last
    if (last !== null) {
      const falls =
        slice < last.slice ||
        (slice === last.slice &&
          (batch.stream[0]! < last.stream ||
            (batch.stream[0] === last.stream && firstNs < last.timeNs)))
      assert(!falls, 'batches of a section come in order of slice, stream and time')
    }
    for (let i = 1; i < batch.rows; i++) {
      const time = batch.time[i]!
      if (time >= sliceEnd) {
        slice = sliceOf(batch.timeBase + BigInt(time), signal)
        sliceEnd = Number((slice + 1n) * signal.sliceNs - batch.timeBase)
        continue
      }
      const before = batch.stream[i - 1]!
      const stream = batch.stream[i]!
      const inOrder = before < stream || (before === stream && batch.time[i - 1]! <= time)
      assert(inOrder, 'rows come in order of slice, stream and time')
    }
    const end = batch.rows - 1
    const timeNs = batch.timeBase + BigInt(batch.time[end]!)
    this.#last = { slice, stream: batch.stream[end]!, timeNs }
  }
}

/** Whether times are offsets to the least one, as those of a page are. */
function beginsAtBase({ time }: Batch): boolean {
  let least = Infinity
  for (let i = 0; i < time.length; i++) if (time[i]! < least) least = time[i]!
  return least === 0
}

/** Where a full page is cut: after the last row whose trace (or point stream) ends, if that is past the middle. */
function boundary(page: Rows, signal: Signal): number {
  const half = page.rows >>> 1
  if (signal.orderBy === 'trace') {
    const ids = page.columns.get('r:id16:traceId')
    if (ids?.kind !== 'fixed') return page.rows
    for (let to = page.rows - 1; to > half; to--) if (!sameId(ids, to - 1, to)) return to
    return page.rows
  }
  if (signal.streamBy !== 'point') return page.rows
  for (let to = page.rows - 1; to > half; to--) {
    if (page.stream[to - 1] !== page.stream[to]) return to
  }
  return page.rows
}

function sameId(vector: Vector & { readonly kind: 'fixed' }, a: number, b: number): boolean {
  const { bytes, width } = vector
  for (let i = 0; i < width; i++) if (bytes[a * width + i] !== bytes[b * width + i]) return false
  return true
}
