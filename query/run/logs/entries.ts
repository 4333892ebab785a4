/**
 * A log query: the newest or oldest entries over all streams, up to the limit. The range is read in
 * slices that double, from the end the answer begins with, and reading stops when the limit is full:
 * whatever order a source gives batches in, no row of a later slice can belong to the answer.
 */
import type { Batch } from '#schemas/batch.ts'
import type { Limit, Stage } from '../../plan/rows.ts'
import type { PlanNode } from '../../plan/nodes.ts'
import { errorLabel } from './label-filter.ts'
import { operatorMissing } from '../errors.ts'
import type { Labels } from '../operator.ts'
import { lineBytes, type LogRows } from './rows.ts'
import { LogScan, type LogSource, type NsRange, type RowsWanted } from './scan.ts'

/** The labels of an entry by where they come from, each ascending by name. Entries may share them. */
export interface EntryLabels {
  readonly stream: Labels
  readonly metadata: Labels
  readonly parsed: Labels
}

export interface Entry {
  readonly ns: bigint
  readonly line: string
  readonly labels: EntryLabels
}

/** The first slice: a dashboard's newest lines are in it as a rule. */
const firstSliceNs = 60_000_000_000n

/** What an entry holds besides its texts, bytes. */
const entryBytes = 400

/** The entries of a log query's plan in its order; of equal times those written first come first (oldest) or last (newest). */
export async function readEntries(
  plan: Limit<PlanNode>,
  range: NsRange,
  sources: readonly LogSource[],
): Promise<Entry[]> {
  if (plan.intervalMs > 0) throw operatorMissing.make('the parameter interval is not supported yet')
  const { matchers, stages } = selectionOf(plan.input)
  const order = plan.order === 'oldest' ? 'oldest' : 'newest'
  const wanted: RowsWanted = { matchers, stages, columns: 'all', ...range, order }
  const scans = sources.map((of) => ({ of, scan: new LogScan(of, wanted) }))
  const kept = new Kept(plan.count, order)
  for (const slice of slicesOf(range, order)) {
    for (const { of, scan } of scans) {
      for await (const rows of scan.rows(slice)) kept.add(rows, of.source.control)
    }
    if (kept.isFull()) break
  }
  return kept.entries()
}

/** Matchers and stages of a selection with or without pipeline. */
export function selectionOf(node: PlanNode): {
  readonly matchers: RowsWanted['matchers']
  readonly stages: readonly Stage[]
  readonly columns: RowsWanted['columns']
} {
  if (node.kind === 'select') return { matchers: node.matchers, stages: [], columns: node.columns }
  if (node.kind === 'pipeline' && node.input.kind === 'select') {
    return { matchers: node.input.matchers, stages: node.stages, columns: node.input.columns }
  }
  throw new RangeError(`a ${node.kind} is no selection of log rows`)
}

function* slicesOf({ from, to }: NsRange, order: 'newest' | 'oldest'): Generator<NsRange> {
  let left: NsRange = { from, to }
  for (let width = firstSliceNs; left.from < left.to; width *= 2n) {
    if (order === 'newest') {
      const cut = left.to - width > left.from ? left.to - width : left.from
      yield { from: cut, to: left.to }
      left = { from: left.from, to: cut }
    } else {
      const cut = left.from + width < left.to ? left.from + width : left.to
      yield { from: left.from, to: cut }
      left = { from: cut, to: left.to }
    }
  }
}

/** Memory for entries is taken in steps of so many bytes, before they are made. */
const stepBytes = 256 * 1024

/** Above so many bytes entries beyond the limit are dropped sooner than at twice as many. */
const manyBytes = 4 * 1024 * 1024

interface KeptEntry extends Entry {
  /** What it takes in memory. */
  readonly bytes: number
  /** Write order: the offset of the batch, then the row. */
  readonly offset: number
  readonly row: number
}

/** The best entries so far: at most twice the limit, cut when more come. */
class Kept {
  readonly #limit: number
  readonly #sign: number
  #entries: KeptEntry[] = []
  /** Entries beyond this time cannot get in any more. */
  #edge: bigint | null = null
  #bytes = 0
  /** The most that was held at once; the query gives it back when it ends. */
  #held = 0

  constructor(limit: number, order: 'newest' | 'oldest') {
    this.#limit = limit
    this.#sign = order === 'newest' ? -1 : 1
  }

