/**
 * What to compact next, as pure functions over what the catalog knows. A fold moves the oldest L0
 * objects of one chain into the tree; a merge turns blocks of one owner (a tenant, or the shared
 * blocks) into blocks that do not overlap in time.
 *
 * Merging is late and by windows of time: a block is rewritten when its windows are over, so that
 * each row is written about three times in its life (L0, L1, L2), and once more when hours become days.
 */
import type { Signal } from '#schemas/signals/signal.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { maxMsOf, maxTenantsPerBlock, minMsOf } from '#storage/catalog/block-entry.ts'
import { parseL0Key } from '#storage/catalog/names.ts'
import type { Snapshot } from '#storage/catalog/snapshot.ts'
import type { Job } from './job.ts'

export interface ChooseOptions {
  /** L0 objects that make a fold due. More of them make folds rarer and reads of fresh data slower. */
  readonly foldFanIn: number
  /** A chain is folded when its oldest L0 object has waited this long, even if there are few. */
  readonly foldAfterMs: number
  /** Largest block, stored bytes. */
  readonly maxBlockBytes: number
  /** Most input bytes of one job: bounds its time and the disk space it needs. */
  readonly maxJobBytes: number
  /** Most memory that the inputs of one job may need while they are open (`memoryOf`), beside the block that is written. */
  readonly maxJobMemoryBytes: number
  /** Memory of a job for each row of its inputs, where rows are not merged in the order they come in. */
  readonly rowMemoryBytes: number
  /** Windows of merges from small to large: rows of one window end up together. */
  readonly windowsMs: readonly number[]
  /** A window is over this long after its end; what comes later makes another merge. */
  readonly settleMs: number
  /** Age from which rows count as late: they wait in their own blocks for a daily merge. */
  readonly lateAfterMs: number
  /** Late blocks are merged to their windows when they hold this much, or once a day. */
  readonly lateBytes: number
}

const kib = 1024
const minuteMs = 60_000

/** Windows of a signal's slice: never below an hour, and then a day. */
export function windowsOf(sliceMs: number): number[] {
  const hour = Math.max(sliceMs, 60 * minuteMs)
  return hour >= 1440 * minuteMs ? [hour] : [hour, 1440 * minuteMs]
}

/** How a signal is compacted, with changes to the defaults. */
export function choiceOf(
  { sliceNs, orderBy }: Signal,
  changes: Partial<ChooseOptions> = {},
): ChooseOptions {
  const choice = { ...defaultChoice(Number(sliceNs / 1_000_000n)), ...changes }
  if (orderBy !== 'trace') return choice
  // Blocks of traces are not cut (`rewrite.ts`), so the inputs must not be larger than one block.
  const maxJobBytes = Math.min(choice.maxJobBytes, choice.maxBlockBytes)
  return { ...choice, maxJobBytes, rowMemoryBytes: traceMemoryBytes }
}

/**
 * A trace in a merge: id and start, 24 bytes, its place in a table of ids, 8 to 16, and what sorts them, 28; each
 * row may be one. Rows of usual size, of 60 stored bytes and more, fill a job's bytes before its memory.
 */
const traceMemoryBytes = 72

export function defaultChoice(sliceMs: number): ChooseOptions {
  return {
    foldFanIn: 8,
    foldAfterMs: 60 * minuteMs,
    maxBlockBytes: 256 * kib * kib,
    maxJobBytes: 1024 * kib * kib,
    maxJobMemoryBytes: 512 * kib * kib,
    rowMemoryBytes: 0,
    windowsMs: windowsOf(sliceMs),
    settleMs: 15 * minuteMs,
    lateAfterMs: 2 * 1440 * minuteMs,
    lateBytes: 64 * kib * kib,
  }
}

/** When each L0 object was first seen, by key, monotonic ms: the chain itself holds no times. */
export type FirstSeen = ReadonlyMap<string, number>

/** The next fold, or null. One chain per job; the fullest chain first. */
export function chooseFold(
  snapshot: Snapshot,
  options: ChooseOptions,
  waited: { readonly firstSeen: FirstSeen; readonly nowMs: number },
): Job | null {
  let best: BlockEntry[] = []
  for (const objects of chainsOf(snapshot.l0).values()) {
    const oldest = objects[0]
    if (oldest === undefined) continue
    const seenMs = waited.firstSeen.get(oldest.key) ?? waited.nowMs
    const due =
      objects.length >= options.foldFanIn ||
      bytesOf(objects) >= options.maxJobBytes ||
      waited.nowMs - seenMs >= options.foldAfterMs
    if (due && objects.length > best.length) best = objects
  }
  return best.length === 0 ? null : foldOf(snapshot, best, options)
}

