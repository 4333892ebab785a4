/** Between blocks and the catalog: the entry of a block that was written, and the L0 objects a chain reads. */
import type { BlockMeta } from '#storage/block/meta.ts'
import { openBlock } from '#storage/block/open.ts'
import type { Store } from '#storage/objects/store.ts'
import type { BlockEntry } from './block-entry.ts'
import type { ReadL0 } from './l0.ts'

/** What the catalog knows of a block stored under `key`. Times are widened to whole ms. */
export function entryOfBlock(
  meta: BlockMeta,
  place: { key: string; shared: boolean; late: boolean },
): BlockEntry {
  return {
    ...place,
    bytes: meta.size,
    level: meta.level,
    fromOffset: meta.startOffset,
    toOffset: meta.endOffset,
    tenants: meta.sections.map((section) => ({
      tenant: section.tenant,
      rows: section.rows,
      bytes: section.length,
      streams: section.streams,
      minMs: wholeMs(BigInt(section.minTimeNs)),
      maxMs: wholeMs(BigInt(section.maxTimeNs) + 999_999n),
    })),
  }
}

function wholeMs(ns: bigint): number {
  const ms = ns / 1_000_000n
  return Number(ns % 1_000_000n < 0n ? ms - 1n : ms)
}

/** Reads the footers of L0 blocks. */
export function l0Reader(store: Pick<Store, 'get' | 'list'>): ReadL0 {
  return async ({ key, bytes, etag }) => {
    const how = etag === null ? {} : { ifMatch: etag }
    const size = bytes ?? (await sizeOf(store, key))
    const block = await openBlock({
      size,
      read: async (from, to) => (await store.get(key, { from, to }, how)).bytes,
    })
    return {
      entry: entryOfBlock(block.meta, { key, shared: true, late: false }),
      nonce: block.meta.nonce,
    }
  }
}

async function sizeOf(store: Pick<Store, 'get' | 'list'>, key: string): Promise<number> {
  const found = (await store.list(key, { limit: 1 })).find((object) => object.key === key)
  // Not listed: reading it says in which way it is missing.
  return found?.size ?? (await store.get(key)).bytes.length
}
