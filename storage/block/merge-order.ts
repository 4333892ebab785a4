/**
 * The order of rows of several sorted sources, as runs: from the source with the least key the rows
 * before the next source's key. Only rows of different sources with equal keys are compared further.
 * Where the key alone makes a row (metrics) the last one wins, which is that of the highest offset; else
 * the first stays, and only rows of different sources are ever the same: a client may well send two
 * equal lines at one time.
 */
import type { Runs } from '../column/runs.ts'
import { compareKeys, type MergeKeys } from './merge-keys.ts'
import { sameRow, type SameRules } from './merge-same.ts'
import type { SourcePage } from './source-page.ts'

/** A page of a source with its place in it. */
export interface Head {
  readonly page: SourcePage
  /** By rising offset; of the same rows the one of the highest source wins, or the lowest. */
  readonly source: number
  /** Keys of the rows that take part, in order. */
  readonly keys: MergeKeys
  /** Their rows in the page; null when all take part. */
  readonly rows: Uint32Array | null
  readonly count: number
  /** True when neighbours have equal keys and the last of them counts. */
  readonly repeats: boolean
  /** Rows before `at` were taken. */
  at: number
}

/** Rows of one key that are compared pair by pair; beyond it all stay: a thousand lines at one ns are not repeats. */
const maxCompared = 1024

interface KeptRow {
  readonly page: SourcePage
  readonly source: number
  readonly row: number
}

export class RowOrder {
  readonly #rules: SameRules
  /** Rows of one key that were kept when a source's page ended among them: its next page may go on with it. */
  #open: { readonly keys: MergeKeys; readonly kept: readonly KeptRow[] } | null = null
  dropped = 0

  constructor(rules: SameRules) {
    this.#rules = rules
  }

  /** True when rows with equal keys are the same. */
  get byKey(): boolean {
    return this.#rules.byKey
  }

