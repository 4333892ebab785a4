/**
 * The tree of blocks under a root: bucket → tenant → leaves by month → blocks, and one more tenant
 * node for blocks that hold many tenants. All nodes are immutable: a change gives new nodes for the
 * paths it touches and new references for the root; everything else is shared with the old tree.
 */
import { assert } from '#base/assert.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { maxMsOf, minMsOf, type BlockEntry } from './block-entry.ts'
import { catalogConflict } from './errors.ts'
import { bucketOf, monthOf } from './names.ts'
import type { CatalogNode, Leaf, NodeSource, StagedNode, TenantNode } from './nodes.ts'
import type { Ref, Root } from './root.ts'

/** Blocks to add and to remove; every removed block must be there. */
export interface TreeChange {
  readonly add: readonly BlockEntry[]
  readonly remove: readonly BlockEntry[]
}

export interface ChangedTree {
  readonly shared: Ref | null
  readonly buckets: Readonly<Record<string, Ref>>
  /** To be written before the root that names them (R6). */
  readonly staged: readonly StagedNode[]
  /** Nodes of the old tree that the new one does not name. */
  readonly dropped: readonly string[]
}

/**
 * Weight of a leaf, in blocks of one tenant; about 250 bytes of JSON each. A full leaf is split in
 * two. Larger leaves make each commit write more, smaller ones make long queries read more objects.
 */
const maxLeafWeight = 1000

function weightOf(entry: BlockEntry): number {
  return 1 + (entry.tenants.length - 1) / 3
}

interface Build {
  readonly nodes: NodeSource
  readonly nonce: string
  readonly staged: Map<string, StagedNode>
  readonly dropped: string[]
}

/** Applies a change; throws `catalog-conflict` when a block to remove is gone or one to add is there. Writes nothing. */
export async function changeTree(
  root: Root,
  change: TreeChange,
  options: { nodes: NodeSource; nonce: string },
): Promise<ChangedTree> {
  const build: Build = { ...options, staged: new Map(), dropped: [] }
  const byTenant = groupByTenant(change)
  const sharedChange = byTenant.get(null)
  byTenant.delete(null)
  const shared =
    sharedChange === undefined ? root.shared : await changeTenant(build, root.shared, sharedChange)
  const buckets: Record<string, Ref> = { ...root.buckets }
  for (const [bucket, tenants] of groupByBucket(byTenant)) {
    const changed = await changeBucket(build, buckets[bucket] ?? null, tenants)
    if (changed === null) delete buckets[bucket]
    else buckets[bucket] = changed
  }
  return { shared, buckets, staged: [...build.staged.values()], dropped: build.dropped }
}

type TenantChange = { add: BlockEntry[]; remove: BlockEntry[] }

/** null stands for shared blocks. */
function groupByTenant(change: TreeChange): Map<Tenant | null, TenantChange> {
  const groups = new Map<Tenant | null, TenantChange>()
  const groupOf = (entry: BlockEntry) => {
    const owner = entry.shared ? null : (entry.tenants[0]?.tenant ?? null)
    let group = groups.get(owner)
    if (group === undefined) groups.set(owner, (group = { add: [], remove: [] }))
    return group
  }
  for (const entry of change.add) {
    assert(entry.tenants.length > 0, `block ${entry.key} has a tenant`)
    groupOf(entry).add.push(entry)
  }
  for (const entry of change.remove) groupOf(entry).remove.push(entry)
  return groups
}

function groupByBucket(
  byTenant: ReadonlyMap<Tenant | null, TenantChange>,
): Map<string, [Tenant, TenantChange][]> {
  const buckets = new Map<string, [Tenant, TenantChange][]>()
  for (const [tenant, change] of byTenant) {
    if (tenant === null) continue
    const bucket = bucketOf(tenant)
    const list = buckets.get(bucket) ?? []
    list.push([tenant, change])
    buckets.set(bucket, list)
  }
  return buckets
}

async function changeBucket(
  build: Build,
  old: Ref | null,
  changes: readonly [Tenant, TenantChange][],
): Promise<Ref | null> {
  const held = old === null ? [] : (await build.nodes.load('bucket', old.key)).tenants
  const tenants = new Map(held.map(({ tenant, ref }) => [tenant, ref]))
  if (old !== null) build.dropped.push(old.key)
  for (const [tenant, change] of changes) {
    const changed = await changeTenant(build, tenants.get(tenant) ?? null, change)
    if (changed === null) tenants.delete(tenant)
    else tenants.set(tenant, changed)
  }
  if (tenants.size === 0) return null
  const list = [...tenants].map(([tenant, ref]) => ({ tenant, ref }))
  return stage(build, { kind: 'bucket', nonce: build.nonce, tenants: list }, [...tenants.values()])
}

