/**
 * Merges one tenant's sections of several blocks into final order, page by page, by columns. Every
 * source holds one decoded page. A step orders the rows of all pages by key alone, as runs of
 * neighbours, until a page is used up (`merge-order.ts`); runs are then copied, column by column, straight into the
 * page that is being built (`page-build.ts`). So memory is a page per source and one more, and does
 * not depend on block size. A source's page lies in an arena (`page-memory.ts`) until the next one is read.
 *
 * Traces are placed by their earliest start over all sources. That is read first (ids and times only,
 * `merge-traces.ts`); rows of traces that another source saw earlier are then out of place in their own
 * source, so they are taken out, held in memory, and merged as sources of their own.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import { holdShapes } from '#base/threads/shapes.ts'
import type { Batch } from '#schemas/batch.ts'
import type { StreamList } from '#schemas/identity.ts'
import type { Scan } from '#schemas/predicate.ts'
import { signals } from '#schemas/signals/index.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { Runs } from '../column/runs.ts'
import { gatherWords } from '../column/vector.ts'
import type { RestRows } from '../encoding/rest.ts'
import { hasRepeats, streamKeys, type MergeKeys } from './merge-keys.ts'
import { RowOrder, type Head } from './merge-order.ts'
import { sameRules } from './merge-same.ts'
import { uniteStreams } from './merge-streams.ts'
import {
  movedStretches,
  pageTraces,
  rowsOfStretches,
  traceKeys,
  TraceStarts,
  type PageTraces,
} from './merge-traces.ts'
import type { Block } from './open.ts'
import { PageMemory } from './page-memory.ts'
import { PageBuilder, type PageLimits } from './page-build.ts'
import { wholePage, wholePages } from './page-whole.ts'
import type { PageRows } from './rows.ts'
import type { Section } from './section-read.ts'
import { radixSort } from './sort.ts'
import { sourcePage } from './source-page.ts'
import { pageLimits } from './write.ts'

/** Called between steps of at most about 50 ms: throws when the work is over, waits to let others run. */
export interface MergeControl {
  pause(): Promise<void>
}

/** A page of the result as `BlockWriter.appendPage` takes it: valid until the next one is asked for. */
export interface MergedPage {
  readonly batch: Batch
  readonly rest: RestRows | null
}

export interface Merged {
  /** Streams of the result in final order. */
  readonly streams: StreamList
  /** All rows in final order, their streams ids of `streams`; `dropped` counts what was there twice. */
  pages(): AsyncGenerator<MergedPage>
  dropped(): number
}

/** Prepares the merge of a tenant's sections; blocks without one are left out. All blocks are of one signal. */
export async function mergeSections(
  blocks: readonly Block[],
  tenant: Tenant,
  control?: MergeControl,
): Promise<Merged> {
  // By rising offset: of two rows that are the same, the one from the later source wins.
  const sorted = blocks.toSorted((a, b) => a.header.endOffset - b.header.endOffset)
  const inputs = sorted.flatMap((block) => {
    const section = block.section(tenant)
    return section === null ? [] : { block, section }
  })
  const sections = inputs.map(({ section }) => section)
  const { streams, ranks } = await uniteStreams(sections, control && (() => control.pause()))
  const first = inputs[0]
  if (first === undefined) return { streams, pages: noPages, dropped: () => 0 }
  const signal: Signal = signals[first.block.header.signal]
  const order = new RowOrder(sameRules(signal))
  const offset = Math.max(...inputs.map(({ block }) => block.header.endOffset))
  const merging = { inputs, tenant, signal, ranks, control, order }
  return {
    streams,
    pages: async function* pages() {
      for await (const { rest, ...rows } of mergePages(merging)) {
        const batch = { ...rows, signal: signal.name, streams, selection: null, offset }
        const page = { batch, rest }
        holdShapes('merged page', [page])
        yield page
      }
    },
    dropped: () => order.dropped,
  }
}

async function* noPages(): AsyncGenerator<MergedPage> {}

interface Input {
  readonly block: Block
  readonly section: Section
}

