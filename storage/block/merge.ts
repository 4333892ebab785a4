/**
 * Merges one tenant's sections of several blocks into final order, stretch by stretch, by columns.
 * Each source is read page by page in stretches of 8,192 rows. A step takes from every source the
 * rows up to the least of their last rows, sorts them, drops rows that are there twice, and gives them as
 * a batch; so memory is a page per source and does not depend on block size.
 *
 * Traces are placed by their earliest start over all sources. That is read first (ids and times only);
 * rows of traces that another source saw earlier are then out of place in their own source, so they are
 * taken out, held in memory, and merged as a source of their own.
 */
import type { Batch } from '#schemas/batch.ts'
import type { StreamList } from '#schemas/identity.ts'
import { signals } from '#schemas/signals/index.ts'
import type { Tenant } from '#schemas/tenant.ts'
import {
  compareKeys,
  addStarts,
  streamKeys,
  traceKeys,
  TraceStarts,
  type MergeKeys,
} from './merge-keys.ts'
import { keptRows } from './merge-same.ts'
import type { Block } from './open.ts'
import { gatherWords } from '../column/vector.ts'
import { joinRows, sliceRows, type Rows } from './rows.ts'
import { compareStreams, gatherBatch, radixSort } from './sort.ts'
import { streamListOfBytes } from './stream-table.ts'

/** Called between steps of at most about 50 ms: throws when the work is over, waits to let others run. */
export interface MergeControl {
  pause(): Promise<void>
}

export interface Merged {
  /** Streams of the result in final order. */
  readonly streams: StreamList
  /** All rows in final order, their streams ids of `streams`; `dropped` counts what was there twice. */
  batches(): AsyncGenerator<Batch>
  dropped(): number
}

/** Rows of one stretch: eight sources of it are sorted and gathered in 20–40 ms. */
const stretchRows = 8192

/** Prepares the merge of a tenant's sections; blocks without one are left out. All blocks are of one signal. */
export async function mergeSections(
  blocks: readonly Block[],
  tenant: Tenant,
  control?: MergeControl,
): Promise<Merged> {
  // By rising offset: of two rows that are the same, the one from the later source wins.
  const sorted = blocks
    .filter((block) => block.section(tenant) !== null)
    .toSorted((a, b) => a.header.endOffset - b.header.endOffset)
  const lists: StreamList[] = []
  for (const block of sorted) lists.push((await block.streams(tenant)) ?? streamListOfBytes([]))
  const { streams, ranks } = unifyStreams(lists)
  let dropped = 0
  const count = (rows: number): void => {
    dropped += rows
  }
  return {
    streams,
    batches: () => mergeRows({ blocks: sorted, tenant, streams, ranks, control, count }),
    dropped: () => dropped,
  }
}

/** The union of lists in final order, and per list the place of each of its streams. */
export function unifyStreams(lists: readonly StreamList[]): {
  streams: StreamList
  ranks: Uint32Array[]
} {
  const ranks = lists.map((list) => new Uint32Array(list.count))
  const next = lists.map(() => 0)
  const all: Uint8Array[] = []
  for (;;) {
    let least: Uint8Array | null = null
    for (let l = 0; l < lists.length; l++) {
      if (next[l]! >= lists[l]!.count) continue
      const bytes = lists[l]!.bytes(next[l]!)
      if (least === null || compareStreams(bytes, least) < 0) least = bytes
    }
    if (least === null) break
    for (let l = 0; l < lists.length; l++) {
      const list = lists[l]!
      if (next[l]! < list.count && Buffer.compare(list.bytes(next[l]!), least) === 0) {
        ranks[l]![next[l]!++] = all.length
      }
    }
    all.push(least)
  }
  return { streams: streamListOfBytes(all), ranks }
}

interface Merging {
  readonly blocks: readonly Block[]
  readonly tenant: Tenant
  readonly streams: StreamList
  readonly ranks: readonly Uint32Array[]
  readonly control: MergeControl | undefined
  readonly count: (dropped: number) => void
}

/** One stretch of a source with its place in it. */
interface Stretch {
  readonly batch: Batch
  readonly keys: MergeKeys
  /** Rows before `at` were taken. */
  at: number
}

interface Source {
  readonly stretches: AsyncGenerator<Stretch>
  /** null when the source is used up. */
  head: Stretch | null
}

