/**
 * Pages of one tenant's rows in final order: keys for the order out, and for an order the batches, one
 * per page, each built straight from the runs. Pages end where `block/page-cut.ts` would end them: at
 * most rows, plain bytes, cells and 2^52 ns, and where a trace or point stream ends if that leaves the
 * page half full.
 */
import { must } from '#base/assert.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId, type Vector } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import { absent } from '#schemas/intake.ts'
import { pointKind } from '#schemas/signals/metrics.ts'
import { maxPageCells } from '../block/page-cut.ts'
import type { RowKeys } from '../block/sort.ts'
import { runColumn, type RunColumn } from './columns.ts'
import { holdsOffsets, type FlatAttributes, type FlatLane, type TenantRows } from './tenant-rows.ts'
import { ValueList } from './value-list.ts'

/** Times of a page are doubles against its least one; half of what those hold exactly. */
const maxSpanNs = 2 ** 52

/** Most rows and plain bytes of a page. */
export interface PageLimits {
  readonly rows: number
  readonly bytes: number
}

/** A row column over all rows: two words each, or addresses and lengths. */
interface FlatColumn {
  readonly column: RunColumn
  readonly id: string
  /** Null for columns of numbers. */
  readonly addresses: Uint32Array | null
  readonly a: FlatLane
  readonly b: FlatLane
}

const zero: FlatLane = { values: null, value: 0 }

export class PageRows {
  readonly #rows: TenantRows
  readonly #columns: FlatColumn[] = []
  readonly #attributes: FlatAttributes
  readonly #kinds: FlatLane | null
  readonly keys: RowKeys
  /** Of each attribute column: its vectors' id, the page that used it last, values on that page. */
  readonly #ids: string[]
  readonly #seen: Uint32Array
  readonly #starts: Uint32Array
  readonly #last: Int32Array
  #page = 0

  /** `stream` is the final place of each row's stream. */
  constructor(rows: TenantRows, stream: Uint32Array) {
    this.#rows = rows
    const { layout } = rows
    for (const column of layout.columns.slice(1)) this.#addColumn(column)
    this.#attributes = rows.attributes()
    const count = this.#attributes.columns.length
    this.#ids = this.#attributes.columns.map(columnId)
    this.#seen = new Uint32Array(count)
    this.#starts = new Uint32Array(count)
    this.#last = new Int32Array(count)
    const kind = layout.columns.some(({ type }) => type === 'double')
      ? runColumn(layout, 'kind')
      : null
    this.#kinds = kind === null ? null : rows.numbers(kind.lane)
    this.keys = {
      rows: rows.rows,
      timeLo: wordsOf(rows.numbers(0), rows.rows),
      timeHi: new Int32Array(wordsOf(rows.numbers(1), rows.rows).buffer),
      stream,
      ...this.#traceIds(),
    }
  }

