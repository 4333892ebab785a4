/**
 * Whether the heap of a thread still has room, for work that a user can make as large as he likes. V8
 * must not find out: it ends a thread whose heap is full, and where that is found while a table of some
 * megabytes grows, the whole process (`Map` and arrays of numbers do, tried). So who does such work asks
 * here while it grows, and gives up in time; the limit that V8 gets is far above (`cmd/memory.ts`).
 *
 * What is on the heap is garbage for a good part. It is collected here before it is counted, at three quarters
 * of the limit and again with each eighth more: so the heap does not grow far above what lives, either.
 */
import v8 from 'node:v8'
import { collectOfV8 } from './collector-of-v8.ts'

/** The parts of the limit at which garbage is collected: first, and then with each more. */
const firstPart = 3 / 4
const stepPart = 1 / 8

/** What is asked of the thread; others in tests. */
export interface HeapOf {
  readonly usedBytes: () => number
  /** Collects all garbage. */
  readonly collect: () => void
}

function ownHeap(): HeapOf {
  const collect = collectOfV8()
  return {
    usedBytes: () => v8.getHeapStatistics().used_heap_size,
    collect: () => collect?.({ type: 'major' }),
  }
}

/** Returns what says whether less than `limitBytes` of the thread's heap live; half a microsecond as a rule. */
export function createHeapRoom(limitBytes: number, of: HeapOf = ownHeap()): () => boolean {
  const first = limitBytes * firstPart
  let next = first
  return () => {
    if (of.usedBytes() < next) return true
    of.collect()
    const live = of.usedBytes()
    next = Math.max(first, live + limitBytes * stepPart)
    return live < limitBytes
  }
}
