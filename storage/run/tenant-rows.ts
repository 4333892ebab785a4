/**
 * One tenant's rows of sealed runs as flat lanes: parts of runs in → per lane one array over all rows, or
 * one value where every row has the same. Byte ranges become addresses: the number of the source slab
 * above `shift`, the byte in it below. What a flush orders and cuts into pages without copying a value
 * before its final place is known.
 *
 * Memory: four bytes per row and lane that varies, twelve per attribute; values stay in the slabs, which
 * must not be freed while this is used. Lanes stand in the memory that was given and are valid as long as
 * that says; they must not be changed, since a lane is made once.
 */
import { assert } from '#base/assert.ts'
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import { absent } from '#schemas/intake.ts'
import { maxHighSpan } from '../block/row-order.ts'
import type { TimeOffsets } from '../block/sort.ts'
import { attributeKernel } from './attribute-kernel.ts'
import type { RunColumn, RunLayout } from './columns.ts'
import { isRange } from './scan.ts'
import { readable, type Lane, type PartView } from './part-view.ts'
import { partWord } from './part.ts'
import { copyAttributes, type FlatAttributes, type PlacedPart } from './tenant-attributes.ts'
import { streamView, type StreamView } from './stream-view.ts'
import type { RunRef } from './run.ts'

/** A lane over all rows: an array, or one value for all. */
export type FlatLane =
  | { readonly values: Uint32Array<ArrayBuffer>; readonly value: 0 }
  | { readonly values: null; readonly value: number }

/** A part and where its rows stand. */
interface Placed extends PlacedPart {
  readonly table: number
}

/** Gathers the parts of a tenant; `flat` ends it. */
export class TenantRows {
  readonly layout: RunLayout
  readonly #slabs: Slabs
  readonly #parts: Placed[] = []
  readonly #sourceSlabs: number[] = []
  readonly #tables: StreamView[] = []
  readonly #memory: Allocator
  readonly #numbers = new Map<number, FlatLane>()
  /** Slabs as addresses see them. */
  readonly sources: Uint8Array[] = []
  /** The same by words. */
  readonly words: Uint32Array[] = []
  /** What is known of values that have a code; its last word is an address. */
  readonly coded = attributeKernel().coded
  /** The same for `copy`: that of a Buffer moves shared memory at once, `set` of an array byte by byte. */
  readonly buffers: Buffer[] = []
  readonly shift: number
  rows = 0
  /** Attributes of all rows. */
  entries = 0