/** A fold of everything of a chain that fits a job, whatever its age: for a shutdown or a full Log. */
export function foldOf(
  snapshot: Snapshot,
  chain: readonly BlockEntry[],
  options: ChooseOptions,
): Job {
  const inputs = takeInputs(chain, options)
  const name = parseL0Key(inputs[0]?.key ?? '')?.chain ?? ''
  return {
    kind: 'fold',
    signal: snapshot.signal,
    inputs,
    level: 1,
    windowMs: 0,
    folded: {
      chain: name,
      from: snapshot.root.floors[name] ?? 0,
      to: inputs.at(-1)?.toOffset ?? 0,
      keys: inputs.map(({ key }) => key),
    },
  }
}

/** L0 objects by chain, each in offset order. */
export function chainsOf(l0: readonly BlockEntry[]): Map<string, BlockEntry[]> {
  const chains = new Map<string, BlockEntry[]>()
  for (const entry of l0) {
    const chain = parseL0Key(entry.key)?.chain
    if (chain === undefined) continue
    const objects = chains.get(chain) ?? []
    objects.push(entry)
    chains.set(chain, objects)
  }
  return chains
}

/** The longest beginning within the bytes and the memory of a job, at least one. */
function takeInputs(
  entries: readonly BlockEntry[],
  { maxJobBytes, maxJobMemoryBytes, rowMemoryBytes }: ChooseOptions,
): BlockEntry[] {
  let [bytes, memory] = [0, 0]
  const end = entries.findIndex((entry, at) => {
    bytes += entry.bytes
    memory += memoryOf(entry, rowMemoryBytes)
    return at > 0 && (bytes > maxJobBytes || memory > maxJobMemoryBytes)
  })
  return end < 0 ? [...entries] : entries.slice(0, end)
}

/** A decoded page of an input with what orders it: of 4 MiB of values at level 0, of 16 MiB above (`storage/block/write.ts`). */
const pageMemoryBytes = { flushed: 8 * kib * kib, folded: 24 * kib * kib }
/**
 * A stream of an input: its final number, and its part of the united table's terms and postings. Measured: 32 bytes
 * where eight inputs of 625,000 have nearly the same streams; twice that leaves room for labels that differ in each.
 */
const streamMemoryBytes = 64

/** What an input of a job needs while it is open: a page, and the streams and rows of one tenant at a time. */
export function memoryOf({ level, tenants }: BlockEntry, rowMemoryBytes: number): number {
  const page = level === 0 ? pageMemoryBytes.flushed : pageMemoryBytes.folded
  return tenants.reduce((most, { streams, rows }) => {
    return Math.max(most, page + streams * streamMemoryBytes + rows * rowMemoryBytes)
  }, page)
}

function bytesOf(entries: readonly BlockEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.bytes, 0)
}

/** The next merge of one owner's blocks, or null. `blocks` are all blocks of the owner at L1 and above. */
export function chooseMerge(
  signal: string,
  blocks: readonly BlockEntry[],
  options: ChooseOptions,
  nowMs: number,
): Job | null {
  const late = chooseLate(signal, blocks, options, nowMs)
  if (late !== null) return late
  const onTime = blocks.filter((entry) => !entry.late)
  for (const windowMs of options.windowsMs) {
    const job = chooseWindow(signal, onTime, { ...options, windowMs, nowMs })
    if (job !== null) return job
  }
  return null
}

/** Late blocks are cut into their windows. */
function chooseLate(
  signal: string,
  blocks: readonly BlockEntry[],
  options: ChooseOptions,
  nowMs: number,
): Job | null {
  const late = blocks.filter((entry) => entry.late)
  if (late.length === 0) return null
  const dayMs = 1440 * minuteMs
  // A late block is at least a day old when its newest row left the late limit a day ago.
  const oldest = late.some((entry) => nowMs - maxMsOf(entry) >= options.lateAfterMs + dayMs)
  if (bytesOf(late) < options.lateBytes && !oldest) return null
  const inputs = takeInputs(late, options)
  // Level 1: what they overlap is merged with them in their windows, as with any other fresh block.
  return { ...mergeOf(signal, inputs, options.windowsMs.at(-1) ?? dayMs), level: 1 }
}