  /** True while rows of a source's used-up pages may be compared with rows to come. */
  holds(source: number): boolean {
    if (this.#open === null || this.#rules.byKey) return false
    return this.#open.kept.some((row) => row.source === source)
  }

  /** Appends rows in final order to `out` until a head is used up; sources of runs are places in `heads`, which come by rising source. */
  take(heads: readonly Head[], out: Runs): void {
    const queue: number[] = []
    for (let slot = 0; slot < heads.length; slot++) enqueue(heads, queue, slot)
    for (;;) {
      const slot = queue[0]!
      const head = heads[slot]!
      const next = queue.length > 1 ? heads[queue[1]!]! : null
      const tie = next !== null && compareKeys(head.keys, head.at, next.keys, next.at) === 0
      if (tie || this.#goesOn(head)) {
        if (this.#takeGroup(heads, queue, out)) return
        continue
      }
      const end = next === null ? head.count : lowerBound(head, next)
      this.#emit(head, slot, end, out)
      head.at = end
      if (end === head.count) {
        // Its next page may begin with the same key, of which no row counts any more then.
        if (this.byKey)
          this.#open = { keys: keyAt(head.keys, end - 1), kept: [keptRow(head, end - 1)] }
        return
      }
      queue.shift()
      enqueue(heads, queue, slot)
    }
  }

  /** True when the head's next row has the key of the open group. */
  #goesOn(head: Head): boolean {
    if (this.#open === null) return false
    if (compareKeys(head.keys, head.at, this.#open.keys, 0) === 0) return true
    this.#open = null
    return false
  }

  #emit(head: Head, slot: number, end: number, out: Runs): void {
    const { rows, repeats, keys, at } = head
    if (!repeats) {
      emitRows(rows, slot, [at, end], out)
      return
    }
    let from = at
    for (let i = at; i < end; i++) {
      if (i + 1 === end || compareKeys(keys, i, keys, i + 1) !== 0) continue
      emitRows(rows, slot, [from, i], out)
      this.dropped++
      from = i + 1
    }
    emitRows(rows, slot, [from, end], out)
  }

  /**
   * Takes all rows with the least key; true when a head is used up. Where rows are compared, those of later
   * sources wait then: the source's next page may have more of the key, and rows of an earlier source come first.
   */
  #takeGroup(heads: readonly Head[], queue: number[], out: Runs): boolean {
    const first = heads[queue[0]!]!
    const keys = keyAt(first.keys, first.at)
    const members: { slot: number; end: number }[] = []
    let rows = 0
    for (const slot of queue) {
      const head = heads[slot]!
      let end = head.at
      while (end < head.count && compareKeys(head.keys, end, keys, 0) === 0) end++
      if (end === head.at) break
      members.push({ slot, end })
      rows += end - head.at
      if (end === head.count && !this.byKey) break
    }
    const before = this.#open?.kept ?? []
    const kept = this.#rules.byKey
      ? this.#keepLast(heads, members, before, out)
      : this.#keepDistinct(heads, members, before, { out, rows })
    this.dropped += rows - (kept.length - before.length)
    let usedUp = false
    queue.splice(0, members.length)
    for (const { slot, end } of members) {
      const head = heads[slot]!
      head.at = end
      if (end === head.count) usedUp = true
      else enqueue(heads, queue, slot)
    }
    this.#open = usedUp ? { keys, kept } : null
    return usedUp
  }

  /** Of one key the last row counts; one that was given before cannot be taken back. */
  // oxlint-disable-next-line max-params -- a group
  #keepLast(
    heads: readonly Head[],
    members: readonly { slot: number; end: number }[],
    before: readonly KeptRow[],
    out: Runs,
  ): readonly KeptRow[] {
    if (before.length > 0) return before
    const { slot, end } = members[members.length - 1]!
    const head = heads[slot]!
    emitRows(head.rows, slot, [end - 1, end], out)
    return [keptRow(head, end - 1)]
  }

  // oxlint-disable-next-line max-params -- a group
  #keepDistinct(
    heads: readonly Head[],
    members: readonly { slot: number; end: number }[],
    before: readonly KeptRow[],
    { out, rows }: { readonly out: Runs; readonly rows: number },
  ): readonly KeptRow[] {
    const kept = [...before]
    const crowded = kept.length + rows > maxCompared
    for (const { slot, end } of members) {
      const head = heads[slot]!
      const { page, source } = head
      for (let i = head.at; i < end; i++) {
        const row = keptRow(head, i)
        const isSame = (other: KeptRow): boolean =>
          other.source !== source && sameRow(this.#rules, other.page, other.row, page, row.row)
        if (!crowded && kept.some(isSame)) continue
        kept.push(row)
        out.add(slot, row.row, row.row + 1)
      }
    }
    return kept
  }
}

function keyAt(keys: MergeKeys, i: number): MergeKeys {
  return keys.map((word) => word.slice(i, i + 1))
}

function keptRow({ page, source, rows }: Head, i: number): KeptRow {
  return { page, source, row: rows === null ? i : rows[i]! }
}

/** Appends places [from, to) of a head as runs of its page's rows. */
// oxlint-disable-next-line max-params -- a range and where it goes
function emitRows(
  rows: Uint32Array | null,
  slot: number,
  [from, to]: readonly [number, number],
  out: Runs,
): void {
  if (rows === null) {
    if (to > from) out.add(slot, from, to)
    return
  }
  for (let i = from; i < to; i++) out.add(slot, rows[i]!, rows[i]! + 1)
}

/** The first place of `head` whose key is not below that of `next`; the row at `head.at` is below. */
function lowerBound(head: Head, next: Head): number {
  let low = head.at
  let step = 1
  while (low + step < head.count && isBelow(head, low + step, next)) {
    low += step
    step *= 2
  }
  let high = Math.min(head.count, low + step)
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (isBelow(head, middle, next)) low = middle
    else high = middle
  }
  return high
}

function isBelow(head: Head, i: number, next: Head): boolean {
  return compareKeys(head.keys, i, next.keys, next.at) < 0
}

/** Puts a head where its next row belongs: by key, then by source. */
function enqueue(heads: readonly Head[], queue: number[], slot: number): void {
  const head = heads[slot]!
  let low = 0
  let high = queue.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = heads[queue[middle]!]!
    const order = compareKeys(other.keys, other.at, head.keys, head.at)
    if (order < 0 || (order === 0 && queue[middle]! < slot)) low = middle + 1
    else high = middle
  }
  queue.splice(low, 0, slot)
}