async function changeTenant(
  build: Build,
  old: Ref | null,
  change: TenantChange,
): Promise<Ref | null> {
  const leaves = old === null ? [] : [...(await build.nodes.load('tenant', old.key)).leaves]
  if (old !== null) build.dropped.push(old.key)
  // Leaves as lists of blocks, loaded only where the change touches them.
  const open = new Map<Leaf, BlockEntry[]>()
  for (const entry of change.remove) await removeBlock(build, { leaves, open }, entry)
  for (const entry of change.add) await addBlock(build, { leaves, open }, entry)
  const kept = leaves.filter((leaf) => !open.has(leaf))
  for (const [leaf, blocks] of open) {
    if (leaf.ref.key !== '') build.dropped.push(leaf.ref.key)
    kept.push(...splitLeaf(blocks).map((part) => stageLeaf(build, leaf.month, part)))
  }
  if (kept.length === 0) return null
  kept.sort(byMonthAndTime)
  const node: TenantNode = { kind: 'tenant', nonce: build.nonce, leaves: kept }
  return stage(
    build,
    node,
    kept.map((leaf) => leaf.ref),
  )
}

function byMonthAndTime(a: Leaf, b: Leaf): number {
  if (a.month !== b.month) return a.month < b.month ? -1 : 1
  return a.ref.minMs - b.ref.minMs
}

interface Leaves {
  readonly leaves: Leaf[]
  readonly open: Map<Leaf, BlockEntry[]>
}

async function openLeaf(build: Build, { open }: Leaves, leaf: Leaf): Promise<BlockEntry[]> {
  let blocks = open.get(leaf)
  if (blocks === undefined) {
    const node = leaf.ref.key === '' ? null : await build.nodes.load('month', leaf.ref.key)
    open.set(leaf, (blocks = [...(node?.blocks ?? [])]))
  }
  return blocks
}

async function removeBlock(build: Build, leaves: Leaves, entry: BlockEntry): Promise<void> {
  const minMs = minMsOf(entry)
  const month = monthOf(minMs)
  for (const leaf of leaves.leaves) {
    const { ref } = leaf
    // An opened leaf may have grown, so only untouched ones are skipped by their range.
    if (
      leaf.month !== month ||
      (!leaves.open.has(leaf) && (ref.minMs > minMs || ref.maxMs < minMs))
    ) {
      continue
    }
    const held = leaves.open.get(leaf) ?? (await build.nodes.load('month', ref.key)).blocks
    if (!held.some(({ key }) => key === entry.key)) continue
    const blocks = await openLeaf(build, leaves, leaf)
    blocks.splice(
      blocks.findIndex(({ key }) => key === entry.key),
      1,
    )
    return
  }
  throw catalogConflict.make(`block ${entry.key} is not in the catalog any more`)
}

async function addBlock(build: Build, leaves: Leaves, entry: BlockEntry): Promise<void> {
  const minMs = minMsOf(entry)
  const month = monthOf(minMs)
  const candidates = leaves.leaves.filter((leaf) => leaf.month === month)
  let chosen = candidates.findLast((leaf) => leaf.ref.minMs <= minMs) ?? candidates[0]
  if (chosen === undefined) {
    chosen = { month, ref: { key: '', blocks: 0, bytes: 0, minMs, maxMs: minMs } }
    leaves.leaves.push(chosen)
  }
  const blocks = await openLeaf(build, leaves, chosen)
  if (blocks.some(({ key }) => key === entry.key)) {
    throw catalogConflict.make(`block ${entry.key} is in the catalog already`)
  }
  blocks.push(entry)
}

/** The blocks in time order, in pieces that are each light enough for one object. */
function splitLeaf(blocks: readonly BlockEntry[]): BlockEntry[][] {
  if (blocks.length === 0) return []
  const sorted = blocks.toSorted((a, b) => minMsOf(a) - minMsOf(b))
  const weight = sorted.reduce((sum, entry) => sum + weightOf(entry), 0)
  if (weight <= maxLeafWeight) return [sorted]
  // Half-full pieces, so that the next commit does not split again.
  const pieceWeight = maxLeafWeight / 2
  const pieces: BlockEntry[][] = [[]]
  let filled = 0
  for (const entry of sorted) {
    if (filled > 0 && filled + weightOf(entry) > pieceWeight) {
      pieces.push([])
      filled = 0
    }
    pieces.at(-1)?.push(entry)
    filled += weightOf(entry)
  }
  return pieces
}

function stageLeaf(build: Build, month: string, blocks: readonly BlockEntry[]): Leaf {
  const node = { kind: 'month', nonce: build.nonce, blocks } as const
  const sums = blocks.map((entry) => ({
    blocks: 1,
    bytes: entry.bytes,
    minMs: minMsOf(entry),
    maxMs: maxMsOf(entry),
  }))
  return { month, ref: stage(build, node, sums) }
}

function stage(build: Build, node: CatalogNode, below: readonly Omit<Ref, 'key'>[]): Ref {
  const staged = build.nodes.stage(node.kind, node)
  build.staged.set(staged.key, staged)
  let [blocks, bytes, minMs, maxMs] = [0, 0, Infinity, -Infinity]
  for (const ref of below) {
    blocks += ref.blocks
    bytes += ref.bytes
    minMs = Math.min(minMs, ref.minMs)
    maxMs = Math.max(maxMs, ref.maxMs)
  }
  return { key: staged.key, blocks, bytes, minMs, maxMs }
}
