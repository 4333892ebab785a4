/** Retention by age: which blocks are over, from the sums of the tree down to the blocks. */
import { maxMsOf, type BlockEntry } from '#storage/catalog/block-entry.ts'
import type { NodeSource } from '#storage/catalog/nodes.ts'
import type { Root } from '#storage/catalog/root.ts'
import { ownerBlocks, tenantSums } from '#storage/catalog/walk.ts'

/** Blocks removed by one commit: bounds what the commit rewrites. */
const removedAtOnce = 1000

/**
 * Blocks whose newest row is older than `cutoffMs`, at most as many as one commit takes. Owners
 * without old rows cost nothing but their bucket.
 */
export async function expiredBlocks(
  root: Root,
  nodes: NodeSource,
  cutoffMs: number,
): Promise<BlockEntry[]> {
  const found: BlockEntry[] = []
  for (const ref of (await tenantSums(root, nodes)).values()) {
    if (ref.minMs >= cutoffMs) continue
    const old = await ownerBlocks(nodes, ref, { fromMs: -Infinity, toMs: cutoffMs })
    found.push(...old.filter((entry) => maxMsOf(entry) < cutoffMs))
    if (found.length >= removedAtOnce) break
  }
  return found.slice(0, removedAtOnce)
}
