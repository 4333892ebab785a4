/** What every worker thread is given at its start: plain data and shared memory. */
import type { SignalName } from '#schemas/signals/signal.ts'
import type { SlabMemory } from '#base/threads/slabs.ts'
import type { ProgramConfig } from '../config.ts'
import type { MemoryPlan } from '../memory.ts'

export interface SharedData {
  readonly slabs: SlabMemory
  readonly budgets: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/** The settings that workers need; secrets cross as their text. */
export interface WorkerConfig {
  readonly logLevel: ProgramConfig['logLevel']
  /** Folder of the Log's segments. */
  readonly logDir: string
  readonly store: StoreSettings
  readonly receiver: ProgramConfig['receiver']
  readonly distributor: ProgramConfig['distributor']
  readonly ingester: ProgramConfig['ingester']
  readonly querier: ProgramConfig['querier']
  /** Rows older than the retention of their signal are refused, and those of streams that do not fit into memory. */
  readonly limits: Readonly<
    Record<SignalName, { readonly retentionMs: number; readonly maxRequestStreamBytes: number }>
  >
  readonly keptShare: MemoryPlan['keptShare']
  readonly garbageBytes: MemoryPlan['garbageBytes']
  /** Of each query worker. */
  readonly openBlockBytes: number
  readonly queryHeapBytes: MemoryPlan['queryHeapBytes']
  readonly compaction: { readonly maxBlockBytes: number; readonly lateAfterMs: number }
  /** Bytes that stay free on the disk of the Log. */
  readonly minFreeBytes: number
}

/** Where blocks are. */
export type StoreSettings =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 's3'
      readonly url: string
      readonly endpoint: string | null
      readonly region: string
      readonly accessKey: string | null
      readonly secretKey: string | null
    }

export type WorkerRole = 'log' | 'ingest' | 'replay' | 'query' | 'background'

export interface WorkerData {
  readonly role: WorkerRole
  readonly index: number
  readonly config: WorkerConfig
  readonly shared: SharedData
}
