/**
 * Open blocks of a query worker: a block's footer and sections are read once and kept while it is
 * among the most recently used, so that dashboards that ask the same range again read only pages.
 */
import { openBlock, type Block } from '#storage/block/open.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { Store } from '#storage/objects/store.ts'

/** Blocks kept open: a footer and its section tables are some 100 KB to a few MB. */
const openMax = 128

export class BlockCache {
  readonly #store: Pick<Store, 'get'>
  /** Most recently used last. */
  readonly #open = new Map<string, Promise<Block>>()

  constructor(store: Pick<Store, 'get'>) {
    this.#store = store
  }

  /** The open block. Objects are written once in their life, so the key says all. */
  open(entry: BlockEntry): Promise<Block> {
    const { key } = entry
    const known = this.#open.get(key)
    if (known !== undefined) {
      this.#open.delete(key)
      this.#open.set(key, known)
      return known
    }
    const store = this.#store
    const opening = openBlock({
      size: entry.bytes,
      read: async (from, to) => (await store.get(key, { from, to })).bytes,
    })
    this.#open.set(key, opening)
    // A failure is not kept: the next query tries again.
    opening.catch(() => this.#open.delete(key))
    const oldest = this.#open.keys().next()
    if (this.#open.size > openMax && oldest.done !== true) this.#open.delete(oldest.value)
    return opening
  }
}
