/**
 * What runs in a query worker: a job in, chunks of the answer out. Jobs take turns, fair by tenant;
 * each has a control cell that is read once per batch, and an allowance of the query budget that is
 * given back when it ends.
 */
import type { Clock } from '#base/clock.ts'
import { must } from '#base/assert.ts'
import type { Budget } from '#base/flow/budget.ts'
import { ControlCell } from '#base/flow/control-cell.ts'
import { Turns } from '#base/flow/turns.ts'
import type { CallContext } from '#base/threads/port.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import type { Control } from '#query/run/source.ts'
import type { Store } from '#storage/objects/store.ts'
import { Allowance } from './allowance.ts'
import { BlockCache } from './block-cache.ts'
import type { Endpoint } from './endpoint.ts'
import type { QueryJob } from './job.ts'
import { createSource } from './sources.ts'

export interface QueryWorkerDeps {
  readonly slabs: Slabs
  readonly store: Pick<Store, 'get'>
  readonly controlMemory: SharedArrayBuffer
  readonly budget: Budget
  readonly clock: Clock
  /** Frees the memory of what was dropped, when it is much; called between two batches. */
  readonly collect: () => void
  readonly endpoints: readonly Endpoint[]
  /** Most bytes one query may hold. */
  readonly maxQueryBytes: number
  /** What blocks that this worker has open may hold. */
  readonly openBlockBytes: number
  /** Whether the heap of this thread has room for more (`base/threads/heap-room.ts`). */
  readonly hasHeapRoom: () => boolean
}

export class QueryWorker {
  readonly #deps: QueryWorkerDeps
  readonly #endpoints: ReadonlyMap<string, Endpoint>
  readonly #blocks: BlockCache
  readonly #turns: Turns

  constructor(deps: QueryWorkerDeps) {
    this.#deps = deps
    this.#endpoints = new Map(deps.endpoints.map((endpoint) => [endpoint.name, endpoint]))
    this.#blocks = new BlockCache(deps.store, deps.openBlockBytes)
    this.#turns = new Turns(deps.clock)
  }

  /** Emits the chunks of the job's answer. */
  async answer(job: QueryJob, context: CallContext): Promise<void> {
    const endpoint = must(this.#endpoints.get(job.endpoint), `the worker knows ${job.endpoint}`)
    const { budget, maxQueryBytes, hasHeapRoom } = this.#deps
    const held = new Allowance(budget, maxQueryBytes, hasHeapRoom)
    const cell = new ControlCell(this.#deps.controlMemory, job.cell, this.#deps.clock)
    const control: Control = {
      check() {
        cell.check()
        held.check()
      },
      hold: (bytes) => held.hold(bytes),
    }
    let isPinned = true
    try {
      const { slabs, collect } = this.#deps
      const turn = this.#turns.start(job.tenants[0] ?? '')
      const pause = (): Promise<void> => {
        collect()
        return turn()
      }
      const sources = job.tenants.map((tenant) =>
        createSource(job, tenant, {
          slabs,
          blocks: this.#blocks,
          control,
          isPinned: () => isPinned,
          pause,
        }),
      )
      for await (const chunk of endpoint.answer(job.parameters, { sources, nowMs: job.nowMs })) {
        // The main thread lets the snapshot go when this arrives.
        isPinned = false
        await context.emit(chunk)
        await pause()
      }
    } finally {
      held.giveBack()
    }
  }
}
