/**
 * The rewriting of a job, in a background worker: opens the inputs, merges them tenant by tenant,
 * and puts the outputs under fresh names. Rows that are there twice go.
 *
 *   fold    a tenant whose section reaches 8 MiB gets blocks of its own, the others share one; rows
 *           older than the late limit go to blocks of their own, to be merged to their days later
 *   merge   blocks of one owner, cut at windows and at the largest size
 *
 * Traces are never cut, neither by age nor by window nor by size: a block of traces is ordered by the
 * earliest start of each trace in it, which a part of a trace does not have. `choose.ts` gives no more
 * inputs than one block of them holds.
 *
 * Memory is one output block, a page per input and the page that is being built.
 */
import { assert, must } from '#base/assert.ts'
import type { Clock } from '#base/clock.ts'
import { randomHex, type Random } from '#base/random.ts'
import { signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { BlockHeader } from '#storage/block/header.ts'
import { mergeSections, type MergeControl, type MergedPage } from '#storage/block/merge.ts'
import { openBlock, type Block } from '#storage/block/open.ts'
import { pickRows } from '#storage/block/page-build.ts'
import type { ByteSource } from '#storage/block/source.ts'
import { createBlockWriter, keepMemory, type BlockWriter } from '#storage/block/write.ts'
import { maxTenantsPerBlock, type BlockEntry } from '#storage/catalog/block-entry.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { dataKey, parseL0Key } from '#storage/catalog/names.ts'
import type { Store } from '#storage/objects/store.ts'
import type { Job } from './job.ts'

export interface RewriteDeps {
  readonly store: Pick<Store, 'get' | 'createIfAbsent'>
  readonly clock: Pick<Clock, 'nowMs' | 'nowNs'>
  readonly random: Random
  readonly control?: MergeControl
  /** Largest output, stored bytes. */
  readonly maxBlockBytes: number
  /** Rows older than this are late. */
  readonly lateAfterMs: number
  /** Sections from this size on get blocks of their own; default 8 MiB. */
  readonly ownBlockBytes?: number
}

/** Smaller sections share blocks, so that ten thousand small tenants are not ten thousand objects per fold. */
const ownBlockBytes = 8 << 20

/** Room for tables that the inputs do not have, and for the footer. */
const expectedSpareBytes = 256 << 10

/** Where rows of a tenant go: one block that is being written. */
interface Output {
  readonly writer: BlockWriter
  readonly tenant: Tenant | null
  readonly late: boolean
  readonly nonce: string
  tenants: number
}

/** Rewrites a job; gives the entries of what it put. */
export async function rewriteJob(job: Job, deps: RewriteDeps): Promise<BlockEntry[]> {
  return new Rewriting(job, deps).run()
}

class Rewriting {
  readonly #job: Job
  readonly #deps: RewriteDeps
  readonly #done: BlockEntry[] = []
  readonly #signal: SignalName
  readonly #cuts: boolean
  /** Blocks that several tenants share, by side and window. */
  readonly #shared = new Map<string, Output>()
  /** Tenants that have an output already. */
  readonly #expected = new Set<Tenant>()

  constructor(job: Job, deps: RewriteDeps) {
    this.#job = job
    this.#deps = deps
    // The signal of a job comes from the catalog of that signal.
    this.#signal = job.signal as SignalName
    this.#cuts = signals[this.#signal].orderBy !== 'trace'
    assert(Object.hasOwn(signals, job.signal), `a job is of a signal, not ${job.signal}`)
  }

  async run(): Promise<BlockEntry[]> {
    const blocks: Block[] = []
    for (const input of this.#job.inputs) blocks.push(await this.#open(input))
    for (const tenant of this.#tenants()) await this.#mergeTenant(blocks, tenant)
    for (const output of this.#shared.values()) await this.#finish(output)
    return this.#done
  }

  #open({ key, bytes }: BlockEntry): Promise<Block> {
    const { store } = this.#deps
    const read: ByteSource['read'] = async (from, to, memory) =>
      (await store.get(key, { from, to }, memory === undefined ? {} : { memory })).bytes
    return openBlock({ size: bytes, read })
  }

  #tenants(): Tenant[] {
    const names = this.#job.inputs.flatMap(({ tenants }) => tenants.map(({ tenant }) => tenant))
    return [...new Set(names)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  /** A tenant of its own in all merges of its blocks, and in folds once it is large. */
  #ownsBlocks(tenant: Tenant): boolean {
    let bytes = 0
    for (const input of this.#job.inputs) {
      if (!input.shared) return true
      bytes += input.tenants.find((part) => part.tenant === tenant)?.bytes ?? 0
    }
    return bytes >= (this.#deps.ownBlockBytes ?? ownBlockBytes)
  }

  async #mergeTenant(blocks: readonly Block[], tenant: Tenant): Promise<void> {
    const merged = await mergeSections(blocks, tenant, this.#deps.control)
    const own = this.#ownsBlocks(tenant)
    const sections = new Map<boolean, Section>()
    for await (const whole of merged.pages()) {
      for (const { page, late, window } of this.#parts(whole)) {
        let section = sections.get(late)
        if (section !== undefined && this.#isFull(section, window, own)) {
          await this.#endSection(section, own)
          section = undefined
        }
        section ??= await this.#beginSection({ tenant, own, late, window }, merged.streams)
        section.output.writer.appendPage(page.batch, page.rest)
        sections.set(late, section)
      }
    }
    for (const section of sections.values()) await this.#endSection(section, own)
  }

  /** The page in pieces that each belong to one side and window; rows of a window are neighbours. */
  #parts(page: MergedPage): Piece[] {
    if (!this.#cuts) return [{ page, late: false, window: 0 }]
    const { batch } = page
    const { windowMs, kind } = this.#job
    const lateBeforeMs =
      kind === 'fold' ? this.#deps.clock.nowMs() - this.#deps.lateAfterMs : -Infinity
    const baseMs = Number(batch.timeBase / 1_000_000n)
    const baseNs = Number(batch.timeBase % 1_000_000n)
    const { time } = batch
    // Whole ms: with the base cut to one, rows of a window's first ms counted to the window before.
    const msOf = (at: number): number => baseMs + Math.floor((baseNs + at) / 1e6)
    const { min, max } = boundsOf(time)
    const windowOf = (ms: number): number => (windowMs === 0 ? 0 : Math.floor(ms / windowMs))
    const [minMs, maxMs] = [msOf(min), msOf(max)]
    // Nearly always: then no row needs to be looked at by itself.
    if (minMs < lateBeforeMs === maxMs < lateBeforeMs && windowOf(minMs) === windowOf(maxMs)) {
      return [{ page, late: minMs < lateBeforeMs, window: windowOf(minMs) }]
    }
    const groups = new Map<string, { rows: number[]; late: boolean; window: number }>()
    for (let row = 0; row < batch.rows; row++) {
      const ms = msOf(time[row]!)
      const late = ms < lateBeforeMs
      const window = windowOf(ms)
      const key = `${late} ${window}`
      let group = groups.get(key)
      if (group === undefined) groups.set(key, (group = { rows: [], late, window }))
      group.rows.push(row)
    }
    return [...groups.values()]
      .toSorted((a, b) => a.window - b.window)
      .map(({ rows, late, window }) => ({ page: this.#pick(page, rows), late, window }))
  }

  #pick({ batch, rest }: MergedPage, rows: readonly number[]): MergedPage {
    if (rows.length === batch.rows) return { batch, rest }
    const picked = pickRows({ ...batch, rest }, Uint32Array.from(rows), signals[this.#signal])
    const { rest: some, ...columns } = picked
    return { batch: { ...batch, ...columns }, rest: some }
  }

  #isFull({ output, window }: Section, next: number, own: boolean): boolean {
    if (window !== next) return true
    return own && this.#cuts && output.writer.estimatedBytes() >= this.#deps.maxBlockBytes
  }

  async #beginSection(
    of: { tenant: Tenant; own: boolean; late: boolean; window: number },
    streams: Parameters<BlockWriter['beginSection']>[1],
  ): Promise<Section> {
    const { tenant, own, late, window } = of
    const output = own ? this.#newOutput(tenant, late) : await this.#sharedOutput(late, window)
    output.writer.beginSection(tenant, streams)
    output.tenants++
    return { output, window }
  }

  async #sharedOutput(late: boolean, window: number): Promise<Output> {
    const name = `${late} ${window}`
    let output = this.#shared.get(name)
    if (output !== undefined && this.#isSharedFull(output)) {
      await this.#finish(output)
      output = undefined
    }
    output ??= this.#newOutput(null, late)
    this.#shared.set(name, output)
    return output
  }

  #isSharedFull({ writer, tenants }: Output): boolean {
    return tenants >= maxTenantsPerBlock || writer.estimatedBytes() >= this.#deps.maxBlockBytes
  }

  /** Ends a section; the block of a tenant of its own ends with it. */
  async #endSection({ output }: Section, own: boolean): Promise<void> {
    output.writer.endSection()
    if (own) await this.#finish(output)
  }

  #newOutput(tenant: Tenant | null, late: boolean): Output {
    const nonce = randomHex(this.#deps.random, 12)
    const writer = createBlockWriter(this.#header(nonce), {
      expectedBytes: this.#expectedBytes(tenant),
    })
    return { writer, tenant, late, nonce, tenants: 0 }
  }

  /** What a tenant's first output will be at most: its inputs, for they hardly grow. Later ones are rare. */
  #expectedBytes(tenant: Tenant | null): number {
    if (tenant === null || this.#expected.has(tenant)) return 0
    this.#expected.add(tenant)
    let bytes = 0
    for (const { tenants } of this.#job.inputs)
      bytes += tenants.find((part) => part.tenant === tenant)?.bytes ?? 0
    return Math.min(bytes, this.#deps.maxBlockBytes) + expectedSpareBytes
  }

  #header(nonce: string): BlockHeader {
    const { inputs, level } = this.#job
    const [logId = '0', partition = '0'] = parseL0Key(inputs[0]?.key ?? '')?.chain.split('/') ?? []
    return {
      signal: this.#signal,
      level,
      logId,
      partition: Number(partition),
      startOffset: Math.min(...inputs.map((input) => input.fromOffset)),
      endOffset: Math.max(...inputs.map((input) => input.toOffset)),
      nonce,
      createdNs: this.#deps.clock.nowNs(),
    }
  }

  async #finish(output: Output): Promise<void> {
    const { tenant, late, nonce } = output
    const { bytes, meta } = output.writer.finish()
    if (meta.sections.length === 0) return
    const place = { key: '', shared: tenant === null, late }
    const draft = entryOfBlock(meta, place)
    const timeMs = must(draft.tenants[0], 'a block has a section').minMs
    const { level } = this.#job
    const key = dataKey({ signal: this.#signal, tenant, timeMs, level, nonce })
    await this.#deps.store.createIfAbsent(key, bytes)
    keepMemory(bytes)
    this.#done.push({ ...draft, key })
  }
}

/** A function of its own: few pages are merged, and a loop in `#parts` was run uncompiled. */
function boundsOf(time: Float64Array): { min: number; max: number } {
  let min = Infinity
  let max = -Infinity
  for (let row = 0; row < time.length; row++) {
    const own = time[row]!
    if (own < min) min = own
    if (own > max) max = own
  }
  return { min, max }
}

/** Rows of one side and window. */
interface Piece {
  readonly page: MergedPage
  readonly late: boolean
  readonly window: number
}

/** A section that is being written, and the window its rows are of. */
interface Section {
  readonly output: Output
  readonly window: number
}
