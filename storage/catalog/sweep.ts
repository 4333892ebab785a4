/**
 * Deleting objects. Only two things are ever deleted: what a committed root lists as retired, once
 * nobody can still be reading it (R7); and orphans, which no root ever named because their writer
 * died between put and commit.
 */
import { mapLimit } from '#base/flow/map-limit.ts'
import type { Clock } from '#base/clock.ts'
import type { ObjectInfo, Store } from '#storage/objects/store.ts'
import {
  catalogPrefix,
  dataPrefix,
  l0Prefix,
  parseL0Key,
  parseRootKey,
  rootPrefix,
} from './names.ts'
import type { NodeSource } from './nodes.ts'
import type { PinLedger } from './pins.ts'
import type { Retired, Root } from './root.ts'
import { walkTree } from './walk.ts'

/** Whether a retired object may be deleted, given the newest root. */
export type DeletionRule = (retired: Retired, newest: Root) => boolean

/** One process: an object goes when no pinned root is older than the root that dropped it. */
export function oneProcessRule(signal: string, pins: PinLedger): DeletionRule {
  return ({ seq }) => {
    const oldest = pins.oldestRoot(signal)
    return oldest === null || oldest >= seq
  }
}

/** Fleet: a root later, and after the grace time: longest query and five minutes. */
export function fleetRule(clock: Pick<Clock, 'nowMs'>, graceMs: number): DeletionRule {
  return ({ seq, atMs }, newest) => newest.seq > seq && clock.nowMs() - atMs >= graceMs
}

/** Deletions at once. */
const deletionsAtOnce = 8

/** Deletes what `root` lists as retired and `rule` lets go; gives the names. `root` must be committed. */
export async function sweepRetired(
  store: Store,
  root: Root,
  rule: DeletionRule,
): Promise<readonly string[]> {
  const keys = root.retired.filter((retired) => rule(retired, root)).map(({ key }) => key)
  await deleteAll(store, keys)
  return keys
}

async function deleteAll(store: Store, keys: readonly string[]): Promise<void> {
  for await (const _ of mapLimit(keys, deletionsAtOnce, (key) => store.delete(key)));
}

export interface OrphanSweep {
  readonly store: Store
  readonly signal: string
  readonly nodes: NodeSource
  readonly clock: Pick<Clock, 'nowMs'>
  readonly newestRoot: () => Promise<Root>
  /**
   * Younger objects are left alone: their writer may be about to commit them. 0 at the start of a
   * process that has locked the store; otherwise longer than any job may take; 48 h in a fleet.
   */
  readonly minAgeMs: number
}

/** Roots kept behind the newest, fewer than a root remembers (`historyLength`). */
export const rootsKept = 16

/** Deletes orphans, void L0 objects and old roots; gives their names; none without a root. Lists everything and reads the whole tree. */
export async function sweepOrphans(sweep: OrphanSweep): Promise<readonly string[]> {
  const { store, signal, clock } = sweep
  // Listed before the root is read: what is committed in between is named by the root.
  const listed = [
    ...(await store.list(dataPrefix(signal))),
    ...(await store.list(catalogPrefix(signal))),
    ...(await store.list(l0Prefix(signal))),
  ]
  const roots = await store.list(rootPrefix(signal))
  const root = await sweep.newestRoot()
  // Either nothing was ever committed, or the roots are lost; then the rest is all that there is to mend it with.
  if (root.seq === 0) return []
  const known = new Set(root.retired.map(({ key }) => key))
  await walkTree(root, sweep.nodes, {
    node: (key) => known.add(key),
    block: (entry) => known.add(entry.key),
  })
  const old = (info: ObjectInfo) => clock.nowMs() - info.modifiedMs >= sweep.minAgeMs
  const orphans = listed.filter((info) => {
    if (parseRootKey(info.key) !== null || known.has(info.key) || !old(info)) return false
    const l0 = parseL0Key(info.key)
    return l0 === null || l0.start < (root.floors[l0.chain] ?? 0)
  })
  const oldRoots = roots.filter((info) => {
    const seq = parseRootKey(info.key) ?? 0
    return seq + rootsKept < root.seq && old(info)
  })
  const keys = [...orphans, ...oldRoots].map(({ key }) => key)
  await deleteAll(store, keys)
  return keys
}
