/**
 * One process with its Log on a disk and its store: writers, a flusher, a compactor, a reader. The
 * process dies as a whole, by a kill or by loss of power, and starts again on what is left. Log,
 * Chain, LiveCatalog, pins, jobs and sweeps are the shipped ones.
 *
 * A row is a number, written once. Acknowledged rows must be found exactly once in every snapshot and
 * its tail of the Log; rows whose writer got no answer at most once.
 */
import { isCode } from '#base/errors.ts'
import { randomHex } from '#base/random.ts'
import { Chain } from '#storage/catalog/chain.ts'
import { catalogConflict } from '#storage/catalog/errors.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { LiveCatalog } from '#storage/catalog/live.ts'
import { chainName, type ChainId } from '#storage/catalog/names.ts'
import { PinLedger } from '#storage/catalog/pins.ts'
import { oneProcessRule, sweepOrphans } from '#storage/catalog/sweep.ts'
import type { LogRecord } from '#storage/log/log.ts'
import { payloadKind } from '#storage/log/log.ts'
import { SegmentedLog } from '#storage/log/segmented-log.ts'
import type { Store } from '#storage/objects/store.ts'
import type { Clock } from '#base/clock.ts'
import { chooseMerge, defaultChoice, foldOf } from '#compactor/choose.ts'
import { runJob } from '#compactor/job.ts'
import { checkNothingLeft, Needed } from './check.ts'
import { l0Object, rewriteRows, rowsOf, signal, simCodec, simReader, type Row } from './rows.ts'
import type { Variant } from './rules.ts'
import { Scheduler, type Actor } from './scheduler.ts'
import { SimDisk } from './sim-disk.ts'
import { SimStore } from './sim-store.ts'

const always = { fromMs: -Infinity, toMs: Infinity }
const choice = { ...defaultChoice(3_600_000), settleMs: 0, windowsMs: [3_600_000] }
/** A few commits fit, so that segments are forgotten often. */
const segmentBytes = 6000

/** What a process has after its start. */
interface Running {
  readonly actor: Actor
  readonly clock: Clock
  readonly store: Store
  readonly log: SegmentedLog
  readonly chain: ChainId
  readonly writer: Chain
  readonly live: LiveCatalog
  readonly pins: PinLedger
  /** The newest rows, as runs hold them: published after the Log acknowledged, in offset order. */
  readonly runs: { rows: readonly Row[] }
}

export class Process {
  readonly scheduler: Scheduler
  readonly sim: SimStore
  readonly #disk: SimDisk
  readonly #variant: Variant
  readonly #steps: number
  readonly #crashEvery: number
  readonly #needed: Needed
  #nextRow = 0
  /** Rows that were given to the Log: true once acknowledged. */
  readonly #ledger = new Map<number, boolean>()

