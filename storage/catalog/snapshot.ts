/**
 * A consistent state of one signal in the store: every row below `ends` of each chain exactly once,
 * in L0 or in the tree. Read from the store by R3 and R4 (list L0 first, the root second, then the
 * listed objects with their etags), or kept in memory by the process that owns the store.
 *
 * Snapshots are plain data that never changes; they go to workers as they are. Whoever uses one pins
 * its root (`pins.ts`) in one process, or is done before the fleet's grace time is over.
 */
import type { Clock } from '#base/clock.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { ObjectInfo, Store } from '#storage/objects/store.ts'
import type { BlockEntry } from './block-entry.ts'
import { endOf } from './chain.ts'
import { snapshotRetry } from './errors.ts'
import { readListed, type L0Object, type ReadL0 } from './l0.ts'
import { l0Prefix, parseL0Key } from './names.ts'
import type { NodeSource } from './nodes.ts'
import type { Root } from './root.ts'
import { blocksOf, mayHold, newestFirst, type TimeRange } from './walk.ts'

export interface Snapshot {
  readonly signal: string
  readonly root: Root
  /** L0 blocks that the tree does not hold yet, by chain and then by offset. */
  readonly l0: readonly BlockEntry[]
  /** By chain: rows below are in this snapshot, rows from here on are in the Log. */
  readonly ends: Readonly<Record<string, number>>
}

export interface SnapshotDeps {
  readonly store: Pick<Store, 'list'>
  readonly signal: string
  readonly newestRoot: () => Promise<Root>
  readonly readL0: ReadL0
  readonly clock: Pick<Clock, 'sleep'>
}

const maxAttempts = 20
const pauseMs = 20

/** Reads a snapshot from the store. Throws `chain-broken`, and `snapshot-moving` when it never stood still. */
export async function readSnapshot(deps: SnapshotDeps): Promise<Snapshot> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) await deps.clock.sleep(pauseMs)
    const listed = await deps.store.list(l0Prefix(deps.signal))
    const root = await deps.newestRoot()
    const links = await readLinks(deps.readL0, listed, root)
    if (links !== null) return snapshotFrom(deps.signal, root, links)
  }
  throw snapshotRetry.make(`the L0 objects of ${deps.signal} changed ${maxAttempts} times`)
}

type Links = Map<string, L0Object[]>

/** The listed objects at or above their floors, by chain; null when one is gone or another by now. */
async function readLinks(
  readL0: ReadL0,
  listed: readonly ObjectInfo[],
  root: Root,
): Promise<Links | null> {
  const links: Links = new Map()
  for (const { key, etag, size } of listed) {
    const name = parseL0Key(key)
    if (name === null || name.start < (root.floors[name.chain] ?? 0)) continue
    const link = await readListed(readL0, { key, etag, bytes: size })
    if (link === null) return null
    const chain = links.get(name.chain) ?? []
    chain.push(link)
    links.set(name.chain, chain)
  }
  return links
}

function snapshotFrom(signal: string, root: Root, links: Links): Snapshot {
  const ends: Record<string, number> = { ...root.floors }
  const l0: BlockEntry[] = []
  for (const [chain, objects] of links) {
    ends[chain] = endOf(chain, root.floors[chain] ?? 0, objects)
    l0.push(...objects.map(({ entry }) => entry))
  }
  return { signal, root, l0, ends }
}

/** The blocks that may hold rows of a tenant in a time range, newest last row first. */
export async function snapshotBlocks(
  snapshot: Snapshot,
  nodes: NodeSource,
  want: { tenant: Tenant; range: TimeRange },
): Promise<BlockEntry[]> {
  const fresh = snapshot.l0.filter((entry) => mayHold(entry, want))
  return newestFirst([...fresh, ...(await blocksOf(snapshot.root, nodes, want))])
}

/** The snapshot after an L0 object was committed at the end of `chain`. */
export function withL0(snapshot: Snapshot, chain: string, entry: BlockEntry): Snapshot {
  const { signal, root, l0, ends } = snapshot
  const own = l0.findLastIndex((held) => parseL0Key(held.key)?.chain === chain)
  const at = own < 0 ? l0.length : own + 1
  return {
    signal,
    root,
    l0: l0.toSpliced(at, 0, entry),
    ends: { ...ends, [chain]: entry.toOffset },
  }
}

/** The snapshot after a root was committed: L0 objects below the new floors are in its tree now. */
export function withRoot(snapshot: Snapshot, root: Root): Snapshot {
  if (root.seq <= snapshot.root.seq) return snapshot
  const l0 = snapshot.l0.filter(({ key, fromOffset }) => {
    const chain = parseL0Key(key)?.chain ?? ''
    return fromOffset >= (root.floors[chain] ?? 0)
  })
  return { signal: snapshot.signal, root, l0, ends: { ...root.floors, ...snapshot.ends } }
}
