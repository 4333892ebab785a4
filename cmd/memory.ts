/**
 * Divides the one memory setting into budgets. The process, its threads and their heaps take a base;
 * of the rest runs get the most, because they decide how large blocks become.
 */
import type { BudgetName } from '#base/flow/budget.ts'
import { defaultChoice } from '#compactor/choose.ts'

export interface MemoryPlan {
  readonly totalBytes: number
  readonly slabBytes: number
  readonly slabs: number
  readonly budgets: Readonly<Record<BudgetName, number>>
  /** Queries that may read at once: each holds a page or two. */
  readonly readers: number
  /** What threads keep of the memory they worked with (`base/bytes/kept.ts`). */
  readonly keptShare: number
  /** Garbage outside of its heap that a thread may leave before it is collected; Infinity leaves it to V8. */
  readonly garbageBytes: number
  /** Old generation of a worker's heap, MB. */
  readonly heapMb: number
}

const mebi = 2 ** 20

/**
 * What the program needs besides its budgets, measured at work (`npm run bench -- memory`): code 63 MiB,
 * the heaps of main thread and four workers 120, small buffers 85, and what a flush or fold holds.
 */
const baseBytes = 288 * mebi
/**
 * What a small process needs on top of it: the garbage of workers between two collections does not shrink
 * with the setting, and is a large part of a small one.
 */
const smallExtraBytes = 128 * mebi
/** The least with which every signal can have an open run, a sealed one and a stream table, also while the Log is read back into others. */
const minSlabs = 18
/** What threads keep of arenas, writers and tables: at a GiB the background worker kept some 120 MiB between two pieces of work. */
const keptShares: readonly (readonly [below: number, share: number])[] = [
  [1024 * mebi, 0.125],
  [2048 * mebi, 0.5],
]
/** As little as costs a few percent of ingest's CPU. */
const smallGarbageBytes = 16 * mebi
/** A page of wide rows, as stored and as read. */
const readerBytes = 16 * mebi
/** With fewer, one query that takes its time keeps all others waiting. */
const minReaders = 3
/** Larger runs make larger blocks; small ones let a small memory hold enough of them. */
const slabSizes = [16 * mebi, 8 * mebi, 4 * mebi]

/** With less, memory is saved where it costs CPU or larger blocks. */
export const smallMemoryBytes = 1024 * mebi
/** From here on memory is spent where it saves CPU. */
export const roomyMemoryBytes = 2048 * mebi

/** The memory of a process on a machine that nobody set a limit for. */
export function defaultMemory(machineBytes: number): number {
  return Math.min(2048 * mebi, Math.floor(machineBytes / 4))
}

export function planMemory(totalBytes: number): MemoryPlan {
  const extraBytes = totalBytes < smallMemoryBytes ? smallExtraBytes : 0
  const free = Math.max(128 * mebi, totalBytes - baseBytes - extraBytes)
  const runBytes = Math.floor(free * 0.4)
  const slabBytes = slabSizes.find((bytes) => runBytes >= minSlabs * bytes) ?? 4 * mebi
  const budgets = {
    request: Math.floor(free * 0.2),
    query: Math.floor(free * 0.25),
    read: Math.floor(free * 0.05),
    run: runBytes,
    cache: Math.floor(free * 0.1),
  }
  return {
    totalBytes,
    slabBytes,
    slabs: Math.max(minSlabs, Math.floor(runBytes / slabBytes)),
    budgets,
    keptShare: keptShares.find(([below]) => totalBytes < below)?.[1] ?? 1,
    garbageBytes: totalBytes < smallMemoryBytes ? smallGarbageBytes : Infinity,
    // Nothing else is cached yet.
    readers: Math.max(minReaders, Math.floor((budgets.read + budgets.cache) / readerBytes)),
    heapMb: Math.max(128, Math.floor((free * 0.5) / mebi)),
  }
}

/** A merge holds the blocks it writes in memory, so that they follow from it, up to the format's 256 MiB. */
export function compactionSizes({ totalBytes }: MemoryPlan) {
  const { maxBlockBytes, maxJobBytes, lateAfterMs } = defaultChoice(1)
  const share = totalBytes < smallMemoryBytes ? 64 : 16
  const blockBytes = Math.min(maxBlockBytes, Math.floor(totalBytes / share))
  return {
    maxBlockBytes: blockBytes,
    maxJobBytes: Math.min(maxJobBytes, blockBytes * 4),
    lateAfterMs,
  }
}
