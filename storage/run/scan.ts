/**
 * Scans the published rows of a run. Parts whose tenant, times or streams cannot match are skipped
 * by their header; chosen rows are gathered into batches of some thousand rows, so that many small
 * requests cost no more per row than a few large ones, and of some MiB, so that wide rows do not make
 * large ones: every query under way holds a batch or two.
 */
import type { Slabs } from '#base/threads/slabs.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId, type ColumnRef, type ColumnType, type Vector } from '#schemas/column.ts'
import type { Scan } from '#schemas/predicate.ts'
import { pointKind } from '#schemas/signals/metrics.ts'
import { absent, attributeCode } from '#schemas/intake.ts'
import { selectRows } from '../predicates.ts'
import { runColumn, runLayouts, type RunColumn, type RunLayout } from './columns.ts'
import { columnBuilder, type ColumnBuilder } from './gather.ts'
import { at, PartView, readable } from './part-view.ts'
import { partsOf, type RunRef } from './run.ts'
import { streamView, type StreamView } from './stream-view.ts'

/** Rows after which a batch is given away: ≤ 5 ms of work for what reads it. */
const batchRows = 8192

/** Bytes of texts after which a batch is given away; it has at most this and a stretch more. */
const batchBytes = 2 * 1024 * 1024
/** Bytes of a part, by its average row, that are looked at in one stretch. */
const stretchBytes = 512 * 1024

/** Asked once per part; throws to end the scan. */
export interface ScanControl {
  check(): void
}

export const attributeTypeOf: Readonly<Record<number, ColumnType>> = {
  [attributeCode.text]: 'text',
  [attributeCode.int]: 'int',
  [attributeCode.double]: 'double',
  [attributeCode.bool]: 'bool',
  [attributeCode.bytes]: 'bytes',
  [attributeCode.otlp]: 'otlp',
}

/** Which streams of a table a scan wants; each is asked once. */
class StreamTest {
  readonly #view: StreamView
  readonly #test: Scan['streams']
  #known = new Uint8Array(256)

  constructor(view: StreamView, test: Scan['streams']) {
    this.#view = view
    this.#test = test
  }

