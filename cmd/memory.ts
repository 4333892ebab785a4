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
  /** What blocks may hold that query workers have open, all workers together. */
  readonly openBlockBytes: number
  /** What threads keep of the memory they worked with (`base/bytes/kept.ts`). */
  readonly keptShare: number
  /** Garbage outside of its heap that a thread may leave before it is collected; Infinity leaves it to V8. */
  readonly garbageBytes: number
  /** Old generation of a worker's heap, MB. */
  readonly heapMb: number
  /** What may live on the heap of a query worker; queries are refused beyond. */
  readonly queryHeapBytes: number
  /** As `heapMb`, of a query worker: never reached. */
  readonly queryHeapMb: number
}

const mebi = 2 ** 20

/**
 * What the program needs besides its budgets, measured at work (`npm run bench -- memory`): code 63 MiB,
 * the heaps of main thread and four workers 120, small buffers 85, and what a flush or fold holds.
 */
const baseBytes = 288 * mebi
/** With less, memory is saved wherever it can be. */
const smallMemoryBytes = 1024 * mebi
/** From here on memory is spent where it saves CPU. */
export const roomyMemoryBytes = 2048 * mebi

/** What a process does to stay small: what threads hold beside their budgets does not shrink with the setting by itself. */
interface Thrift {
  readonly belowBytes: number
  /** Left out of the budgets for the garbage of threads between two collections. */
  readonly extraBytes: number
  readonly keptShare: number
  readonly garbageBytes: number
  /** A merged block is at most this part of the whole memory. */
  readonly blockPart: number
}

/** The least first; collections cost ingest 5 to 10 % at 16 MiB. */
const thrifts: readonly Thrift[] = [
  {
    belowBytes: smallMemoryBytes,
    extraBytes: 128 * mebi,
    keptShare: 1 / 8,
    garbageBytes: 16 * mebi,
    blockPart: 1 / 64,
  },
  {
    belowBytes: roomyMemoryBytes,
    extraBytes: 64 * mebi,
    keptShare: 1 / 4,
    garbageBytes: 32 * mebi,
    blockPart: 1 / 32,
  },
]
const noThrift: Thrift = {
  belowBytes: Infinity,
  extraBytes: 0,
  keptShare: 1,
  garbageBytes: Infinity,
  blockPart: 1 / 16,
}

function thriftOf(totalBytes: number): Thrift {
  return thrifts.find(({ belowBytes }) => totalBytes < belowBytes) ?? noThrift
}

/** The least with which every signal can have an open run, a sealed one and a stream table, also while the Log is read back into others. */
const minSlabs = 18
/** A page of wide rows, as stored and as read. */
const readerBytes = 16 * mebi
/** With fewer, one query that takes its time keeps all others waiting. */
const minReaders = 3
/** Larger runs make larger blocks; small ones let a small memory hold enough of them. */
const slabSizes = [16 * mebi, 8 * mebi, 4 * mebi]

/** The heap of a query worker beside what queries hold: code and queries under way; and streams that are kept for the next (`storage/run/identities.ts`). */
const idleHeapBytes = 48 * mebi
const keptHeapBytes = 128 * mebi
/** V8's limit lies where a table of everything that may live can double, with some growth between two looks at the heap. */
const growthMb = 128

/** The memory of a process on a machine that nobody set a limit for. */
export function defaultMemory(machineBytes: number): number {
  return Math.min(roomyMemoryBytes, Math.floor(machineBytes / 4))
}

export function planMemory(totalBytes: number): MemoryPlan {
  const { extraBytes, keptShare, garbageBytes } = thriftOf(totalBytes)
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
  const queryHeapBytes = budgets.query + idleHeapBytes + keptShare * keptHeapBytes
  // Nothing else is cached yet: one half is for what is open, the other for what readers hold.
  const openBlockBytes = Math.floor(budgets.cache / 2)
  return {
    totalBytes,
    slabBytes,
    slabs: Math.max(minSlabs, Math.floor(runBytes / slabBytes)),
    budgets,
    keptShare,
    garbageBytes,
    readers: Math.max(
      minReaders,
      Math.floor((budgets.read + budgets.cache - openBlockBytes) / readerBytes),
    ),
    openBlockBytes,
    heapMb: Math.max(128, Math.floor((free * 0.5) / mebi)),
    queryHeapBytes,
    queryHeapMb: Math.ceil((queryHeapBytes * 2) / mebi) + growthMb,
  }
}

/** What the open inputs of a fold or merge may need, as a part of the whole memory: 32 blocks as flushed or ten folded ones at two GiB. */
const jobPart = 1 / 8

/**
 * A merge holds the block it writes in memory, so that its size follows from it, up to the format's 256 MiB; and a
 * page of each input. Where folds fall behind hundreds of inputs wait: as many as the disk would allow took a gigabyte.
 */
export function compactionSizes({ totalBytes }: MemoryPlan) {
  const { maxBlockBytes, maxJobBytes, lateAfterMs } = defaultChoice(1)
  const { blockPart } = thriftOf(totalBytes)
  const blockBytes = Math.min(maxBlockBytes, Math.floor(totalBytes * blockPart))
  return {
    maxBlockBytes: blockBytes,
    maxJobBytes: Math.min(maxJobBytes, blockBytes * 4),
    maxJobMemoryBytes: Math.floor(totalBytes * jobPart),
    lateAfterMs,
  }
}
