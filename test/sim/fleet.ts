/**
 * The fleet: ingesters that fight for one partition, compactors and a reader, over one store
 * and a log that only grows. Anybody may sleep for long, die and start again; requests and replies get
 * lost. Chain, Catalog, snapshots, jobs and sweeps are the shipped ones.
 */
import { isCode } from '#base/errors.ts'
import { randomHex } from '#base/random.ts'
import { catalogConflict } from '#storage/catalog/errors.ts'
import { chooseMerge, defaultChoice, foldOf } from '#compactor/choose.ts'
import { runJob, type Job } from '#compactor/job.ts'
import { Chain, type ChainDeps } from '#storage/catalog/chain.ts'
import { Catalog, type CatalogChange } from '#storage/catalog/commit.ts'
import { chainName, type ChainId } from '#storage/catalog/names.ts'
import type { Clock } from '#base/clock.ts'
import {
  readSnapshot,
  snapshotBlocks,
  type Snapshot,
  type SnapshotDeps,
} from '#storage/catalog/snapshot.ts'
import { fleetRule, sweepOrphans, sweepRetired, type DeletionRule } from '#storage/catalog/sweep.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { Store } from '#storage/objects/store.ts'
import { Ambush } from './ambush.ts'
import { checkNothingLeft, checkOffsets, Needed } from './check.ts'
import { l0Object, rewriteRows, rowsOf, signal, simCodec, simReader, type Row } from './rows.ts'
import { actorStore, chainDeps, isMissing, readerDeps, type Variant } from './rules.ts'
import { Scheduler, type Actor } from './scheduler.ts'
import { SimStore } from './sim-store.ts'

const chain: ChainId = { logId: '00000000000000aa', partition: 0 }
const name = chainName(chain)
const always = { fromMs: -Infinity, toMs: Infinity }
/** Small blocks count as full, so that merges choose few of them. */
const choice = { ...defaultChoice(3_600_000), settleMs: 0, windowsMs: [3_600_000] }

interface Tools {
  readonly clock: Clock
  readonly store: Store
  readonly catalog: Catalog
  /** Retired objects that this actor deleted, for its next root to drop from the list. */
  readonly deleted: Set<string>
  readonly deps: SnapshotDeps & { readonly store: Store; readonly clock: Clock }
}

type Role = 'ingester' | 'compactor' | 'reader'

/** Few actors get further in the same steps, many meet each other more often. The reader comes last. */
const casts: readonly [readonly Role[], ...(readonly Role[])[]] = [
  ['ingester', 'ingester', 'compactor', 'reader'],
  ['ingester', 'ingester', 'ingester', 'compactor', 'compactor', 'reader'],
]

export class Fleet {
  readonly scheduler: Scheduler
  readonly sim: SimStore
  readonly #variant: Variant
  readonly #needed: Needed
  /** Rows of the log are its offsets; all of them are acknowledged. */
  #logEnd = 5
  readonly #steps: number
  readonly #crashEvery: number
  /** Longest sleep of an actor, steps. */
  readonly #sleepMax: number
  readonly #sleepEvery: number
  /** Most offsets of a cut, and most objects of a fold. */
  readonly #cutMax: number
  readonly #foldMax: number
  /** Longest encoding, steps of the ingester: the longer, the further compaction gets meanwhile. */
  readonly #encodeMax: number
  readonly #roles: readonly Role[]