  /** Takes rows that may be among the best: those of the best times first, and more where repeats hid what comes after them. */
  add(rows: LogRows, control: { hold(bytes: number): void }): void {
    const { time } = rows.batch
    let left = this.#withinEdge(rows.batch, rows.selection)
    for (let round = 0; left.length > 0; round++) {
      const last = this.#lastOfBest(time, left)
      const best =
        last === null ? left : left.filter((row) => (time[row]! - last) * this.#sign <= 0)
      if (round === 0) rows.selection = best
      else rows.selectAgain(best)
      this.#take(rows, control)
      if (last === null || best.length === left.length) return
      this.#cut()
      const others = left.filter((row) => (time[row]! - last) * this.#sign > 0)
      left = this.#withinEdge(rows.batch, others)
    }
  }

  #take(rows: LogRows, control: { hold(bytes: number): void }): void {
    const { batch } = rows
    const labelsOf = labelReader(rows)
    const sizeOf = lineBytes(rows)
    for (const row of rows.selection) {
      const size = sizeOf(row)
      this.#hold(this.#bytes + size + entryBytes, control)
      const line = rows.line(row)
      const ns = batch.timeBase + BigInt(batch.time[row]!)
      // V8 keeps a character in one byte where all are ASCII, which have one byte each in UTF-8, too.
      const bytes = (line.length === size ? size : line.length * 2) + entryBytes
      this.#entries.push({ ns, line, labels: labelsOf(row), offset: batch.offset, row, bytes })
      this.#bytes += bytes
    }
    this.#hold(this.#bytes, control)
    const most = this.#limit * (this.#bytes > manyBytes ? 1.25 : 2)
    if (this.#entries.length > most) this.#cut()
  }

  #hold(bytes: number, control: { hold(bytes: number): void }): void {
    if (bytes <= this.#held) return
    const step = Math.max(stepBytes, bytes - this.#held)
    control.hold(step)
    this.#held += step
  }

  isFull(): boolean {
    this.#cut()
    return this.#entries.length >= this.#limit
  }

  entries(): Entry[] {
    this.#cut()
    return this.#entries
  }

  #withinEdge({ time, timeBase }: Batch, rows: Uint32Array): Uint32Array {
    if (this.#edge === null) return rows
    const edge = Number(this.#edge - timeBase)
    return rows.filter((row) => (time[row]! - edge) * this.#sign <= 0)
  }

  /** The time up to which rows are enough for the limit, unless many are repeats; null: all. */
  #lastOfBest(time: Float64Array, rows: Uint32Array): number | null {
    if (rows.length <= this.#limit) return null
    const best = rows.toSorted((a, b) => (time[a]! - time[b]!) * this.#sign)
    return time[best[this.#limit * 2] ?? best[best.length - 1]!]!
  }

  #cut(): void {
    const sign = this.#sign
    const sorted = this.#entries.toSorted((a, b) => {
      if (a.ns !== b.ns) return (a.ns < b.ns ? -1 : 1) * sign
      return (a.offset - b.offset || a.row - b.row) * sign
    })
    this.#entries = withoutRepeats(sorted).slice(0, this.#limit)
    this.#bytes = this.#entries.reduce((sum, { bytes }) => sum + bytes, 0)
    const last = this.#entries.at(-1)
    if (this.#entries.length === this.#limit && last !== undefined) this.#edge = last.ns
  }
}

/** Of entries with equal time, labels and line, the first. */
function withoutRepeats(sorted: readonly KeptEntry[]): KeptEntry[] {
  const seen = new Set<string>()
  return sorted.filter((entry, i) => {
    const first = sorted[i - 1]?.ns !== entry.ns
    if (first && sorted[i + 1]?.ns !== entry.ns) return true
    if (first) seen.clear()
    const key = JSON.stringify([entry.line, entry.labels])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** Reads the labels of selected rows by category. */
function labelReader(rows: LogRows): (row: number) => EntryLabels {
  const columns = rows.names().map((name) => ({ name, column: rows.label(name) }))
  return (row) => {
    const labels = { stream: [], metadata: [], parsed: [] } as Record<
      'stream' | 'metadata' | 'parsed',
      [string, string][]
    >
    for (const { name, column } of columns) {
      const text = column.texts[column.codes[row]!]!
      if (text === '') continue
      const category = name.startsWith(errorLabel.slice(0, 7)) ? 'parsed' : rows.category(name, row)
      labels[category].push([name, text])
    }
    return labels
  }
}
