/**
 * Memory of a thread's flushes, used again from flush to flush: an arena for the lanes of all rows and
 * for the vectors of a page, and the table that numbers values.
 */
import { Arena, type Allocator } from '#base/bytes/arena.ts'
import { keptOf } from '#base/bytes/kept.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import { ValueCodes } from './value-codes.ts'

/**
 * What is kept, in slabs. A flush takes up to two runs (`ingester/flusher.ts`); their lanes take half as much
 * as they do, those of data points twice that. A flush that needs more gives the rest back.
 */
const keptSlabs = 4

export class PageMemory {
  readonly arena: Arena
  /** For the columns of a page and the attributes that stand row by row, one after the other. */
  readonly codes = new ValueCodes()

  constructor(slabBytes: number) {
    const bytes = keptSlabs * slabBytes
    this.arena = new Arena(bytes, keptOf(bytes))
  }
}

const memories = new WeakMap<Slabs, PageMemory>()

/** The memory of this thread for flushes of runs in these slabs; one flush at a time. */
export function pageMemory(slabs: Slabs): PageMemory {
  let memory = memories.get(slabs)
  if (memory === undefined) memories.set(slabs, (memory = new PageMemory(slabs.slabBytes)))
  return memory
}

/** As `words`, signed. */
export function ints(memory: Allocator, count: number): Int32Array<ArrayBuffer> {
  const { buffer, byteOffset } = memory.words(count)
  return new Int32Array(buffer, byteOffset, count)
}
