/**
 * Vectors of the row columns of one page, gathered from lanes over all rows: one loop per kind of
 * column, straight into the page's memory. Byte ranges go through a `ValueList`.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import type { ColumnType, Vector } from '#schemas/column.ts'
import { absent } from '#schemas/intake.ts'
import { pointKind } from '#schemas/signals/metrics.ts'
import { ints } from './page-memory.ts'
import type { FlatLane } from './tenant-rows.ts'
import type { ValueList } from './value-list.ts'

/** A column of numbers over all rows. */
export interface NumberColumn {
  readonly type: ColumnType
  readonly optional: boolean
  readonly a: FlatLane
  readonly b: FlatLane
}

function gather(lane: FlatLane, order: Uint32Array, to: Uint32Array | Int32Array): void {
  const { values } = lane
  if (values === null) to.fill(lane.value)
  else if (to instanceof Int32Array) gatherInts(values, order, to)
  else gatherWords(values, order, to)
}

export function gatherWords(values: Uint32Array, order: Uint32Array, to: Uint32Array): void {
  for (let i = 0; i < order.length; i++) to[i] = values[order[i]!]!
}

function gatherInts(values: Uint32Array, order: Uint32Array, to: Int32Array): void {
  for (let i = 0; i < order.length; i++) to[i] = values[order[i]!]!
}

/** The vector of a column of words or 64-bit integers; null when no row has a value: both halves zero, where it is optional. */
export function numberVector(
  { type, optional, a, b }: NumberColumn,
  order: Uint32Array,
  memory: Allocator,
): Vector | null {
  const lo = memory.words(order.length)
  gather(a, order, lo)
  if (type === 'u32') {
    const present = optional ? presentWords(lo, memory) : null
    return present?.length === 0 ? null : { type, present, kind: 'words', values: lo }
  }
  const hi = ints(memory, order.length)
  gather(b, order, hi)
  const present = optional ? presentHalves(lo, hi, memory) : null
  return present?.length === 0 ? null : { type, present, kind: 'longs', lo, hi }
}

const none = new Uint8Array(0)

/** One byte per word, 1 where it is not zero; null when none is zero, empty when all are. */
function presentWords(lo: Uint32Array, memory: Allocator): Uint8Array | null {
  let count = 0
  for (let i = 0; i < lo.length; i++) if (lo[i] !== 0) count++
  if (count === lo.length) return null
  if (count === 0) return none
  const present = memory.bytes(lo.length)
  for (let i = 0; i < lo.length; i++) present[i] = lo[i] === 0 ? 0 : 1
  return present
}

function presentHalves(lo: Uint32Array, hi: Int32Array, memory: Allocator): Uint8Array | null {
  let count = 0
  for (let i = 0; i < lo.length; i++) if ((lo[i]! | hi[i]!) !== 0) count++
  if (count === lo.length) return null
  if (count === 0) return none
  const present = memory.bytes(lo.length)
  for (let i = 0; i < lo.length; i++) present[i] = (lo[i]! | hi[i]!) === 0 ? 0 : 1
  return present
}

/** Values of data points that are numbers; a zero is a value there, and `kinds` says where one is. */
// oxlint-disable-next-line max-params -- two lanes, their kinds, the order, and where to
export function pointVector(
  { a, b }: Pick<NumberColumn, 'a' | 'b'>,
  kinds: FlatLane,
  order: Uint32Array,
  memory: Allocator,
): Vector | null {
  const present = presentPoints(kinds, order, memory)
  if (present?.length === 0) return null
  const values = memory.doubles(order.length)
  // As words, since a NaN may lose its payload on the way through a double.
  const words = new Uint32Array(values.buffer, values.byteOffset, order.length * 2)
  if (a.values !== null && b.values !== null) gatherPairs(a.values, b.values, order, words)
  else {
    for (let i = 0; i < order.length; i++) {
      words[2 * i] = a.values === null ? a.value : a.values[order[i]!]!
      words[2 * i + 1] = b.values === null ? b.value : b.values[order[i]!]!
    }
  }
  if (present !== null) {
    for (let i = 0; i < order.length; i++) if (present[i] === 0) values[i] = 0
  }
  return { type: 'double', present, kind: 'doubles', values }
}

// oxlint-disable-next-line max-params -- the inner loop
function gatherPairs(a: Uint32Array, b: Uint32Array, order: Uint32Array, to: Uint32Array): void {
  for (let i = 0, at = 0; i < order.length; i++) {
    const row = order[i]!
    to[at++] = a[row]!
    to[at++] = b[row]!
  }
}

function isNumber(kind: number): boolean {
  return kind === pointKind.double || kind === pointKind.int
}

function presentPoints(
  { values, value }: FlatLane,
  order: Uint32Array,
  memory: Allocator,
): Uint8Array | null {
  if (values === null) return isNumber(value) ? null : none
  const present = memory.bytes(order.length)
  let count = 0
  for (let i = 0; i < order.length; i++) {
    const is = isNumber(values[order[i]!]!) ? 1 : 0
    present[i] = is
    count += is
  }
  return count === order.length ? null : count === 0 ? none : present
}

/** Lists the byte ranges of the rows in order and returns how many there are. */
// oxlint-disable-next-line max-params -- two lanes, the order, and where to
export function listRanges(
  addresses: Uint32Array,
  lengths: FlatLane,
  order: Uint32Array,
  list: ValueList,
): number {
  list.reserve(order.length)
  const { row, a, b } = list
  const { values, value } = lengths
  let count = 0
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!
    const address = addresses[at]!
    if (address === absent) continue
    row[count] = i
    a[count] = address
    b[count++] = values === null ? value : values[at]!
  }
  return count
}
