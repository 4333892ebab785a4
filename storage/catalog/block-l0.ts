/** Real blocks for the catalog: a block's footer as an entry, and the reader of L0 objects. */
import { bytesSource, type ByteSource } from '#storage/block/source.ts'
import type { BlockMeta } from '#storage/block/meta.ts'
import { openBlock, type OpenOptions } from '#storage/block/open.ts'
import type { Store } from '#storage/objects/store.ts'
import type { BlockEntry } from './block-entry.ts'
import type { ReadL0 } from './l0.ts'

const nsPerMs = 1_000_000n

/** Whole ms at or before, and at or after, a time in ns. */
function floorMs(ns: bigint): number {
  const ms = ns / nsPerMs
  return Number(ms * nsPerMs > ns ? ms - 1n : ms)
}

function ceilMs(ns: bigint): number {
  return -floorMs(-ns)
}

/** What the catalog keeps of a block that is stored under `key`. `shared`: it holds, or may hold, many tenants. */
export function entryOfBlock(
  key: string,
  meta: BlockMeta,
  kind: { readonly shared: boolean; readonly late: boolean },
): BlockEntry {
  return {
    key,
    bytes: meta.size,
    level: meta.level,
    shared: kind.shared,
    late: kind.late,
    fromOffset: meta.startOffset,
    toOffset: meta.endOffset,
    tenants: meta.sections.map(({ tenant, rows, length, minTimeNs, maxTimeNs }) => ({
      tenant,
      rows,
      bytes: length,
      minMs: floorMs(BigInt(minTimeNs)),
      maxMs: ceilMs(BigInt(maxTimeNs)),
    })),
  }
}

/** Reads footers of L0 blocks, a listed one with two range reads, one that was not listed as a whole. */
export function blockL0Reader(store: Pick<Store, 'get'>, options: OpenOptions = {}): ReadL0 {
  return async ({ key, bytes, etag }) => {
    const how = etag === null ? {} : { ifMatch: etag }
    const source: ByteSource =
      bytes === null
        ? bytesSource((await store.get(key, null, how)).bytes)
        : {
            size: bytes,
            read: async (from, to) => (await store.get(key, { from, to }, how)).bytes,
          }
    const { meta } = await openBlock(source, options)
    return { entry: entryOfBlock(key, meta, { shared: true, late: false }), nonce: meta.nonce }
  }
}
