/**
 * The nodes between root and blocks, read through a cache. Nodes never change and their names are the
 * hash of their bytes, so a cached node is never stale. Each holds the nonce of its commit, so no name
 * is ever written twice and a deleted one never comes back.
 */
import type { Tenant } from '#schemas/tenant.ts'
import type { Store } from '#storage/objects/store.ts'
import { decodeEntry, type BlockEntry } from './block-entry.ts'
import { catalogCorrupt } from './errors.ts'
import { nodeKey, type NodeKind } from './names.ts'
import type { NodeCodec } from './node-file.ts'
import { decodeRef, type Ref } from './root.ts'
import { asArray, asFields, asText } from './shape.ts'

/** A list, not an object: `__proto__` is a valid tenant. */
export interface TenantRef {
  readonly tenant: Tenant
  readonly ref: Ref
}

export interface BucketNode {
  readonly kind: 'bucket'
  readonly nonce: string
  readonly tenants: readonly TenantRef[]
}

/** Blocks of one month whose first rows lie in [minMs, next leaf's minMs). */
export interface Leaf {
  readonly month: string
  readonly ref: Ref
}

export interface TenantNode {
  readonly kind: 'tenant'
  readonly nonce: string
  /** Ascending by month, then by first time; a month of many blocks has several leaves. */
  readonly leaves: readonly Leaf[]
}

export interface MonthNode {
  readonly kind: 'month'
  readonly nonce: string
  readonly blocks: readonly BlockEntry[]
}

export type CatalogNode = BucketNode | TenantNode | MonthNode

/** A node that was built but not written yet. */
export interface StagedNode {
  readonly key: string
  readonly bytes: Uint8Array
}

export function decodeNode(value: unknown, what: string): CatalogNode {
  const fields = asFields(value, what)
  const nonce = asText(fields['nonce'], `nonce of ${what}`)
  const kind = fields['kind']
  if (kind === 'bucket') {
    const tenants = asArray(fields['tenants'], `tenants of ${what}`).map((held) => {
      const { tenant, ref } = asFields(held, `tenant of ${what}`)
      return {
        tenant: asText(tenant, `tenant in ${what}`),
        ref: decodeRef(ref, `tenant of ${what}`),
      }
    })
    return { kind, nonce, tenants }
  }
  if (kind === 'tenant') {
    const leaves = asArray(fields['leaves'], `leaves of ${what}`).map((leaf) => {
      const { month, ref } = asFields(leaf, `leaf of ${what}`)
      return { month: asText(month, `month in ${what}`), ref: decodeRef(ref, `leaf of ${what}`) }
    })
    return { kind, nonce, leaves }
  }
  if (kind !== 'month') throw catalogCorrupt.make(`${what} is no node of the tree`)
  const blocks = asArray(fields['blocks'], `blocks of ${what}`)
  return { kind, nonce, blocks: blocks.map((block) => decodeEntry(block, `block in ${what}`)) }
}

/** Bytes of stored nodes that are kept decoded: about 100,000 block entries. */
const defaultCacheBytes = 8 << 20

/** Where nodes come from: the cache, what a commit staged, the store. */
export class NodeSource {
  readonly #store: Store
  readonly #signal: string
  readonly #codec: NodeCodec
  readonly #cacheBytes: number
  /** Oldest use first. */
  readonly #cache = new Map<string, { node: CatalogNode; bytes: number }>()
  #cachedBytes = 0

  constructor(
    source: { store: Store; signal: string; codec: NodeCodec },
    cacheBytes = defaultCacheBytes,
  ) {
    this.#store = source.store
    this.#signal = source.signal
    this.#codec = source.codec
    this.#cacheBytes = cacheBytes
  }

  /** The node of a reference. Throws `object-missing` when it was deleted: the caller's root is old. */
  async load<K extends CatalogNode['kind']>(
    kind: K,
    key: string,
  ): Promise<Extract<CatalogNode, { kind: K }>> {
    const cached = this.#cache.get(key)
    let node = cached?.node
    if (cached === undefined) {
      const { bytes } = await this.#store.get(key)
      node = decodeNode(this.#codec.decode(bytes, key), key)
      this.#keep(key, node, bytes.length)
    } else {
      this.#cache.delete(key)
      this.#cache.set(key, cached)
    }
    if (node?.kind !== kind) throw catalogCorrupt.make(`${key} is not a ${kind} node`)
    return node as Extract<CatalogNode, { kind: K }> // its kind was compared above
  }

  /** Encodes a node, keeps it decoded, and gives its name and bytes to be written. */
  stage(kind: NodeKind, node: CatalogNode): StagedNode {
    const bytes = this.#codec.encode(node)
    const key = nodeKey(this.#signal, kind, bytes)
    this.#keep(key, node, bytes.length)
    return { key, bytes }
  }

  #keep(key: string, node: CatalogNode, bytes: number): void {
    if (this.#cache.has(key)) return
    this.#cache.set(key, { node, bytes })
    this.#cachedBytes += bytes
    for (const [oldest, held] of this.#cache) {
      if (this.#cachedBytes <= this.#cacheBytes || oldest === key) break
      this.#cache.delete(oldest)
      this.#cachedBytes -= held.bytes
    }
  }
}