interface WindowChoice extends ChooseOptions {
  readonly windowMs: number
  readonly nowMs: number
}

/**
 * The oldest window whose blocks should become one: it is over, and holds a block that is not merged
 * yet and touches others, or several blocks so small that together they are one.
 */
function chooseWindow(
  signal: string,
  blocks: readonly BlockEntry[],
  choice: WindowChoice,
): Job | null {
  const { windowMs, nowMs, settleMs } = choice
  for (const group of groupsOf(blocks, windowMs)) {
    const lastMs = Math.max(...group.map(maxMsOf))
    const over = (Math.floor(lastMs / windowMs) + 1) * windowMs + settleMs <= nowMs
    if (!over) continue
    const inputs = firstWorth(dropSettled(group, choice), choice)
    if (inputs !== null) return mergeOf(signal, inputs, windowMs)
  }
  return null
}

/** The first neighbours that fit a job and are worth one: a block too large for any must not keep those after it waiting. */
function firstWorth(group: readonly BlockEntry[], choice: WindowChoice): BlockEntry[] | null {
  for (let first = 0; first < group.length; first++) {
    const inputs = takeInputs(group.slice(first), choice)
    if (isWorth(inputs, choice)) return inputs
    if (first + inputs.length === group.length) return null
  }
  return null
}

/** A merge must end: blocks that are merged already are rewritten only if they become one. */
function isWorth(
  inputs: readonly BlockEntry[],
  { windowMs, maxBlockBytes }: WindowChoice,
): boolean {
  const fresh = inputs.some((entry) => entry.level < 2)
  if (fresh) return inputs.length > 1 || inputs.some((entry) => isSpread(entry, windowMs))
  const tenants = new Set(inputs.flatMap((entry) => entry.tenants.map(({ tenant }) => tenant)))
  const fits = bytesOf(inputs) <= maxBlockBytes && tenants.size <= maxTenantsPerBlock
  return inputs.length > 1 && fits
}

function isSpread(entry: BlockEntry, windowMs: number): boolean {
  return Math.floor(minMsOf(entry) / windowMs) !== Math.floor(maxMsOf(entry) / windowMs)
}

/** Blocks that share windows, transitively; oldest group first. */
function groupsOf(blocks: readonly BlockEntry[], windowMs: number): BlockEntry[][] {
  const groups: BlockEntry[][] = []
  let lastWindow = -Infinity
  for (const entry of blocks.toSorted((a, b) => minMsOf(a) - minMsOf(b))) {
    const window = Math.floor(minMsOf(entry) / windowMs)
    if (window > lastWindow) groups.push([])
    groups.at(-1)?.push(entry)
    lastWindow = Math.max(lastWindow, Math.floor(maxMsOf(entry) / windowMs))
  }
  return groups
}

/** Without merged blocks that are large or alone in their time: rewriting them gains nothing. */
function dropSettled(group: readonly BlockEntry[], choice: WindowChoice): BlockEntry[] {
  const full = choice.maxBlockBytes / 2
  return group.filter((entry) => {
    if (entry.level < 2 || entry.bytes < full) return true
    return group.some((other) => other !== entry && other.level < 2 && overlap(entry, other))
  })
}

/** Whether two blocks may hold rows of one tenant and time; tenants of a block are sorted. */
function overlap(a: BlockEntry, b: BlockEntry): boolean {
  const [firstA = '', firstB = ''] = [a.tenants[0]?.tenant, b.tenants[0]?.tenant]
  const [lastA = '', lastB = ''] = [a.tenants.at(-1)?.tenant, b.tenants.at(-1)?.tenant]
  if (lastA < firstB || lastB < firstA) return false
  return minMsOf(a) <= maxMsOf(b) && minMsOf(b) <= maxMsOf(a)
}

function mergeOf(signal: string, inputs: readonly BlockEntry[], windowMs: number): Job {
  const sorted = inputs.toSorted((a, b) => minMsOf(a) - minMsOf(b))
  return { kind: 'merge', signal, inputs: sorted, level: 2, windowMs, folded: null }
}
