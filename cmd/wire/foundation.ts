/** What the wiring of every role starts from. */
import type { Slabs } from '#base/threads/slabs.ts'
import type { ProgramConfig } from '../config.ts'
import type { MemoryPlan } from '../memory.ts'
import type { StoreSettings } from '../roles/shared.ts'
import type { Threads } from './threads.ts'

export interface Foundation {
  readonly config: ProgramConfig
  readonly settings: StoreSettings
  readonly memory: MemoryPlan
  readonly threads: Threads
  readonly slabs: Slabs
}

export interface HouseOptions {
  readonly totalMemory: number
  /** Reasons why the process is not ready; asked by `/ready`. */
  readonly unready: () => { part: string; reason: string }[]
  /** The effective settings as text, for `/config`. */
  readonly configText: () => string
  /** The Log cannot be written any more: the process has to end. */
  readonly fatal: (message: string) => void
}
