/** Reading the tree: the blocks of a tenant and time range, all blocks, and all node names. */
import type { Tenant } from '#schemas/tenant.ts'
import { maxMsOf, partOf, type BlockEntry } from './block-entry.ts'
import { bucketOf } from './names.ts'
import type { NodeSource } from './nodes.ts'
import type { Ref, Root } from './root.ts'

/** Both ends inclusive, wall ms. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** The blocks under `root` that may hold rows of the tenant in the range, newest last row first. */
export async function blocksOf(
  root: Root,
  nodes: NodeSource,
  want: { tenant: Tenant; range: TimeRange },
): Promise<BlockEntry[]> {
  const { tenant, range } = want
  const found: BlockEntry[] = []
  const bucket = root.buckets[bucketOf(tenant)]
  if (bucket !== undefined && overlaps(bucket, range)) {
    const { tenants } = await nodes.load('bucket', bucket.key)
    const own = tenants.find((held) => held.tenant === tenant)
    if (own !== undefined) await collect(nodes, own.ref, { want, found })
  }
  if (root.shared !== null) await collect(nodes, root.shared, { want, found })
  return newestFirst(found)
}

async function collect(
  nodes: NodeSource,
  ref: Ref,
  { want, found }: { want: { tenant: Tenant; range: TimeRange }; found: BlockEntry[] },
): Promise<void> {
  if (!overlaps(ref, want.range)) return
  for (const entry of await ownerBlocks(nodes, ref, want.range)) {
    if (mayHold(entry, want)) found.push(entry)
  }
}

/** Whether the block holds rows of the tenant whose time range meets the wanted one. */
export function mayHold(
  entry: BlockEntry,
  { tenant, range }: { tenant: Tenant; range: TimeRange },
): boolean {
  const part = partOf(entry, tenant)
  return part !== null && overlaps(part, range)
}

function overlaps(held: { minMs: number; maxMs: number }, range: TimeRange): boolean {
  return held.minMs <= range.toMs && held.maxMs >= range.fromMs
}

/** Newest last row first; equal ones by name, so that the order is the same everywhere. */
export function newestFirst(entries: readonly BlockEntry[]): BlockEntry[] {
  const keyed = entries.map((entry) => ({ entry, maxMs: maxMsOf(entry) }))
  keyed.sort((a, b) => b.maxMs - a.maxMs || (a.entry.key < b.entry.key ? -1 : 1))
  return keyed.map(({ entry }) => entry)
}

/** Everything the root names: the nodes of its tree and the blocks. Reads the whole tree. */
export async function walkTree(
  root: Root,
  nodes: NodeSource,
  visit: { node?: (key: string) => void; block?: (entry: BlockEntry) => void },
): Promise<void> {
  const walkTenant = async (ref: Ref): Promise<void> => {
    visit.node?.(ref.key)
    for (const leaf of (await nodes.load('tenant', ref.key)).leaves) {
      visit.node?.(leaf.ref.key)
      for (const entry of (await nodes.load('month', leaf.ref.key)).blocks) visit.block?.(entry)
    }
  }
  if (root.shared !== null) await walkTenant(root.shared)
  for (const bucket of Object.values(root.buckets)) {
    visit.node?.(bucket.key)
    for (const { ref } of (await nodes.load('bucket', bucket.key)).tenants) await walkTenant(ref)
  }
}

/** What each tenant holds under the root; shared blocks under null. Reads the bucket nodes only. */
export async function tenantSums(root: Root, nodes: NodeSource): Promise<Map<Tenant | null, Ref>> {
  const sums = new Map<Tenant | null, Ref>()
  if (root.shared !== null) sums.set(null, root.shared)
  for (const bucket of Object.values(root.buckets)) {
    const { tenants } = await nodes.load('bucket', bucket.key)
    for (const { tenant, ref } of tenants) sums.set(tenant, ref)
  }
  return sums
}

/** The blocks below a tenant's reference that meet the range; all of its leaves there are read. */
export async function ownerBlocks(
  nodes: NodeSource,
  ref: Ref,
  range: TimeRange,
): Promise<BlockEntry[]> {
  const { leaves } = await nodes.load('tenant', ref.key)
  const near = leaves.filter((leaf) => overlaps(leaf.ref, range))
  const loaded = await Promise.all(near.map((leaf) => nodes.load('month', leaf.ref.key)))
  return loaded.flatMap(({ blocks }) => blocks)
}
