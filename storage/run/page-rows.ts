/**
 * Pages of one tenant's rows in final order: keys for the order out, and for an order the batches, one
 * per page, each built straight from the runs. Pages end where `block/page-cut.ts` would end them: at
 * most rows, plain bytes, cells and 2^52 ns, and where a trace or point stream ends if that leaves the
 * page half full.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId, type Vector } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import { absent } from '#schemas/intake.ts'
import { maxPageCells } from '../block/page-cut.ts'
import type { RowKeys } from '../block/sort.ts'
import type { RestRows } from '../encoding/rest.ts'
import { runColumn, type RunColumn } from './columns.ts'
import { PageAttributes } from './page-attributes.ts'
import {
  gatherWords,
  listRanges,
  numberVector,
  pointVector,
  type NumberColumn,
} from './page-columns.ts'
import type { PageMemory } from './page-memory.ts'
import { PageRest } from './page-rest.ts'
import type { FlatAttributes } from './tenant-attributes.ts'
import { holdsOffsets, type FlatLane, type TenantRows } from './tenant-rows.ts'
import { ValueList } from './value-list.ts'
import { copyWords } from './value-words.ts'

/** Times of a page are doubles against its least one; half of what those hold exactly. */
const maxSpanNs = 2 ** 52

/** Rows of a page, and their attributes that stand row by row. */
export interface Page {
  readonly batch: Batch
  readonly rest: RestRows | null
}

/** Most rows and plain bytes of a page. */
export interface PageLimits {
  readonly rows: number
  readonly bytes: number
}

/** A row column over all rows: two words each, or addresses and lengths. */
interface FlatColumn extends NumberColumn {
  readonly id: string
  /** Null for columns of numbers. */
  readonly addresses: Uint32Array | null
}

const zero: FlatLane = { values: null, value: 0 }

export class PageRows {
  readonly #rows: TenantRows
  readonly #columns: FlatColumn[] = []
  readonly #attributes: FlatAttributes | null
  readonly #kinds: FlatLane
  readonly keys: RowKeys
  /** Plain bytes of every row, its values and four for each column and attribute; null where no page can be too large. */
  readonly #sizes: Uint32Array | null
  /** Page in which each attribute column was seen last, for counting those of a page. */
  readonly #seen: Uint32Array
  #page = 0
  readonly #limits: PageLimits
  readonly #memory: PageMemory
  readonly #list: ValueList
  readonly #rest: PageRest
  readonly #ofPage: PageAttributes | null

  /** `stream` is the final place of each row's stream. Lanes and pages stand in `memory`. */
  // oxlint-disable-next-line max-params -- the rows, where pages end, and memory
  constructor(rows: TenantRows, stream: Uint32Array, limits: PageLimits, memory: PageMemory) {
    this.#rows = rows
    this.#limits = limits
    this.#memory = memory
    const { layout } = rows
    for (const column of layout.columns.slice(1)) this.#addColumn(column)
    const sizes = this.#rowBytes()
    this.#attributes = sizes === null ? null : rows.attributes(sizes)
    this.#sizes = sizes
    this.#seen = new Uint32Array(this.#attributes?.columns.length ?? 0)
    const kind = runColumn(layout, 'kind')
    this.#kinds = kind === null ? zero : rows.numbers(kind.lane)
    this.keys = this.#rowKeys(stream)
    this.#list = new ValueList(rows, memory)
    this.#rest = new PageRest(rows, memory)
    const flat = this.#attributes
    this.#ofPage =
      flat === null ? null : new PageAttributes(flat, this.#list, this.#rest, memory.arena)
  }

  #rowKeys(stream: Uint32Array): RowKeys {
    const rows = this.#rows
    const { arena } = this.#memory
    const lo = () => wordsOf(rows.numbers(0), rows.rows, arena)
    const hi = () => {
      const { buffer, byteOffset } = wordsOf(rows.numbers(1), rows.rows, arena)
      return new Int32Array(buffer, byteOffset, rows.rows)
    }
    const offsets = rows.times()
    const keys = { rows: rows.rows, offsets, stream, ...this.#traceIds() }
    const near = offsets !== null && offsets.span <= maxSpanNs
    if (!near) return { ...keys, timeLo: lo(), timeHi: hi() }
    // Only a sort over more than one slice asks for them.
    return {
      ...keys,
      get timeLo() {
        return lo()
      },
      get timeHi() {
        return hi()
      },
    }
  }

  #addColumn(column: RunColumn): void {
    const rows = this.#rows
    const { type, optional } = column
    const id = columnId({ scope: 'row', key: column.key, type })
    if (!holdsOffsets(column)) {
      const a = rows.numbers(column.lane)
      const b = type === 'u32' ? zero : rows.numbers(column.lane + 1)
      // A double that is zero is a value; which rows have one, their kind says.
      const never = optional && column.type !== 'double' && isZero(a) && isZero(b)
      if (!never) this.#columns.push({ type, optional, id, addresses: null, a, b })
      return
    }
    const addresses = rows.addresses(column)
    if (addresses === null) return
    const isId = type === 'id16' || type === 'id8'
    const b = isId ? zero : rows.numbers(column.lane + 1)
    this.#columns.push({ type, optional, id, addresses, a: zero, b })
  }

