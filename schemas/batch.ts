/**
 * A batch: rows of one signal and one tenant, held by column, as storage gives them to queries.
 * Batches never change and may share memory with the run or page they came from; whoever keeps rows
 * beyond the pull of the next batch copies them.
 */
import { columnId, type ColumnRef, type ColumnType, type Vector } from './column.ts'
import type { StreamList } from './identity.ts'
import type { SignalName } from './signals/signal.ts'

export interface Batch {
  readonly signal: SignalName
  readonly rows: number
  readonly streams: StreamList
  /** Stream of each row: an id in `streams`. */
  readonly stream: Uint32Array
  /** Time of each row in ns as `timeBase + time[row]`; |time[row]| is at most 2^53, so doubles are exact. */
  readonly timeBase: bigint
  readonly time: Float64Array
  /** The columns asked for that this source has, by `columnId`; never the row's time, which is `time`. A missing one means that no row has a value. */
  readonly columns: ReadonlyMap<string, Vector>
  /** Rows that passed the predicates so far, ascending; null when all did. */
  readonly selection: Uint32Array | null
  /** The write order of the rows: of two rows that are the same, the one from the higher offset wins. */
  readonly offset: number
}

/** Every type an attribute value may have as a column. */
export const attributeTypes: readonly ColumnType[] = [
  'text',
  'int',
  'double',
  'bool',
  'bytes',
  'otlp',
]

/** The column of a batch, or null when no row of it has a value. */
export function columnOf(batch: Batch, column: ColumnRef): Vector | null {
  return batch.columns.get(columnId(column)) ?? null
}

/** All columns of one attribute key, one per type that occurs in the batch. */
export function attributeColumns(batch: Batch, key: string): Vector[] {
  return attributeTypes.flatMap((type) => columnOf(batch, { scope: 'attribute', key, type }) ?? [])
}
