/**
 * The Source of a query for one tenant: the runs and blocks of its snapshot behind one interface.
 * Runs are scanned where they lie; blocks are opened through the store and pruned by their footers.
 * Newest first: runs hold the newest rows and come first, then blocks by falling last row time.
 */
import { assert } from '#base/assert.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import type { Control, ListedColumn, Source, SourceScan } from '#query/run/source.ts'
import type { Batch } from '#schemas/batch.ts'
import { columnId } from '#schemas/column.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { partOf, type BlockEntry } from '#storage/catalog/block-entry.ts'
import type { RunRef } from '#storage/run/run.ts'
import { runColumns } from '#storage/run/list.ts'
import { scanRun } from '#storage/run/scan.ts'
import type { BlockCache } from './block-cache.ts'
import type { QueryJob } from './job.ts'
import { listStreams } from './list-streams.ts'

export interface SourceDeps {
  readonly slabs: Slabs
  readonly blocks: BlockCache
  readonly control: Control
  /** False once the snapshot was let go: what it named may be gone. */
  readonly isPinned: () => boolean
  /** Gives up the thread when the query's slice is over. */
  readonly pause: () => Promise<void>
}

/** The source of one tenant of a job. */
export function createSource(job: QueryJob, tenant: Tenant, deps: SourceDeps): Source {
  const viewOf = (
    signal: SignalName,
  ): { runs: readonly RunRef[]; blocks: readonly BlockEntry[] } => {
    const view = job.views.find((one) => one.signal === signal)
    return { runs: view?.runs ?? [], blocks: view?.blocks.get(tenant) ?? [] }
  }
  const reading: Pick<Control, 'check'> = {
    check() {
      assert(deps.isPinned(), 'an answer reads everything before its first chunk')
      deps.control.check()
    },
  }
  return {
    tenant,
    control: deps.control,
    async *scan(scan: SourceScan): AsyncGenerator<Batch> {
      const { runs, blocks } = viewOf(scan.signal)
      const whole = { ...scan, tenant }
      const fromRuns = async function* (): AsyncGenerator<Batch> {
        const newest = scan.order === 'newest' ? runs.toReversed() : runs
        for (const run of newest) yield* paused(scanRun(deps.slabs, run, whole, reading), deps)
      }
      const fromBlocks = async function* (): AsyncGenerator<Batch> {
        for (const entry of inOrder(blocks, scan, tenant)) {
          const block = await deps.blocks.open(entry)
          yield* paused(block.scan(whole, reading), deps)
        }
      }
      const parts = scan.order === 'oldest' ? [fromBlocks, fromRuns] : [fromRuns, fromBlocks]
      for (const part of parts) yield* part()
    },
    async *streams(signal, from, to): AsyncGenerator<StreamIdentity> {
      reading.check()
      const { runs, blocks } = viewOf(signal)
      const wanted = blocks.filter((block) => within(block, tenant, from, to))
      const control = { ...deps.control, check: () => reading.check() }
      yield* listStreams({ runs, blocks: wanted }, { tenant, from, to }, { ...deps, control })
    },
    async columns(signal, from, to): Promise<readonly ListedColumn[]> {
      reading.check()
      const { runs, blocks } = viewOf(signal)
      const rows = new Map<string, ListedColumn>()
      const add = ({ column, rows: count }: ListedColumn): void => {
        const id = columnId(column)
        rows.set(id, { column, rows: (rows.get(id)?.rows ?? 0) + count })
      }
      for (const run of runs)
        for (const listed of runColumns(deps.slabs, run, { tenant, from, to })) add(listed)
      for (const entry of blocks.filter((block) => within(block, tenant, from, to))) {
        for (const listed of await (await deps.blocks.open(entry)).columns(tenant)) add(listed)
        await deps.pause()
      }
      return [...rows.values()].filter(({ column }) => column.scope === 'attribute')
    },
  }
}

/** Batches one by one, giving up the thread in between when the slice is over. */
async function* paused(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  deps: SourceDeps,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    yield batch
    await deps.pause()
  }
}

function within(entry: BlockEntry, tenant: Tenant, from: bigint, to: bigint): boolean {
  const part = partOf(entry, tenant)
  return (
    part !== null &&
    BigInt(Math.ceil(part.maxMs)) * 1_000_000n >= from &&
    BigInt(Math.floor(part.minMs)) * 1_000_000n < to
  )
}

function inOrder(blocks: readonly BlockEntry[], scan: SourceScan, tenant: Tenant): BlockEntry[] {
  const wanted = blocks.filter((entry) => within(entry, tenant, scan.from, scan.to))
  if (scan.order === 'any') return wanted
  const edge = (entry: BlockEntry): number => {
    const part = partOf(entry, tenant)
    return (scan.order === 'newest' ? part?.maxMs : part?.minMs) ?? 0
  }
  const sign = scan.order === 'newest' ? -1 : 1
  return wanted.toSorted((a, b) => sign * (edge(a) - edge(b)))
}