async function* mergeRows(merging: Merging): AsyncGenerator<Batch> {
  const sources: Source[] = []
  for (const stretches of await openSources(merging)) {
    sources.push({ stretches, head: await nextStretch(stretches) })
  }
  for (;;) {
    const open = sources.filter((source) => source.head !== null)
    if (open.length === 0) return
    const { batch, dropped } = takeStep(open, merging)
    merging.count(dropped)
    for (const source of open) {
      if (source.head !== null && source.head.at === source.head.batch.rows) {
        source.head = await nextStretch(source.stretches)
      }
    }
    if (batch.rows > 0) yield batch
    await merging.control?.pause()
  }
}

async function nextStretch(stretches: AsyncGenerator<Stretch>): Promise<Stretch | null> {
  const next = await stretches.next()
  return next.done === true ? null : next.value
}

/** The rows of all sources up to the least of their last rows, sorted and without repeats. */
function takeStep(open: readonly Source[], merging: Merging): { batch: Batch; dropped: number } {
  const heads = open.flatMap((source) => source.head ?? [])
  let bound = heads[0]!
  for (const head of heads) {
    if (compareKeys(head.keys, head.batch.rows - 1, bound.keys, bound.batch.rows - 1) < 0)
      bound = head
  }
  const pieces: Rows[] = []
  const keys: MergeKeys[] = []
  const origin = new Uint32Array(heads.reduce((sum, head) => sum + head.batch.rows, 0))
  let taken = 0
  for (const [source, head] of heads.entries()) {
    const to = upperBound(head, bound)
    if (to === head.at) continue
    pieces.push(sliceRows(head.batch, head.at, to))
    keys.push(head.keys.map((word) => word.subarray(head.at, to)))
    origin.fill(source, taken, taken + to - head.at)
    taken += to - head.at
    head.at = to
  }
  const words = joinKeys(keys)
  const rows = joinRows(pieces)
  const { signal } = heads[0]!.batch
  const offset = heads.reduce((most, head) => Math.max(most, head.batch.offset), 0)
  const whole: Batch = { ...rows, signal, streams: merging.streams, selection: null, offset }
  const order = radixSort(
    Uint32Array.from({ length: rows.rows }, (_, i) => i),
    words.toReversed(),
  )
  const kept = keptRows({ batch: whole, keys: words, order, origin })
  return { batch: gatherBatch(whole, kept), dropped: rows.rows - kept.length }
}