interface Merging {
  /** By rising offset. */
  readonly inputs: readonly Input[]
  readonly tenant: Tenant
  readonly signal: Signal
  /** By input, the final number of each of its streams; null where it is their own. */
  readonly ranks: readonly (Uint32Array | null)[]
  readonly control: MergeControl | undefined
  readonly order: RowOrder
}

async function* mergePages(merging: Merging): AsyncGenerator<PageRows> {
  const { signal } = merging
  const builder = new PageBuilder(signal, pageLimits(signal, true))
  const memories = merging.inputs.map(() => new PageMemory())
  try {
    const sources = await openSources(merging, memories)
    yield* mergeSources(merging, sources, builder)
  } finally {
    for (const memory of memories) memory.close()
  }
}

async function* mergeSources(
  { order, control }: Merging,
  sources: readonly AsyncGenerator<Head>[],
  builder: PageBuilder,
): AsyncGenerator<PageRows> {
  const runs = new Runs()
  const heads: (Head | null)[] = sources.map(() => null)
  for (;;) {
    for (const [i, source] of sources.entries()) {
      const head = heads[i]
      if (head !== null && head !== undefined && head.at < head.count) continue
      heads[i] = await nextHead(source)
      await control?.pause()
    }
    const open = heads.filter((head) => head !== null)
    if (open.length === 0) break
    // One of all that are alike: each head keeps a page.
    holdShapes('merge', [order, runs, builder, open[0]!])
    runs.clear()
    order.take(open, runs)
    const pages = open.map((head) => head.page)
    const place = { run: 0, row: runs.from[0]! }
    while (builder.take(runs, place, pages)) {
      await control?.pause()
      yield builder.finish()
      builder.clear()
      await control?.pause()
    }
    await control?.pause()
  }
  if (builder.rows > 0) yield builder.finish()
}

/** The next head with rows; null when the source is used up. */
async function nextHead(source: AsyncGenerator<Head>): Promise<Head | null> {
  for (;;) {
    const next = await source.next()
    if (next.done === true) return null
    if (next.value.count > 0) return next.value
  }
}

/** The sources by rising offset, then those of rows that were out of place. */
async function openSources(
  merging: Merging,
  memories: readonly PageMemory[],
): Promise<AsyncGenerator<Head>[]> {
  const { inputs, signal } = merging
  const memory = memories.map((own, source) => () => own.next(merging.order.holds(source)))
  if (signal.orderBy !== 'trace')
    return memory.map((next, source) => streamHeads(merging, source, next))
  const starts = new TraceStarts()
  const traces: PageTraces[][] = []
  for (const [source, input] of inputs.entries())
    traces.push(await readTraces(merging, input, starts, memory[source]!))
  const ranks = starts.ranks()
  const placed: Placed[] = traces.map((pages) => ({ pages, moved: movedStretches(ranks, pages) }))
  // Each source's apart: equal rows of one source are not the same, those of two are.
  const moved: PageRows[] = []
  for (const [source, own] of placed.entries())
    moved.push(...(await readMoved(merging, source, own, memory[source]!)))
  return [
    ...memory.map((next, source) => {
      const own = { ranks, placed: placed[source]! }
      return traceHeads(merging, source, own, next)
    }),
    ...moved.map((page, i) => movedHead(page, inputs.length + i, { starts, ranks })),
  ]
}

/** Gives memory for a source's next page, and takes that of the page before back. */
type NextMemory = () => Allocator

/** The pages of a source in stream-time order. */
async function* streamHeads(
  merging: Merging,
  source: number,
  next: NextMemory,
): AsyncGenerator<Head> {
  const { signal, order } = merging
  for await (const { page, memory } of wholePages(merging.inputs[source]!.section, next)) {
    toFinalStreams(page, merging.ranks[source] ?? null)
    const keys = streamKeys(page, signal, memory)
    const count = page.rows
    const repeats = order.byKey && hasRepeats(keys, count)
    yield { page: sourcePage(page), source, keys, rows: null, count, repeats, at: 0 }
  }
}

/** The traces of one source: of each page, and which of them are out of place. */
interface Placed {
  readonly pages: readonly PageTraces[]
  readonly moved: readonly (Uint8Array | null)[]
}

