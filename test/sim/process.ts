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
import { catalogConflict } from '#storage/catalog/errors.ts'
import type { LiveCatalog } from '#storage/catalog/live.ts'
import { oneProcessRule, sweepOrphans } from '#storage/catalog/sweep.ts'
import { logFailed } from '#storage/log/errors.ts'
import { replaying, runsFull } from '#ingester/errors.ts'
import { pinSnapshot } from '#querier/snapshot.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { chooseMerge, defaultChoice, foldOf } from '#compactor/choose.ts'
import { runJob, type Job } from '#compactor/job.ts'
import { checkNothingLeft, Needed } from './check.ts'
import { openHouse, type House, type World } from './house.ts'
import { maxRows, requestOf, rowsOfRuns } from './requests.ts'
import { rewriteRows, rowsOf, signal, tenant, type Row } from './rows.ts'
import type { Variant } from './rules.ts'
import { Scheduler, type Actor } from './scheduler.ts'
import { SimDisk, SyncFailed } from './sim-disk.ts'
import { SimStore } from './sim-store.ts'

const always = { fromMs: -Infinity, toMs: Infinity }
/** What a query of everything needs. */
const everything = { signal, from: 0n, to: 2n ** 62n } as const
const writers = 2
/** How long a query waits for the Log to be read back. */
const readyMs = 5000
/** Most steps of its own that a query waits before it reads. */
const slowestQuery = 30
const choice = { ...defaultChoice(3_600_000), settleMs: 0, windowsMs: [3_600_000] }
export class Process {
  readonly scheduler: Scheduler
  readonly sim: SimStore
  readonly #disk: SimDisk
  readonly #variant: Variant
  readonly #world: World
  readonly #steps: number
  readonly #crashEvery: number
  readonly #needed: Needed
  #nextRow = 0
  /** By row that was sent: whether it was acknowledged. */
  readonly #ledger: boolean[] = []

  constructor(seed: number, variant: Variant, steps: number) {
    this.scheduler = new Scheduler(seed)
    this.#variant = variant
    this.#steps = steps
    const { random } = this.scheduler
    this.#crashEvery = [60, 150, 400][random.below(3)] ?? 150
    const failSync = random.below(3) === 0 ? 0.02 : 0
    this.#disk = new SimDisk(this.scheduler, { syncs: variant !== 'noSync', failSync })
    const lossy = random.below(3) === 0
    const faults = { lostRequest: lossy ? 0.02 : 0, lostReply: lossy ? 0.04 : 0 }
    this.sim = new SimStore(this.scheduler, faults)
    this.#world = { scheduler: this.scheduler, disk: this.#disk, sim: this.sim, variant }
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
      const house = await this.#open(actor)
      for (let writer = 0; writer < writers; writer++) {
        scheduler.run(actor, () => this.#write(house))
      }
      scheduler.run(actor, () => this.#compact(house))
      scheduler.run(actor, () => this.#read(house))
    })
    return actor
  }

  /** Starts until the disk lets it: a start whose sync fails ends with an error. */
  async #open(actor: Actor): Promise<House> {
    for (;;) {
      try {
        return await openHouse(this.#world, actor)
      } catch (error) {
        if (!(error instanceof SyncFailed)) throw error
      }
    }
  }

  #idle({ actor }: House): Promise<void> {
    return this.scheduler.perform(actor, () => {})
  }

  async #write(house: House): Promise<void> {
    const { random } = this.scheduler
    for (;;) {
      const ids = Array.from({ length: 1 + random.below(maxRows - 1) }, () => this.#nextRow++)
      this.#ledger.push(...ids.map(() => false))
      try {
        const { accepted } = await house.ingester.accept(requestOf(ids, random.below(4) === 0))
        if (accepted !== ids.length)
          this.scheduler.fail(`${accepted} of ${ids.length} rows accepted`)
        for (const id of ids) this.#ledger[id] = true
      } catch (error) {
        if (!isCode(error, logFailed) && !isCode(error, runsFull)) throw error
      }
      await this.#idle(house)
    }
  }

