/**
 * The catalog of a process that owns its store: the current snapshot stands in memory and changes
 * with each commit of this process, so a query costs no listing. Commits of L0 objects and of roots
 * are told to it after they are durable, and each changes the snapshot in one step, so no reader sees
 * a row twice or not at all.
 */
import type { Tenant } from '#schemas/tenant.ts'
import type { BlockEntry } from './block-entry.ts'
import type { Catalog, CatalogChange } from './commit.ts'
import type { PinLedger } from './pins.ts'
import {
  readSnapshot,
  snapshotBlocks,
  withL0,
  withRoot,
  type Snapshot,
  type SnapshotDeps,
} from './snapshot.ts'
import { sweepRetired, type DeletionRule } from './sweep.ts'
import type { Store } from '#storage/objects/store.ts'
import type { Root } from './root.ts'
import type { TimeRange } from './walk.ts'

export class LiveCatalog {
  readonly catalog: Catalog
  #snapshot: Snapshot
  /** Retired objects that are deleted, for the next root to drop from its list. */
  readonly #deleted = new Set<string>()
  #sweeping: Promise<number> | null = null

  private constructor(catalog: Catalog, snapshot: Snapshot) {
    this.catalog = catalog
    this.#snapshot = snapshot
  }

  /** Reads the state of the store once. */
  static async open(catalog: Catalog, deps: SnapshotDeps): Promise<LiveCatalog> {
    return new LiveCatalog(catalog, await readSnapshot(deps))
  }

  /** The current state. Pin its root for as long as its objects are read. */
  snapshot(): Snapshot {
    return this.#snapshot
  }

  /** The current snapshot with a pin on it, taken in one step. */
  pinned(pins: PinLedger, runs: readonly string[] = []) {
    const snapshot = this.#snapshot
    const pin = pins.pin({ roots: { [snapshot.signal]: snapshot.root.seq }, runs })
    return { snapshot, pin }
  }

  /** The blocks of a snapshot of this catalog for a tenant and time range, newest last row first. */
  blocks(snapshot: Snapshot, tenant: Tenant, range: TimeRange): Promise<BlockEntry[]> {
    return snapshotBlocks(snapshot, this.catalog.nodes, { tenant, range })
  }

  /** To be called when `Chain.commit` said 'committed'. `chain` is its `chainName`. */
  addL0(chain: string, entry: BlockEntry): void {
    if (entry.toOffset <= (this.#snapshot.ends[chain] ?? 0)) return
    this.#snapshot = withL0(this.#snapshot, chain, entry)
  }

  /**
   * Commits a change to the tree (see `Catalog.commit`) and shows it. When it fails, the newest root
   * is read and shown: the failed commit may have counted, and plans start from what is shown.
   */
  async commit(change: Omit<CatalogChange, 'deleted'>): Promise<Root> {
    const deleted = new Set(this.#deleted)
    try {
      const root = await this.catalog.commit({ ...change, deleted })
      for (const key of deleted) this.#deleted.delete(key)
      this.#snapshot = withRoot(this.#snapshot, root)
      return root
    } catch (error) {
      await this.#refresh()
      throw error
    }
  }

  async #refresh(): Promise<void> {
    try {
      this.#snapshot = withRoot(this.#snapshot, await this.catalog.newestRoot())
    } catch {
      // The store is still away; the next commit fails and tries again.
    }
  }

  /** Deletes retired objects that the rule lets go; overlapping calls share one run. Gives how many went. */
  sweepRetired(store: Store, rule: DeletionRule): Promise<number> {
    this.#sweeping ??= this.#sweep(store, rule).finally(() => {
      this.#sweeping = null
    })
    return this.#sweeping
  }

  async #sweep(store: Store, rule: DeletionRule): Promise<number> {
    const { root } = this.#snapshot
    const gone = await sweepRetired(store, root, (retired, root) => {
      return !this.#deleted.has(retired.key) && rule(retired, root)
    })
    for (const key of gone) this.#deleted.add(key)
    return gone.length
  }
}
