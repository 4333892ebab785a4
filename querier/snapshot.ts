/**
 * Snapshots of queries: the runs and the catalog state of one moment, pinned together, and the
 * blocks of them that a query may need. Taken without an await between runs and catalog, so that a
 * flush that ends meanwhile shows its rows once: in the run or in the block.
 */
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { LiveCatalog } from '#storage/catalog/live.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { RunRef } from '#storage/run/run.ts'
import type { NeededRange } from './endpoint.ts'
import type { SignalView } from './job.ts'
import type { Pinned } from './routes.ts'

export interface SnapshotDeps {
  readonly catalogs: Readonly<Record<SignalName, { readonly live: LiveCatalog }>>
  readonly runs: (signal: SignalName) => RunRef[]
  readonly pins: PinLedger
}

export interface SnapshotRequest {
  readonly tenants: readonly Tenant[]
  readonly needs: readonly NeededRange[]
  /** Called when ingest needs the memory of the snapshot's runs. */
  readonly expire: () => void
}

/** Pins what the query needs and lists it. The pin is released when listing fails. */
export async function pinSnapshot(request: SnapshotRequest, deps: SnapshotDeps): Promise<Pinned> {
  const taken = request.needs.map((need) => ({
    need,
    runs: deps.runs(need.signal),
    snapshot: deps.catalogs[need.signal].live.snapshot(),
  }))
  const roots = Object.fromEntries(
    taken.map(({ snapshot }) => [snapshot.signal, snapshot.root.seq]),
  )
  const runs = taken.flatMap((one) => one.runs.map(({ slab }) => String(slab)))
  const pin = deps.pins.pin({ roots, runs }, request.expire)
  try {
    const views: SignalView[] = []
    for (const { need, runs: refs, snapshot } of taken) {
      const blocks = new Map<Tenant, BlockEntry[]>()
      const range = {
        fromMs: Number(need.from / 1_000_000n),
        toMs: Number(need.to / 1_000_000n) + 1,
      }
      for (const tenant of request.tenants) {
        const { live } = deps.catalogs[need.signal]
        blocks.set(tenant, await live.blocks(snapshot, tenant, range))
      }
      views.push({ signal: need.signal, runs: refs, blocks })
    }
    return { views, release: () => pin.release() }
  } catch (error) {
    pin.release()
    throw error
  }
}