  constructor(seed: number, variant: Variant, steps: number) {
    this.scheduler = new Scheduler(seed)
    this.#variant = variant
    this.#steps = steps
    const { random } = this.scheduler
    this.#crashEvery = [60, 150, 400][random.below(3)] ?? 150
    this.#disk = new SimDisk(this.scheduler, variant !== 'noSync')
    const lossy = random.below(3) === 0
    const faults = { lostRequest: lossy ? 0.02 : 0, lostReply: lossy ? 0.04 : 0 }
    this.sim = new SimStore(this.scheduler, faults)
    this.#needed = new Needed(this.sim)
    this.scheduler.watch = () => this.#needed.follow()
    this.sim.onDelete = (key) => {
      if (this.#needed.has(key)) this.scheduler.fail(`${key} is deleted but the root names it`)
    }
  }

  /** Runs to the end; gives what was wrong first, or null. */
  async run(): Promise<string | null> {
    const { scheduler } = this
    const { random } = scheduler
    let actor = this.#start()
    for (let step = 0; step < this.#steps && scheduler.violation === null; step++) {
      if (random.below(this.#crashEvery) === 0) {
        this.#crash(actor, random.below(2) === 0)
        actor = this.#start()
      }
      await scheduler.step()
    }
    if (scheduler.violation === null) await this.#finish(actor)
    return scheduler.violation
  }

  #crash(actor: Actor, power: boolean): void {
    this.scheduler.kill(actor)
    if (power) this.#disk.losePower()
  }

  #start(): Actor {
    const { scheduler } = this
    const actor = scheduler.actor('process')
    scheduler.run(actor, async () => {
      const process = await this.#open(actor)
      scheduler.run(actor, () => this.#write(process))
      scheduler.run(actor, () => this.#write(process))
      scheduler.run(actor, () => this.#flush(process))
      scheduler.run(actor, () => this.#compact(process))
      scheduler.run(actor, () => this.#read(process))
    })
    return actor
  }

  async #open(actor: Actor): Promise<Running> {
    const { scheduler } = this
    const clock = scheduler.clock(actor)
    const store = this.sim.view(actor, clock)
    const { random } = scheduler
    const disk = this.#disk.view(actor)
    const log = await SegmentedLog.open({ disk, clock, random, segmentBytes, minFreeBytes: 0 })
    if (log.damages.length > 0) scheduler.fail(`damage: ${JSON.stringify(log.damages)}`)
    const chain = { logId: log.id, partition: 0 }
    const catalog = new Catalog({ store, signal, codec: simCodec, clock, random })
    const newestRoot = () => catalog.newestRoot()
    const deps = { store, signal, newestRoot, readL0: simReader(store), clock }
    const writer = new Chain({ ...deps, chain })
    const { nextOffset } = await writer.recover()
    if (nextOffset > log.end()) {
      scheduler.fail(`the store holds offsets up to ${nextOffset}, the Log ends at ${log.end()}`)
    }
    const live = await LiveCatalog.open(catalog, deps)
    const rows: Row[] = []
    for await (const { offset, record } of log.fetch(nextOffset)) rows.push([offset, idOf(record)])
    const pins = new PinLedger(clock)
    return { actor, clock, store, log, chain, writer, live, pins, runs: { rows } }
  }

  #idle({ actor }: Running): Promise<void> {
    return this.scheduler.perform(actor, () => {})
  }

  async #write(process: Running): Promise<void> {
    for (;;) {
      const ids = Array.from({ length: 1 + this.scheduler.random.below(3) }, () => this.#nextRow++)
      for (const id of ids) this.#ledger.set(id, false)
      const { first } = await process.log.append(ids.map(recordOf))
      const rows = ids.map((id, at): Row => [first + at, id])
      process.runs.rows = [...process.runs.rows, ...rows]
      for (const id of ids) this.#ledger.set(id, true)
      await this.#idle(process)
    }
  }

  async #flush(process: Running): Promise<void> {
    for (;;) {
      await this.#flushOnce(process)
      await this.#idle(process)
    }
  }

  async #flushOnce({ log, chain, writer, live, runs }: Running): Promise<void> {
    const name = chainName(chain)
    const from = live.snapshot().ends[name] ?? 0
    // A cut takes what is published: the Log may be further already.
    const { rows } = runs
    const to = (rows.at(-1)?.[0] ?? -1) + 1
    if (to <= from) return
    const nonce = randomHex(this.scheduler.random, 4)
    const { object, entry } = l0Object(chain, { from, to }, { nonce, rows })
    if ((await writer.commit(object)) !== 'committed') {
      this.scheduler.fail(`the only writer of a chain was told to start again at ${from}`)
      return
    }
    live.addL0(name, entry)
    runs.rows = runs.rows.filter(([offset]) => offset >= to)
    await log.forget(to)
  }

  async #compact(process: Running): Promise<void> {
    const { random } = this.scheduler
    const { store, live } = process
    for (let round = 0; ; round++) {
      if (round === 0) await this.#sweepOrphans(process)
      const { snapshot, pin } = live.pinned(process.pins)
      try {
        const fold = random.below(3) > 0 && snapshot.l0.length > 0
        const tree = { ...snapshot, l0: [] }
        const job = fold
          ? foldOf(snapshot, oneChain(snapshot.l0), choice)
          : chooseMerge(signal, (await live.blocks(tree, 't', always)).slice(0, 4), choice, 1e12)
        if (job !== null) await this.#runJob(job, process)
      } finally {
        pin.release()
      }
      const rule = this.#variant === 'noPins' ? () => true : oneProcessRule(signal, process.pins)
      await live.sweepRetired(store, rule)
      await this.#idle(process)
    }
  }