  constructor(seed: number, variant: Variant, steps: number) {
    this.scheduler = new Scheduler(seed)
    const { random } = this.scheduler
    this.#variant = variant
    this.#steps = steps
    const lossy = random.below(3) === 0
    this.#crashEvery = [40, 80, 400][random.below(3)] ?? 80
    this.#sleepMax = [50, 300, 600][random.below(3)] ?? 300
    this.#sleepEvery = [20, 60, 200][random.below(3)] ?? 60
    this.#cutMax = [4, 4, 12][random.below(3)] ?? 4
    this.#foldMax = 1 + random.below(3)
    this.#encodeMax = [1, 10, 30][random.below(3)] ?? 10
    this.#roles = casts[random.below(casts.length)] ?? casts[0]
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
    const start = (at: number): Actor => {
      const role = this.#roles[at] ?? 'reader'
      const actor = scheduler.actor(`${role} ${at}`)
      scheduler.run(actor, () => this.#live(role, actor))
      return actor
    }
    const actors = this.#roles.map((_, at) => start(at))
    const ambush = random.below(2) === 0 ? new Ambush(scheduler, this.sim) : null
    const mortal = actors.length - 1 // the reader, which remembers what it saw, lives on
    for (let step = 0; step < this.#steps && scheduler.violation === null; step++) {
      if (random.below(4) === 0) this.#logEnd += random.below(3)
      if (random.below(this.#sleepEvery) === 0) {
        // Most often where a name may change its meaning meanwhile.
        const anybody = actors[random.below(actors.length)] ?? null
        const sleeper = random.below(3) > 0 ? scheduler.waitingFor('l0/') : anybody
        if (sleeper !== null) sleeper.asleepUntil = step + random.below(this.#sleepMax)
      }
      const lure = ambush !== null && ambush.step() && random.below(10) === 0
      if (lure || random.below(this.#crashEvery) === 0) {
        const at = random.below(mortal)
        const dying = actors[at]
        const spared = lure && dying !== undefined && ambush.holds(dying)
        if (dying !== undefined && !spared) {
          scheduler.kill(dying)
          actors[at] = start(at)
        }
      }
      await scheduler.step()
    }
    if (scheduler.violation === null) await this.#finish(actors)
    return scheduler.violation
  }

  #live(role: Role, actor: Actor): Promise<void> {
    if (role === 'ingester') return this.#ingest(actor)
    return role === 'compactor' ? this.#compact(actor) : this.#read(actor)
  }

  #tools(actor: Actor): Tools {
    const clock = this.scheduler.clock(actor)
    const store = actorStore(this.#variant, this.sim.view(actor, clock))
    const { random } = this.scheduler
    const catalog = new Catalog({ store, signal, codec: simCodec, clock, random })
    const newestRoot = () => catalog.newestRoot()
    const readL0 = simReader(store)
    return {
      clock,
      store,
      catalog,
      deleted: new Set(),
      deps: { store, signal, newestRoot, readL0, clock },
    }
  }

  #idle(actor: Actor): Promise<void> {
    return this.scheduler.perform(actor, () => {})
  }

  async #ingest(actor: Actor, until = Infinity): Promise<void> {
    const { deps } = this.#tools(actor)
    const { random } = this.scheduler
    const plain: ChainDeps = { ...deps, chain }
    const { deps: given, around } = chainDeps(this.#variant, plain)
    const writer = new Chain(given)
    let next: number | null = null
    while (next === null || next < until) {
      next ??= (await writer.recover()).nextOffset
      if (this.#logEnd <= next) {
        await this.#idle(actor)
        continue
      }
      const cut = until === Infinity ? 1 + random.below(this.#cutMax) : until
      const to: number = Math.min(this.#logEnd, next + cut)
      const rows: Row[] = []
      for (let offset = next; offset < to; offset++) rows.push([offset, offset])
      const nonce = randomHex(random, 4)
      const { object } = l0Object(chain, { from: next, to }, { nonce, rows })
      // Encoding takes long, and a process may sleep for hours here.
      actor.asleepUntil = this.scheduler.steps + random.below(this.#encodeMax)
      await this.#idle(actor)
      next = (await around(() => writer.commit(object))) === 'committed' ? to : null
    }
  }

  async #compact(actor: Actor): Promise<void> {
    const { random } = this.scheduler
    const tools = this.#tools(actor)
    const old = fleetRule(tools.clock, 0)
    const rule: DeletionRule = (retired, root) =>
      !tools.deleted.has(retired.key) && old(retired, root)
    for (;;) {
      const snapshot = await readSnapshot(tools.deps)
      const job = await this.#choose(snapshot, tools.catalog, random.below(3) > 0)
      if (job === null) {
        await this.#idle(actor)
        continue
      }
      const root = await this.#runJob(job, tools)
      // Only a root that was committed says what may go.
      if (root === null) continue
      for (const key of await sweepRetired(tools.store, root, rule)) tools.deleted.add(key)
    }
  }

  /** A fold of a few objects, or a merge. */
  async #choose(snapshot: Snapshot, catalog: Catalog, fold: boolean): Promise<Job | null> {
    if (fold && snapshot.l0.length > 0) {
      return foldOf(snapshot, snapshot.l0.slice(0, this.#foldMax), choice)
    }
    const blocks = await this.#blocks(snapshot, catalog)
    return blocks === null ? null : chooseMerge(signal, blocks, choice, 1e12)
  }

  async #blocks(snapshot: Snapshot, catalog: Catalog): Promise<BlockEntry[] | null> {
    try {
      const want = { tenant: 't', range: always }
      const all = await snapshotBlocks({ ...snapshot, l0: [] }, catalog.nodes, want)
      return all.slice(0, 4)
    } catch (error) {
      return this.#missed(error)
    }
  }

  async #runJob(job: Job, tools: Tools) {
    const { clock, store, catalog } = tools
    const rewrite = rewriteRows(store, () => randomHex(this.scheduler.random, 6))
    const variant = this.#variant
    const commit = async (planned: CatalogChange) => {
      const change = { ...planned, deleted: new Set(tools.deleted) }
      if (variant === 'deleteBeforeCommit') {
        for (const { key } of job.inputs) await store.delete(key)
      }
      if (variant !== 'noConflict') return catalog.commit(change)
      const { floors } = await catalog.newestRoot()
      const folded = change.folded.map((one) => ({ ...one, from: floors[one.chain] ?? 0 }))
      return catalog.commit({ ...change, folded })
    }
    try {
      return await runJob(job, { rewrite, commit, clock }, new AbortController().signal)
    } catch (error) {
      if (!isCode(error, catalogConflict)) this.#missed(error)
      return null
    }
  }

  /** An object that is gone only means an old snapshot, unless the newest root names it. */
  #missed(error: unknown): null {
    if (!isMissing(error)) throw error
    const key = /catalog\/\S+|data\/\S+/.exec(String(error))?.[0] ?? ''
    if (this.#needed.has(key) && !this.sim.objects.has(key)) throw error
    return null
  }

  async #read(actor: Actor): Promise<void> {
    const { deps, catalog, store } = this.#tools(actor)
    const given = readerDeps(this.#variant, deps)
    let last = 0
    for (;;) {
      last = (await this.#check(await readSnapshot(given), { catalog, store, last })) ?? last
    }
  }

  /** Looks at all rows of a snapshot; gives its end, or null when it was too old to be read. */
  async #check(
    snapshot: Snapshot,
    tools: { catalog: Catalog; store: Store; last: number },
  ): Promise<number | null> {
    const end = snapshot.ends[name] ?? 0
    const rows: Row[] = []
    // The reader of L0 had the objects in its hands; only the tree is read again.
    for (const { fromOffset, toOffset } of snapshot.l0) {
      for (let offset = fromOffset; offset < toOffset; offset++) rows.push([offset, offset])
    }
    try {
      const want = { tenant: 't', range: always }
      const tree = { ...snapshot, l0: [] }
      for (const { key } of await snapshotBlocks(tree, tools.catalog.nodes, want)) {
        rows.push(...rowsOf((await tools.store.get(key)).bytes))
      }
    } catch (error) {
      return this.#missed(error)
    }
    const wrong = checkOffsets(rows, end)
    if (wrong !== null) this.scheduler.fail(`root ${snapshot.root.seq}: ${wrong}`)
    if (end < tools.last) this.scheduler.fail(`went back from ${tools.last} to ${end}`)
    return end
  }

  /** Everybody dies; one ingester catches up, one compactor folds all, the last sweep runs. */
  async #finish(actors: readonly Actor[]): Promise<void> {
    const { scheduler } = this
    for (const actor of actors) scheduler.kill(actor)
    this.sim.faults.lostReply = 0
    this.sim.faults.lostRequest = 0
    const last = scheduler.actor('last')
    let done = false
    scheduler.run(last, async () => {
      await this.#ingest(last, this.#logEnd)
      const tools = this.#tools(last)
      const snapshot = await readSnapshot(tools.deps)
      if (snapshot.l0.length > 0) await this.#runJob(foldOf(snapshot, snapshot.l0, choice), tools)
      const root = await tools.catalog.newestRoot()
      await sweepRetired(tools.store, root, () => true)
      const { nodes } = tools.catalog
      await sweepOrphans({ ...tools.deps, store: tools.store, nodes, minAgeMs: 0 })
      const end = await this.#check(await readSnapshot(tools.deps), { ...tools, last: 0 })
      if (end !== this.#logEnd) scheduler.fail(`the end is ${end} of ${this.#logEnd}`)
      done = true
    })
    await scheduler.until(() => done, 5000)
    if (scheduler.violation !== null) return
    const left = await checkNothingLeft(this.sim)
    if (left !== null) scheduler.fail(left)
  }
}
