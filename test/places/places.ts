/**
 * The same requests in every place where rows may lie: an open run, cut runs, L0 blocks, what a fold and a
 * merge make of them, and all of these at once. Each place is made by the shipped classes; blocks are
 * written again with pages of a few rows where pages are to be many.
 */
import { systemClock } from '#base/clock.ts'
import { must } from '#base/assert.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import type { Job } from '#compactor/job.ts'
import { rewriteJob, type RewriteDeps } from '#compactor/rewrite.ts'
import { Appender } from '#ingester/append.ts'
import { flushRuns } from '#ingester/flush.ts'
import type { NeededRange } from '#querier/endpoint.ts'
import { createSource } from '#querier/sources.ts'
import type { Source } from '#query/run/source.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { openBlock, type Block } from '#storage/block/open.ts'
import { bytesSource } from '#storage/block/source.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import { partOf, type BlockEntry } from '#storage/catalog/block-entry.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { l0Key } from '#storage/catalog/names.ts'
import { memoryStore } from '#storage/objects/memory.ts'
import { readRunRef, type RunRef } from '#storage/run/run.ts'
import { decoded } from '../source.ts'
import type { Chance } from './chance.ts'
import { baseNs, requestOf, type Rows } from './rows.ts'

export const signals = ['logs', 'metrics', 'traces'] as const
const tenant = 'acme'
const chain = { logId: '00000000000000aa', partition: 0 }
const dayMs = 86_400_000
const free = { check: () => {} }

/** How a place is laid out: where its rows go in order, by request, and how many rows its pages have at most. */
export interface Layout {
  readonly name: string
  /** The first of these takes the oldest requests. */
  readonly levels: readonly ('run' | 'L0' | 'L1' | 'L2')[]
  /** Whether requests share one run, or one block. */
  readonly together: boolean
  /** 0: pages as they are. */
  readonly pageRows: number
}

export const layouts: readonly Layout[] = [
  { name: 'an open run', levels: ['run'], together: true, pageRows: 0 },
  { name: 'cut runs', levels: ['run'], together: false, pageRows: 0 },
  { name: 'one block', levels: ['L0'], together: true, pageRows: 0 },
  { name: 'blocks of small pages', levels: ['L0'], together: false, pageRows: 2 },
  { name: 'a fold', levels: ['L1'], together: false, pageRows: 0 },
  { name: 'a merge of small pages', levels: ['L2'], together: false, pageRows: 3 },
  { name: 'everywhere', levels: ['L2', 'L1', 'L0', 'run'], together: false, pageRows: 5 },
]

interface Stored {
  readonly runs: RunRef[]
  readonly entries: BlockEntry[]
}

/** Rows of all signals in one layout. */
export class Place {
  readonly name: string
  readonly #slabs = new Slabs(createSlabMemory(48, 1 << 16))
  readonly #blocks = new Map<string, Block>()
  readonly #stored = new Map<SignalName, Stored>()

  constructor(name: string) {
    this.name = name
  }