  async #runJob(job: Parameters<typeof runJob>[0], process: Running): Promise<void> {
    const { store, live, clock } = process
    const rewrite = rewriteRows(store, () => randomHex(this.scheduler.random, 6))
    const commit = (change: Parameters<LiveCatalog['commit']>[0]) => live.commit(change)
    try {
      await runJob(job, { rewrite, commit, clock }, new AbortController().signal)
    } catch (error) {
      if (!isCode(error, catalogConflict)) throw error
      this.scheduler.fail(`the only compactor lost: ${String(error)}`)
    }
  }

  async #sweepOrphans({ live, store, clock }: Running): Promise<void> {
    const { catalog } = live
    const newestRoot = () => catalog.newestRoot()
    await sweepOrphans({ store, signal, nodes: catalog.nodes, clock, newestRoot, minAgeMs: 0 })
  }

  async #read(process: Running): Promise<void> {
    for (;;) {
      await this.#check(process)
      await this.#idle(process)
    }
  }

  /** Every acknowledged row exactly once, in the pinned snapshot and the runs. */
  async #check({ live, pins, runs, chain, store }: Running): Promise<void> {
    const acknowledged = [...this.#ledger].flatMap(([id, acked]) => (acked ? [id] : []))
    const { snapshot, pin } = live.pinned(pins)
    const end = snapshot.ends[chainName(chain)] ?? 0
    const seen = new Map<number, number>()
    const see = (id: number) => seen.set(id, (seen.get(id) ?? 0) + 1)
    for (const [offset, id] of runs.rows) if (offset >= end) see(id)
    for (const { key } of await live.blocks(snapshot, 't', always)) {
      for (const [, id] of rowsOf((await store.get(key)).bytes)) see(id)
    }
    pin.release()
    for (const id of acknowledged) {
      if (seen.get(id) !== 1) this.scheduler.fail(`row ${id} seen ${seen.get(id) ?? 0} times`)
    }
    for (const [id, times] of seen) {
      if (times > 1) this.scheduler.fail(`row ${id} seen ${times} times`)
    }
  }

  /** A last loss of power; then all is flushed, folded and swept. */
  async #finish(actor: Actor): Promise<void> {
    const { scheduler } = this
    this.#crash(actor, true)
    this.sim.faults.lostReply = 0
    this.sim.faults.lostRequest = 0
    let done = false
    const last = scheduler.actor('last')
    scheduler.run(last, async () => {
      const process = await this.#open(last)
      await this.#check(process)
      await this.#flushOnce(process)
      for (;;) {
        const { l0 } = process.live.snapshot()
        if (l0.length === 0) break
        await this.#runJob(foldOf(process.live.snapshot(), oneChain(l0), choice), process)
      }
      await process.live.sweepRetired(process.store, () => true)
      await this.#sweepOrphans(process)
      await this.#check(process)
      done = true
    })
    await scheduler.until(() => done, 8000)
    if (scheduler.violation !== null) return
    const left = await checkNothingLeft(this.sim)
    if (left !== null) scheduler.fail(left)
  }
}

/** The first objects that belong to one chain. */
function oneChain<T extends { readonly key: string }>(l0: readonly T[]): T[] {
  const folder = (key: string) => key.slice(0, key.lastIndexOf('/'))
  const first = folder(l0[0]?.key ?? '')
  return l0.filter(({ key }) => folder(key) === first).slice(0, 4)
}

function recordOf(id: number): LogRecord {
  return {
    tenant: 't',
    signal,
    kind: payloadKind.columns,
    receivedNs: 0n,
    requestHash: '00'.repeat(16),
    rows: 1,
    rejects: '',
    payload: Buffer.from(String(id)),
  }
}

function idOf(record: LogRecord): number {
  return Number(Buffer.from(record.payload).toString())
}