  #addColumn(column: RunColumn): void {
    const rows = this.#rows
    const id = columnId({ scope: 'row', key: column.key, type: column.type })
    if (!holdsOffsets(column)) {
      const a = rows.numbers(column.lane)
      const b = column.type === 'u32' ? zero : rows.numbers(column.lane + 1)
      // A double that is zero is a value; which rows have one, their kind says.
      const never = column.optional && column.type !== 'double' && isZero(a) && isZero(b)
      if (!never) this.#columns.push({ column, id, addresses: null, a, b })
      return
    }
    const addresses = rows.addresses(column)
    if (addresses === null) return
    const isId = column.type === 'id16' || column.type === 'id8'
    const b = isId ? zero : rows.numbers(column.lane + 1)
    this.#columns.push({ column, id, addresses, a: zero, b })
  }

  #traceIds(): { traceId?: Uint8Array } {
    const addresses = this.#columns.find(({ id }) => id === 'r:id16:traceId')?.addresses
    if (this.#rows.layout.signal.orderBy !== 'trace' || !addresses) return {}
    const { sources, shift } = this.#rows
    const mask = 2 ** shift - 1
    const traceId = new Uint8Array(addresses.length * 16)
    for (let i = 0, at = 0; i < addresses.length; i++) {
      if (addresses[i] === absent) {
        at += 16
        continue
      }
      const source = sources[addresses[i]! >>> shift]!
      const from = addresses[i]! & mask
      for (let k = 0; k < 16; k++) traceId[at++] = source[from + k]!
    }
    return { traceId }
  }

  /** The rows in this order as batches of a page each, their streams being `streams`. */
  *pages(order: Uint32Array, limits: PageLimits, streams: StreamList): Generator<Batch> {
    const list = new ValueList(
      this.#rows.sources,
      this.#rows.shift,
      Math.min(limits.rows, order.length),
    )
    const sizes = this.#rowBytes()
    for (let from = 0; from < order.length;) {
      const to = this.#endOfPage(order, from, { ...limits, sizes })
      yield this.#batch(order.subarray(from, to), list, streams)
      from = to
    }
  }

  /** Plain bytes of every row: its values and four for each column and attribute. */
  #rowBytes(): Uint32Array {
    const sizes = new Uint32Array(this.#rows.rows).fill(16 + this.#columns.length * 4)
    for (const { addresses, b } of this.#columns) {
      if (addresses === null || b.values === null) continue
      for (let i = 0; i < sizes.length; i++) sizes[i]! += b.values[i]!
    }
    const { from, column, b, columns } = this.#attributes
    const isText = Uint8Array.from(columns, ({ type }) =>
      type === 'text' || type === 'bytes' || type === 'otlp' ? 1 : 0,
    )
    for (let i = 0; i < sizes.length; i++) {
      let size = 0
      for (let k = from[i]!; k < from[i + 1]!; k++) size += isText[column[k]!] === 1 ? 4 + b[k]! : 8
      sizes[i]! += size
    }
    return sizes
  }

  #endOfPage(
    order: Uint32Array,
    from: number,
    limits: PageLimits & { readonly sizes: Uint32Array },
  ): number {
    const { timeLo, timeHi } = this.keys
    const { from: starts, column } = this.#attributes
    const page = ++this.#page
    const first = order[from]!
    const end = Math.min(order.length, from + limits.rows)
    let columns = this.#columns.length
    let bytes = 0
    let [min, max] = [0, 0]
    let at = from
    for (; at < end; at++) {
      const row = order[at]!
      const time = (timeHi[row]! - timeHi[first]!) * 4294967296 + (timeLo[row]! - timeLo[first]!)
      if (time < min) min = time
      else if (time > max) max = time
      for (let k = starts[row]!; k < starts[row + 1]!; k++) {
        if (this.#seen[column[k]!] === page) continue
        this.#seen[column[k]!] = page
        columns++
      }
      bytes += limits.sizes[row]!
      if (at === from) continue
      if (max - min > maxSpanNs) return at
      if (bytes > limits.bytes || (at - from + 1) * columns > maxPageCells) break
    }
    return at === order.length ? at : this.#boundary(order, from, at)
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

  #batch(order: Uint32Array, list: ValueList, streams: StreamList): Batch {
    const columns = new Map<string, Vector>()
    for (const flat of this.#columns) {
      if (flat.addresses !== null) listRanges(flat.addresses, flat.b, order, list)
      else if (flat.column.type === 'double') this.#listValues(flat, order, list)
      else listNumbers(flat, order, list)
      const vector = list.vector(flat.column.type, order.length)
      if (vector !== null) columns.set(flat.id, vector)
    }
    this.#addAttributes(order, list, columns)
    const { signal } = this.#rows.layout
    return {
      signal: signal.name,
      rows: order.length,
      streams,
      stream: gather(this.keys.stream, order),
      ...this.#times(order),
      columns,
      selection: null,
      offset: 0,
    }
  }

  /** Times as offsets to the least one. */
  #times(order: Uint32Array): { timeBase: bigint; time: Float64Array } {
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
    const time = new Float64Array(order.length)
    for (let i = 0; i < order.length; i++) {
      time[i] = (timeHi[order[i]!]! - hi) * 4294967296 + (timeLo[order[i]!]! - lo)
    }
    return { timeBase: (BigInt(hi) << 32n) | BigInt(lo), time }
  }

  /** Values of data points that are numbers; a zero is a value there. */
  #listValues({ a, b }: FlatColumn, order: Uint32Array, list: ValueList): void {
    const kinds = must(this.#kinds, 'a signal with values says their kind')
    let count = 0
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      const kind = kinds.values === null ? kinds.value : kinds.values[row]!
      if (kind !== pointKind.double && kind !== pointKind.int) continue
      list.row[count] = i
      list.a[count] = a.values === null ? a.value : a.values[row]!
      list.b[count++] = b.values === null ? b.value : b.values[row]!
    }
    list.count = count
  }

  /** Attributes are sorted by column with two passes of counting; each column is then a list. */
  #addAttributes(order: Uint32Array, list: ValueList, columns: Map<string, Vector>): void {
    const { from, column, a, b } = this.#attributes
    const starts = this.#starts
    const used: number[] = []
    let total = 0
    const page = ++this.#page
    for (let i = 0; i < order.length; i++) {
      const end = from[order[i]! + 1]!
      for (let k = from[order[i]!]!; k < end; k++) {
        const number = column[k]!
        if (this.#seen[number] !== page) {
          this.#seen[number] = page
          starts[number] = 0
          used.push(number)
        }
        starts[number]!++
        total++
      }
    }
    used.sort((x, y) => x - y)
    const firsts: number[] = []
    let next = 0
    for (const number of used) {
      const count = starts[number]!
      starts[number] = next
      this.#last[number] = -1
      firsts.push(next)
      next += count
    }
    const rows = new Uint32Array(total)
    const entries = new Uint32Array(total)
    for (let i = 0; i < order.length; i++) {
      const end = from[order[i]! + 1]!
      for (let k = from[order[i]!]!; k < end; k++) {
        const number = column[k]!
        // Of two values of one key the first counts.
        if (this.#last[number] === i) continue
        this.#last[number] = i
        const at = starts[number]!++
        rows[at] = i
        entries[at] = k
      }
    }
    for (let u = 0; u < used.length; u++) {
      const number = used[u]!
      const first = firsts[u]!
      // `starts` moved to the end of what was listed; repeated keys leave a gap behind it.
      const end = starts[number]!
      list.count = end - first
      for (let k = first, i = 0; k < end; k++, i++) {
        list.row[i] = rows[k]!
        list.a[i] = a[entries[k]!]!
        list.b[i] = b[entries[k]!]!
      }
      const { type } = must(this.#attributes.columns[number], 'a known column')
      const vector = list.vector(type, order.length)
      if (vector !== null) columns.set(this.#ids[number]!, vector)
    }
  }
}

function isZero(lane: FlatLane): boolean {
  return lane.values === null && lane.value === 0
}

function wordsOf(lane: FlatLane, rows: number): Uint32Array<ArrayBuffer> {
  return lane.values === null
    ? new Uint32Array(rows).fill(lane.value)
    : Uint32Array.from(lane.values)
}

function gather(words: Uint32Array, order: Uint32Array): Uint32Array {
  const out = new Uint32Array(order.length)
  for (let i = 0; i < order.length; i++) out[i] = words[order[i]!]!
  return out
}

function sameId(ids: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < 16; i++) if (ids[a * 16 + i] !== ids[b * 16 + i]) return false
  return true
}

/** Lists the byte ranges of the rows in order. */
// oxlint-disable-next-line max-params -- two lanes, the order, and where to
function listRanges(
  addresses: Uint32Array,
  lengths: FlatLane,
  order: Uint32Array,
  list: ValueList,
): void {
  const { row, a, b } = list
  let count = 0
  for (let i = 0; i < order.length; i++) {
    const address = addresses[order[i]!]!
    if (address === absent) continue
    row[count] = i
    a[count] = address
    b[count++] = lengths.values === null ? lengths.value : lengths.values[order[i]!]!
  }
  list.count = count
}

/** Lists numbers; both halves zero mean none where the column is optional. */
function listNumbers({ column, a, b }: FlatColumn, order: Uint32Array, list: ValueList): void {
  let count = 0
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!
    const low = a.values === null ? a.value : a.values[row]!
    const high = b.values === null ? b.value : b.values[row]!
    if (column.optional && low === 0 && high === 0) continue
    list.row[count] = i
    list.a[count] = low
    list.b[count++] = high
  }
  list.count = count
}
