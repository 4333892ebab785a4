/**
 * Where traces stand in a merge: by their earliest start over all sources, which is known before any
 * row is placed. Each source is read once for ids and times; what is kept is 40 bytes a trace and 8
 * for each of its stretches.
 *
 * Rows of a trace that another source saw earlier are out of place in their own source, because their
 * final place is before that of rows ahead of them. Starts only ever fall by merging, so the others are in order.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { hashBytes } from '#base/bytes/hash32.ts'
import { holdShapes } from '#base/threads/shapes.ts'
import type { Vector } from '#schemas/column.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { timeWords, type MergeKeys } from './merge-keys.ts'
import type { Rows } from './rows.ts'
import { radixSort, rankOf } from './sort.ts'

/** Traces by number, with their earliest start as biased words. */
export class TraceStarts {
  #ids = new Uint8Array(1024 * 16)
  #hi = new Uint32Array(1024)
  #lo = new Uint32Array(1024)
  /** Number + 1, or 0; twice as many as traces at least. */
  #slots = new Uint32Array(4096)
  #count = 0

  /** The number of the trace whose id is at `from`, which starts at the given time or before. */
  // oxlint-disable-next-line max-params -- an id and a time
  add(ids: Uint8Array, from: number, hi: number, lo: number): number {
    let slot = hashBytes(ids, from, from + 16) & (this.#slots.length - 1)
    for (;;) {
      const entry = this.#slots[slot]!
      if (entry === 0) return this.#append(slot, ids.subarray(from, from + 16), [hi, lo])
      const number = entry - 1
      if (this.#isAt(number, ids, from)) {
        this.lower(number, hi, lo)
        return number
      }
      slot = (slot + 1) & (this.#slots.length - 1)
    }
  }

  #isAt(number: number, ids: Uint8Array, from: number): boolean {
    const own = this.#ids
    for (let i = 0, k = number * 16; i < 16; i++) if (own[k + i] !== ids[from + i]) return false
    return true
  }

  /** Says that a trace starts at the given time or before. */
  lower(number: number, hi: number, lo: number): void {
    const own = this.#hi[number]!
    if (hi > own || (hi === own && lo >= this.#lo[number]!)) return
    this.#hi[number] = hi
    this.#lo[number] = lo
  }

  #append(slot: number, id: Uint8Array, [hi, lo]: readonly [number, number]): number {
    const number = this.#count++
    this.#slots[slot] = this.#count
    if (number === this.#hi.length) this.#grow()
    this.#ids.set(id, number * 16)
    this.#hi[number] = hi
    this.#lo[number] = lo
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return number
  }

  #grow(): void {
    const size = this.#hi.length * 2
    const [hi, lo, ids] = [new Uint32Array(size), new Uint32Array(size), new Uint8Array(size * 16)]
    hi.set(this.#hi)
    lo.set(this.#lo)
    ids.set(this.#ids)
    this.#hi = hi
    this.#lo = lo
    this.#ids = ids
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let number = 0; number < this.#count; number++) {
      let slot = hashBytes(this.#ids, number * 16, number * 16 + 16) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = number + 1
    }
    this.#slots = slots
  }

  /** Places of all traces by number: by start, then by id. Final once every source was read. */
  ranks(): Uint32Array {
    const count = this.#count
    const order = new Uint32Array(count)
    for (let i = 0; i < count; i++) order[i] = i
    const words = [12, 8, 4, 0].map((at) => this.#idWords(at))
    const starts = [this.#lo.subarray(0, count), this.#hi.subarray(0, count)]
    return rankOf(radixSort(order, [...words, ...starts]))
  }

  /** Bytes [at, at + 4) of every id as words that sort as the bytes do. */
  #idWords(at: number): Uint32Array {
    const ids = this.#ids
    const words = new Uint32Array(this.#count)
    for (let i = 0, k = at; i < words.length; i++, k += 16) {
      words[i] = (ids[k]! << 24) | (ids[k + 1]! << 16) | (ids[k + 2]! << 8) | ids[k + 3]!
    }
    return words
  }
}

// Between two merges there are none.
holdShapes('starts of a merge', [new TraceStarts()])

/** The traces of one page: stretch s is rows [from[s], from[s + 1]), of trace number trace[s]. */
export interface PageTraces {
  readonly from: Uint32Array
  readonly trace: Uint32Array
}

/** The traces of a page by its ids and times; they are added to `starts`. Nothing of the page is kept. */
export function pageTraces(
  starts: TraceStarts,
  rows: Pick<Rows, 'rows' | 'time' | 'timeBase'>,
  ids: Vector | null,
): PageTraces {
  return withTemporary((memory) => stretchesOf(starts, rows, ids, memory))
}

// oxlint-disable-next-line max-params -- what `pageTraces` takes, and memory
function stretchesOf(
  starts: TraceStarts,
  rows: Pick<Rows, 'rows' | 'time' | 'timeBase'>,
  ids: Vector | null,
  memory: Allocator,
): PageTraces {
  const bytes = ids?.kind === 'fixed' ? ids.bytes : memory.bytes(rows.rows * 16).fill(0)
  const { hi, lo } = timeWords(rows, memory)
  const from: number[] = []
  const trace: number[] = []
  for (let i = 0; i < rows.rows; i++) {
    if (i > 0 && sameId(bytes, i - 1, i)) {
      const before = trace[trace.length - 1]!
      const least = from[from.length - 1]!
      // A trace's first row is its earliest wherever rows are in order; else its start is looked at again.
      if (hi[i]! < hi[least]! || (hi[i] === hi[least] && lo[i]! < lo[least]!)) {
        starts.lower(before, hi[i]!, lo[i]!)
      }
      continue
    }
    from.push(i)
    trace.push(starts.add(bytes, i * 16, hi[i]!, lo[i]!))
  }
  from.push(rows.rows)
  return { from: Uint32Array.from(from), trace: Uint32Array.from(trace) }
}

function sameId(ids: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < 16; i++) if (ids[a * 16 + i] !== ids[b * 16 + i]) return false
  return true
}

/** Which stretches of a source's pages are out of place, by page; null where none is. */
export function movedStretches(
  ranks: Uint32Array,
  pages: readonly PageTraces[],
): (Uint8Array | null)[] {
  let last = 0
  return pages.map(({ trace }) => {
    let moved: Uint8Array | null = null
    for (let s = 0; s < trace.length; s++) {
      const rank = ranks[trace[s]!]!
      if (rank < last) {
        moved ??= new Uint8Array(trace.length)
        moved[s] = 1
      } else last = rank
    }
    return moved
  })
}

/** Rows of a page whose stretches are marked `wanted` in `moved`; null for all rows. */
export function rowsOfStretches(
  traces: PageTraces,
  moved: Uint8Array | null,
  wanted: 0 | 1,
): Uint32Array | null {
  if (moved === null) return wanted === 0 ? null : new Uint32Array(0)
  const rows: number[] = []
  for (let s = 0; s < traces.trace.length; s++) {
    if (moved[s] !== wanted) continue
    for (let i = traces.from[s]!; i < traces.from[s + 1]!; i++) rows.push(i)
  }
  return Uint32Array.from(rows)
}

/** Keys of a page's rows in trace order, in arrays of `memory`. */
// oxlint-disable-next-line max-params -- rows, their traces, and where to
export function traceKeys(
  ranks: Uint32Array,
  rows: Pick<Rows, 'rows' | 'time' | 'timeBase'>,
  { from, trace }: PageTraces,
  memory: Allocator = fresh,
): MergeKeys {
  const { hi, lo } = timeWords(rows, memory)
  const places = memory.words(rows.rows)
  for (let s = 0; s < trace.length; s++) {
    const rank = ranks[trace[s]!]!
    // Stretches are short: a call of fill costs more than ten rows.
    for (let i = from[s]!; i < from[s + 1]!; i++) places[i] = rank
  }
  return [places, hi, lo]
}
