/**
 * Open blocks of a query worker: a block's footer and sections are read once and kept while it is
 * among the most recently used, so that dashboards that ask the same range again read only pages. What
 * they hold grows as queries read tables of theirs, so it is counted anew whenever one is opened. Those that
 * queries under way read stay with them when they are dropped here: a table of streams as it is stored each.
 */
import { openBlock, type Block } from '#storage/block/open.ts'
import { PlainStretches } from '#storage/block/open-streams.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { Store } from '#storage/objects/store.ts'

/** Most blocks kept open, however little they hold. */
const openMax = 128

interface Opening {
  readonly block: Promise<Block>
  /** Once it is open. */
  opened: Block | null
}

export class BlockCache {
  readonly #store: Pick<Store, 'get'>
  readonly #maxBytes: number
  readonly #plain: PlainStretches
  /** Most recently used last. */
  readonly #open = new Map<string, Opening>()

  /** `maxBytes`: half of it for what blocks hold, half for streams that are decoded. */
  constructor(store: Pick<Store, 'get'>, maxBytes: number) {
    this.#store = store
    this.#maxBytes = maxBytes / 2
    this.#plain = new PlainStretches(maxBytes / 2)
  }

  /** The open block. Objects are written once in their life, so the key says all. */
  open(entry: BlockEntry): Promise<Block> {
    const { key } = entry
    const opening = this.#open.get(key) ?? this.#begin(entry)
    this.#open.delete(key)
    this.#open.set(key, opening)
    this.#drop()
    return opening.block
  }

  /** Bytes that the blocks hold, and their streams that are decoded. */
  get heldBytes(): number {
    let bytes = this.#plain.heldBytes
    for (const { opened } of this.#open.values()) bytes += opened?.heldBytes ?? 0
    return bytes
  }

  #begin({ key, bytes }: BlockEntry): Opening {
    const store = this.#store
    const source = {
      size: bytes,
      read: async (from: number, to: number) => (await store.get(key, { from, to })).bytes,
    }
    const opening: Opening = { block: openBlock(source, { plain: this.#plain }), opened: null }
    opening.block.then(
      (block) => (opening.opened = block),
      // A failure is not kept: the next query tries again.
      () => this.#open.delete(key),
    )
    return opening
  }

  /** Drops the blocks used least recently until the others are within the limits; the last one stays. */
  #drop(): void {
    let over = this.heldBytes - this.#plain.heldBytes - this.#maxBytes
    for (const [key, { opened }] of this.#open) {
      if (this.#open.size === 1 || (over <= 0 && this.#open.size <= openMax)) return
      this.#open.delete(key)
      over -= opened?.heldBytes ?? 0
    }
  }
}
