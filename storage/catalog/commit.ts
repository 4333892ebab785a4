/**
 * Changing the catalog: build the new nodes, write them (R6), create the next root (R5). A loser
 * starts again from the newest root (R8): when its preconditions still hold its change is rebased,
 * otherwise `catalog-conflict` says so and its outputs are left for the sweep.
 *
 * A created root counts only when the newest root is it or remembers it: a writer that slept for long
 * may create a root under a name that was freed, which nobody will ever read.
 */
import type { Clock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import { mapLimit } from '#base/flow/map-limit.ts'
import { randomHex, type Random } from '#base/random.ts'
import { objectMissing, storeUnavailable } from '#storage/objects/errors.ts'
import { KeyMutex } from '#storage/objects/key-mutex.ts'
import type { Store } from '#storage/objects/store.ts'
import { catalogConflict, catalogCorrupt } from './errors.ts'
import { rootKey } from './names.ts'
import { NodeSource } from './nodes.ts'
import type { NodeCodec } from './node-file.ts'
import {
  decodeRoot,
  historyLength,
  historyLine,
  readNewestRoot,
  type LogState,
  type Root,
} from './root.ts'
import { changeTree, type ChangedTree, type TreeChange } from './tree.ts'

/** L0 objects that a fold put into the tree: the floor of their chain moves. */
export interface FoldedChain {
  /** `chainName`. */
  readonly chain: string
  /** The floor as the fold found it; the change is void when it moved. */
  readonly from: number
  readonly to: number
  /** Names of the L0 objects, to be deleted once nobody reads them. */
  readonly keys: readonly string[]
}

export interface CatalogChange {
  readonly tree: TreeChange
  readonly folded: readonly FoldedChain[]
  /** New states of logs. */
  readonly logs?: Readonly<Record<string, LogState>>
  /** Retired objects that were deleted: the next root need not list them. */
  readonly deleted?: ReadonlySet<string>
}

export interface CatalogDeps {
  /** Repeats what is unavailable with the same bytes under the same key (`retry.ts`). */
  readonly store: Store
  readonly signal: string
  readonly clock: Clock
  readonly random: Random
  readonly codec: NodeCodec
}

/** More losses in a row than this mean that commits come faster than they can be made. */
const maxAttempts = 30
/** Nodes written at once. */
const writesAtOnce = 8

type Attempt = { readonly root: Root; readonly outcome: 'won' | 'lost' }

export class Catalog {
  readonly nodes: NodeSource
  readonly #deps: CatalogDeps
  readonly #mutex = new KeyMutex()
  /** Number of the newest root that was read: the store's listings may not go behind it. */
  #seen = 0

  constructor(deps: CatalogDeps, cacheBytes?: number) {
    this.#deps = deps
    this.nodes = new NodeSource(deps, cacheBytes)
  }

  /**
   * The newest root. Throws `store-unavailable` when the store shows an older one than before: on its word
   * live blocks would be taken for orphans.
   */
  async newestRoot(): Promise<Root> {
    const seen = this.#seen
    const root = await readNewestRoot(this.#deps)
    if (root.seq < seen) {
      const { store, signal } = this.#deps
      throw storeUnavailable.make(
        `${store.name} lists root ${root.seq} of ${signal} as the newest, after root ${seen}`,
      )
    }
    this.#seen = Math.max(this.#seen, root.seq)
    return root
  }

  /**
   * Applies a change and gives a root that holds it. Throws `catalog-conflict` when a floor moved or
   * a removed block is gone: then nothing changed. When the store fails nothing is known. Commits of
   * one object run one after the other.
   */
  commit(change: CatalogChange): Promise<Root> {
    return this.#mutex.run('commit', async () => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const { root, outcome } = await this.#attempt(change)
        if (outcome === 'won') return root
      }
      throw catalogConflict.make(`${maxAttempts} roots of ${this.#deps.signal} were lost in a row`)
    })
  }

  async #attempt(change: CatalogChange): Promise<Attempt> {
    const old = await this.newestRoot()
    checkFloors(old, change)
    const nonce = randomHex(this.#deps.random, 12)
    const tree = await this.#changeTree(old, change, nonce)
    if (tree === null) return { root: old, outcome: 'lost' }
    const { store } = this.#deps
    const root = this.#next(old, { change, tree, nonce })
    const key = rootKey(root.signal, root.seq)
    // Before anything is written: a root that is too large leaves nothing behind.
    const bytes = this.#deps.codec.encode(root)
    const write = ({ key, bytes }: { key: string; bytes: Uint8Array }) =>
      store.createIfAbsent(key, bytes)
    for await (const _ of mapLimit(tree.staged, writesAtOnce, write));
    const created = await store.createIfAbsent(key, bytes)
    const mine = created === 'created' || (await this.#nonceAt(key)) === nonce
    if (!mine) return { root, outcome: 'lost' }
    return this.#confirm(root)
  }

  /** The changed tree; null when a node of `old` is gone because `old` is not the newest root any more. */
  async #changeTree(old: Root, change: CatalogChange, nonce: string): Promise<ChangedTree | null> {
    try {
      return await changeTree(old, change.tree, { nodes: this.nodes, nonce })
    } catch (cause) {
      if (!isCode(cause, objectMissing)) throw cause
      const newest = await this.newestRoot()
      if (newest.seq > old.seq) return null
      throw catalogCorrupt.make(`root ${old.seq} names an object that is missing`, { cause })
    }
  }

  #next(old: Root, made: { change: CatalogChange; tree: ChangedTree; nonce: string }): Root {
    const { change, tree, nonce } = made
    const seq = old.seq + 1
    const atMs = this.#deps.clock.nowMs()
    const gone = [
      ...tree.dropped,
      ...change.tree.remove.map((entry) => entry.key),
      ...change.folded.flatMap(({ keys }) => keys),
    ]
    const kept = old.retired.filter(({ key }) => change.deleted?.has(key) !== true)
    const floors = Object.fromEntries(change.folded.map(({ chain, to }) => [chain, to]))
    return {
      signal: old.signal,
      seq,
      nonce,
      createdMs: atMs,
      history: old.seq === 0 ? [] : [historyLine(old), ...old.history].slice(0, historyLength),
      floors: { ...old.floors, ...floors },
      logs: { ...old.logs, ...change.logs },
      shared: tree.shared,
      buckets: tree.buckets,
      tombstones: old.tombstones,
      retired: [...kept, ...gone.map((key) => ({ key, seq, atMs }))],
    }
  }

  async #nonceAt(key: string): Promise<string | null> {
    try {
      const { bytes } = await this.#deps.store.get(key)
      return decodeRoot(this.#deps.codec.decode(bytes, key)).nonce
    } catch (error) {
      if (isCode(error, objectMissing)) return null
      throw error
    }
  }

  async #confirm(root: Root): Promise<Attempt> {
    const newest = await this.newestRoot()
    if (newest.seq === root.seq && newest.nonce === root.nonce) return { root, outcome: 'won' }
    if (newest.history.includes(historyLine(root))) return { root: newest, outcome: 'won' }
    return { root, outcome: 'lost' }
  }
}

function checkFloors(old: Root, { folded }: CatalogChange): void {
  for (const { chain, from } of folded) {
    const floor = old.floors[chain] ?? 0
    if (floor !== from) {
      throw catalogConflict.make(`the floor of ${chain} is ${floor}, the change starts at ${from}`)
    }
  }
}