  #traceIds(): { traceId?: Uint8Array } {
    const addresses = this.#columns.find(({ id }) => id === 'r:id16:traceId')?.addresses
    if (this.#rows.layout.signal.orderBy !== 'trace' || !addresses) return {}
    const traceId = this.#memory.arena.bytes(addresses.length * 16)
    const { words, shift } = this.#rows
    const mask = 2 ** shift - 1
    const target = new Uint32Array(traceId.buffer, traceId.byteOffset, addresses.length * 4)
    for (let i = 0; i < addresses.length; i++) {
      const address = addresses[i]!
      if (address === absent) target.fill(0, i * 4, i * 4 + 4)
      else copyWords(words[address >>> shift]!, address & mask, target, i * 4, 4)
    }
    return { traceId }
  }

  /**
   * The rows in this order as batches of a page each, their streams being `streams`. A batch is valid
   * until the next one is taken.
   */
  *pages(order: Uint32Array, streams: StreamList): Generator<Page> {
    const { arena } = this.#memory
    const list = this.#list
    const ends = this.#ends()
    const mark = arena.mark()
    for (let from = 0; from < order.length;) {
      const to = this.#endOfPage(order, from, ends)
      list.clear()
      const page = order.subarray(from, to)
      const columns = this.#rowColumns(page, list)
      const inRows = this.#ofPage?.addTo(columns, page) ?? null
      yield { batch: { ...this.#batch(page), columns, streams }, rest: inRows }
      arena.release(mark)
      from = to
    }
  }

  /** What a page's rows must be counted for; what no page of these rows can pass is left out. */
  #ends(): PageEnds {
    const { offsets } = this.keys
    const { rows, bytes } = this.#limits
    const sizes = this.#sizes
    const columns = this.#columns.length + (this.#attributes?.columns.length ?? 0)
    return {
      rows,
      bytes,
      sizes: sizes !== null && maxOf(sizes) * rows > bytes ? sizes : null,
      cells: rows * columns > maxPageCells,
      span: !offsets || offsets.span > maxSpanNs,
    }
  }

  /** Plain bytes of every row without its attributes; null where there are none and no page can be too large. */
  #rowBytes(): Uint32Array | null {
    const rows = this.#rows
    const { rows: most, bytes } = this.#limits
    const least = 16 + this.#columns.length * 4
    const lengths = this.#columns.flatMap(({ addresses, b }) =>
      addresses === null || b.values === null ? [] : [b.values],
    )
    const greatest = lengths.reduce((sum, words) => sum + maxOf(words), least)
    if (rows.entries === 0 && greatest * most <= bytes) return null
    const sizes = this.#memory.arena.words(rows.rows).fill(least)
    for (const words of lengths) addWords(sizes, words)
    return sizes
  }

  #endOfPage(order: Uint32Array, from: number, ends: PageEnds): number {
    const full = Math.min(order.length, from + ends.rows)
    const spanned = ends.span ? this.#endBySpan(order, from, full) : full
    const { sizes, bytes } = ends
    let at =
      sizes === null ? spanned : endByBytes(order.subarray(from, spanned), sizes, bytes) + from
    if (ends.cells) at = this.#endByCells(order, from, at)
    // Rows beyond the span of a page are no neighbours.
    const apart = at === spanned && spanned < full
    return apart || at === order.length ? at : this.#boundary(order, from, at)
  }

  #endBySpan(order: Uint32Array, from: number, to: number): number {
    const { timeLo, timeHi } = this.keys
    const first = order[from]!
    let [min, max] = [0, 0]
    for (let at = from; at < to; at++) {
      const row = order[at]!
      const time = (timeHi[row]! - timeHi[first]!) * 4294967296 + (timeLo[row]! - timeLo[first]!)
      if (time < min) min = time
      else if (time > max) max = time
      if (max - min > maxSpanNs && at > from) return at
    }
    return to
  }

  #endByCells(order: Uint32Array, from: number, to: number): number {
    if (this.#attributes === null) return to
    const { from: starts, column } = this.#attributes
    const page = ++this.#page
    let columns = this.#columns.length
    for (let at = from; at < to; at++) {
      const row = order[at]!
      for (let k = starts[row]!; k < starts[row + 1]!; k++) {
        if (this.#seen[column[k]!] === page) continue
        this.#seen[column[k]!] = page
        columns++
      }
      if (at > from && (at - from + 1) * columns > maxPageCells) return at
    }
    return to
  }

  /** Where a full page [from, to) is cut, so that neighbours that are read together stay together. */
  #boundary(order: Uint32Array, from: number, to: number): number {
    const { signal } = this.#rows.layout
    const half = from + ((to - from) >>> 1)
    const { stream, traceId } = this.keys
    const byTrace = signal.orderBy === 'trace' && traceId !== undefined
    if (!byTrace && signal.streamBy !== 'point') return to
    for (let at = to; at > half; at--) {
      const ends = byTrace
        ? !sameId(traceId, order[at - 1]!, order[at]!)
        : stream[order[at - 1]!] !== stream[order[at]!]
      if (ends) return at
    }
    return to
  }

  #rowColumns(order: Uint32Array, list: ValueList): Map<string, Vector> {
    const columns = new Map<string, Vector>()
    const memory = this.#memory.arena
    for (const flat of this.#columns) {
      const { id, addresses, type } = flat
      const vector =
        addresses !== null
          ? list.vector(type, order.length, 0, listRanges(addresses, flat.b, order, list))
          : type === 'double'
            ? pointVector(flat, this.#kinds, order, memory)
            : numberVector(flat, order, memory)
      if (vector !== null) columns.set(id, vector)
    }
    return columns
  }

  #batch(order: Uint32Array): Omit<Batch, 'columns' | 'streams'> {
    const stream = this.#memory.arena.words(order.length)
    gatherWords(this.keys.stream, order, stream)
    const { signal } = this.#rows.layout
    const rows = order.length
    return { signal: signal.name, rows, stream, ...this.#times(order), selection: null, offset: 0 }
  }

  /** Times as offsets to the least one. */
  #times(order: Uint32Array): { timeBase: bigint; time: Float64Array } {
    const { offsets } = this.keys
    const time = this.#memory.arena.doubles(order.length)
    if (!offsets) return this.#farTimes(order, time)
    const { values, baseNs } = offsets
    let least = values[order[0]!]!
    for (let i = 0; i < order.length; i++) {
      const value = values[order[i]!]!
      time[i] = value
      if (value < least) least = value
    }
    if (least > 0) for (let i = 0; i < order.length; i++) time[i]! -= least
    return { timeBase: baseNs + BigInt(least), time }
  }

  /** The same where times of all rows are too far apart for doubles; those of a page are not. */
  #farTimes(order: Uint32Array, time: Float64Array): { timeBase: bigint; time: Float64Array } {
    const { timeLo, timeHi } = this.keys
    let least = order[0]!
    for (let i = 1; i < order.length; i++) {
      const row = order[i]!
      const earlier =
        timeHi[row]! < timeHi[least]! ||
        (timeHi[row] === timeHi[least] && timeLo[row]! < timeLo[least]!)
      if (earlier) least = row
    }
    const lo = timeLo[least]!
    const hi = timeHi[least]!
    for (let i = 0; i < order.length; i++) {
      time[i] = (timeHi[order[i]!]! - hi) * 4294967296 + (timeLo[order[i]!]! - lo)
    }
    return { timeBase: (BigInt(hi) << 32n) | BigInt(lo), time }
  }
}

