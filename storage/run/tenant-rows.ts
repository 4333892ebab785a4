/**
 * One tenant's rows of sealed runs as flat lanes: parts of runs in → per lane one array over all rows, or
 * one value where every row has the same. Byte ranges become addresses: the number of the source slab
 * above `shift`, the byte in it below. What a flush orders and cuts into pages without copying a value
 * before its final place is known.
 *
 * Memory: four bytes per row and lane that varies, sixteen per attribute; values stay in the slabs, which
 * must not be freed while this is used.
 */
import { assert } from '#base/assert.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import { columnId, type ColumnRef } from '#schemas/column.ts'
import { absent, attributeCode } from '#schemas/intake.ts'
import type { RunColumn, RunLayout } from './columns.ts'
import { attributeTypeOf, isRange } from './scan.ts'
import { readable, type Lane, type PartView } from './part-view.ts'
import { streamView, type StreamView } from './stream-view.ts'
import type { RunRef } from './run.ts'

/** A lane over all rows: an array, or one value for all. */
export type FlatLane =
  | { readonly values: Uint32Array<ArrayBuffer>; readonly value: 0 }
  | { readonly values: null; readonly value: number }

/** A part and where its rows stand. */
interface Placed {
  readonly part: PartView
  /** Number of its slab among the sources. */
  readonly source: number
  readonly table: number
  /** Its first row. */
  readonly first: number
  /** Its first attribute. */
  readonly firstEntry: number
}

/** The attributes of all rows: those of row i are entries [from[i], from[i + 1]). */
export interface FlatAttributes {
  readonly from: Uint32Array
  /** Number in `columns`. */
  readonly column: Uint32Array
  /** An address and a length, or the halves of a number. */
  readonly a: Uint32Array
  readonly b: Uint32Array
  readonly columns: readonly ColumnRef[]
}

/** Gathers the parts of a tenant; `flat` ends it. */
export class TenantRows {
  readonly layout: RunLayout
  readonly #slabs: Slabs
  readonly #parts: Placed[] = []
  readonly #sourceSlabs: number[] = []
  readonly #tables: StreamView[] = []
  /** Slabs as addresses see them. */
  readonly sources: Uint8Array[] = []
  /** The same for `copy`: that of a Buffer moves shared memory at once, `set` of an array byte by byte. */
  readonly buffers: Buffer[] = []
  readonly shift: number
  rows = 0
  #entries = 0

  constructor(slabs: Slabs, layout: RunLayout) {
    this.#slabs = slabs
    this.layout = layout
    this.shift = Math.ceil(Math.log2(slabs.slabBytes))
  }

  /** Stream tables of the parts, by their number in `usedStreams`. */
  get tables(): readonly StreamView[] {
    return this.#tables
  }