  wants(stream: number): boolean {
    if (this.#test === undefined) return true
    if (stream >= this.#known.length) {
      const grown = new Uint8Array(Math.max(stream + 1, this.#known.length * 2))
      grown.set(this.#known)
      this.#known = grown
    }
    const known = this.#known[stream]!
    if (known !== 0) return known === 1
    const wanted = this.#test(this.#view.identity(stream))
    this.#known[stream] = wanted ? 1 : 2
    return wanted
  }
}

/** The columns of a batch under construction. */
class Gathering {
  readonly #builders = new Map<string, ColumnBuilder>()
  readonly #wanted: ReadonlySet<string> | null
  /** Whether any attribute is wanted; if none is, nobody looks at them. */
  readonly wantsAttributes: boolean
  readonly stream: number[] = []
  readonly timeLo: number[] = []
  readonly timeHi: number[] = []
  offset = 0

  constructor(wanted: ReadonlySet<string> | null) {
    this.#wanted = wanted
    this.wantsAttributes = wanted === null || [...wanted].some((id) => id.startsWith('a:'))
  }

  get rows(): number {
    return this.stream.length
  }

  /** Whether it has to be given away before another stretch of rows. */
  get isFull(): boolean {
    return this.rows >= batchRows || this.#bytes() >= batchBytes
  }

  #bytes(): number {
    let bytes = 0
    for (const builder of this.#builders.values()) bytes += builder.bytes
    return bytes
  }

  /** The builder of a column, or null when nobody asked for it. */
  builder(column: ColumnRef): ColumnBuilder | null {
    const id = columnId(column)
    const known = this.#builders.get(id)
    if (known !== undefined) return known
    if (this.#wanted !== null && !this.#wanted.has(id)) return null
    const made = columnBuilder(column.type)
    this.#builders.set(id, made)
    return made
  }

  columns(rows: number): Map<string, Vector> {
    return new Map([...this.#builders].map(([id, builder]) => [id, builder.end(rows)]))
  }

  /** The batch; its rows have passed the predicates already. */
  end(layout: RunLayout, streams: StreamView): Batch {
    const { rows } = this
    const baseLo = this.timeLo[0] ?? 0
    const baseHi = this.timeHi[0] ?? 0
    const time = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      time[row] = (this.timeHi[row]! - baseHi) * 2 ** 32 + (this.timeLo[row]! - baseLo)
    }
    return {
      signal: layout.signal.name,
      rows,
      streams,
      stream: Uint32Array.from(this.stream),
      timeBase: (BigInt(baseHi) << 32n) | BigInt(baseLo),
      time,
      columns: this.columns(rows),
      selection: null,
      offset: this.offset,
    }
  }
}

/** Whether a row's time differs from the batch's first by more than a double holds. */
function tooFar(gathering: Gathering, hi: number): boolean {
  return gathering.rows > 0 && Math.abs(hi - gathering.timeHi[0]!) >= 2 ** 20
}

interface Chosen {
  /** Rows of the part. */
  readonly rows: Uint32Array
  /** The row of the batch that the first of them becomes. */
  readonly first: number
}

/** Whether values of a type are ranges of a part's bytes. */
export function isRange(type: ColumnType): boolean {
  return type === 'text' || type === 'bytes' || type === 'otlp' || type === 'id16' || type === 'id8'
}

/** Puts a column of byte ranges of the chosen rows into its builder. */
function putRanges(
  part: PartView,
  column: RunColumn,
  builder: ColumnBuilder,
  chosen: Chosen,
): void {
  const { words, bytes, bytesFrom } = part
  const offsets = part.lane(column.lane)
  const lengths =
    column.type === 'id16' || column.type === 'id8' ? offsets : part.lane(column.lane + 1)
  for (let i = 0; i < chosen.rows.length; i++) {
    const row = chosen.rows[i]!
    const offset = at(words, offsets, row)
    if (offset !== absent)
      builder.put(chosen.first + i, bytesFrom + offset, at(words, lengths, row), bytes)
  }
}

/** Puts a column of numbers of the chosen rows into its builder. */
function putNumbers(
  part: PartView,
  column: RunColumn,
  builder: ColumnBuilder,
  chosen: Chosen,
): void {
  const { words, bytes } = part
  const low = part.lane(column.lane)
  const high = column.type === 'u32' ? { from: -1, value: 0 } : part.lane(column.lane + 1)
  for (let i = 0; i < chosen.rows.length; i++) {
    const row = chosen.rows[i]!
    const a = at(words, low, row)
    const b = at(words, high, row)
    if (!column.optional || a !== 0 || b !== 0) builder.put(chosen.first + i, a, b, bytes)
  }
}

/** Puts the values of data points that are numbers; a zero is a value there. */
function putValues(
  part: PartView,
  column: RunColumn,
  builder: ColumnBuilder,
  chosen: Chosen,
): void {
  const { words, bytes } = part
  const low = part.lane(column.lane)
  const high = part.lane(column.lane + 1)
  const kinds = part.lane(runColumn(part.layout, 'kind')?.lane ?? 0)
  for (let i = 0; i < chosen.rows.length; i++) {
    const row = chosen.rows[i]!
    const kind = at(words, kinds, row)
    if (kind !== pointKind.double && kind !== pointKind.int) continue
    builder.put(chosen.first + i, at(words, low, row), at(words, high, row), bytes)
  }
}

function putColumn(
  part: PartView,
  column: RunColumn,
  builder: ColumnBuilder,
  chosen: Chosen,
): void {
  if (isRange(column.type)) putRanges(part, column, builder, chosen)
  else if (column.type === 'double') putValues(part, column, builder, chosen)
  else putNumbers(part, column, builder, chosen)
}

function putAttributes(part: PartView, gathering: Gathering, chosen: Chosen): void {
  if (part.attributes === 0) return
  const { words, bytes, bytesFrom } = part
  const from = part.lane(part.layout.attrFromLane)
  const lanes = {
    key: part.attributeLane('key'),
    type: part.attributeLane('type'),
    a: part.attributeLane('a'),
    b: part.attributeLane('b'),
  }
  const keys = part.keys()
  const builders: (ColumnBuilder | null | undefined)[] = []
  for (let i = 0; i < chosen.rows.length; i++) {
    const row = chosen.rows[i]!
    const end = at(words, from, row + 1)
    for (let entry = at(words, from, row); entry < end; entry++) {
      const key = at(words, lanes.key, entry)
      const code = at(words, lanes.type, entry)
      const slot = key * 8 + code
      const builder = (builders[slot] ??= gathering.builder({
        scope: 'attribute',
        key: keys[key] ?? '',
        type: attributeTypeOf[code] ?? 'otlp',
      }))
      if (builder === null) continue
      const a = at(words, lanes.a, entry)
      const inline =
        code === attributeCode.int || code === attributeCode.double || code === attributeCode.bool
      builder.put(chosen.first + i, inline ? a : bytesFrom + a, at(words, lanes.b, entry), bytes)
    }
  }
}

/** The rows of a part within the scan's time and streams; null when it can have none. */
function chooseRows(part: PartView, scan: Scan, streams: StreamTest): Uint32Array | null {
  const { min, max } = part.times()
  if (max < scan.from || min >= scan.to) return null
  const bounds = part.streams()
  if (bounds.min === bounds.max && !streams.wants(bounds.min)) return null
  const within = min >= scan.from && max < scan.to
  const { words } = part
  const [lo, hi, lane] = [part.lane(0), part.lane(1), part.lane(part.layout.streamLane)]
  const fromHi = Number(scan.from >> 32n)
  const fromLo = Number(scan.from & 0xffffffffn)
  const toHi = Number(scan.to >> 32n)
  const toLo = Number(scan.to & 0xffffffffn)
  const rows = new Uint32Array(part.rows)
  let count = 0
  for (let row = 0; row < part.rows; row++) {
    if (!within) {
      const high = at(words, hi, row) | 0
      const low = at(words, lo, row)
      if (high < fromHi || (high === fromHi && low < fromLo)) continue
      if (high > toHi || (high === toHi && low >= toLo)) continue
    }
    if (streams.wants(at(words, lane, row))) rows[count++] = row
  }
  return count === 0 ? null : rows.subarray(0, count)
}

function wantedColumns(scan: Scan): ReadonlySet<string> | null {
  if (scan.columns === 'all') return null
  return new Set(
    [...scan.columns, ...scan.predicates.map((predicate) => predicate.column)].map(columnId),
  )
}

function addRows(part: PartView, gathering: Gathering, rows: Uint32Array): void {
  const chosen = { rows, first: gathering.rows }
  const { words } = part
  const [lo, hi, stream] = [part.lane(0), part.lane(1), part.lane(part.layout.streamLane)]
  if (gathering.rows === 0) gathering.offset = part.offset
  for (let i = 0; i < rows.length; i++) {
    gathering.timeLo.push(at(words, lo, rows[i]!))
    gathering.timeHi.push(at(words, hi, rows[i]!) | 0)
    gathering.stream.push(at(words, stream, rows[i]!))
  }
  putColumns(part, gathering, chosen)
}

function putColumns(part: PartView, gathering: Gathering, chosen: Chosen): void {
  // The first column is the row's time, which every batch has by itself.
  for (const column of part.layout.columns.slice(1)) {
    const builder = gathering.builder({ scope: 'row', key: column.key, type: column.type })
    if (builder !== null) putColumn(part, column, builder, chosen)
  }
  if (gathering.wantsAttributes) putAttributes(part, gathering, chosen)
}

/**
 * The rows that pass the predicates. Only their columns are gathered for it, so that a scan for a
 * few rows does not copy all columns of all others.
 */
function passing(part: PartView, rows: Uint32Array, scan: Scan): Uint32Array {
  const { predicates } = scan
  if (predicates.length === 0) return rows
  const gathering = new Gathering(new Set(predicates.map(({ column }) => columnId(column))))
  putColumns(part, gathering, { rows, first: 0 })
  const selection = selectRows(gathering.columns(rows.length), rows.length, predicates)
  return selection === null ? rows : selection.map((i) => rows[i]!)
}

/** Batches of the rows of a published run that the scan asks for, in the order they were written. */
export function* scanRun(
  slabs: Slabs,
  run: RunRef,
  scan: Scan,
  control: ScanControl,
): Generator<Batch> {
  const layout = runLayouts[run.signal]
  const slab = slabs.at(run.slab)
  const view = streamView(slabs, run.tableSlab, run.generation)
  const streams = new StreamTest(view, scan.streams)
  const wanted = wantedColumns(scan)
  let gathering = new Gathering(wanted)
  for (const place of partsOf(slab, run.words)) {
    control.check()
    const part = new PartView(readable(slab), place, layout)
    if (part.tenant() !== scan.tenant) continue
    const chosen = chooseRows(part, scan, streams)
    if (chosen === null) continue
    const most = rowsPerStretch(part)
    for (let first = 0; first < chosen.length; first += most) {
      const rows = passing(part, chosen.subarray(first, first + most), scan)
      for (let from = 0; from < rows.length;) {
        const hi = at(part.words, part.lane(1), rows[from]!) | 0
        if (gathering.isFull || tooFar(gathering, hi)) {
          yield gathering.end(layout, view)
          gathering = new Gathering(wanted)
        }
        const to = endOfStretch(part, rows, from, batchRows - gathering.rows)
        addRows(part, gathering, rows.subarray(from, to))
        from = to
      }
    }
  }
  if (gathering.rows > 0) yield gathering.end(layout, view)
}

/** Rows of a part that are some hundred KiB, if all are alike. */
function rowsPerStretch(part: PartView): number {
  return Math.max(1, Math.floor((stretchBytes * part.rows) / Math.max(1, part.size)))
}

/** Where a stretch of at most `most` rows ends whose times are near enough for doubles. */
function endOfStretch(part: PartView, rows: Uint32Array, from: number, most: number): number {
  const { min, max } = part.times()
  const end = Math.min(rows.length, from + most)
  if (max - min < 2n ** 51n) return end
  const lane = part.lane(1)
  const hi = at(part.words, lane, rows[from]!) | 0
  let to = from + 1
  while (to < end && Math.abs((at(part.words, lane, rows[to]!) | 0) - hi) < 2 ** 18) to++
  return to
}