/** The first row from `at` on that is after the last row of `bound`, which itself is taken whole, so that every step gets on. */
function upperBound(head: Stretch, bound: Stretch): number {
  if (head === bound) return head.batch.rows
  let low = head.at
  let high = head.batch.rows
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(head.keys, middle, bound.keys, bound.batch.rows - 1) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

function joinKeys(parts: readonly MergeKeys[]): Uint32Array[] {
  const first = parts[0]!
  return first.map((_, w) => {
    const joined = new Uint32Array(parts.reduce((sum, part) => sum + part[w]!.length, 0))
    let at = 0
    for (const part of parts) {
      joined.set(part[w]!, at)
      at += part[w]!.length
    }
    return joined
  })
}

async function openSources(merging: Merging): Promise<AsyncGenerator<Stretch>[]> {
  const { blocks, ranks } = merging
  const first = blocks[0]
  if (first === undefined) return []
  if (signals[first.header.signal].orderBy !== 'trace') {
    return blocks.map((block, i) => {
      const keysOf = (batch: Batch): MergeKeys => streamKeys(batch, ranks[i]!)
      return readStretches(merging, block, i, (batch) => ({ batch, keys: keysOf(batch) }))
    })
  }
  const starts = await findStarts(merging)
  const read = (block: Block, i: number, late: boolean): AsyncGenerator<Stretch> => {
    const placement = new Placement()
    const show = (batch: Batch) => placement.choose(batch, traceKeys(batch, starts), late)
    return readStretches(merging, block, i, show)
  }
  const moved: Stretch[] = []
  for (const [i, block] of blocks.entries()) {
    if (!(await hasMoved(merging, block, starts))) continue
    for await (const stretch of read(block, i, true)) {
      moved.push(stretch)
      await merging.control?.pause()
    }
  }
  const sources = blocks.map((block, i) => read(block, i, false))
  return moved.length === 0 ? sources : [...sources, sortMoved(moved)]
}

/** A source in stretches, its streams by final id. */
// oxlint-disable-next-line max-params -- what is read, from where, and how it is shown
async function* readStretches(
  merging: Merging,
  block: Block,
  source: number,
  show: (batch: Batch) => { batch: Batch; keys: MergeKeys },
): AsyncGenerator<Stretch> {
  const rank = merging.ranks[source]!
  for await (const page of block.readSection(merging.tenant)) {
    for (let from = 0; from < page.rows; from += stretchRows) {
      const rows = sliceRows(page, from, Math.min(page.rows, from + stretchRows))
      const shown = show({ ...page, ...rows })
      if (shown.batch.rows === 0) continue
      const stream = shown.batch.stream.map((id) => rank[id]!)
      const batch = { ...shown.batch, stream, streams: merging.streams }
      yield { batch, keys: shown.keys, at: 0 }
    }
  }
}

/** Ids and times of a source, page by page. */
async function* readIds(merging: Merging, block: Block): AsyncGenerator<Batch> {
  const batches = block.scan({
    tenant: merging.tenant,
    signal: block.header.signal,
    from: -(2n ** 63n),
    to: 2n ** 63n,
    predicates: [],
    columns: [{ scope: 'row', key: 'traceId', type: 'id16' }],
    order: 'any',
  })
  for await (const batch of batches) {
    yield batch
    await merging.control?.pause()
  }
}

async function findStarts(merging: Merging): Promise<TraceStarts> {
  const starts = new TraceStarts()
  for (const block of merging.blocks) {
    for await (const batch of readIds(merging, block)) addStarts(starts, batch)
  }
  return starts
}

/** True when some row of a source is out of place; most sources have none, and are then not read whole for them. */
async function hasMoved(merging: Merging, block: Block, starts: TraceStarts): Promise<boolean> {
  const placement = new Placement()
  for await (const batch of readIds(merging, block)) {
    if (placement.choose(batch, traceKeys(batch, starts), true).batch.rows > 0) return true
  }
  return false
}

/**
 * Tells rows that are out of place in their own source: another source saw their trace earlier, so
 * their final key is below that of a row before them. Keys only ever fall by merging, so the rows that stay are in order.
 */
class Placement {
  #last: Uint32Array<ArrayBuffer> | null = null

  /** Rows of the next stretch that are out of place (`moved`), or the others. */
  choose(batch: Batch, keys: MergeKeys, moved: boolean): { batch: Batch; keys: MergeKeys } {
    const rows = new Uint32Array(batch.rows)
    let count = 0
    for (let i = 0; i < batch.rows; i++) {
      const late = this.#isBelow(keys, i)
      if (!late) this.#keep(keys, i)
      if (late === moved) rows[count++] = i
    }
    if (count === batch.rows) return { batch, keys }
    const order = rows.subarray(0, count)
    const some = keys.map((word) => gatherWords(word, order))
    return { batch: gatherBatch(batch, order), keys: some }
  }

  #keep(keys: MergeKeys, row: number): void {
    const last = (this.#last ??= new Uint32Array(keys.length))
    for (let w = 0; w < keys.length; w++) last[w] = keys[w]![row]!
  }

  #isBelow(keys: MergeKeys, row: number): boolean {
    const last = this.#last
    if (last === null) return false
    for (let w = 0; w < keys.length; w++) {
      const word = keys[w]![row]!
      if (word !== last[w]) return word < last[w]!
    }
    return false
  }
}

/** Moved rows as one sorted source. */
async function* sortMoved(stretches: readonly Stretch[]): AsyncGenerator<Stretch> {
  const rows = joinRows(stretches.map((stretch) => stretch.batch))
  const words = joinKeys(stretches.map((stretch) => stretch.keys))
  const order = radixSort(
    Uint32Array.from({ length: rows.rows }, (_, i) => i),
    words.toReversed(),
  )
  const whole: Batch = { ...stretches[0]!.batch, ...rows }
  for (let from = 0; from < order.length; from += stretchRows) {
    const part = order.subarray(from, from + stretchRows)
    const keys = words.map((word) => part.map((row) => word[row]!))
    yield await Promise.resolve({ batch: gatherBatch(whole, part), keys, at: 0 })
  }
}