  static async of(rows: Rows, layout: Layout, chance: Chance): Promise<Place> {
    const place = new Place(layout.name)
    for (const signal of signals) {
      const requests = rows[signal].map((request) => requestOf(signal, request))
      const builder = new Builder(signal, { slabs: place.#slabs, layout, chance })
      const stored = await builder.build(requests)
      place.#stored.set(signal, stored)
      for (const { key } of stored.entries) {
        const { bytes } = await builder.store.get(key)
        place.#blocks.set(key, await openBlock(bytesSource(bytes)))
      }
    }
    return place
  }

  /** What a query worker sees of the place that was asked for these ranges. */
  source(needs: readonly NeededRange[]): Source {
    const views = needs.map(({ signal, from, to }) => {
      const { runs, entries } = must(this.#stored.get(signal), 'all signals are stored')
      const [fromMs, toMs] = [Number(from / 1_000_000n), Number(to / 1_000_000n) + 1]
      const wanted = entries.filter((entry) => {
        const { minMs = 0, maxMs = 0 } = partOf(entry, tenant) ?? {}
        return maxMs >= fromMs && minMs < toMs
      })
      return { signal, runs, blocks: new Map([[tenant, wanted]]) }
    })
    const job = { endpoint: '', parameters: null, tenants: [tenant], views, cell: 0, nowMs: 0 }
    return createSource(job, tenant, {
      slabs: this.#slabs,
      // Only `open` of the cache is used, and every entry here is of one of the blocks.
      blocks: {
        open: async ({ key }: BlockEntry) => this.#blocks.get(key),
      } as unknown as Parameters<typeof createSource>[2]['blocks'],
      control: { check: () => {}, hold: () => {} },
      isPinned: () => true,
      pause: async () => {},
    })
  }
}

interface Building {
  readonly slabs: Slabs
  readonly layout: Layout
  readonly chance: Chance
}

class Builder {
  readonly store = memoryStore(systemClock)
  readonly #signal: SignalName
  readonly #of: Building
  readonly #appender: Appender
  readonly #deps: RewriteDeps

  constructor(signal: SignalName, of: Building) {
    this.#signal = signal
    this.#of = of
    this.#appender = new Appender(of.slabs, { signal, worker: 0, clock: systemClock })
    this.#deps = {
      store: this.store,
      clock: { nowMs: () => Number(baseNs / 1_000_000n) + 3 * dayMs, nowNs: () => 0n },
      random: of.chance.random,
      maxBlockBytes: 2 ** 28,
      ownBlockBytes: of.chance.is(0.5) ? 1 : 2 ** 23,
      lateAfterMs: 2 * dayMs,
    }
  }

  async build(requests: readonly unknown[]): Promise<Stored> {
    const { layout } = this.#of
    const runs: RunRef[] = []
    const blocks = { L0: [] as BlockEntry[], L1: [] as BlockEntry[], L2: [] as BlockEntry[] }
    for (const { from, to } of this.#stretches(requests.length)) {
      const level =
        layout.levels[Math.floor((from * layout.levels.length) / requests.length)] ?? 'run'
      const refs = this.#append(requests, from, to)
      if (level === 'run') runs.push(...refs)
      else blocks[level].push(await this.#flush(refs, from, to))
    }
    const folded = await this.#rewrite('fold', blocks.L1)
    const half = blocks.L2.length >> 1
    const before = [
      ...(await this.#rewrite('fold', blocks.L2.slice(0, half))),
      ...(await this.#rewrite('fold', blocks.L2.slice(half))),
    ]
    const merged = await this.#rewrite('merge', before)
    return { runs, entries: [...blocks.L0, ...folded, ...merged] }
  }

  /** Requests in stretches that share their runs. */
  #stretches(count: number): { from: number; to: number }[] {
    const { layout, chance } = this.#of
    const cuts = [0]
    for (let at = 1; at < count; at++) if (!layout.together && chance.is(0.6)) cuts.push(at)
    return cuts.map((from, i) => ({ from, to: cuts[i + 1] ?? count }))
  }

  /** The runs of requests [from, to). */
  #append(requests: readonly unknown[], from: number, to: number): RunRef[] {
    const { slabs, layout, chance } = this.#of
    const found = new Set<number>()
    for (let at = from; at < to; at++) {
      const intake = decoded(this.#signal, tenant, requests[at])
      const rows = Uint32Array.from({ length: intake.rows.rows }, (_, row) => row)
      if (rows.length === 0) continue
      const part = this.#appender.append(intake, tenant, rows)
      if (part === null || part === 'split')
        throw new Error('a request does not fit into the slabs')
      part.run.publish(part.at, at * 10)
      found.add(part.run.slab.index)
    }
    // The next runs have a stream table of their own, or the same.
    if (chance.is(0.5)) this.#appender.end()
    else this.#appender.cut()
    if (!(layout.together && layout.levels[0] === 'run')) this.#appender.sealReady()
    return [...found].map((slab) => must(readRunRef(slabs, slab), 'a run is readable'))
  }

  async #flush(runs: readonly RunRef[], from: number, to: number): Promise<BlockEntry> {
    const signal = this.#signal
    const offsets = { startOffset: from * 10, endOffset: to * 10 }
    const header = {
      signal,
      level: 0,
      ...chain,
      ...offsets,
      nonce: 'fedcba9876543210',
      createdNs: 0n,
    }
    const flushed = flushRuns(this.#of.slabs, { signal, runs, header }, free)
    const key = l0Key(signal, chain, from * 10)
    return this.#put(key, flushed.bytes.slice())
  }

  async #rewrite(kind: 'fold' | 'merge', inputs: readonly BlockEntry[]): Promise<BlockEntry[]> {
    if (inputs.length === 0) return []
    const windowMs = kind === 'fold' || this.#signal === 'traces' ? 0 : dayMs
    const level = kind === 'fold' ? 1 : 2
    const job: Job = { kind, signal: this.#signal, inputs, level, windowMs, folded: null }
    const outputs = await rewriteJob(job, this.#deps)
    const small: BlockEntry[] = []
    for (const { key } of outputs) {
      small.push(await this.#put(`${key}-again`, (await this.store.get(key)).bytes))
    }
    return small
  }

  /** Puts a block, with its pages cut smaller where the layout says so. */
  async #put(key: string, bytes: Uint8Array): Promise<BlockEntry> {
    const { pageRows } = this.#of.layout
    const block = await openBlock(bytesSource(bytes))
    const list = pageRows === 0 ? null : await block.streams(tenant)
    let written = { bytes, meta: block.meta }
    if (list !== null) {
      const writer = createBlockWriter(block.header, { pageRows })
      writer.beginSection(tenant, list)
      for await (const batch of block.readSection(tenant)) writer.append(batch)
      writer.endSection()
      written = writer.finish()
    }
    await this.store.createIfAbsent(key, written.bytes.slice())
    return entryOfBlock(written.meta, { key, shared: true, late: false })
  }
}