/** Counts that may end a page. */
interface PageEnds {
  readonly rows: number
  readonly bytes: number
  /** Plain bytes by row; null when no page can be too large. */
  readonly sizes: Uint32Array | null
  /** Whether a page may have too many cells, or too long a span. */
  readonly cells: boolean
  readonly span: boolean
}

/** How many rows of the order take at most `limit` bytes; at least one. */
function endByBytes(order: Uint32Array, sizes: Uint32Array, limit: number): number {
  let bytes = 0
  for (let at = 0; at < order.length; at++) {
    bytes += sizes[order[at]!]!
    if (bytes > limit && at > 0) return at
  }
  return order.length
}

function addWords(to: Uint32Array, words: Uint32Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += words[i]!
}

function maxOf(words: Uint32Array): number {
  let most = 0
  for (let i = 0; i < words.length; i++) if (words[i]! > most) most = words[i]!
  return most
}

function isZero(lane: FlatLane): boolean {
  return lane.values === null && lane.value === 0
}

function wordsOf(lane: FlatLane, rows: number, memory: Allocator): Uint32Array<ArrayBuffer> {
  return lane.values === null ? memory.words(rows).fill(lane.value) : lane.values
}

function sameId(ids: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < 16; i++) if (ids[a * 16 + i] !== ids[b * 16 + i]) return false
  return true
}
