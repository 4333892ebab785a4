/**
 * An all-in-one process, wired: folder and store, threads, catalogs, ingester, receiver, query APIs,
 * admin port. What roles need of each other is passed as functions; a fleet would pass RPC clients
 * of the same types.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { Budget } from '#base/flow/budget.ts'
import { ControlCells } from '#base/flow/control-cell.ts'
import { createHttpServer, type HttpServer } from '#base/http/server.ts'
import { createLogger } from '#base/log.ts'
import { watchLoopDelay } from '#base/loop-delay.ts'
import { createMetrics, type Metrics } from '#base/metrics.ts'
import type { Part } from '#base/part.ts'
import { systemRandom } from '#base/random.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { authenticate } from '#distributor/authenticate.ts'
import type { Compactor } from '#compactor/index.ts'
import type { Ingester } from '#ingester/index.ts'
import { apis } from '#querier/api/index.ts'
import type { Api } from '#querier/endpoint.ts'
import { apiRoutes, type RouteDeps } from '#querier/routes.ts'
import { pinSnapshot } from '#querier/snapshot.ts'
import { createReceiver, type Receiver } from '#receiver/index.ts'
import { PinLedger } from '#storage/catalog/pins.ts'
import { ownFolder } from '#storage/folder/own.ts'
import { DiskBudget } from '#storage/disk-budget.ts'
import { selfTest } from '#storage/objects/self-test.ts'
import { adminApp } from '../admin.ts'
import type { ProgramConfig } from '../config.ts'
import { planMemory, type MemoryPlan } from '../memory.ts'
import type { StoreSettings, WorkerConfig } from '../roles/shared.ts'
import { openStore } from '../store.ts'
import { openCatalogs, type Catalogs } from './catalogs.ts'
import { buildCompactor, compactionSizes } from './compactor.ts'
import type { Foundation } from './foundation.ts'
import { buildIngester } from './ingester.ts'
import { createThreads, type Threads } from './threads.ts'
import { sealRunsOf } from './death.ts'

export interface House {
  /** To be run in this order. */
  readonly parts: readonly Part[]
  readonly ingester: Ingester
  readonly receiver: Receiver
  readonly metrics: Metrics
  readonly memory: MemoryPlan
  readonly storeName: string
  readonly storeSettings: StoreSettings
  /** Ports that are listened on once the parts run. */
  ports(): Readonly<Record<'loki' | 'prometheus' | 'tempo' | 'admin', number>>
  /** Lets go of threads and folder, after the parts have ended. */
  close(): Promise<void>
}

export interface HouseOptions {
  readonly totalMemory: number
  /** Reasons why the process is not ready; asked by `/ready`. */
  readonly unready: () => { part: string; reason: string }[]
  /** The effective settings as text, for `/config`. */
  readonly configText: string
  /** The Log cannot be written any more: the process has to end. */
  readonly fatal: (message: string) => void
}

/** One query worker less than cores, at least one. */
function queryWorkers(): number {
  return Math.min(8, Math.max(1, availableParallelism() - 1))
}

function storeSettings({ storage }: ProgramConfig): StoreSettings {
  if (storage.url === undefined) return { kind: 'folder', path: join(storage.dir, 'objects') }
  return {
    kind: 's3',
    url: storage.url,
    endpoint: storage.endpoint ?? null,
    region: storage.region,
    accessKey: storage.accessKey ?? null,
    secretKey: storage.secretKey?.reveal() ?? null,
  }
}

/** Kept free on the disk: a twentieth of the budget, so that flushes have room when appends are refused. */
function minFreeBytes(budgetBytes: number): number {
  return Math.min(1e9, Math.floor(budgetBytes / 20))
}

function workerConfig(
  config: ProgramConfig,
  store: StoreSettings,
  memory: MemoryPlan,
): WorkerConfig {
  const { receiver, distributor, ingester, querier, compactor, logLevel, storage } = config
  return {
    logLevel,
    logDir: join(storage.dir, 'log'),
    store,
    receiver,
    distributor,
    ingester,
    querier,
    retentionMs: {
      logs: compactor.logsRetention,
      metrics: compactor.metricsRetention,
      traces: compactor.tracesRetention,
    },
    compaction: compactionSizes(memory),
    minFreeBytes: minFreeBytes(storage.budget),
  }
}

/** Builds a house; on failure everything taken so far is let go. Throws errors that name the folder, port or store. */
export async function buildHouse(config: ProgramConfig, options: HouseOptions): Promise<House> {
  const folder = ownFolder(config.storage.dir)
  let threads: Threads | null = null
  try {
    const settings = storeSettings(config)
    const memory = planMemory(options.totalMemory)
    threads = createThreads({
      config: workerConfig(config, settings, memory),
      memory,
      queryWorkers: queryWorkers(),
      logger: createLogger('threads', config.logLevel),
      onIngestDeath: (index) => sealRunsOf(slabs, index),
      onLogDeath: () => options.fatal('the thread of the Log ended'),
    })
    const slabs = new Slabs(threads.shared.slabs)
    return await build({ config, options, settings, memory, threads, slabs, folder })
  } catch (error) {
    await threads?.close().catch(() => {}) // the first error is the one to show
    folder.release()
    throw error
  }
}

