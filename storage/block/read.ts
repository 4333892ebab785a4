/**
 * Scans a block: chooses streams and pages (`prune.ts`), then page by page decodes streams, times and
 * the predicates' columns, selects rows, and only where some are left decodes the columns asked for.
 * Batches are whole pages with a selection, or stretches of a page that has thousands of rare keys.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId, type ColumnRef, type Vector } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import type { Predicate, Scan } from '#schemas/predicate.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { PageEntry } from './directory.ts'
import { filterRows, selectRows } from './filter-rows.ts'
import { PageReader } from './page-read.ts'
import {
  choosePages,
  chooseStreams,
  findColumns,
  type FoundColumn,
  type StreamChoice,
} from './prune.ts'
import type { Section } from './section-read.ts'

/** How a scan is stopped, and where its pages go. */
export interface ScanControl {
  /** Called once per page, about 5 ms of work; throws when the query is over. */
  check(): void
  /**
   * Memory for the arrays of the next page: called once per page, before anything of it is decoded. Whoever
   * gives it may take back there what was given for pages before, when no batch of them is in use; and at
   * the scan's end. Absent: arrays of their own. What an open block keeps (directory, streams) never lies there.
   */
  readonly pageMemory?: () => Allocator
}

/** What all batches of a scan share. */
export interface ScanTarget {
  readonly section: Section
  readonly signal: SignalName
  /** Write order of the block's rows. */
  readonly offset: number
}

/** Time as a column for predicates: it stands in its own part of a page. */
const timeColumn = 'r:time:time'

/** The rows of one section that a scan asks for. The scan's tenant and signal are the target's. */
export async function* scanSection(
  target: ScanTarget,
  scan: Scan,
  control: ScanControl | null,
): AsyncGenerator<Batch> {
  const { section } = target
  const { minTimeNs, maxTimeNs } = section.entry
  if (scan.to <= minTimeNs || scan.from > maxTimeNs) return
  const streams = await chooseStreams(section, scan, () => control?.check())
  if (streams !== null && !streams.includes(1)) return
  const asked = scan.predicates.map((predicate) => predicate.column)
  const predicates = await findColumns(section, asked)
  const pruned = { streams, predicates }
  const numbers = await choosePages(
    section,
    { ...scan, predicates: scan.predicates.map(withoutTime) },
    pruned,
  )
  if (numbers.length === 0) return
  const wanted = await findColumns(section, await wantedColumns(section, scan.columns))
  const [span] = await findColumns(section, [{ scope: 'row', key: 'spanId', type: 'id8' }])
  const list = await section.streams()
  const { pages } = await section.directory()
  const chosen = { target, scan, streams, predicates, wanted, span: span!, list }
  for (const page of ordered(
    numbers.map((number) => pages[number]!),
    scan.order,
  )) {
    control?.check()
    yield* scanPage(chosen, page, control?.pageMemory?.() ?? fresh)
  }
}

/** A predicate on time has no part of its own in a page, so it must not prune as an absent column. */
function withoutTime(predicate: Predicate): Predicate {
  return columnId(predicate.column) === timeColumn ? { ...predicate, absent: true } : predicate
}

async function wantedColumns(
  section: Section,
  columns: Scan['columns'],
): Promise<readonly ColumnRef[]> {
  if (columns !== 'all') return columns
  return (await section.columns()).map((entry) => entry.column)
}

function ordered(pages: readonly PageEntry[], order: Scan['order']): readonly PageEntry[] {
  const end = (page: PageEntry): bigint => page.baseNs + BigInt(page.span)
  const by = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
  if (order === 'newest') return pages.toSorted((a, b) => by(end(b), end(a)))
  if (order === 'oldest') return pages.toSorted((a, b) => by(a.baseNs, b.baseNs))
  return pages
}

interface Chosen {
  readonly target: ScanTarget
  readonly scan: Scan
  readonly streams: StreamChoice
  readonly predicates: readonly FoundColumn[]
  readonly wanted: readonly FoundColumn[]
  readonly span: FoundColumn
  readonly list: StreamList
}

async function* scanPage(
  chosen: Chosen,
  page: PageEntry,
  memory: Allocator,
): AsyncGenerator<Batch> {
  const { scan, streams, predicates, wanted } = chosen
  const reader = new PageReader(chosen.target.section, page, chosen.span, memory)
  const { stream, time } = await reader.keys(predicates)
  const range = { from: offsetOf(scan.from, page), to: offsetOf(scan.to, page) }
  let selection = selectRows(time, stream, range, { streams, memory })
  for (const [i, predicate] of scan.predicates.entries()) {
    if (selection.length === 0) return
    const found = predicates[i]!
    const isTime = columnId(found.column) === timeColumn
    const vector = isTime ? timeVector(time, page.baseNs) : reader.vector(found)
    selection = filterRows(selection, vector, predicate, memory)
  }
  if (selection.length === 0) return
  await reader.load(wanted)
  const step = reader.rowsPerBatch(wanted)
  for (let from = 0; from < page.rows; from += step) {
    const to = Math.min(page.rows, from + step)
    const some = selectionWithin(selection, from, to)
    if (some.length === 0) continue
    yield {
      signal: chosen.target.signal,
      rows: to - from,
      streams: chosen.list,
      stream: stream.subarray(from, to),
      timeBase: page.baseNs,
      time: time.subarray(from, to),
      columns: reader.vectors(wanted, from, to),
      selection: some.length === to - from ? null : some,
      offset: chosen.target.offset,
    }
  }
}

/** A bound as an offset in the page: exact inside of it, infinite outside. */
function offsetOf(timeNs: bigint, page: PageEntry): number {
  if (timeNs <= page.baseNs) return -Infinity
  const offset = timeNs - page.baseNs
  return offset > BigInt(page.span) ? Infinity : Number(offset)
}

/** The part of an ascending selection in [from, to), counted from `from`. */
function selectionWithin(selection: Uint32Array, from: number, to: number): Uint32Array {
  const start = lowerBound(selection, from)
  const end = lowerBound(selection, to)
  if (from === 0) return selection.subarray(start, end)
  return selection.slice(start, end).map((row) => row - from)
}

function lowerBound(sorted: Uint32Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

function timeVector(time: Float64Array, baseNs: bigint): Vector {
  const lo = new Uint32Array(time.length)
  const hi = new Int32Array(time.length)
  const baseLo = Number(BigInt.asUintN(32, baseNs))
  const baseHi = Number(baseNs >> 32n)
  for (let i = 0; i < time.length; i++) {
    const high = Math.floor(time[i]! / 4294967296)
    const sum = baseLo + (time[i]! - high * 4294967296)
    lo[i] = sum
    hi[i] = baseHi + high + (sum > 0xffffffff ? 1 : 0)
  }
  return { type: 'time', present: null, kind: 'longs', lo, hi }
}
