/**
 * A job: blocks that are rewritten into other blocks, and the one commit that swaps them. The
 * rewriting itself (reading, merging, putting the outputs) is done by a worker and handed in.
 *
 *   PLAN (choose.ts) → rewrite: read, merge, put → commit → the inputs are retired by the new root
 *
 * A crash at any point leaves orphans only. Outputs of a job that lost are left for the sweep too: a
 * commit whose reply was lost may have counted.
 */
import { assert } from '#base/assert.ts'
import type { Clock } from '#base/clock.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { CatalogChange, FoldedChain } from '#storage/catalog/commit.ts'
import type { Root } from '#storage/catalog/root.ts'
import { jobTooOld } from './errors.ts'

/** What is to be rewritten, as `choose.ts` plans it. */
export interface Job {
  readonly kind: 'fold' | 'merge'
  readonly signal: string
  /** In write order for a fold, by time for a merge. */
  readonly inputs: readonly BlockEntry[]
  /** Level of the outputs. */
  readonly level: number
  /** Outputs are cut at multiples of this, wall ms; 0 leaves time alone. */
  readonly windowMs: number
  /** Folds only: whose floor moves. */
  readonly folded: FoldedChain | null
}

/** Reads the inputs, merges them, puts the outputs under fresh names and says what they are. No rows left: no outputs. */
export type Rewrite = (job: Job, abort: AbortSignal) => Promise<readonly BlockEntry[]>

export interface JobDeps {
  readonly rewrite: Rewrite
  /** `LiveCatalog.commit` in one process, `Catalog.commit` in a fleet. */
  readonly commit: (change: CatalogChange) => Promise<Root>
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** A job must commit before its outputs can be taken for orphans (1 h), with time to spare. */
export const maxJobMs = 30 * 60_000

/** Runs a job to its commit. Throws what `rewrite` throws, `catalog-conflict` and `compaction-job-too-old`. */
export async function runJob(job: Job, deps: JobDeps, abort: AbortSignal): Promise<Root> {
  assert((job.kind === 'fold') === (job.folded !== null), 'a fold, and only a fold, moves a floor')
  const startedMs = deps.clock.monotonicMs()
  const outputs = await deps.rewrite(job, abort)
  abort.throwIfAborted()
  const tookMs = deps.clock.monotonicMs() - startedMs
  if (tookMs > maxJobMs) {
    throw jobTooOld.make(
      `a ${job.kind} of ${job.signal} took ${tookMs} ms, ${maxJobMs} are allowed`,
    )
  }
  const remove = job.kind === 'merge' ? job.inputs : []
  const folded = job.folded === null ? [] : [job.folded]
  return deps.commit({ tree: { add: outputs, remove }, folded })
}