  constructor(slabs: Slabs, layout: RunLayout, memory: Allocator = fresh) {
    this.#slabs = slabs
    this.layout = layout
    this.#memory = memory
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
      base: this.#sourceOf(run.slab) * 2 ** this.shift + part.bytesFrom,
      table: this.#tableOf(run),
      first: this.rows,
      firstEntry: this.entries,
    })
    this.rows += part.rows
    this.entries += part.attributes
  }

  #sourceOf(slab: number): number {
    const known = this.#sourceSlabs.indexOf(slab)
    if (known >= 0) return known
    assert((this.sources.length + 1) * 2 ** this.shift < absent, 'addresses fit 32 bits')
    this.sources.push(this.#slabs.at(slab).bytes)
    this.words.push(this.#slabs.at(slab).words)
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
    const memory = this.#memory
    const marks = this.#tables.map((table) => memory.bytes(table.count).fill(0))
    for (const { part, table } of this.#parts) markUsed(part, marks[table]!)
    return marks.map((own) => idsOfMarks(own, memory))
  }

  /** Per row the value that `maps`, by table and stream id, give its stream. */
  streamOfRows(maps: readonly Uint32Array[]): Uint32Array {
    const out = this.#memory.words(this.rows)
    for (const { part, table, first } of this.#parts) mapStreams(part, maps[table]!, out, first)
    return out
  }

  /** A lane of numbers over all rows. */
  numbers(lane: number): FlatLane {
    const known = this.#numbers.get(lane)
    if (known !== undefined) return known
    const value = this.#uniform(lane)
    const made: FlatLane =
      value === null ? { values: this.#copied(lane), value: 0 } : { values: null, value }
    this.#numbers.set(lane, made)
    return made
  }

  #copied(lane: number): Uint32Array<ArrayBuffer> {
    const values = this.#memory.words(this.rows)
    for (const { part, first } of this.#parts) {
      copyLane(part, part.lane(lane), values.subarray(first, first + part.rows))
    }
    return values
  }

  /** Times as `timeOffsets` has them: against a multiple of 2^32 ns, null where that is not exact. */
  times(): TimeOffsets | null {
    const { least, most, high } = this.#timeBounds()
    const span = timeAgainst(most, high) - timeAgainst(least, high)
    if ((most.hi | 0) - high >= maxHighSpan) return null
    const values = this.#memory.doubles(this.rows)
    for (const { part, first } of this.#parts) copyTimes(part, high, values, first)
    return { values, baseNs: BigInt(high) << 32n, least: timeAgainst(least, high), span }
  }

  /** Least and greatest time of all parts, and the high half of the least. */
  #timeBounds(): { least: Halves; most: Halves; high: number } {
    let least: Halves = { hi: 0x7fffffff, lo: 0xffffffff }
    let most: Halves = { hi: -0x80000000, lo: 0 }
    for (const { part } of this.#parts) {
      const { words, at } = part
      const min = { hi: words[at + partWord.timeMinHi]! | 0, lo: words[at + partWord.timeMinLo]! }
      const max = { hi: words[at + partWord.timeMaxHi]! | 0, lo: words[at + partWord.timeMaxLo]! }
      if (min.hi < least.hi || (min.hi === least.hi && min.lo < least.lo)) least = min
      if (max.hi > most.hi || (max.hi === most.hi && max.lo > most.lo)) most = max
    }
    return { least, most, high: least.hi }
  }

  /** A lane of offsets as addresses over all rows; `absent` stays. Null when all are absent. */
  addresses(column: RunColumn): Uint32Array | null {
    if (this.#uniform(column.lane) === absent) return null
    const values = this.#memory.words(this.rows)
    for (const { part, first, base } of this.#parts) {
      const to = values.subarray(first, first + part.rows)
      copyLane(part, part.lane(column.lane), to)
      for (let row = 0; row < to.length; row++) if (to[row] !== absent) to[row]! += base
    }
    return values
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

  /** The attributes of all rows, null when there are none; adds what they take as plain bytes to `sizes`, by row. */
  attributes(sizes: Uint32Array): FlatAttributes | null {
    if (this.entries === 0) return null
    const memory = this.#memory
    const to = {
      from: memory.words(this.rows + 1),
      column: memory.words(this.entries),
      a: memory.words(this.entries),
      b: memory.words(this.entries),
      sizes,
    }
    to.from[0] = 0
    return copyAttributes(this.#parts, to)
  }
}

/** A 64-bit number, its high half signed. */
interface Halves {
  readonly hi: number
  readonly lo: number
}

/** A time against a multiple of 2^32 ns, exact where they are near. */
function timeAgainst({ hi, lo }: Halves, high: number): number {
  return (hi - high) * 4294967296 + lo
}

// oxlint-disable-next-line max-params -- the inner loop
function copyTimes(part: PartView, high: number, out: Float64Array, first: number): void {
  const { words, rows } = part
  const lo = part.lane(0)
  const hi = part.lane(1)
  if (hi.from < 0) {
    const base = ((hi.value | 0) - high) * 4294967296
    if (lo.from < 0) out.fill(base + lo.value, first, first + rows)
    else for (let row = 0; row < rows; row++) out[first + row] = base + words[lo.from + row]!
    return
  }
  for (let row = 0; row < rows; row++) {
    const low = lo.from < 0 ? lo.value : words[lo.from + row]!
    out[first + row] = ((words[hi.from + row]! | 0) - high) * 4294967296 + low
  }
}

function markUsed(part: PartView, marks: Uint8Array): void {
  const { words, rows } = part
  const { from, value } = part.lane(part.layout.streamLane)
  if (from < 0) marks[value] = 1
  else for (let at = from; at < from + rows; at++) marks[words[at]!] = 1
}

function idsOfMarks(marks: Uint8Array, memory: Allocator): Uint32Array {
  let count = 0
  for (let id = 0; id < marks.length; id++) count += marks[id]!
  const ids = memory.words(count)
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

/** Whether a row column is a byte range or id, whose first lane holds offsets. */
export function holdsOffsets(column: RunColumn): boolean {
  return isRange(column.type)
}