  /** Adds a published part of a run. */
  add(run: RunRef, part: PartView): void {
    this.#parts.push({
      part,
      source: this.#sourceOf(run.slab),
      table: this.#tableOf(run),
      first: this.rows,
      firstEntry: this.#entries,
    })
    this.rows += part.rows
    this.#entries += part.attributes
  }

  #sourceOf(slab: number): number {
    const known = this.#sourceSlabs.indexOf(slab)
    if (known >= 0) return known
    assert((this.sources.length + 1) * 2 ** this.shift < absent, 'addresses fit 32 bits')
    this.sources.push(this.#slabs.at(slab).bytes)
    this.buffers.push(readable(this.#slabs.at(slab)).bytes)
    return this.#sourceSlabs.push(slab) - 1
  }

  #tableOf(run: RunRef): number {
    const view = streamView(this.#slabs, run.tableSlab, run.generation)
    const known = this.#tables.indexOf(view)
    return known >= 0 ? known : this.#tables.push(view) - 1
  }

  /** Per table the ids of the streams that rows have, ascending. */
  usedStreams(): Uint32Array[] {
    const marks = this.#tables.map((table) => new Uint8Array(table.count))
    for (const { part, table } of this.#parts) markUsed(part, marks[table]!)
    return marks.map(idsOfMarks)
  }

  /** Per row the value that `maps`, by table and stream id, give its stream. */
  streamOfRows(maps: readonly Uint32Array[]): Uint32Array {
    const out = new Uint32Array(this.rows)
    for (const { part, table, first } of this.#parts) mapStreams(part, maps[table]!, out, first)
    return out
  }

  /** A lane of numbers over all rows. */
  numbers(lane: number): FlatLane {
    const value = this.#uniform(lane)
    if (value !== null) return { values: null, value }
    const values = new Uint32Array(this.rows)
    for (const { part, first } of this.#parts) {
      copyLane(part, part.lane(lane), values.subarray(first, first + part.rows))
    }
    return { values, value: 0 }
  }

  /** A lane of offsets as addresses over all rows; `absent` stays. Null when all are absent. */
  addresses(column: RunColumn): Uint32Array | null {
    if (this.#uniform(column.lane) === absent) return null
    const values = new Uint32Array(this.rows)
    for (const placed of this.#parts) {
      const { part, first } = placed
      const to = values.subarray(first, first + part.rows)
      copyLane(part, part.lane(column.lane), to)
      const base = this.#base(placed)
      for (let row = 0; row < to.length; row++) if (to[row] !== absent) to[row]! += base
    }
    return values
  }

  #base({ part, source }: Placed): number {
    return source * 2 ** this.shift + part.bytesFrom
  }

  /** The value that every row of every part has; null where they differ or a part has an array. */
  #uniform(lane: number): number | null {
    let value: number | null = null
    for (const { part } of this.#parts) {
      const own = part.lane(lane)
      if (own.from >= 0 || (value !== null && own.value !== value)) return null
      value = own.value
    }
    return value ?? 0
  }

  /** The attributes of all rows. */
  attributes(): FlatAttributes {
    const from = new Uint32Array(this.rows + 1)
    const column = new Uint32Array(this.#entries)
    const a = new Uint32Array(this.#entries)
    const b = new Uint32Array(this.#entries)
    const columns: ColumnRef[] = []
    const numbers = new Map<string, number>()
    const numberOf = (ref: ColumnRef): number => {
      const id = columnId(ref)
      const known = numbers.get(id)
      if (known !== undefined) return known
      numbers.set(id, columns.length)
      return columns.push(ref) - 1
    }
    for (const placed of this.#parts) {
      const { part, first, firstEntry } = placed
      attributeEnds(part, from, first, firstEntry)
      if (part.attributes === 0) continue
      const end = firstEntry + part.attributes
      copyLane(part, part.attributeLane('a'), a.subarray(firstEntry, end))
      copyLane(part, part.attributeLane('b'), b.subarray(firstEntry, end))
      numberEntries(placed, this.#base(placed), { column, a }, numberOf)
    }
    return { from, column, a, b, columns }
  }
}

function markUsed(part: PartView, marks: Uint8Array): void {
  const { words, rows } = part
  const { from, value } = part.lane(part.layout.streamLane)
  if (from < 0) marks[value] = 1
  else for (let at = from; at < from + rows; at++) marks[words[at]!] = 1
}

function idsOfMarks(marks: Uint8Array): Uint32Array {
  let count = 0
  for (let id = 0; id < marks.length; id++) count += marks[id]!
  const ids = new Uint32Array(count)
  for (let id = 0, at = 0; id < marks.length; id++) if (marks[id] === 1) ids[at++] = id
  return ids
}

// oxlint-disable-next-line max-params -- the inner loop
function mapStreams(part: PartView, map: Uint32Array, out: Uint32Array, first: number): void {
  const { words, rows } = part
  const { from, value } = part.lane(part.layout.streamLane)
  if (from < 0) out.fill(map[value]!, first, first + rows)
  else for (let row = 0; row < rows; row++) out[first + row] = map[words[from + row]!]!
}

/** Fills `to` with the entries of a lane. */
function copyLane(part: PartView, lane: Lane, to: Uint32Array): void {
  if (lane.from < 0) {
    to.fill(lane.value)
    return
  }
  const target = Buffer.from(to.buffer, to.byteOffset, to.byteLength)
  part.bytes.copy(target, 0, lane.from * 4, (lane.from + to.length) * 4)
}

/** Writes where the attributes of each row of a part end. */
// oxlint-disable-next-line max-params -- the inner loop
function attributeEnds(part: PartView, ends: Uint32Array, first: number, entry: number): void {
  const { words, rows } = part
  const { from, value } = part.lane(part.layout.attrFromLane)
  if (from < 0) ends.fill(entry + value, first + 1, first + rows + 1)
  else for (let row = 1; row <= rows; row++) ends[first + row] = entry + words[from + row]!
}

/** Types of attributes; a key's columns are numbered by them. */
const attributeTypes = 8

/** Writes the column of every attribute of a part, and makes addresses of the offsets of values. */
// oxlint-disable-next-line max-params -- a part, where its bytes are, and what is written
function numberEntries(
  { part, firstEntry }: Placed,
  base: number,
  to: { column: Uint32Array; a: Uint32Array },
  numberOf: (ref: ColumnRef) => number,
): void {
  const { words, attributes } = part
  const { column, a } = to
  const key = part.attributeLane('key')
  const type = part.attributeLane('type')
  const keys = part.keys()
  /** By key and type: the column + 1, and what an offset lacks to an address. */
  const known = new Uint32Array(keys.length * attributeTypes)
  const bases = new Uint32Array(known.length)
  for (let entry = 0; entry < attributes; entry++) {
    const id = key.from < 0 ? key.value : words[key.from + entry]!
    const code = type.from < 0 ? type.value : words[type.from + entry]!
    const slot = id * attributeTypes + code
    if (known[slot] === 0) {
      const ref: ColumnRef = {
        scope: 'attribute',
        key: keys[id] ?? '',
        type: attributeTypeOf[code] ?? 'otlp',
      }
      known[slot] = numberOf(ref) + 1
      bases[slot] = isInline(code) ? 0 : base
    }
    column[firstEntry + entry] = known[slot]! - 1
    a[firstEntry + entry]! += bases[slot]!
  }
}

/** Whether a value of this type stands in the words of its entry. */
function isInline(code: number): boolean {
  return code === attributeCode.int || code === attributeCode.double || code === attributeCode.bool
}

/** Whether a row column is a byte range or id, whose first lane holds offsets. */
export function holdsOffsets(column: RunColumn): boolean {
  return isRange(column.type)
}
