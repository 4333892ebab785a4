/** What the main thread hands to a query worker: plain data. */
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { RunRef } from '#storage/run/run.ts'

/** The state of one signal that a query sees: every acknowledged row is in exactly one run or block. */
export interface SignalView {
  readonly signal: SignalName
  readonly runs: readonly RunRef[]
  /** Blocks that may hold rows of the needed range, newest last row first. A map: `__proto__` is a valid tenant. */
  readonly blocks: ReadonlyMap<Tenant, readonly BlockEntry[]>
}

export interface QueryJob {
  /** Name of the endpoint. */
  readonly endpoint: string
  /** What its `parse` returned. */
  readonly parameters: unknown
  readonly tenants: readonly Tenant[]
  readonly views: readonly SignalView[]
  /** Index of the query's control cell. */
  readonly cell: number
  readonly nowMs: number
}
