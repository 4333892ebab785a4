/**
 * What a query asks of the world: batches of rows, and where it stands with its allowance. The
 * querier implements it over runs and blocks, tests over rows in memory.
 */
import type { Batch } from '#schemas/batch.ts'
import type { ColumnRef } from '#schemas/column.ts'
import type { Scan } from '#schemas/predicate.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { StreamIdentity } from '#schemas/identity.ts'

/** Scans say what they want; the tenant is the query's and not theirs to choose. */
export type SourceScan = Omit<Scan, 'tenant'>

/** How a query is told to stop, and what it may hold. */
export interface Control {
  /** Throws `canceled` or `deadline-exceeded`; called once per batch. */
  check(): void
  /** Takes bytes of the query budget for what an operator holds beyond a batch; throws `overloaded`. Given back when the query ends. */
  hold(bytes: number): void
}

/** A column that some rows of a signal have, for listing attribute names. */
export interface ListedColumn {
  readonly column: ColumnRef
  /** Rows with a value, as far as known; at least 1. */
  readonly rows: number
}

export interface Source {
  /** Whose data this is; a query over several tenants has one source each. */
  readonly tenant: Tenant
  readonly control: Control
  /**
   * All rows of the snapshot that the scan asks for, in batches with their selection. Asked for newest
   * (oldest) first, blocks come by falling last (rising first) row time and runs, where the newest
   * rows are, before (after) them. Batches may overlap in time, so order is a help for stopping early
   * and no promise about single rows; rows inside a batch are in no promised order.
   */
  scan(scan: SourceScan): AsyncIterable<Batch>
  /** The distinct streams that may have rows in [from, to) ns; cheaper than a scan, and may name streams whose rows are just outside. */
  streams(signal: SignalName, from: bigint, to: bigint): AsyncIterable<StreamIdentity>
  /** The attribute columns that rows in [from, to) may have. */
  columns(signal: SignalName, from: bigint, to: bigint): Promise<readonly ListedColumn[]>
}