  async #compact(house: House): Promise<void> {
    const { random } = this.scheduler
    const { store, live } = house
    await this.#sweepOrphans(house)
    for (;;) {
      const { snapshot, pin } = live.pinned(house.pins)
      try {
        const fold = random.below(3) > 0 && snapshot.l0.length > 0
        const tree = { ...snapshot, l0: [] }
        const job = fold
          ? foldOf(snapshot, oneChain(snapshot.l0), choice)
          : chooseMerge(signal, (await live.blocks(tree, tenant, always)).slice(0, 4), choice, 1e12)
        if (job !== null) await this.#runJob(job, house)
      } finally {
        pin.release()
      }
      const rule = this.#variant === 'noPins' ? () => true : oneProcessRule(signal, house.pins)
      await live.sweepRetired(store, rule)
      await this.#idle(house)
    }
  }

  async #runJob(job: Job, { store, live, clock }: House): Promise<void> {
    const rewrite = rewriteRows(store, () => randomHex(this.scheduler.random, 6))
    const commit = (change: Parameters<LiveCatalog['commit']>[0]) => live.commit(change)
    try {
      await runJob(job, { rewrite, commit, clock }, new AbortController().signal)
    } catch (error) {
      if (!isCode(error, catalogConflict)) throw error
      this.scheduler.fail(`the only compactor lost: ${String(error)}`)
    }
  }

  async #sweepOrphans({ live, store, clock }: House): Promise<void> {
    const { catalog } = live
    const newestRoot = () => catalog.newestRoot()
    await sweepOrphans({ store, signal, nodes: catalog.nodes, clock, newestRoot, minAgeMs: 0 })
  }

  async #read(house: House): Promise<void> {
    for (;;) {
      try {
        await this.#check(house)
      } catch (error) {
        if (!isCode(error, replaying)) throw error
      }
      await this.#idle(house)
    }
  }

  /** Every acknowledged row exactly once in a query's snapshot, pinned as queries pin it. */
  async #check({ actor, live, pins, ingester, slabs, store }: House): Promise<void> {
    await ingester.ready(readyMs)
    const acknowledged = [...this.#ledger]
    const seen = new Uint8Array(this.#nextRow)
    const see = (rows: readonly Row[]) => {
      for (const [, id] of rows) seen[id] = (seen[id] ?? 0) + 1
    }
    let expired = false
    const request = { tenants: [tenant], needs: [everything], expire: () => (expired = true) }
    const runs = (name: SignalName) => ingester.runs(name)
    const catalogs = { logs: { live }, metrics: { live }, traces: { live } }
    const pinned = await pinSnapshot(request, { catalogs, runs, pins })
    // A slow query: runs are flushed and slabs change hands before it comes to read them.
    const { random } = this.scheduler
    const waits = random.below(4) === 0 ? random.below(slowestQuery) : 0
    for (let wait = 0; wait < waits; wait++) await this.scheduler.perform(actor, () => {})
    for (const view of pinned.views) {
      for (const run of view.runs) {
        see(await this.scheduler.perform(actor, () => rowsOfRuns(slabs, [run])))
      }
      for (const { key } of view.blocks.get(tenant) ?? []) see(rowsOf((await store.get(key)).bytes))
    }
    pinned.release()
    // A query that was told to end gives no answer.
    if (expired) return
    seen.forEach((times, id) => {
      if (times > 1 || (times === 0 && acknowledged[id] === true)) {
        this.scheduler.fail(`row ${id} seen ${times} times`)
      }
    })
  }

  /** A last loss of power; then all is flushed, folded and swept. */
  async #finish(actor: Actor): Promise<void> {
    const { scheduler } = this
    this.#crash(actor, true)
    this.sim.faults.lostReply = 0
    this.sim.faults.lostRequest = 0
    this.#disk.faults.failSync = 0
    let done = false
    const last = scheduler.actor('last')
    scheduler.run(last, async () => {
      const process = await this.#open(last)
      while (process.ingester.parts.some((part) => part.unready() !== null)) {
        await this.#idle(process)
      }
      await this.#check(process)
      await process.ingester.flushAll()
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
