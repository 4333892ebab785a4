/**
 * The table of signals: what differs between logs, metrics and traces, as data, so that storage,
 * ingester and compactor are written once. A fourth signal is one more row here.
 */
import type { ColumnRef, ColumnType } from '../column.ts'

export type SignalName = 'logs' | 'metrics' | 'traces'

/** One fixed field of a row. `optional` columns are written only when some row has a value. */
export interface RowColumn {
  readonly key: string
  readonly type: ColumnType
  readonly optional: boolean
}

export interface Signal {
  readonly name: SignalName
  /** Number on disk and in the Log; never reused. */
  readonly id: number
  /** Fixed columns besides the stream, in the order of their numbers on disk. The first is the row's time. */
  readonly columns: readonly RowColumn[]
  /** What a stream is made of besides resource and scope. */
  readonly streamBy: 'scope' | 'point'
  /** Order of rows inside a slice. */
  readonly orderBy: 'stream-time' | 'trace'
  /** Columns that together say that two rows are the same row, besides the stream. */
  readonly sameWhen: readonly string[]
  /** Width of the time partition in which a merge keeps rows together. */
  readonly sliceNs: bigint
}

/** A fixed column of a signal as a reference. */
export function rowColumn(signal: Signal, key: string): ColumnRef {
  const column = signal.columns.find((candidate) => candidate.key === key)
  if (column === undefined) throw new RangeError(`${signal.name} have no column ${key}`)
  return { scope: 'row', key, type: column.type }
}