interface Ground extends Foundation {
  readonly options: HouseOptions
  readonly folder: { release(): void }
}

async function build(base: Ground): Promise<House> {
  const { config, settings, memory, threads, folder } = base
  const metrics = createMetrics()
  const stopWatching = watchLoopDelay(systemClock, metrics)
  const [store, log] = await Promise.all([
    openStore(settings),
    threads.log.at(0).call('state', undefined),
  ])
  if (settings.kind === 's3') await selfTest(store, systemRandom)
  const catalogs = await openCatalogs(store, log.id)
  const pins = new PinLedger(systemClock)
  const limitBytes = config.storage.budget
  const budget = new DiskBudget({ limitBytes, minFreeBytes: minFreeBytes(limitBytes) })
  const ingester = buildIngester(base, {
    catalogs,
    pins,
    metrics,
    budget,
    log,
    remember: (found) => receiver.remember(found.requestHash, found.receipt, found.ageMs),
  })
  const receiver = buildReceiver(base, ingester, metrics)
  const servers = queryServers(config, routeDeps(base, { catalogs, pins, metrics, ingester }))
  const compactor = buildCompactor(base, { catalogs, pins, metrics, store, budget })
  const admin = adminServer(base, { metrics, ingester, compactor })
  return {
    // The doors for data open first: a sender is served while the Log is still read back.
    parts: [
      ...receiver.parts,
      ...ingester.parts,
      ...Object.values(servers),
      ...compactor.parts,
      admin,
    ],
    ingester,
    receiver,
    metrics,
    memory,
    storeName: store.name,
    storeSettings: settings,
    ports: () => ({
      loki: servers.loki?.port() ?? 0,
      prometheus: servers.prometheus?.port() ?? 0,
      tempo: servers.tempo?.port() ?? 0,
      admin: admin.port(),
    }),
    async close() {
      stopWatching()
      await threads.close()
      folder.release()
    },
  }
}

function adminServer(
  { config, options }: Ground,
  wiring: { metrics: Metrics; ingester: Ingester; compactor: Compactor },
): HttpServer {
  const { metrics, ingester, compactor } = wiring
  const { host, adminPort: port } = config.listen
  return createHttpServer(
    { name: 'admin', host, port, setting: 'listen.adminPort', clock: systemClock },
    adminApp({
      metrics,
      unready: options.unready,
      configText: options.configText,
      flush: () => ingester.flushAll(),
      fold: () => compactor.fold(new AbortController().signal),
      compact: async () => {
        await compactor.fold(new AbortController().signal)
        await compactor.round(new AbortController().signal)
      },
    }),
  )
}

interface RouteWiring {
  readonly catalogs: Catalogs
  readonly pins: PinLedger
  readonly metrics: Metrics
  readonly ingester: Ingester
}

function routeDeps({ config, threads }: Foundation, wiring: RouteWiring): RouteDeps {
  const { catalogs, pins, metrics, ingester } = wiring
  return {
    clock: systemClock,
    logger: createLogger('querier', config.logLevel),
    metrics,
    cells: new ControlCells(threads.shared.control, systemClock),
    authenticate: (headers) =>
      authenticate((name) => headers[name] ?? null, config.distributor, 'read'),
    ready: () => ingester.ready(5000),
    pin: (tenants, needs, expire) =>
      pinSnapshot(
        { tenants, needs, expire },
        { catalogs, runs: (signal) => ingester.runs(signal), pins },
      ),
    answer: (job) => threads.query.idlest().stream('answer', job),
  }
}

function buildReceiver(
  { config, threads }: Foundation,
  ingester: Ingester,
  metrics: Metrics,
): Receiver {
  const requests = new Budget(threads.shared.budgets, 'request', systemClock)
  return createReceiver(config.receiver, config.listen.host, {
    accept: (raw) => ingester.accept(raw),
    reserve: (bytes) => requests.take(bytes, config.ingester.maxWait),
    authenticate: (headers) => authenticate(headers, config.distributor, 'write'),
    clock: systemClock,
    metrics,
    log: createLogger('receiver', config.logLevel),
  })
}

type QueryServers = Partial<Record<Api['product'], HttpServer>>

/** A server for each query API. */
function queryServers({ listen, querier }: ProgramConfig, deps: RouteDeps): QueryServers {
  const ports = {
    loki: listen.lokiPort,
    prometheus: listen.prometheusPort,
    tempo: listen.tempoPort,
  }
  const servers: QueryServers = {}
  for (const api of apis) {
    const { product } = api
    servers[product] = createHttpServer(
      {
        name: product,
        host: listen.host,
        port: ports[product],
        setting: `listen.${product}Port`,
        clock: systemClock,
      },
      apiRoutes(api, querier, deps),
    )
  }
  return servers
}
