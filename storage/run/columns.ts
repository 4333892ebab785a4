/**
 * How the row columns of a signal stand in a run: a fixed number of u32 lanes per column, in the
 * order of the signal's table.
 *
 *   time, int      lo, hi                       absent: both 0 (where the column is optional)
 *   double         lo, hi of the IEEE bits      absent: as `kind` says
 *   u32            the value                    absent: 0
 *   text           offset, length in the part's bytes; `otlp` and `bytes` alike   absent: offset `absent`
 *   id16, id8      offset in the part's bytes   absent: offset `absent`
 *
 * After them come the lanes `stream` (id in the stream table) and `attrFrom` (first attribute).
 */
import type { ColumnType } from '#schemas/column.ts'
import { signals } from '#schemas/signals/index.ts'
import type { Signal } from '#schemas/signals/signal.ts'

const lanesOf: Readonly<Record<ColumnType, number>> = {
  time: 2,
  int: 2,
  double: 2,
  bool: 2,
  u32: 1,
  text: 2,
  bytes: 2,
  otlp: 2,
  id16: 1,
  id8: 1,
}

export interface RunColumn {
  readonly key: string
  readonly type: ColumnType
  readonly optional: boolean
  /** Number of its first lane. */
  readonly lane: number
}

/** The lanes of one signal's runs. */
export interface RunLayout {
  readonly signal: Signal
  readonly columns: readonly RunColumn[]
  readonly streamLane: number
  readonly attrFromLane: number
  readonly lanes: number
}

function layoutOf(signal: Signal): RunLayout {
  let lane = 0
  const columns = signal.columns.map((column) => {
    const placed = { ...column, lane }
    lane += lanesOf[column.type]
    return placed
  })
  return { signal, columns, streamLane: lane, attrFromLane: lane + 1, lanes: lane + 2 }
}

export const runLayouts = {
  logs: layoutOf(signals.logs),
  metrics: layoutOf(signals.metrics),
  traces: layoutOf(signals.traces),
} as const

/** The column of a layout, or null. */
export function runColumn(layout: RunLayout, key: string): RunColumn | null {
  return layout.columns.find((column) => column.key === key) ?? null
}

/** Lanes of the attribute table of a part. */
export const attributeLane = { key: 0, type: 1, a: 2, b: 3 } as const
export const attributeLanes = 4