/** The pages of a source in trace order, without rows that are out of place. */
// oxlint-disable-next-line max-params -- a source, its traces, its memory
async function* traceHeads(
  merging: Merging,
  source: number,
  { ranks, placed }: { readonly ranks: Uint32Array; readonly placed: Placed },
  next: NextMemory,
): AsyncGenerator<Head> {
  let number = 0
  for await (const { page, memory } of wholePages(merging.inputs[source]!.section, next)) {
    const traces = placed.pages[number]!
    const rows = rowsOfStretches(traces, placed.moved[number++]!, 0)
    toFinalStreams(page, merging.ranks[source] ?? null)
    const all = traceKeys(ranks, page, traces, memory)
    const keys = rows === null ? all : all.map((word) => gatherWords(word, rows, memory))
    const count = rows?.length ?? page.rows
    yield { page: sourcePage(page), source, keys, rows, count, repeats: false, at: 0 }
  }
}

/** Puts final numbers in the place of a section's own; the array is the page's own. */
function toFinalStreams({ stream }: PageRows, rank: Uint32Array | null): void {
  if (rank === null) return
  for (let i = 0; i < stream.length; i++) stream[i] = rank[stream[i]!]!
}

/** Reads ids and times of a source, page by page. */
// oxlint-disable-next-line max-params -- a source, what is known of all, its memory
async function readTraces(
  { tenant, control }: Merging,
  { block }: Input,
  starts: TraceStarts,
  pageMemory: NextMemory,
): Promise<PageTraces[]> {
  const traces: PageTraces[] = []
  const scan: Scan = {
    tenant,
    signal: block.header.signal,
    from: -(2n ** 63n),
    to: 2n ** 63n,
    predicates: [],
    columns: [{ scope: 'row', key: 'traceId', type: 'id16' }],
    order: 'any',
  }
  const batches = block.scan(scan, { check: () => {}, pageMemory })
  for await (const batch of batches) {
    traces.push(pageTraces(starts, batch, batch.columns.get(traceId) ?? null))
    await control?.pause()
  }
  return traces
}

const traceId = 'r:id16:traceId'

/** Rows of a source that are out of place in it, as pages of their own. */
// oxlint-disable-next-line max-params -- a source, its traces, its memory
async function readMoved(
  merging: Merging,
  source: number,
  { pages, moved }: Placed,
  next: NextMemory,
): Promise<PageRows[]> {
  const { signal, control, inputs } = merging
  const limits: PageLimits = pageLimits(signal, true)
  const builders = [new PageBuilder(signal, limits)]
  for (const [number, traces] of pages.entries()) {
    const rows = rowsOfStretches(traces, moved[number]!, 1)
    if (rows === null || rows.length === 0) continue
    const page = await wholePage(inputs[source]!.section, number, next())
    toFinalStreams(page, merging.ranks[source] ?? null)
    const runs = new Runs()
    for (const row of rows) runs.add(0, row, row + 1)
    const place = { run: 0, row: runs.from[0]! }
    const from = [sourcePage(page)]
    while (builders.at(-1)!.take(runs, place, from)) builders.push(new PageBuilder(signal, limits))
    await control?.pause()
  }
  return builders.filter((builder) => builder.rows > 0).map((builder) => builder.finish())
}

/** A page in any order as a source in trace order. */
async function* movedHead(
  page: PageRows,
  source: number,
  { starts, ranks }: { readonly starts: TraceStarts; readonly ranks: Uint32Array },
): AsyncGenerator<Head> {
  const traces = pageTraces(starts, page, page.columns.get(traceId) ?? null)
  const words: MergeKeys = traceKeys(ranks, page, traces)
  const all = new Uint32Array(page.rows)
  for (let i = 0; i < all.length; i++) all[i] = i
  const rows = radixSort(all, words.toReversed())
  const keys = words.map((word) => gatherWords(word, rows))
  const count = page.rows
  yield await Promise.resolve({
    page: sourcePage(page),
    source,
    keys,
    rows,
    count,
    repeats: false,
    at: 0,
  })
}
