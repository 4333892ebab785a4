/**
 * What a scan of storage is asked for. Storage knows no query language: streams are chosen by a
 * function of their identity, rows by predicates on single columns. Every predicate of a scan must
 * hold (they are joined by and); what cannot be said so is left to the operators above.
 */
import type { ColumnRef, Texts } from './column.ts'
import type { StreamIdentity } from './identity.ts'
import type { SignalName } from './signals/signal.ts'
import type { Tenant } from './tenant.ts'

/**
 * A test of one column's values. Text-like columns are tested by distinct value where the source
 * holds a dictionary. A row without a value passes only if `absent` is true.
 */
export interface Predicate {
  readonly column: ColumnRef
  readonly absent: boolean
  /** Text, bytes, otlp and ids: sets out[i] to 1 where value i passes. `values` may be a dictionary or a value per row. */
  testTexts?(values: Texts, count: number, out: Uint8Array): void
  /** double, bool and u32 by value, int and time as hi * 2^32 + lo (exact below 2^53): sets out[i] to 1 where value i passes. */
  testNumbers?(values: Float64Array, count: number, out: Uint8Array): void
  /** Byte strings of which a passing value holds at least one: page filters and dictionaries ask these first. Empty: unknown. */
  readonly literals: readonly Uint8Array[]
  /** The whole value, where the predicate is equality: id and postings look-ups use it. */
  readonly equals?: Uint8Array
}

/** A pre-filter over stream postings: some stream attribute `key` (of resource, scope or point) has exactly this text. */
export interface StreamHint {
  readonly key: string
  readonly value: string
}

/** One scan. `from` is inclusive and `to` exclusive, ns. */
export interface Scan {
  readonly tenant: Tenant
  readonly signal: SignalName
  readonly from: bigint
  readonly to: bigint
  /** Which streams; absent: all. Called once per distinct stream of a source. */
  readonly streams?: (identity: StreamIdentity) => boolean
  /** All must hold for a stream; only ever narrows, `streams` still decides. */
  readonly hints?: readonly StreamHint[]
  readonly predicates: readonly Predicate[]
  /** Columns wanted in the batches, besides stream and time; `all` for every column there is. */
  readonly columns: readonly ColumnRef[] | 'all'
  /** Newest batches first where the source can choose (pages by falling time); rows inside a batch keep their order. */
  readonly order: 'any' | 'newest' | 'oldest'
}
