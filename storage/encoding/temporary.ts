/**
 * Memory for what an encoder or decoder needs only while it runs: taken from one arena per thread,
 * and given back when the call that took it returns or throws. Calls nest.
 */
import { Arena, type Allocator } from '#base/bytes/arena.ts'

/** What is kept between calls: the words, offsets and byte planes of the largest columns but texts. */
const keptBytes = 8 * 1024 * 1024

/**
 * Kept in any case, even where threads keep little: what pages of L0 need. A chunk that went with every call would come
 * back with the next one, some dozen times a page.
 */
const leastBytes = 4 * 1024 * 1024

const arena = new Arena(keptBytes)
let depth = 0

/** Runs `work` with memory that is valid until it returns; nothing of it may be in the result. */
export function withTemporary<T>(work: (memory: Allocator) => T): T {
  const mark = arena.mark()
  depth++
  try {
    return work(arena)
  } finally {
    if (--depth === 0 && arena.capacity > leastBytes) arena.reset()
    else arena.release(mark)
  }
}
