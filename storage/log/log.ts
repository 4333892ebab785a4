/**
 * The Log: what makes an acknowledged row survive. One writer gives every record a place on one
 * offset line; offsets count records, start at 0 and are the product's write order.
 *
 * One process: segment files with group `datasync`. Fleet: a Kafka topic with `acks=all`.
 *
 * Promises of every implementation:
 * - `append` resolves after the record is durable, with its offset; records appended in one order by
 *   one caller get offsets in that order. When it rejects, the record may or may not be found later,
 *   and the writer refuses further appends to the damaged segment.
 * - `fetch` gives records in offset order, each at most once, from `from` to the end known at the call.
 *   `LogRecord.payload` belongs to the caller.
 * - a record is found by `fetch` until `forget` passed its offset.
 */
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'

/** How the payload of a record is to be read; numbers on disk, never reused. */
export const payloadKind = {
  /** An OTLP request as it was received, all of it accepted: `encoding` says how it is compressed. */
  request: 1,
  /** Run columns of accepted rows with their stream definitions (`storage/run`). */
  columns: 2,
} as const

export interface LogRecord {
  readonly tenant: Tenant
  readonly signal: SignalName
  /** One of `payloadKind`. */
  readonly kind: number
  /** When the request came, wall ns: the fallback time of rows that have none. */
  readonly receivedNs: bigint
  /** 128-bit hash of tenant, signal and body, for repeats; 32 hex digits. */
  readonly requestHash: string
  readonly rows: number
  /** Rows of the request that were refused, as JSON of `Reject[]`, so that a repeat gets its first receipt after a restart too; empty when none. */
  readonly rejects: string
  readonly payload: Uint8Array
  /** Bytes of the payload that stand before the others, in a record to append: so that large ones need no copy for them. */
  readonly payloadHead?: Uint8Array
}

export interface LoggedRecord {
  readonly offset: number
  readonly record: LogRecord
}

export interface Log {
  /** 16 hex digits; part of the names of L0 objects. A new folder or topic has a new id. */
  readonly id: string
  append(records: readonly LogRecord[]): Promise<{ readonly first: number }>
  fetch(from: number): AsyncIterable<LoggedRecord>
  /** Offset of the oldest record still there (equal to `end` when there is none). */
  start(): number
  /** One past the offset of the newest durable record. */
  end(): number
  /** Records below `offset` are not needed any more; whole segments below it are deleted. */
  forget(offset: number): Promise<void>
  close(): Promise<void>
}
