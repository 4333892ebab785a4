/**
 * Stream tables that differ, as one in final order. Tables of blocks that follow each other still have
 * most streams in common, so the merge goes by runs: as many streams from the least one on as all tables
 * that have it have alike, found by comparing their bytes at once. One stretch of each table stands in
 * memory; ranks, four bytes a stream and table, are what grows.
 */
import type { Texts } from '#schemas/column.ts'
import { PageMemory } from './page-memory.ts'
import type { Section } from './section-read.ts'
import { compareStreams } from './sort.ts'
import { StreamCursor } from './stored-streams.ts'
import { StretchWriter } from './stream-table.ts'

/** Streams that are compared at once, at most: of the usual size they fill a cache of the second level. */
const maxRun = 512

/**
 * Merges the tables of sections; `take` gets what is united, by stretches that are valid in that call
 * only, `pause` is called between steps. Returns how many streams there are, and per section the place of
 * each of its own.
 */
export async function mergeTables(
  sections: readonly Section[],
  take: (stretch: Texts) => void,
  pause: () => Promise<void>,
): Promise<{ count: number; ranks: Uint32Array[] }> {
  const memories = sections.map(() => new PageMemory())
  try {
    const cursors = sections.map(
      (section, i) => new StreamCursor(section, () => memories[i]!.next(false)),
    )
    const merge = new TableMerge(cursors, new StretchWriter(take))
    while (await merge.advance()) {
      merge.step()
      await pause()
    }
    return merge.finish()
  } finally {
    for (const memory of memories) memory.close()
  }
}

class TableMerge {
  readonly #all: readonly StreamCursor[]
  readonly #ranks: readonly Uint32Array<ArrayBuffer>[]
  readonly #out: StretchWriter
  /** Cursors that have streams, and those of them whose next one is the least. */
  #open: StreamCursor[] = []
  #least: StreamCursor[] = []
  #count = 0

  constructor(cursors: readonly StreamCursor[], out: StretchWriter) {
    this.#all = cursors
    this.#ranks = cursors.map(({ section }) => new Uint32Array(section.entry.streams))
    this.#out = out
  }

  /** Opens the next stretches where one is used up; false when all tables are at their end. */
  async advance(): Promise<boolean> {
    this.#open = []
    for (const cursor of this.#all) if (await cursor.advance()) this.#open.push(cursor)
    return this.#open.length > 0
  }

  /** Merges until a stretch is used up. */
  step(): void {
    do {
      this.#findLeast()
      const run = this.#runLength()
      const first = this.#least[0]!
      this.#out.add(first.texts, first.at, first.at + run)
      for (const cursor of this.#least) {
        const ranks = this.#ranks[this.#all.indexOf(cursor)]!
        const from = cursor.before + cursor.at
        for (let i = 0; i < run; i++) ranks[from + i] = this.#count + i
        cursor.at += run
      }
      this.#count += run
    } while (this.#least.every((cursor) => cursor.at < cursor.count))
  }

  #findLeast(): void {
    this.#least = []
    for (const cursor of this.#open) {
      const [least] = this.#least
      const order = least === undefined ? 0 : compareAt(cursor, cursor.at, least, least.at)
      if (order < 0) this.#least = [cursor]
      else if (order === 0) this.#least.push(cursor)
    }
  }

  /** How many streams from the least one on stand in all tables that have it, before any other. At least one. */
  #runLength(): number {
    const first = this.#least[0]!
    let run = Math.min(maxRun, first.count - first.at)
    for (const cursor of this.#least) if (cursor !== first) run = alike(first, cursor, run)
    for (const other of this.#open) {
      if (!this.#least.includes(other)) run = before(first, run, other)
    }
    return run
  }

  finish(): { count: number; ranks: Uint32Array[] } {
    this.#out.finish()
    return { count: this.#count, ranks: [...this.#ranks] }
  }
}

/** Of at most `most` streams from the next ones of two cursors on, some that are equal, mostly all; the first ones are. */
function alike(a: StreamCursor, b: StreamCursor, most: number): number {
  const left = a.texts.offsets
  const right = b.texts.offsets
  const from = left[a.at]!
  const shift = right[b.at]! - from
  const limit = Math.min(most, b.count - b.at)
  let run = 0
  while (run < limit && left[a.at + run + 1]! + shift === right[b.at + run + 1]) run++
  for (; run > 1; run >>>= 1) {
    const end = left[a.at + run]!
    const other = b.texts.bytes.subarray(from + shift, end + shift)
    if (Buffer.compare(a.texts.bytes.subarray(from, end), other) === 0) return run
  }
  return 1
}

/** How many of the `most` next streams of a cursor come before the next one of another; the first one does. */
function before(cursor: StreamCursor, most: number, other: StreamCursor): number {
  const isBefore = (run: number): boolean =>
    compareAt(cursor, cursor.at + run - 1, other, other.at) < 0
  if (isBefore(most)) return most
  let low = 1
  let high = most
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (isBefore(middle)) low = middle
    else high = middle
  }
  return low
}

// oxlint-disable-next-line max-params -- two streams
function compareAt(a: StreamCursor, i: number, b: StreamCursor, k: number): number {
  return compareStreams(a.bytes(i), b.bytes(k))
}
