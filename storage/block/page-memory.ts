/**
 * Memory of the pages that a merge has open: an arena per source, taken back when the source's next page
 * is read. Arenas are kept on their thread from merge to merge.
 */
import { Arena, type Allocator } from '#base/bytes/arena.ts'
import { keptOf } from '#base/bytes/kept.ts'

/** Kept of an arena from page to page: a page of L0, or of L1 without large texts. */
const pageKeptBytes = 8 * 1024 * 1024

/** Kept on a thread between merges: what a fold of eight sources needs, which is most of the merges. */
const idleKeptBytes = 32 * 1024 * 1024

const idle: Arena[] = []
let idleBytes = 0

export class PageMemory {
  #arena = take()

  /** Memory for the next page; that of the pages before is taken back, or left to them where they are `held`. */
  next(held: boolean): Allocator {
    if (held) this.#arena = take()
    else this.#arena.reset()
    return this.#arena
  }

  /** Takes all back: no page may be in use. The object is done. */
  close(): void {
    this.#arena.reset()
    const { capacity } = this.#arena
    if (idleBytes + capacity > keptOf(idleKeptBytes)) return
    idle.push(this.#arena)
    idleBytes += capacity
  }
}

function take(): Arena {
  const arena = idle.pop()
  if (arena === undefined) return new Arena(pageKeptBytes)
  idleBytes -= arena.capacity
  return arena
}
